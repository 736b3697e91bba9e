"""Export inventory and Validate inventory, run as the Toolbox runs them."""

import json

import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.engine.common.dependencies import require  # noqa: E402
from landslip.engine.inventory.event import PARAMETERS  # noqa: E402
from landslip.engine.inventory.presets import PRESETS  # noqa: E402
from landslip.tests.qgis.support import Feedback, memory_layer, published  # noqa: E402

EXPORT, VALIDATE = "landslip:exportinventory", "landslip:validateinventory"
UTM = "EPSG:32654"
SQUARE = "Polygon((500000 4700000, 500100 4700000, 500100 4700100, 500000 4700100, 500000 4700000))"
HOLED = (
    "Polygon((501000 4700000, 501100 4700000, 501100 4700100, 501000 4700100, 501000 4700000),"
    "(501040 4700040, 501040 4700060, 501060 4700060, 501060 4700040, 501040 4700040))"
)
#: What schemas without columns for them have among the notes.
NOTES, TRIGGER = "Über die Straße, 道路", "Trigger: earthquake"
BEFORE = "Image before 2018-08-05"


@pytest.fixture
def inventory():
    return memory_layer(
        "Polygon",
        UTM,
        [SQUARE, HOLED],
        id=["LS_a", "LS_b"],
        event_date=["2018-09-06", None],
        image_date=[None, "2018-09-11"],
        ls_type=["flow", None],
        material=["debris", None],
        trigger=["earthquake", None],
        confidence=["high", None],
        review_status=["accepted", "edited"],
        notes=[NOTES, None],
        method=["automatic", "manual"],
        run_date=["2026-01-02", None],
        product_id=["S2A_MSIL2A_20180911T012701", None],
        pre_date=["2018-08-05T01:27:01Z", None],
    )


@pytest.fixture
def export(run, inventory, tmp_path):
    def export(preset, name, **options):
        target = str(tmp_path / name)
        parameters = {
            "INPUT": inventory,
            "PRESET": preset,
            "NAME": "Iburi 2018",
            "COUNTRY": "Japan",
            "COUNTRY_CODE": "jp",
            "OUTPUT": target,
            **options,
        }
        return run(EXPORT, parameters)

    return export


