"""Polygons from anywhere measured on rasters, against counting each one by itself."""

import math
from contextlib import closing

import numpy as np
import pytest
import rasterio.features
import shapely
from scipy import ndimage

from landslip.engine.common.errors import Cancelled
from landslip.engine.inventory.fields import FIELDS
from landslip.engine.inventory.table import Record, Table
from landslip.engine.outlines.measure import MeasureRequest, measure
from landslip.engine.outlines.vectorise import VectoriseRequest, open_probability, vectorise
from landslip.engine.raster.elevation import DemSource, Elevation
from landslip.tests.engine.outlines.test_morphometry import GRADIENT, plane
from landslip.tests.support import UTM, write_raster

LEFT, TOP, SIZE = 500000.0, 4700000.0, 101


def table(polygons, crs=UTM, **columns):
    values = [dict(zip(columns, row)) for row in zip(*columns.values())] or [{}] * len(polygons)
    kinds = {name: type(column[0]) for name, column in columns.items()}
    records = tuple(Record(shapely.to_wkb(p), v) for p, v in zip(polygons, values))
    return Table("mine", crs, kinds, records)


def turned(length, width, azimuth, x=505.0, y=-505.0):
    """A rectangle around (x, y) from the raster's corner, its length along the azimuth."""
    box = shapely.box(-width / 2, -length / 2, width / 2, length / 2)
    angle = math.radians(-azimuth)
    cos, sin = math.cos(angle), math.sin(angle)
    return shapely.transform(
        box, lambda p: p @ np.array([[cos, sin], [-sin, cos]]) + (LEFT + x, TOP + y)
    )


@pytest.fixture
def dem(tmp_path, rng):
    rough = ndimage.gaussian_filter(rng.standard_normal((SIZE, SIZE)), 3) * 30
    return write_raster(tmp_path / "d.tif", plane(150) + rough.astype("float32"))


@pytest.fixture
def probability(tmp_path, rng):
    noise = ndimage.gaussian_filter(rng.standard_normal((SIZE, SIZE)), 2)
    values = (0.5 + 0.2 * noise / noise.std()).clip(0, 1).astype("float32")
    return write_raster(tmp_path / "p.tif", values)


@pytest.mark.parametrize("azimuth", [0, 35, 90, 160, 225, 300])
@pytest.mark.parametrize(("length", "width"), [(400, 100), (100, 400)])
def test_rectangle_on_an_even_slope_is_exact(tmp_path, azimuth, length, width):
    dem = write_raster(tmp_path / "d.tif", plane(azimuth))
    (found,) = measure(table([turned(length, width, azimuth)]), MeasureRequest(str(dem))).records
    assert found.values["length_m"] == pytest.approx(length / 0.9996, rel=1e-3)
    assert found.values["width_m"] == pytest.approx(width / 0.9996, rel=1e-3)
    assert found.values["area_m2"] == pytest.approx(length * width / 0.9996**2, rel=1e-4)
    assert found.values["h_l"] == pytest.approx(GRADIENT, rel=0.1)
    difference = (found.values["aspect_deg"] - azimuth + 180) % 360 - 180
    assert difference == pytest.approx(0, abs=0.05)


def test_same_as_when_it_was_detected(dem, probability):
    """Outlines along pixel edges hold the same pixels again."""
    detected = list(vectorise(VectoriseRequest(probability, dem, 0.6)))
    inventory = Table("again", UTM, {}, tuple(Record(s.wkb, {}) for s in detected))
    again = measure(inventory, MeasureRequest(dem, probability), block=40).records
    assert len(again) > 20
    for before, after in zip(detected, again):
        if after.values["pixel_count"] != before["pixel_count"]:
            assert before["width_m"] is None or before["pixel_count"] < 4  # narrow: all touched
            continue
        for name in (
            "area_m2",
            "length_m",
            "travel_m",
            "prob_mean",
            "prob_p10",
            "slope_max",
            "curvature",
            "z_min",
        ):
            assert after.values[name] == pytest.approx(before[name], rel=1e-6), name


