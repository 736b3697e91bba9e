"""Inventories through every vector format that this QGIS writes: nothing is lost without a word."""

from pathlib import Path

import numpy as np
import pytest

qgis_core = pytest.importorskip("qgis.core")

from qgis.PyQt.QtCore import QDate, QDateTime, QTime  # noqa: E402

from landslip.algorithms import layer_file  # noqa: E402
from landslip.engine.inventory.field_names import full_name, names_in  # noqa: E402
from landslip.engine.inventory.fields import FIELDS  # noqa: E402
from landslip.engine.inventory.history import HISTORY_FIELDS  # noqa: E402
from landslip.tests.qgis.support import layer_features  # noqa: E402
from landslip.tests.support import write_raster  # noqa: E402

NAMES = [field.name for field in (*FIELDS, *HISTORY_FIELDS)]
#: Formats that keep all, and of others what they say they lose.
WHOLE = ("gpkg", "shp", "geojson", "fgb", "gml")
LOSSES = {
    "tab": "empty ones as 0",
    "csv": "3 landslides lost their outlines",
}


@pytest.fixture
def probability(tmp_path):
    """A probability raster with three landslides."""
    values = np.full((1, 60, 80), 0.1, np.float32)
    for top, left in ((5, 5), (30, 20), (20, 60)):
        values[0, top : top + 8, left : left + 6] = 0.9
    return write_raster(tmp_path / "p.tif", values)


def vectorise(run, probability, target):
    return run(
        "landslip:vectoriseprobability",
        {
            "INPUT": str(probability),
            "THRESHOLD": 0.5,
            "MIN_AREA": 0,
            "INVENTORY": str(target),
        },
    )


def reject_first(path):
    """Mark the first landslide as rejected, with a remark, as a reviewer does."""
    layer = qgis_core.QgsVectorLayer(str(path), "inventory", "ogr")
    names = layer.fields().names()
    status = next(name for name in names if full_name(name, names) == "review_status")
    notes = next(name for name in names if full_name(name, names) == "notes")
    with qgis_core.edit(layer):
        feature = next(layer.getFeatures())
        layer.changeAttributeValue(feature.id(), names.index(status), "rejected")
        layer.changeAttributeValue(feature.id(), names.index(notes), "Größe unklar, 崩壊")
    del layer


def test_cut_names_are_told_apart():
    cut = [name[:10] for name in NAMES]
    assert len(set(cut)) == len(NAMES)
    assert [full_name(name, cut) for name in cut] == NAMES
    assert full_name("review_sta", ["review_status", "review_sta"]) == "review_sta"
    assert full_name("my_column", ["my_column"]) == "my_column"


def test_columns_never_share_a_name_in_a_file():
    own = ["a_very_long_name_one", "A_very_long_name_two", "review_state", "fid", "x"]
    cut = names_in([*own, *NAMES], Path("i.shp"))
    assert len({name.lower() for name in cut}) == len(cut)
    assert all(len(name) <= 10 for name in cut)
    assert cut[len(own) :] == [name[:10] for name in NAMES]
    assert names_in([*own, *NAMES], Path("i.geojson")) == [*own, *NAMES]
    assert names_in(["fid", "FID", "id"], Path("i.gpkg")) == ["fid_1", "FID_2", "id"]


def test_columns_of_ones_own_stay_apart_in_a_shapefile(run, probability, tmp_path):
    vectorise(run, probability, tmp_path / "a.geojson")
    layer = qgis_core.QgsVectorLayer(str(tmp_path / "a.geojson"), "a", "ogr")
    mine = qgis_core.QgsVectorLayer(
        f"Polygon?crs={layer.crs().authid()}&field=a_very_long_name_one:string(9)"
        "&field=a_very_long_name_two:string(9)&field=z:string(9)",
        "mine",
        "memory",
    )
    rows = []
    for source in layer.getFeatures():
        feature = qgis_core.QgsFeature(mine.fields())
        feature.setGeometry(source.geometry())
        feature.setAttributes(["one", "two", "last"])
        rows.append(feature)
    mine.dataProvider().addFeatures(rows)
    target = str(tmp_path / "m.shp")
    run("landslip:measureinventory", {"INPUT": mine, "OUTPUT": target})
    for feature in layer_features(target):
        assert [feature[name] for name in ("a_very_lon", "a_very_l_1", "z")] == [
            "one",
            "two",
            "last",
        ]


