"""Draw the figures of the README's part on review and assessment from real data.

``python docs/make_figures.py <data folder>`` writes ``frequency_area.svg``, ``thresholds.svg`` and
``review_sheet.png`` beside this file. The folder holds ``inventories/China.zip`` (Wenchuan) and
``hokkaido_2018/``. It needs QGIS, pyogrio, and a GDAL that reads PDF.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import zipfile
from pathlib import Path

from landslip.engine.assess import AssessRequest, assess
from landslip.engine.assessment_report import write_assessment_report
from landslip.engine.footprint import Outlines
from landslip.engine.inventory import FIELDS
from landslip.engine.inventory_statistics import StatisticsRequest, inventory_statistics
from landslip.engine.pipeline import Detection, DetectRequest, detect
from landslip.engine.review_sheet import cards
from landslip.engine.statistics_report import write_statistics_report
from landslip.engine.table import Record, Table
from landslip.engine.zoo import model_path

DOCS = Path(__file__).resolve().parent
#: Landslides on the page of the review sheet, from the largest on.
ON_PAGE = 9


def main(data: Path) -> None:
    """Draw all figures."""
    with tempfile.TemporaryDirectory() as folder:
        draw_frequency_area(data / "inventories" / "China.zip", Path(folder))
        draw_hokkaido(data / "hokkaido_2018", Path(folder))


def draw_frequency_area(archive: Path, folder: Path) -> None:
    """The frequency-area distribution of Wenchuan, mapped in 2009."""
    from pyogrio import raw

    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    meta, _, wkb, _ = raw.read(str(folder / "China" / "2009.shp"), columns=[])
    inventory = Outlines("Wenchuan 2009", meta["crs"], tuple(wkb))
    report = folder / "statistics.html"
    statistics = inventory_statistics(StatisticsRequest(inventory, min_area=100))
    write_statistics_report(statistics, inventory.name, "Landslip", str(report))
    keep_figure(report, "Frequency-area distribution", DOCS / "frequency_area.svg")


def draw_hokkaido(scene: Path, folder: Path) -> None:
    """Thresholds against the reference, and a page of the review sheet."""
    image, probability = scene / "s2_post_B02_B03_B04.tif", str(folder / "probability.tif")
    request = DetectRequest(
        str(image), model_path("resunet_rgb"), probability, dem=str(scene / "dsm_aw3d30.tif")
    )
    found = detect(request)
    report = folder / "assessment.html"
    reference = str(scene / "label_west.tif")
    assessment = assess(AssessRequest(probability, reference, min_area=500))
    write_assessment_report(assessment, "detection", "reference", "Landslip", str(report))
    keep_figure(report, "Scores by threshold", DOCS / "thresholds.svg")
    draw_review_sheet(found, image, folder)


def draw_review_sheet(found: Detection, image: Path, folder: Path) -> None:
    """The first page of the largest landslides, as a picture."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from osgeo import gdal
    from qgis.core import QgsApplication

    application = QgsApplication([], True)
    application.initQgis()
    from landslip.algorithms.review_pdf import write_review_pdf

    largest = sorted(found.landslides, key=lambda slide: -slide["area_m2"])[:ON_PAGE]
    names = [field.name for field in FIELDS]
    records = tuple(Record(slide.wkb, dict(zip(names, slide.values))) for slide in largest)
    table = Table("Iburi 2018", found.crs, {field.name: field.kind for field in FIELDS}, records)
    sheet = str(folder / "sheet.pdf")
    about = f"The {ON_PAGE} largest of {len(found.landslides)} landslides"
    write_review_pdf(cards(table, str(image)), table.name, about, "Landslip", sheet)
    target = str(DOCS / "review_sheet.png")
    gdal.UseExceptions()
    picture = {"format": "PNG", "width": 800, "resampleAlg": "average"}
    gdal.Translate(target, sheet, creationOptions=["ZLEVEL=9"], **picture)
    Path(f"{target}.aux.xml").unlink(missing_ok=True)


def keep_figure(report: Path, title: str, target: Path) -> None:
    """Write one figure of a report as a file of its own."""
    drawings = re.findall(r"<svg.*?</svg>", report.read_text(encoding="utf-8"), re.S)
    (drawing,) = [text for text in drawings if f'aria-label="{title}"' in text]
    target.write_text(f"{drawing}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