def test_parameters_and_outputs_are_the_interface(registry):
    algorithm = registry.algorithmById(EXPORT)
    assert [p.name() for p in algorithm.parameterDefinitions()] == [
        *("INPUT", "PRESET", "NAME", "URL", "COUNTRY", "START_DATE", "END_DATE"),
        *("REVIEWED_ONLY", "COUNTRY_CODE", "VERSION", "ACCURACY", *PARAMETERS, "OUTPUT"),
    ]
    assert {o.name() for o in algorithm.outputDefinitions()} == {"OUTPUT", "COUNT", "PROBLEMS"}
    algorithm = registry.algorithmById(VALIDATE)
    assert [p.name() for p in algorithm.parameterDefinitions()] == ["INPUT", "PRESET", "OUTPUT"]
    assert {o.name() for o in algorithm.outputDefinitions()} == {"OUTPUT", "COUNT", "VALID"}


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson"])
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_in_every_format_is_valid(run, export, preset, ending):
    results, feedback = export(preset, f"i.{ending}")
    assert (results["COUNT"], results["PROBLEMS"]) == (2, 0), feedback.warnings
    checked, feedback = run(
        VALIDATE, {"INPUT": results["OUTPUT"], "PRESET": preset, "OUTPUT": "memory:"}
    )
    assert checked["VALID"], feedback.warnings
    assert checked["COUNT"] == 0


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson"])
@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        (
            "uglc",
            {
                "OLD ID": ["LS_a", "LS_b"],
                "START DATE": ["2018-09-06", "1678-01-01"],
                "END DATE": ["2018-09-06", "2018-09-11"],
                "TYPE": ["debris flow", "ND"],
                "PHYSICAL FACTORS": ["seismic (T)", "ND"],
                "ACCURACY": [-99999, -99999],
                "NOTES": [f"{NOTES}. {BEFORE}", None],
            },
        ),
        (
            "uglc_2024",
            {"START DATE": ["2018/09/06", "1677/12/31"], "TRIGGER": ["seismic", "ND"]},
        ),
        (
            "coolr",
            {
                "ev_title": ["LS_a", "LS_b"],
                "ev_date": ["2018-09-06", "2018-09-11"],
                "ls_cat": ["debris_flow", "unknown"],
                "ls_trig": ["earthquake", "unknown"],
                "ctry_name": ["Japan", "Japan"],
                "ctry_code": ["JP", "JP"],
                "comments": [f"{NOTES}. {BEFORE}", None],
            },
        ),
        (
            "coolr_events",
            {
                "img_type": ["Sentinel-2", None],
                "method": ["automated", "manual"],
                "sat_date_b": ["2018-08-05", None],
                "sat_date_a": [None, "2018-09-11"],
            },
        ),
        ("usgs_v3", {"Notes": [f"{NOTES}. {TRIGGER}. {BEFORE}", None], "Confidence": [8, None]}),
    ],
)
def test_another_program_reads_what_was_meant(export, preset, ending, expected):
    """Read with GDAL through pyogrio, not through QGIS."""
    results, _ = export(preset, f"i.{ending}")
    meta, outlines, values = read_by_gdal(results["OUTPUT"])
    assert require("pyproj").CRS(meta["crs"]).to_epsg() in (4326, None)  # GeoJSON: OGC:CRS84
    for column in PRESETS[preset].columns:
        if column.name in expected:
            name = column.dbf_name if ending == "shp" else column.name
            found = [column.as_text(plain(value)) for value in values[name].tolist()]
            assert found == [column.as_text(value) for value in expected[column.name]], name
    shapely = require("shapely")
    to_utm = require("pyproj").Transformer.from_crs("EPSG:4326", UTM, always_xy=True).transform
    areas = [
        shapely.transform(shapely.from_wkb(wkb), to_utm, interleaved=False).area for wkb in outlines
    ]
    assert areas == pytest.approx([10000, 9600], rel=1e-5)


def read_by_gdal(path):
    options = {"DATE_AS_STRING": "YES"} if path.endswith("geojson") else {}
    meta, _, outlines, columns = require("pyogrio.raw").read(path, **options)
    return meta, outlines, dict(zip(meta["fields"], columns))


def plain(value):
    """A value of numpy as the tests write it; NaN and empty texts as None."""
    if value in (None, "") or value != value:
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value


@pytest.mark.parametrize(
    ("preset", "name", "ending", "kind"),
    [
        ("uglc", "START DATE", "gpkg", "datetime64[D]"),
        ("uglc", "START_DATE", "shp", "datetime64[D]"),
        ("uglc", "ACCURACY", "gpkg", "int64"),
        ("uglc_2024", "START DATE", "gpkg", "object"),
        ("coolr", "ev_date", "gpkg", "datetime64[D]"),
        ("inspire_event", "validFrom", "gpkg", "datetime64[ms]"),
        ("inspire_event", "validFrom", "shp", "object"),
    ],
)
def test_dates_are_dates_wherever_a_format_has_them(export, preset, name, ending, kind):
    results, _ = export(preset, f"i.{ending}")
    _, _, values = read_by_gdal(results["OUTPUT"])
    assert values[name].dtype == kind
    if preset == "inspire_event":
        first = plain(values[name].tolist()[0])
        assert first in ("2018-09-06T00:00:00", "2018-09-06T00:00:00Z")


def test_geopackage_calls_the_outline_as_uglc_does(export):
    results, _ = export("uglc", "i.gpkg")
    assert require("pyogrio").read_info(results["OUTPUT"])["geometry_name"] == "WKT_GEOM"


