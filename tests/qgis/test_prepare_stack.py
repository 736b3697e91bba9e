"""Prepare stack, run as the Toolbox runs it."""

import json

import numpy as np
import pytest
import rasterio

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.algorithms.base import RESOURCES  # noqa: E402
from landslip.demo.processing import run_algorithm  # noqa: E402
from landslip.tests.qgis.support import layer_features  # noqa: E402
from landslip.tests.safe_fixture import CORNERS, CRS, SIZE, Safe, reflectance, write_safe  # noqa: E402
from landslip.tests.support import write_raster  # noqa: E402

NAME = "landslip:preparestack"
WEST, NORTH = CORNERS["32TMT"]


@pytest.fixture
def product(tmp_path):
    return write_safe(tmp_path, Safe(), zipped=True)


@pytest.fixture
def dem(tmp_path):
    """A plane that rises 1 in 2 to the east, wider than the tile."""
    heights = np.broadcast_to(np.arange(SIZE + 40) * 5.0, (SIZE + 40, SIZE + 40))
    return write_raster(
        tmp_path / "dem.tif",
        heights.astype("float32"),
        crs=CRS,
        origin=(WEST - 200, NORTH + 200),
    )


def test_parameters_and_outputs_are_the_interface(registry):
    algorithm = registry.algorithmById(NAME)
    assert [p.name() for p in algorithm.parameterDefinitions()] == [
        *("INPUT", "INPUT_FOLDER", "DEM", "MODEL", "EXTENT", "AREA", "OUT", "RULES"),
        *("PRE_EVENT", "PRE_EVENT_FOLDER", "CRS", "PIXEL_SIZE", "RESAMPLING", "DEM_RESAMPLING"),
        *("FILL_VOIDS", "OFFSET", "BAND_MAPPING", "COG", "ALIGN", "OUTPUT", "MASK"),
    ]
    outputs = {o.name() for o in algorithm.outputDefinitions()}
    assert outputs == {"OUTPUT", "MASK", "BANDS", "VALID"}


def test_all_parameters_arrive(run, product, dem, tmp_path):
    """Extent, area, masks, rules, pre-event and grid, in one run."""
    (tmp_path / "before").mkdir()
    before = write_safe(tmp_path / "before", Safe(day="20230501"))
    area = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32632"}},
        "features": [
            {
                "type": "Feature",
                "properties": {},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [
                        [
                            [WEST + 100, NORTH - 100],
                            [WEST + 400, NORTH - 100],
                            [WEST + 400, NORTH - 300],
                            [WEST + 100, NORTH - 300],
                            [WEST + 100, NORTH - 100],
                        ]
                    ],
                },
            }
        ],
    }
    (tmp_path / "area.geojson").write_text(json.dumps(area), encoding="utf-8")
    results, feedback = run(
        NAME,
        {
            "INPUT": [product],
            "DEM": [dem],
            "EXTENT": f"{WEST},{WEST + 420},{NORTH - 320},{NORTH} [{CRS}]",
            "AREA": str(tmp_path / "area.geojson"),
            "OUT": ["cloud", "snow"],
            "RULES": ["water"],
            "PRE_EVENT_FOLDER": before,
            "PIXEL_SIZE": 20,
            "RESAMPLING": "nearest",
            "OUTPUT": str(tmp_path / "stack.tif"),
            "MASK": str(tmp_path / "mask.tif"),
        },
    )
    assert results["BANDS"].split(",")[-4:] == ["pre_B8A", "dNDVI", "dBSI", "dRG"]
    with rasterio.open(results["OUTPUT"]) as stack, rasterio.open(results["MASK"]) as mask:
        assert stack.bounds == mask.bounds == (WEST, NORTH - 320, WEST + 420, NORTH)
        assert stack.res == (20, 20)
        reasons, red = mask.read(1), stack.read(4, masked=True)
    assert np.array_equal(reasons == 0, ~np.ma.getmaskarray(red))
    assert {128} < set(np.unique(reasons))  # outside of the area, and clouds inside
    assert (reasons[5:15, 5:20] & 128 == 0).all()
    assert results["VALID"] == pytest.approx((reasons == 0).mean())
    assert any("could not be measured" in warning for warning in feedback.warnings)


