"""How well *Change evidence* tells new landslides from ground that was bare before, on Hokkaido.

    LANDSLIP_DATA=... python benchmarks/bench_evidence.py

Four kinds of outlines on the labelled part of the scene: the labelled landslides; detections of a
model that hit them; its detections that touch none (false alarms); and bare ground outside of the
labels (fields, roads, banks), which stands for what a worse model would take for landslides. The
rule's three numbers are chosen on the west of the labelled landslides and judged on the east.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import rasterio
import rasterio.features
from scipy import ndimage

from landslip.engine.detection.pipeline import DetectRequest, detect
from landslip.engine.ground import evidence
from landslip.engine.ground.classes import seen
from landslip.engine.ground.evidence import EvidenceRequest, change_evidence
from landslip.engine.ground.image import GroundImage, ImageSource
from landslip.engine.inventory.compared import EVIDENCE
from landslip.engine.inventory.polygons import geojson
from landslip.engine.inventory.table import Record, Table
from landslip.engine.inventory.wkb import polygon_wkb, polygons_of
from landslip.engine.models.zoo import FOLDER
from landslip.engine.outlines.vectorise import VectoriseRequest, vectorise
from landslip.engine.stack.change import indices

#: Red over green of bare ground on the scene after.
_BARE = 1.05
_LEAST = 5


def main() -> None:
    """Print the tables as Markdown."""
    data = Path(os.environ["LANDSLIP_DATA"]) / "hokkaido_2018"
    dem = str(data / "dsm_aw3d30.tif")
    after, before = (
        ImageSource(str(data / f"s2_{name}_B02_B03_B04.tif"), dem=dem, flat_slope=0)
        for name in ("post", "pre")
    )
    with rasterio.open(data / "label_west.tif") as dataset:
        label, place, crs = dataset.read(1), dataset.transform, dataset.crs.to_wkt()
    sets = {"labelled landslides": outlines(label == 1, place, crs)}
    with tempfile.TemporaryDirectory() as folder:
        for model, dem_or_none, threshold in (
            ("effnet_rgb_slope", dem, 0.5),
            ("effnet_rgb_slope", dem, 0.02),
            ("fast_rgb", None, 0.2),
        ):
            target = f"{folder}/{model}.tif"
            if not Path(target).exists():
                detect(
                    DetectRequest(after.path, str(FOLDER / f"{model}.onnx"), target, dem_or_none)
                )
            request = VectoriseRequest(target, threshold=threshold, min_area=500)
            found = Table(
                model, crs, {}, tuple(Record(each.wkb, {}) for each in vectorise(request))
            )
            sets |= judged(found, label, place, f"`{model}` at {threshold:g}")
    sets["bare ground outside of them"] = outlines(bare(after, label), place, crs)
    measured = {
        name: rows(change_evidence(table, EvidenceRequest(after, before)), place)
        for name, table in sets.items()
    }
    tell(measured)


def outlines(mask: np.ndarray, place: rasterio.Affine, crs: str) -> Table:
    """Each connected part of a mask of at least `_LEAST` pixels."""
    labels = ndimage.label(mask)[0].astype(np.int32)
    labels[(np.bincount(labels.ravel()) < _LEAST)[labels]] = 0
    shapes = rasterio.features.shapes(labels, mask=labels > 0, transform=place)
    made = (polygon_wkb([np.array(r[:-1]) for r in s["coordinates"]]) for s, _ in shapes)
    return Table("outlines", crs, {}, tuple(Record(wkb, {}) for wkb in made))


def bare(after: ImageSource, label: np.ndarray) -> np.ndarray:
    """Bare ground that is no labelled landslide, nor beside one."""
    with GroundImage(after) as image:
        block = image.read(image.grid.area)
    near = ndimage.binary_dilation(label == 1, iterations=3)
    red = np.nan_to_num(indices(block.bands)["RG"])
    return (red > _BARE) & (label == 0) & seen(block.classes) & ~near


def judged(found: Table, label: np.ndarray, place: rasterio.Affine, name: str) -> dict[str, Table]:
    """Detections inside of the labels: those that hit a landslide, and those that touch none."""
    hits, false = [], []
    for record in found.records:
        shape = geojson(polygons_of(record.wkb))
        inside = rasterio.features.rasterize([shape], out_shape=label.shape, transform=place) > 0
        share = (label[inside] == 1).mean() if inside.any() else 0.0
        if (label[inside] != 255).mean() < 0.5:
            continue
        (hits if share >= 0.3 else false if share == 0 else []).append(record)
    return {
        f"{name}: hits": Table(name, found.crs, {}, tuple(hits)),
        f"{name}: false alarms": Table(name, found.crs, {}, tuple(false)),
    }


def rows(table: Table, place: rasterio.Affine) -> dict[str, np.ndarray]:
    """Column of the middle, score, share and word of each outline."""

    def number(name: str) -> np.ndarray:
        return np.array([np.nan if (v := r.values[name]) is None else v for r in table.records])

    x = [np.mean(polygons_of(record.wkb)[0][0][:, 0]) for record in table.records]
    return {
        "x": np.array(x),
        "score": number("new_score"),
        "share": number("new_share"),
        "comparable": np.isfinite(number("new_score")) & (number("seen_share") >= 0.5),
        "word": np.array([record.values["evidence"] for record in table.records]),
    }


def tell(measured: dict[str, dict[str, np.ndarray]]) -> None:
    """Print what the rule says on either half, and what would have been chosen."""
    known = {name: each["comparable"] for name, each in measured.items()}
    labelled = measured["labelled landslides"]
    middle = np.median(labelled["x"][known["labelled landslides"]])
    print(f"rule: score {evidence.NEW_SCORE}, {evidence.OLD_SCORE}, share {evidence.NEW_SHARE}\n")
    for title, half in (("west", -1), ("east", 1), ("all", 0)):
        print(f"| {title} | comparable | {' | '.join(EVIDENCE[:2])} | undecided | not comparable |")
        print("|---|---|---|---|---|---|")
        for name, each in measured.items():
            here = (each["x"] - middle) * half >= 0
            words, can = each["word"][here], known[name][here]
            total = max(1, int(can.sum()))
            shares = [(words[can] == word).sum() / total for word in (*EVIDENCE[:2], "unknown")]
            print(
                f"| {name} | {int(can.sum())} | "
                f"{' | '.join(f'{100 * share:.0f} %' for share in shares)} | {int((~can).sum())} |"
            )
        print()
    best = max(choices(measured, known, middle))
    print(f"chosen in the west: score {best[1]}, share {best[2]} (gap {best[0]:.2f})")


def choices(
    measured: dict[str, dict[str, np.ndarray]], known: dict[str, np.ndarray], middle: float
) -> list[tuple[float, float, float]]:
    """By how much more landslides than other ground are called new, for each pair of numbers."""
    found = []
    others = [name for name in measured if "false" in name or "bare" in name]
    for score in np.arange(0.5, 3.1, 0.25):
        for share in (0, 0.5, 0.6, 0.7, 0.8):
            called = {}
            for name, each in measured.items():
                can = known[name] & (each["x"] < middle)
                called[name] = ((each["score"] >= score) & (each["share"] >= share))[can]
            rest = np.concatenate([called[name] for name in others])
            gap = called["labelled landslides"].mean() - rest.mean()
            found.append((round(float(gap), 4), float(score), float(share)))
    return found


if __name__ == "__main__":
    main()