@pytest.mark.parametrize("ending", WHOLE)
def test_what_a_reviewer_said_counts_in_every_format(run, probability, tmp_path, ending):
    target = tmp_path / f"inventory.{ending}"
    _, feedback = vectorise(run, probability, target)
    assert target.is_file()
    assert not any("does not keep everything" in text for text in feedback.warnings)
    if ending in ("gml", "fgb"):
        return  # which QGIS does not edit
    reject_first(target)
    results, _ = run(
        "landslip:exportinventory",
        {
            "INPUT": str(target),
            "PRESET": "usgs_v3",
            "NAME": "x",
            "URL": "https://example.org",
            "START_DATE": "2018-09-01",
            "END_DATE": "2018-10-01",
            "OUTPUT": str(tmp_path / "u.gpkg"),
        },
    )
    assert len(layer_features(results["OUTPUT"])) == 2


@pytest.mark.parametrize("first", ["gpkg", "geojson", "shp"])
@pytest.mark.parametrize("last", ["gpkg", "shp", "geojson"])
def test_inventories_are_updated_from_any_format_into_any(run, probability, tmp_path, first, last):
    vectorise(run, probability, tmp_path / f"a.{first}")
    vectorise(run, probability, tmp_path / f"b.{first}")
    reject_first(tmp_path / f"a.{first}")
    results, _ = run(
        "landslip:updateinventory",
        {
            "INPUT": str(tmp_path / f"a.{first}"),
            "DETECTION": str(tmp_path / f"b.{first}"),
            "DATE": "2019-05-30",
            "OUTPUT": str(tmp_path / f"c.{last}"),
        },
    )
    features = layer_features(results["OUTPUT"])
    assert len(features) == 3
    names = features[0].fields().names()
    status = next(name for name in names if full_name(name, names) == "review_status")
    notes = next(name for name in names if full_name(name, names) == "notes")
    rejected = [each for each in features if each[status] == "rejected"]
    assert [each[notes] for each in rejected] == ["Größe unklar, 崩壊"]


@pytest.mark.parametrize("ending", LOSSES)
def test_what_a_format_loses_is_told(run, probability, tmp_path, ending):
    _, feedback = vectorise(run, probability, tmp_path / f"inventory.{ending}")
    told = [text for text in feedback.warnings if "does not keep everything" in text]
    assert len(told) == 1
    assert LOSSES[ending] in told[0]
    assert "GeoPackage" in told[0]


def test_kml_keeps_what_gdal_can_or_is_refused(run, probability, tmp_path):
    """One of GDAL's two drivers for KML loses a column, the other all of them."""
    target, told = tmp_path / "inventory.kml", []
    try:
        told = vectorise(run, probability, target)[1].warnings
    except qgis_core.QgsProcessingException as err:
        told = [str(err)]
    losses = ("does not keep everything", "keeps outlines but no attributes")
    assert any(loss in text for text in told for loss in losses)
    assert target.is_file() != any(losses[1] in text for text in told)


def test_a_format_without_attributes_is_refused(run, probability, tmp_path):
    with pytest.raises(qgis_core.QgsProcessingException, match="keeps outlines but no attributes"):
        vectorise(run, probability, tmp_path / "inventory.dxf")
    assert not list(tmp_path.glob("*inventory*"))


def test_a_file_that_is_cut_off_does_not_appear(run, probability, tmp_path, monkeypatch):
    before = tmp_path / "inventory.gpkg"
    vectorise(run, probability, before)
    whole = before.read_bytes()
    keep = layer_file.keep_style

    def full_disk(path, *rest):
        keep(path, *rest)
        Path(path).write_bytes(Path(path).read_bytes()[:20_000])

    monkeypatch.setattr("landslip.algorithms.table_layer.keep_style", full_disk)
    with pytest.raises(qgis_core.QgsProcessingException, match=r"read back.*disk has room"):
        vectorise(run, probability, before)
    assert before.read_bytes() == whole
    assert [path.name for path in tmp_path.glob("*inventory*")] == ["inventory.gpkg"]


