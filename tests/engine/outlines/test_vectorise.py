import numpy as np
import pytest
import shapely
from pyogrio import read_info
from pyogrio.raw import read as read_vectors
from scipy import ndimage

from landslip.engine.common.errors import Cancelled, ParameterError, RasterError
from landslip.engine.inventory.fields import FIELDS
from landslip.engine.inventory.geodesy import location_id
from landslip.engine.inventory.geopackage import write_geopackage
from landslip.engine.outlines.vectorise import VectoriseRequest, vectorise
from landslip.tests.support import UTM, write_raster


def smooth(rng, height=120, width=150):
    noise = ndimage.gaussian_filter(rng.standard_normal((height, width)), 2)
    return (0.5 + 0.25 * noise / noise.std()).clip(0, 1).astype("float32")


def run(path, band_pixels=4_000_000, **options):
    options = {"threshold": 0.5, **options}
    return list(vectorise(VectoriseRequest(str(path), **options), band_pixels=band_pixels))


def polygon(landslide):
    return shapely.from_wkb(landslide.wkb)


def test_area_is_exactly_that_of_the_pixels(tmp_path, rng):
    values = smooth(rng)
    values[30:50, 40:80] = -9999
    found = run(write_raster(tmp_path / "p.tif", values, nodata=-9999))
    _, count = ndimage.label(values >= 0.5)
    assert len(found) == count > 20
    assert sum(s["pixel_count"] for s in found) == (values >= 0.5).sum()
    for landslide in found:
        assert polygon(landslide).is_valid
        assert polygon(landslide).area == landslide["pixel_count"] * 100


@pytest.mark.parametrize("rows", [1, 2, 7, 64])
def test_bands_of_rows_change_nothing(tmp_path, rng, rows):
    dem = write_raster(tmp_path / "d.tif", smooth(rng) * 1000)
    path = write_raster(tmp_path / "p.tif", smooth(rng))
    whole = {s["id"]: s for s in run(path, dem=dem)}
    cut = {s["id"]: s for s in run(path, dem=dem, band_pixels=150 * rows)}
    assert whole.keys() == cut.keys()
    for name, landslide in whole.items():
        assert polygon(landslide).equals(polygon(cut[name]))
        for field, a, b in zip(FIELDS, landslide.values, cut[name].values):
            known = field.kind is float and b is not None
            assert a == (pytest.approx(b, rel=1e-6) if known else b), field.name


def test_attributes_of_a_landslide_known_by_heart(tmp_path):
    """Four by three pixels with a hole, on a plane of 45 degrees."""
    values = np.zeros((12, 14), "float32")
    values[4:7, 5:9] = 0.8
    values[5, 6] = 0.2  # the hole
    values[6, 8] = 0.9  # the peak
    plane = np.add.outer(np.zeros(12), np.arange(14) * 10.0).astype("float32")
    path = write_raster(tmp_path / "p.tif", values)
    dem = write_raster(tmp_path / "d.tif", plane)
    (found,) = run(path, dem=dem)
    assert found["pixel_count"] == 11
    # UTM's scale at its central meridian is 0.9996: ground lengths are longer than on the map.
    assert found["area_m2"] == pytest.approx(1100 / 0.9996**2, rel=1e-4)
    assert found["perimeter_m"] == pytest.approx((140 + 40) / 0.9996, rel=1e-4)
    assert found["prob_mean"] == pytest.approx((10 * 0.8 + 0.9) / 11)
    assert found["prob_max"] == pytest.approx(0.9)
    assert found["touches_edge"] == 0
    assert (found["z_min"], found["z_max"]) == (50, 80)
    assert found["slope_mean"] == pytest.approx(45, abs=0.01)
    from pyproj import Transformer

    to_lonlat = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform
    assert found["id"] == location_id(*to_lonlat(500085, 4699935))
    rows, cols = np.nonzero(values > 0.5)
    x, y = 500000 + (cols.mean() + 0.5) * 10, 4700000 - (rows.mean() + 0.5) * 10
    assert (found["lon"], found["lat"]) == pytest.approx(to_lonlat(x, y), abs=1e-9)
    assert len(polygon(found).interiors) == 1


def test_edge_flag(tmp_path):
    values = np.zeros((20, 20), "float32")
    values[0, 3] = values[10, 19] = values[10, 10] = values[14, 5] = 0.9
    values[15, 5] = np.nan  # beside nodata
    found = {s["id"]: s["touches_edge"] for s in run(write_raster(tmp_path / "p.tif", values))}
    assert sorted(found.values()) == [0, 1, 1, 1]


def test_diagonal_neighbours_are_separate(tmp_path):
    values = np.eye(5, dtype="float32")
    found = run(write_raster(tmp_path / "p.tif", values))
    assert [s["pixel_count"] for s in found] == [1] * 5


def test_threshold_counts_itself_in(tmp_path):
    values = np.full((3, 3), 0.3, "float32")
    path = write_raster(tmp_path / "p.tif", values)
    assert len(run(path, threshold=0.3)) == 1
    assert len(run(path, threshold=0.30001)) == 0