@pytest.mark.parametrize("block", [16, 37, 1024])
def test_overlapping_polygons_against_one_by_one(dem, probability, rng, block):
    """Each polygon drawn by itself, and its pixels averaged: the plain way."""
    polygons = [
        turned(*rng.uniform(60, 300, 2), rng.uniform(0, 360), *(rng.uniform(200, 800, 2) * (1, -1)))
        for _ in range(25)
    ]
    found = measure(table(polygons), MeasureRequest(dem, probability), block=block).records
    raster = open_probability(probability)
    with rasterio.open(probability) as dataset:
        values, transform = dataset.read(1), dataset.transform
    with closing(Elevation([DemSource(dem)], raster.grid)) as terrain:
        relief = terrain.read_relief(raster.grid.area)
    for polygon, record in zip(polygons, found):
        inside = rasterio.features.rasterize([polygon], values.shape, transform=transform) > 0
        assert record.values["pixel_count"] == inside.sum()
        assert record.values["prob_mean"] == pytest.approx(values[inside].mean(), rel=1e-5)
        assert record.values["slope_mean"] == pytest.approx(relief.slope[inside].mean(), rel=1e-9)
        assert record.values["z_max"] == pytest.approx(relief.elevation[inside].max())
        assert record.values["z_min"] == pytest.approx(relief.elevation[inside].min())


def test_other_crs_multipart_and_tiny(dem):
    import pyproj

    parts = shapely.MultiPolygon([turned(100, 50, 0, 302, -301), turned(100, 50, 0, 603, -602)])
    tiny = turned(3, 3, 0, 503, -402)
    to_lonlat = pyproj.Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform
    moved = [
        shapely.transform(p, lambda xy: np.column_stack(to_lonlat(*xy.T))) for p in (parts, tiny)
    ]
    there = measure(table(moved, "EPSG:4326"), MeasureRequest(dem))
    here = measure(table([parts, tiny]), MeasureRequest(dem))
    assert there.crs == "EPSG:4326"
    for one, other in zip(there.records, here.records):
        for name in ("area_m2", "slope_mean", "height_m", "length_m", "lon", "neighb_m"):
            assert one.values[name] == pytest.approx(other.values[name], rel=1e-5), name
        assert one.values["pixel_count"] == other.values["pixel_count"] > 0
    assert here.records[0].values["area_m2"] == pytest.approx(10_000, rel=1e-3)


def test_what_people_entered_stays(dem):
    polygons = [turned(100, 50, 0, 302, -301), turned(100, 50, 0, 603, -602)]
    mine = table(polygons, ID=["a", "b"], Trigger=["rainfall", "earthquake"], depth=[2, 3])
    found = measure(mine, MeasureRequest(dem))
    assert list(found.columns) == [*(field.name for field in FIELDS), "depth"]
    assert [r.values["id"] for r in found.records] == ["a", "b"]
    assert [r.values["trigger"] for r in found.records] == ["rainfall", "earthquake"]
    assert [r.values["depth"] for r in found.records] == [2, 3]
    assert {r.values["review_status"] for r in found.records} == {"unreviewed"}
    again = measure(found, MeasureRequest())
    for before, after in zip(found.records, again.records):
        known = {k: v for k, v in before.values.items() if k not in ("pixel_count", "touches_edge")}
        for name, value in known.items():
            expected = pytest.approx(value, rel=1e-6) if isinstance(value, float) else value
            assert after.values[name] == expected, name


def test_outside_of_the_rasters(dem):
    told = []
    polygons = [turned(100, 50, 0), turned(100, 50, 0, 5000), turned(400, 50, 0, 505, 0)]
    found = measure(table(polygons), MeasureRequest(dem), warn=told.append).records
    assert [r.values["touches_edge"] for r in found] == [0, 1, 1]
    assert found[1].values["slope_mean"] is None
    assert found[1].values["area_m2"] == pytest.approx(5000, rel=1e-3)
    assert told == [told[0]]
    assert told[0].startswith("1 of 3 landslides lie outside of the rasters")


def test_empty_inventory(dem):
    found = measure(Table("none", UTM, {}, ()), MeasureRequest(dem))
    assert found.records == ()
    assert list(found.columns) == [field.name for field in FIELDS]


def test_cancel(dem):
    with pytest.raises(Cancelled):
        measure(table([turned(100, 50, 0)]), MeasureRequest(dem), cancelled=lambda: True)