def test_geojson_says_its_crs_where_the_standard_has_none(export, tmp_path):
    export("inspire_event", "i.geojson")
    export("coolr", "c.geojson")
    inspire, coolr = (
        json.loads((tmp_path / name).read_text()) for name in ("i.geojson", "c.geojson")
    )
    assert inspire["crs"]["properties"]["name"].endswith("4258")
    assert "crs" not in coolr
    outline = require("shapely.geometry").shape(coolr["features"][0]["geometry"])
    assert outline.bounds[:2] == pytest.approx((141.0, 42.452), abs=2e-3)


def test_what_is_missing_is_told_and_found_again(run, export):
    results, feedback = export("uglc", "i.gpkg", NAME="x")
    assert results["PROBLEMS"] == 0
    results, feedback = export("uglc", "j.gpkg", INPUT=memory_layer("Polygon", UTM, [SQUARE]))
    assert results["PROBLEMS"] == 1
    assert "END DATE: It is empty; expected a value" in feedback.warnings[-1]
    checked, _ = run(VALIDATE, {"INPUT": results["OUTPUT"], "PRESET": "uglc", "OUTPUT": "memory:"})
    (problem,) = checked["OUTPUT"].getFeatures()
    assert (problem["row"], problem["column"]) == (1, "END DATE")
    assert not problem.geometry().isEmpty()
    assert not checked["VALID"]


def test_outlines_at_fault_are_told_by_the_validator(run):
    bow_tie = "Polygon((0 0, 1 1, 1 0, 0 1, 0 0))"
    layer = memory_layer("Polygon", "EPSG:4326", [bow_tie, None])
    checked, _ = run(VALIDATE, {"INPUT": layer, "PRESET": "coolr", "OUTPUT": "memory:"})
    told = [f["problem"] for f in checked["OUTPUT"].getFeatures() if f["row"]]
    assert "Self-intersection" in told[0]
    assert "no outline" in told[1]


def test_another_format_is_refused_before_the_run(export, tmp_path):
    with pytest.raises(qgis_core.QgsProcessingException, match=r"ends with \.gpkg, \.shp"):
        export("uglc", "i.kml")
    assert not list(tmp_path.iterdir())


def test_a_country_code_of_more_letters_is_refused_before_the_run(export, tmp_path):
    with pytest.raises(qgis_core.QgsProcessingException, match="code is 'JPN'; expected two"):
        export("coolr", "i.gpkg", COUNTRY_CODE="JPN")
    assert not list(tmp_path.iterdir())


def test_a_bad_date_leaves_what_was_there(export, tmp_path):
    export("uglc", "i.shp")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(qgis_core.QgsProcessingException, match="The end date is 'soon'; expected"):
        export("uglc", "i.shp", END_DATE="soon", INPUT=memory_layer("Polygon", UTM, [SQUARE]))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_cancelled_export_leaves_no_file(run, inventory, tmp_path):
    feedback = Feedback()
    feedback.cancel()
    parameters = {"INPUT": inventory, "PRESET": "uglc", "NAME": "x"}
    with pytest.raises(qgis_core.QgsProcessingException, match="Stopped on request"):
        run(EXPORT, {**parameters, "OUTPUT": str(tmp_path / "i.gpkg")}, feedback)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("preset", ["uglc", "coolr"])