def test_minimum_area_is_measured_on_the_ground(tmp_path):
    """At 60 degrees north a Web Mercator pixel of 20 m measures 10 m: 100 m2."""
    values = np.zeros((9, 9), "float32")
    values[4, 2:4] = values[7, 7] = 1
    path = write_raster(
        tmp_path / "p.tif", values, crs="EPSG:3857", pixel=20.0, origin=(15_696_000, 8_399_738)
    )
    assert [s["pixel_count"] for s in run(path, min_area=150)] == [2]
    assert len(run(path, min_area=90)) == 2
    (large,) = run(path, min_area=150)
    assert large["area_m2"] == pytest.approx(200, rel=0.02)


def test_geographic_raster(tmp_path):
    from pyproj import Geod

    values = np.zeros((30, 30), "float32")
    values[10:20, 5:25] = 1
    path = write_raster(
        tmp_path / "p.tif", values, crs="EPSG:4326", pixel=0.0001, origin=(141.0, 60.0)
    )
    (found,) = run(path)
    lon = np.array([141.0005, 141.0025, 141.0025, 141.0005])
    lat = np.array([59.998, 59.998, 59.999, 59.999])
    area, perimeter = Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)
    assert found["area_m2"] == pytest.approx(abs(area), rel=1e-9)
    assert found["perimeter_m"] == pytest.approx(perimeter, rel=1e-9)
    assert found["lat"] == pytest.approx(59.9985)


def test_ids_do_not_depend_on_the_threshold_or_the_extent(tmp_path, rng):
    values = smooth(rng)
    path = write_raster(tmp_path / "p.tif", values)
    found = run(path)
    low, high = {s["id"] for s in found}, {s["id"] for s in run(path, threshold=0.8)}
    assert len(low) == len(found)
    # A landslide of the low threshold splits in the high one; its peak keeps the name.
    assert {s["id"] for s in found if s["prob_max"] >= 0.8} <= high
    part = write_raster(tmp_path / "q.tif", values[20:, 30:], origin=(500300.0, 4699800.0))
    inside = {s["id"] for s in run(part) if not s["touches_edge"]}
    assert inside <= low
    assert inside


def test_location_ids():
    assert location_id(141.9523, 42.713051) == "LS_42.71305N_141.95230E"
    assert location_id(-70.5, -5.25) == "LS_05.25000S_070.50000W"


def test_nothing_found(tmp_path):
    assert run(write_raster(tmp_path / "p.tif", np.zeros((9, 9), "float32"))) == []


def test_no_threshold_known(tmp_path):
    path = write_raster(tmp_path / "p.tif", np.zeros((9, 9), "float32"))
    with pytest.raises(ParameterError, match="does not say which threshold"):
        run(path, threshold=None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"threshold": 0}, "threshold is 0; expected a probability above 0"),
        ({"threshold": 1.1}, r"threshold is 1\.1"),
        ({"min_area": -1}, "minimum area is -1 m2; expected 0 or more"),
        ({"min_area": float("nan")}, "minimum area is nan"),
    ],
)
def test_settings_that_make_no_sense(tmp_path, options, message):
    path = write_raster(tmp_path / "p.tif", np.zeros((9, 9), "float32"))
    with pytest.raises(ParameterError, match=message):
        run(path, **options)


def test_no_probabilities(tmp_path):
    path = write_raster(tmp_path / "p.tif", np.full((9, 9), 77, "uint8"))
    with pytest.raises(RasterError, match=r"values from 77 to 77; expected probabilities"):
        run(path)


def test_more_than_one_band(tmp_path):
    path = write_raster(tmp_path / "p.tif", np.zeros((2, 9, 9), "float32"))
    with pytest.raises(RasterError, match="2 bands; expected a probability raster of one band"):
        run(path)


def test_cancel(tmp_path, rng):
    path = write_raster(tmp_path / "p.tif", smooth(rng))
    with pytest.raises(Cancelled):
        list(vectorise(VectoriseRequest(path, threshold=0.5), cancelled=lambda: True))


@pytest.mark.parametrize("dem", [False, True])
def test_geopackage(tmp_path, rng, dem):
    path = write_raster(tmp_path / "p.tif", smooth(rng))
    elevation = write_raster(tmp_path / "d.tif", smooth(rng) * 1000) if dem else None
    found = run(path, dem=elevation)
    target = str(tmp_path / "i.gpkg")
    write_geopackage(found, UTM, target)
    meta, _, geometries, columns = read_vectors(target, layer="inventory")
    assert meta["crs"] == "EPSG:32654"
    assert meta["fields"].tolist() == [field.name for field in FIELDS]
    assert [shapely.from_wkb(wkb) for wkb in geometries] == [polygon(s) for s in found]
    for field, column in zip(FIELDS, columns):
        expected = [landslide[field.name] for landslide in found]
        if field.kind is float:
            known = [np.nan if value is None else value for value in expected]
            assert column == pytest.approx(known, nan_ok=True)
        else:
            assert column.tolist() == expected


def test_empty_geopackage_has_its_columns(tmp_path):
    target = str(tmp_path / "i.gpkg")
    write_geopackage([], UTM, target)
    assert read_info(target, layer="inventory")["fields"].tolist() == [
        field.name for field in FIELDS
    ]
    assert read_info(target, layer="inventory")["features"] == 0


def test_damaged_raster(tmp_path, rng):
    path = tmp_path / "p.tif"
    write_raster(path, smooth(rng, 600, 600))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(RasterError, match=r"damaged|cannot be read"):
        run(path)
