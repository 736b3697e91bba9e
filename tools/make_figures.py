"""Draw every figure of the README and the manual: ``make figures``, with ``DATA=`` a data folder.

Writes into ``docs/images``, and says of each figure what it could not be drawn without. The data
folder (default: ``LANDSLIP_DATA``) holds ``hokkaido_2018/``, ``inventories/China.zip`` and a zipped
L1C product; without it the figures of the synthetic scene are drawn. It needs QGIS, PyTorch,
pyogrio, and a browser. Figures of experiments are drawn by
``python -m landslip.training compare``, which trains first; that of few labels is drawn here, from
the table in ``docs/experiments``.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from landslip.engine.assessment.assess import AssessRequest, assess
from landslip.engine.assessment.event_report import EventReportRequest, event_parts, event_report
from landslip.engine.assessment.image_chips import Chip
from landslip.engine.assessment.report import write_assessment_report
from landslip.engine.assessment.report_maps import Below
from landslip.engine.assessment.review_page import write_review_sheet
from landslip.engine.assessment.review_sheet import SheetRequest, cards, sheet_of
from landslip.engine.assessment.statistics import StatisticsRequest, inventory_statistics
from landslip.engine.assessment.statistics_report import write_statistics_report
from landslip.engine.common.errors import LandslipError
from landslip.engine.detection.pipeline import Detection, DetectRequest, detect
from landslip.engine.inventory.event import EventFacts
from landslip.engine.inventory.fields import FIELDS
from landslip.engine.inventory.polygons import Outlines
from landslip.engine.inventory.table import Record, Table
from landslip.engine.models.zoo import model_path

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
DEMO = ROOT / "build" / "demo"
CREDIT = (
    "Contains modified Copernicus Sentinel data 2018; elevation AW3D30 © JAXA; labels "
    "Landslide4Sense (IARAI)"
)
#: Models of the picture that compares them.
COMPARED = ("fast_rgb", "effnet_rgb", "effnet_rgb_slope")
#: Landslides on the picture of the review sheet, and its size in pixels.
ON_PAGE, SHEET_SIZE = 4, (1050, 970)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Step:
    """What draws some figures.

    Attributes:
        draw: Draws them, from the data folder.
        needs: Pattern of what it reads in that folder; empty where it makes its own scene.
        figures: Names of the files in `IMAGES`.
    """

    draw: Callable[[Path], None]
    needs: str
    figures: tuple[str, ...]


def main() -> int:
    """Draw what can be drawn; the exit status is 1 where something failed."""
    parser = argparse.ArgumentParser(prog="make figures", description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("LANDSLIP_DATA") or None)
    parser.add_argument("--only", choices=[name for step in STEPS for name in step.figures])
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    chosen = [step for step in STEPS if options.only in (None, *step.figures)]
    drawn = [_drawn(step, options.data) for step in chosen]
    return int(not all(drawn))


def _drawn(step: Step, data: Path | None) -> bool:
    """Draw the figures of a step and say what came of it; False where it failed."""
    names = ", ".join(step.figures)
    if step.needs and not (data and any(Path(data).glob(step.needs))):
        where = f"in {data}" if data else "in a data folder, and none is given: DATA=..."
        print(f"not drawn: {names} (needs {step.needs} {where})", flush=True)
        return True
    try:
        step.draw(Path(data or ROOT))
    except (subprocess.CalledProcessError, LandslipError, OSError) as err:
        print(f"FAILED: {names} ({err})", flush=True)
        return False
    print(f"drawn: {names}", flush=True)
    return True


def _module(name: str, *arguments: str | Path) -> None:
    subprocess.run([sys.executable, "-m", name, *map(str, arguments)], check=True)


def draw_demo(_data: Path) -> None:
    """The map of ``make demo``."""
    _module("landslip.demo", "--output", DEMO)
    shutil.copyfile(DEMO / "map.png", IMAGES / "demo.png")


def draw_where_time_goes(_data: Path) -> None:
    """Shares of the time of a detection, measured on this machine."""
    script = ROOT / "benchmarks" / "bench_where.py"
    command = [sys.executable, str(script), "--figure", str(IMAGES / "where_time_goes.png")]
    subprocess.run(command, check=True)


def draw_dialogs(_data: Path) -> None:
    """Dialogs and form, filled with the demo."""
    if not (DEMO / "landslides.qgz").is_file():
        _module("landslip.demo", "--output", DEMO)
    subprocess.run([sys.executable, ROOT / "tools" / "draw_dialogs.py", DEMO], check=True)


def draw_scenes(_data: Path) -> None:
    """Footprints of a made catalogue."""
    subprocess.run([sys.executable, ROOT / "tools" / "draw_scenes.py"], check=True)


def draw_download(data: Path) -> None:
    """From a product to a map."""
    product = sorted(data.glob("S2*_MSIL1C_*.zip"))[0]
    _module("landslip.demo.download_to_map", "--product", product)


def draw_hokkaido_map(data: Path) -> None:
    """The first picture of the README."""
    with tempfile.TemporaryDirectory() as folder:
        scene = data / "hokkaido_2018"
        _module("landslip.demo", "--scene", scene, "--output", folder, "--credit", CREDIT)
        shutil.copyfile(Path(folder) / "map.png", IMAGES / "hokkaido.png")


def draw_panels(data: Path) -> None:
    """What several models found, missed and invented."""
    scene = data / "hokkaido_2018"
    _module(
        "landslip.training",
        *("panels", *map(model_path, COMPARED)),
        *("--scene", scene / "s2_post_B02_B03_B04.tif", "--labels", scene / "label_west.tif"),
        *("--dem", scene / "dsm_aw3d30.tif", "--region", "Hokkaido 2018", "--credit", CREDIT),
        *("--output", IMAGES / "panels.png"),
    )


def draw_few_label_controls(_data: Path) -> None:
    """What 40 labelled patches are worth by how the network starts."""
    from landslip.training.few_label_table import draw_few_labels, read_rows

    rows = read_rows(ROOT / "docs" / "experiments" / "few_label_controls.csv")
    draw_few_labels(rows, IMAGES / "few_label_controls.png")


def draw_frequency_area(data: Path) -> None:
    """The frequency-area distribution of Wenchuan, mapped in 2009."""
    from pyogrio import raw

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with zipfile.ZipFile(data / "inventories" / "China.zip") as packed:
            packed.extractall(folder)
        meta, _, wkb, _ = raw.read(str(folder / "China" / "2009.shp"), columns=[])
        inventory = Outlines("Wenchuan 2009", meta["crs"], tuple(wkb))
        report = folder / "statistics.html"
        statistics = inventory_statistics(StatisticsRequest(inventory, min_area=100))
        write_statistics_report(statistics, inventory.name, "Landslip", str(report))
        keep_figure(report, "Frequency-area distribution", IMAGES / "frequency_area.svg")


def draw_hokkaido(data: Path) -> None:
    """Thresholds against the reference, the review sheet, and the report."""
    scene = data / "hokkaido_2018"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image, probability = scene / "s2_post_B02_B03_B04.tif", str(folder / "probability.tif")
        request = DetectRequest(
            str(image), model_path("effnet_rgb"), probability, dem=str(scene / "dsm_aw3d30.tif")
        )
        found = detect(request)
        report = folder / "assessment.html"
        reference = str(scene / "label_west.tif")
        assessment = assess(AssessRequest(probability, reference, min_area=500))
        write_assessment_report(assessment, "detection", "reference", "Landslip", str(report))
        keep_figure(report, "Scores by threshold", IMAGES / "thresholds.svg")
        draw_review_sheet(found, image, scene / "s2_pre_B02_B03_B04.tif", folder)

        draw_event_report(found, scene, folder)


def draw_ground_page(data: Path) -> None:
    """Assessable ground and evidence of change, on Hokkaido."""
    import draw_ground  # beside this file

    draw_ground.draw_ground(data, IMAGES / "ground.png")
    draw_ground.draw_evidence(data, IMAGES / "evidence.png")


def draw_event_page(data: Path) -> None:
    """An event in one call, on Hokkaido."""
    import draw_event  # beside this file

    draw_event.draw_event(data, IMAGES / "event.png")


def draw_dating(data: Path) -> None:
    """A made series and the dates found in it."""
    import draw_ground  # beside this file

    draw_ground.draw_dating(data, IMAGES / "dating.png")


def draw_event_report(found: Detection, scene: Path, folder: Path) -> None:
    """The first page of the report of the event, as a picture."""
    from qgis.core import QgsApplication

    application = QgsApplication([], True)  # kept, as long as Qt draws
    application.initQgis()
    from landslip.algorithms.event_pdf import write_event_pdf

    names = [field.name for field in FIELDS]
    facts = EventFacts("2018-09-06", trigger="earthquake").known()
    records = tuple(
        Record(slide.wkb, {**dict(zip(names, slide.values)), **facts}) for slide in found.landslides
    )
    table = Table("Iburi 2018", found.crs, {field.name: field.kind for field in FIELDS}, records)
    below = Below(str(scene / "s2_post_B02_B03_B04.tif"), str(scene / "dsm_aw3d30.tif"))
    report = event_report(EventReportRequest(table, table.name, below=below))
    target = str(folder / "event.pdf")
    parts = event_parts(report, "Landslip", interactive=False)
    write_event_pdf(table.name, report.about, parts, "Landslip", target)
    keep_page(target, IMAGES / "event_report.png")


def draw_adaptation(data: Path) -> None:
    """The map of the report of an adapted model."""
    with tempfile.TemporaryDirectory() as name:
        report = Path(name, "report.html")
        script = ROOT / "benchmarks" / "adaptation.py"
        options = ["--data", data / "hokkaido_2018", "--model", "effnet_rgb", "--report", report]
        subprocess.run([sys.executable, script, *map(str, options)], check=True)
        keep_figure(report, "Map of both models around the labels", IMAGES / "adapt_map.svg")


def draw_loop_page(data: Path) -> None:
    """What is suggested for the next review, on Hokkaido."""
    import draw_loop  # beside this file

    draw_loop.draw_suggestions(data, IMAGES / "suggestions.png")


def draw_review_sheet(found: Detection, image: Path, before: Path, folder: Path) -> None:
    """The largest landslides that both images show, as a browser shows the sheet."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise FileNotFoundError(f"a browser that draws the sheet, one of {', '.join(BROWSERS)}")
    names = [field.name for field in FIELDS]
    records = tuple(Record(slide.wkb, dict(zip(names, slide.values))) for slide in found.landslides)
    table = Table("Iburi 2018", found.crs, {field.name: field.kind for field in FIELDS}, records)
    request = SheetRequest(str(image), str(before), order="largest")
    whole = (c.name for c in cards(table, request) if _whole(c.chip) and _whole(c.before))
    chosen = set(islice(whole, ON_PAGE))
    table = replace(table, records=tuple(r for r in records if r.get("id") in chosen))
    page, target = folder / "sheet.html", IMAGES / "review_sheet.png"
    write_review_sheet(cards(table, request), sheet_of(table, request), "Landslip", str(page))
    size = ",".join(map(str, SHEET_SIZE))
    options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={size}"]
    command = [browser, *options, f"--screenshot={target}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True)


def _whole(chip: Chip | None) -> bool:
    """Whether a picture has no white where the image ends."""
    return chip is not None and bool((chip.rgb == 255).all(axis=0).mean() < 0.02)


def keep_page(sheet: str, target: Path) -> None:
    """Write the first page of a PDF as a picture."""
    from osgeo import gdal

    gdal.UseExceptions()
    picture = {"format": "PNG", "width": 800, "resampleAlg": "average"}
    gdal.Translate(str(target), sheet, creationOptions=["ZLEVEL=9"], **picture)
    Path(f"{target}.aux.xml").unlink(missing_ok=True)


def keep_figure(report: Path, title: str, target: Path) -> None:
    """Write one figure of a report as a file of its own."""
    drawings = re.findall(r"<svg.*?</svg>", report.read_text(encoding="utf-8"), re.S)
    (drawing,) = [text for text in drawings if f'aria-label="{title}"' in text]
    target.write_text(f"{drawing}\n", encoding="utf-8")


STEPS = (
    Step(draw_demo, "", ("demo.png",)),
    Step(draw_where_time_goes, "", ("where_time_goes.png",)),
    Step(
        draw_dialogs,
        "",
        ("qgis.png", "set_up_report.png", "export.png", "review_form.png", "review_panel.png"),
    ),
    Step(draw_scenes, "", ("scenes.png",)),
    Step(draw_download, "S2*_MSIL1C_*.zip", ("download_to_map.png",)),
    Step(draw_hokkaido_map, "hokkaido_2018/*post*.tif", ("hokkaido.png",)),
    Step(draw_panels, "hokkaido_2018/*post*.tif", ("panels.png",)),
    Step(draw_few_label_controls, "", ("few_label_controls.png",)),
    Step(draw_frequency_area, "inventories/China.zip", ("frequency_area.svg",)),
    Step(
        draw_hokkaido,
        "hokkaido_2018/*post*.tif",
        ("thresholds.svg", "review_sheet.png", "event_report.png"),
    ),
    Step(draw_ground_page, "hokkaido_2018/*post*.tif", ("ground.png", "evidence.png")),
    Step(draw_event_page, "hokkaido_2018/*post*.tif", ("event.png",)),
    Step(draw_dating, "", ("dating.png",)),
    Step(draw_adaptation, "hokkaido_2018/*post*.tif", ("adapt_map.svg",)),
    Step(draw_loop_page, "hokkaido_2018/*post*.tif", ("suggestions.png",)),
)

if __name__ == "__main__":
    sys.exit(main())