def test_bands_of_a_model(run, product, model_path, tmp_path):
    results, _ = run(
        NAME, {"INPUT": [product], "MODEL": model_path, "OUTPUT": str(tmp_path / "stack.tif")}
    )
    with rasterio.open(results["OUTPUT"]) as stack:
        assert stack.descriptions == ("B04", "B03", "B02")
        assert np.array_equal(stack.read(1), reflectance("B04", "32TMT", 10))
        assert stack.tags()["PROCESSING_BASELINE"] == "05.09"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "No product was given"),
        ({"INPUT": ["nowhere.zip"]}, "nowhere.zip"),
        ({"INPUT_FOLDER": "."}, "expected a .SAFE product"),
        ({"MODEL": "nothing"}, "There is no model 'nothing'"),
    ],
)
def test_wrong_input_is_told_before_the_run(registry, product, parameters, message):
    algorithm = registry.algorithmById(NAME)
    given = {"INPUT": [product], **parameters} if "MODEL" in parameters else parameters
    right, told = algorithm.checkParameterValues(given, qgis_core.QgsProcessingContext())
    assert not right
    assert message in told


def test_an_error_of_the_run_is_told(run, product, tmp_path):
    elsewhere = write_raster(tmp_path / "dem.tif", np.ones((9, 9), "float32"), crs=CRS)
    with pytest.raises(qgis_core.QgsProcessingException, match="does not touch the stack"):
        run(NAME, {"INPUT": [product], "DEM": [elsewhere], "OUTPUT": str(tmp_path / "s.tif")})
    assert not (tmp_path / "s.tif").exists()


def test_model_from_download_to_landslides(run, product, dem, model_path, tmp_path):
    """The model that the plugin ships: prepare, detect, vectorise."""
    model = qgis_core.QgsProcessingModelAlgorithm()
    assert model.fromFile(str(RESOURCES / "download_to_landslides.model3"))
    valid, problems = model.validate()
    assert valid, problems
    run(
        model,
        {
            "products": [product],
            "dem": dem,
            "model": model_path,
            "threshold": 0.4,
            "min_area": 0,
            "prepare:Stack": str(tmp_path / "stack.tif"),
            "detect:Landslide probability": str(tmp_path / "p.tif"),
            "vectorise:Landslide inventory": str(tmp_path / "i.gpkg"),
        },
    )
    with rasterio.open(tmp_path / "stack.tif") as stack, rasterio.open(tmp_path / "p.tif") as p:
        assert stack.descriptions == ("B04", "B03", "B02")
        assert stack.bounds == p.bounds
        pixels = int((p.read(1) >= 0.4).sum())
    features = layer_features(str(tmp_path / "i.gpkg"))
    assert sum(feature["pixel_count"] for feature in features) == pixels > 0
    assert features[0]["slope_mean"] == pytest.approx(np.degrees(np.arctan(0.5)), abs=0.1)


def test_from_a_shell(product, dem, tmp_path):
    results = run_algorithm(
        NAME,
        {
            "INPUT": product,
            "DEM": dem,
            "OUT": "cloud,snow",
            "OUTPUT": str(tmp_path / "stack.tif"),
            "MASK": str(tmp_path / "mask.tif"),
        },
        tmp_path,
    )
    assert results["BANDS"].split(",")[-3:] == ["slope", "dem", "B8A"]
    with rasterio.open(results["OUTPUT"]) as stack, rasterio.open(results["MASK"]) as mask:
        assert stack.descriptions == tuple(results["BANDS"].split(","))
        assert set(np.unique(mask.read(1))) == {0, 4, 32, 36}