def test_a_published_inventory_can_be_handed_in(export, real_data, preset):
    survey = published(real_data, "Nepal", 2015)
    results, _ = export(preset, "n.shp", INPUT=survey, START_DATE="2015-04-25", END_DATE="2015")
    assert results["COUNT"] == survey.featureCount()
    assert results["PROBLEMS"] == 0


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson"])
@pytest.mark.parametrize(
    ("preset", "column", "value", "message"),
    [
        ("uglc", "TYPE", "snow avalanche", "is not on the list"),
        ("uglc", "RELIABILITY", 7, "expected 10 by the catalogue's table"),
        ("uglc", "START DATE", "1500-01-01", "before 1678-01-01"),
        ("coolr", "ctry_code", "JAPAN", "not in its format"),
        ("coolr_events", "ls_trig", "seismic", "is not on the list"),
        ("usgs_v3", "Confidence", 4, "is not on the list"),
        ("inspire_event", "inspireId_localId", None, "It is empty; expected a value"),
        ("inspire_area", "likelihoodOfOccurrence_nilReason", None, "the reason here"),
    ],
)
def test_a_value_changed_afterwards_is_told(run, export, preset, column, value, message, ending):
    results, _ = export(preset, f"i.{ending}")
    column = next(c for c in PRESETS[preset].columns if c.name == column)
    layer = qgis_core.QgsVectorLayer(results["OUTPUT"], "changed", "ogr")
    feature = next(layer.getFeatures())
    name = column.dbf_name if ending == "shp" else column.name
    if ending == "geojson" and column.form and column.kind is not str:
        value = column.as_text(value)
    place = layer.fields().indexOf(name)
    assert layer.dataProvider().changeAttributeValues({feature.id(): {place: value}})
    del layer
    checked, _ = run(VALIDATE, {"INPUT": results["OUTPUT"], "PRESET": preset, "OUTPUT": "memory:"})
    told = [f["problem"] for f in checked["OUTPUT"].getFeatures() if f["column"] == column.name]
    assert any(message in text for text in told), told
    assert not checked["VALID"]


def test_the_validator_names_the_definition_and_what_is_no_problem(run, export):
    results, _ = export("uglc_2024", "i.gpkg")
    layer = qgis_core.QgsVectorLayer(results["OUTPUT"], "more", "ogr")
    mine = qgis_core.QgsField("mine", layer.fields().field("ID").type())
    assert layer.dataProvider().addAttributes([mine])
    del layer
    checked, feedback = run(
        VALIDATE, {"INPUT": results["OUTPUT"], "PRESET": "uglc_2024", "OUTPUT": "memory:"}
    )
    assert checked["VALID"]
    assert any("github.com/UnibaGEO/UGLC_polygonal" in text for text in feedback.infos)
    assert any("does not have: mine." in text for text in feedback.infos)
    checked, feedback = run(
        VALIDATE, {"INPUT": results["OUTPUT"], "PRESET": "uglc", "OUTPUT": "memory:"}
    )
    assert any("The file has all fields of uglc_2024" in text for text in feedback.infos)
    assert any("There is no such column; expected PHYSICAL FACTORS" in w for w in feedback.warnings)


@pytest.mark.parametrize("types", ["yes", "no"])
def test_a_table_of_texts_has_no_dates(run, tmp_path, types):
    """The catalogue itself is published as CSV with the outline as text."""
    table = tmp_path / "uglc.csv"
    names = [column.name for column in PRESETS["uglc"].columns]
    row = ["UGLC", "1", "Iburi", "a", "2", "Japan", "10", "2018/09/06", "2018/09/06"]
    row += ["debris flow", "seismic (T)", "1", "event", "-99999", "-99999", "none", "x"]
    outline = "POLYGON((141 42, 141.1 42, 141.1 42.1, 141 42))"
    lines = ["|".join(["WKT_GEOM", *names]), "|".join([outline, *row])]
    table.write_text("\n".join(lines), encoding="utf-8")
    options = "delimiter=%7C&wktField=WKT_GEOM&crs=EPSG:4326&geomType=polygon"
    options += f"&detectTypes={types}"
    layer = qgis_core.QgsVectorLayer(f"file://{table}?{options}", "uglc", "delimitedtext")
    assert layer.featureCount() == 1
    checked, feedback = run(VALIDATE, {"INPUT": layer, "PRESET": "uglc", "OUTPUT": "memory:"})
    told = [feature["problem"] for feature in checked["OUTPUT"].getFeatures()]
    assert checked["VALID"], (told, feedback.warnings)