def test_a_geopackage_opens_with_its_style_and_form(run, probability, tmp_path):
    vectorise(run, probability, tmp_path / "inventory.gpkg")
    layer = qgis_core.QgsVectorLayer(str(tmp_path / "inventory.gpkg"), "inventory", "ogr")
    assert layer.renderer().type() == "RuleRenderer"
    place = layer.fields().indexOf("review_status")
    assert layer.editorWidgetSetup(place).type() == "ValueMap"


@pytest.mark.parametrize("name", ["inventory", "inventory.v2", "inventory.mif", "inventory.xyz"])
def test_an_ending_that_qgis_does_not_know_gets_one_that_it_does(run, probability, tmp_path, name):
    results, _ = vectorise(run, probability, tmp_path / name)
    made = [path.name for path in tmp_path.glob("*inventory*")]
    assert made == [f"{name}.gpkg"]
    assert len(layer_features(str(tmp_path / made[0]))) == 3
    assert results["INVENTORY"].startswith(str(tmp_path / made[0]))


def test_a_link_stays_a_link(run, probability, tmp_path):
    (tmp_path / "other disk").mkdir()
    real, link = tmp_path / "other disk" / "real.gpkg", tmp_path / "inventory.gpkg"
    link.symlink_to(real)
    vectorise(run, probability, link)
    assert link.is_symlink()
    assert len(layer_features(str(real))) == 3


@pytest.mark.parametrize("table", ["slides", "more"])
def test_a_layer_beside_others_needs_room_before_it_starts(
    run, probability, tmp_path, monkeypatch, table
):
    """QGIS would write until the disk is full, and leave neither the new layer nor the old."""
    file = tmp_path / "database.gpkg"
    sink = f"ogr:dbname='{file}' table=\"slides\" (geom)"
    vectorise(run, probability, sink)
    before = file.read_bytes()
    free = layer_file.shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(layer_file.shutil, "disk_usage", lambda folder: free)
    with pytest.raises(qgis_core.QgsProcessingException, match="needs about 1 MiB of room"):
        vectorise(run, probability, sink.replace("slides", table))
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.glob("*database*")] == ["database.gpkg"]


def test_dates_are_compared():
    day, moment = QDate(2018, 9, 6), QDateTime(QDate(2018, 9, 6), QTime(3, 7, 59))
    assert layer_file.same_value(day, "2018/09/06")
    assert not layer_file.same_value(day, "2018/09/07")
    assert not layer_file.same_value(day, None)
    assert layer_file.same_value(moment, "2018/09/06 03:07:59+00")
    assert layer_file.same_value(moment, "2018-09-06T03:07:59Z")
    assert not layer_file.same_value(moment, "2018/09/06")
    assert not layer_file.same_value(moment, "2018-09-06T03:08:00")


@pytest.mark.parametrize("ending", [*WHOLE, "tab"])
def test_what_reads_an_inventory_finds_the_same_in_every_format(run, probability, tmp_path, ending):
    def numbers(inventory):
        """What measuring, assessing, statistics and the review sheet say of it."""
        given = {"INPUT": str(inventory)}
        report, sheet = (str(tmp_path / name) for name in ("r.html", "s.html"))
        compared = {"INPUT": str(probability), "REFERENCE": str(inventory), "OUTPUT": report}
        told = [
            run("landslip:measureinventory", {**given, "OUTPUT": "memory:"}),
            run("landslip:assessinventory", compared),
            run("landslip:inventorystatistics", {**given, "OUTPUT": report}),
            run("landslip:reviewsheet", {**given, "IMAGE": str(image), "OUTPUT": sheet}),
        ]
        found = {f"{i} {k}": v for i, (result, _) in enumerate(told) for k, v in result.items()}
        return {k: v for k, v in found.items() if isinstance(v, (int, float))}

    bands = np.full((3, 60, 80), 1000, np.uint16)
    image = write_raster(tmp_path / "image.tif", bands, names=["B02", "B03", "B04"])
    for name in ("inventory.gpkg", f"again.{ending}"):
        vectorise(run, probability, tmp_path / name)
    expected, found = numbers(tmp_path / "inventory.gpkg"), numbers(tmp_path / f"again.{ending}")
    assert len(expected) > 10
    assert found == pytest.approx(expected, rel=1e-6, nan_ok=True)
