"""The commands measure, update, review, export and check: what they refuse, keep and tell.

That they agree with the algorithms is tried in tests/qgis/test_commands_agree.py.
"""

import json
import re
import sqlite3

import numpy as np
import pytest

pyogrio = pytest.importorskip("pyogrio")
pytest.importorskip("shapely")

from landslip.cli.__main__ import main  # noqa: E402
from landslip.cli.commands import RUN  # noqa: E402
from landslip.cli.listeners import Listeners  # noqa: E402
from landslip.engine.common.errors import Cancelled  # noqa: E402
from landslip.engine.inventory import geopackage, vector_file  # noqa: E402
from landslip.engine.inventory.fields import FIELDS  # noqa: E402
from landslip.engine.inventory.vector_file import read_layer  # noqa: E402
from landslip.tests.support import write_outlines, write_raster  # noqa: E402

SQUARES = [
    f"POLYGON(({x} 4700000,{x + 100} 4700000,{x + 100} 4700100,{x} 4700100,{x} 4700000))"
    for x in (500000, 500200, 500400)
]


@pytest.fixture
def mapped(tmp_path):
    return write_outlines(tmp_path / "mapped.gpkg", SQUARES, name=["a", "b", None])


@pytest.fixture
def call(capsys):
    def call(*given):
        capsys.readouterr()
        status = main([str(each) for each in given])
        return status, capsys.readouterr()

    return call


def layers(path):
    return {str(name) for name, _ in pyogrio.list_layers(path)}


# --- what they make ---


def test_measure_gives_all_fields_and_keeps_others(call, mapped, tmp_path):
    dem = write_raster(tmp_path / "d.tif", np.add.outer(np.arange(40.0), np.arange(60)) + 100)
    target = tmp_path / "measured.gpkg"
    status, said = call("measure", "--input", mapped, "--dem", dem, "--output", target, "--json")
    assert status == 0
    results = json.loads(said.out)
    assert results["COUNT"] == 3
    assert results["AREA"] == pytest.approx(30000, rel=2e-3)
    table = read_layer(str(target)).table
    assert list(table.columns) == [*(field.name for field in FIELDS), "name"]
    assert [record.get("name") for record in table.records] == ["a", "b", None]
    assert all(record.get("area_m2") == pytest.approx(10000, rel=2e-3) for record in table.records)


def test_a_review_goes_out_and_comes_back(call, mapped, tmp_path):
    values = np.arange(7500, dtype="uint16").reshape(3, 50, 50)
    image = write_raster(tmp_path / "i.tif", values, origin=(500000.0, 4700200.0))
    sheet, target = tmp_path / "sheet.html", tmp_path / "reviewed.gpkg"
    given = ["--input", mapped, "--image", image, "--pre-image", image, "--json"]
    status, said = call("review-sheet", *given, "--output", sheet)
    assert (status, json.loads(said.out)["COUNT"]) == (0, 3)
    text = sheet.read_text(encoding="utf-8")
    assert text.count("data:image/jpeg") == 6
    review = tmp_path / "sheet.review.json"
    shown = re.findall(r'data-id="([^"]+)" data-area="([^"]+)" data-outline="([^"]+)"', text)
    verdicts = [
        {"id": name, "verdict": verdict, "reviewed_at": "2026-05-01T10:00:00Z"}
        | {"area_m2": float(area), "outline": outline}
        for (name, area, outline), verdict in zip(shown, ("accept", "edit"))
    ]
    content = {"format": "landslip review", "version": 1, "reviewer": "Ann", "verdicts": verdicts}
    review.write_text(json.dumps(content), encoding="utf-8")
    given = ["--review", review, "--review", review, "--json"]
    status, said = call("apply-review", "--input", mapped, *given, "--output", target)
    assert status == 0
    results = json.loads(said.out)
    assert (results["COUNT"], results["APPLIED"], results["CONFLICTING"]) == (3, 2, 0)
    records = read_layer(str(target)).table.records
    assert [record.get("review_status") for record in records] == ["accepted", "edited", None]
    assert [record.get("name") for record in records] == ["a", "b", None]
    review.write_text(json.dumps({**content, "verdicts": [{**verdicts[0], "id": "?"}]}))
    again = ["apply-review", "--input", target, *given, "--output", tmp_path / "again.gpkg"]
    status, said = call(*again)
    assert (status, json.loads(said.out)["CONFLICTING"]) == (0, 1)
    assert "Warning: Not in the inventory: 1 (?); left out." in said.err
    status, said = call(*again[:-1], tmp_path / "stopped.gpkg", "--conflicts", "stop")
    assert status == 1
    assert not (tmp_path / "stopped.gpkg").exists()


def test_an_update_twice_changes_nothing(call, mapped, tmp_path):
    wider = SQUARES[0].replace("500100", "500190")
    found = write_outlines(
        tmp_path / "found.gpkg", [wider, SQUARES[2].replace("5004", "5009").replace("5005", "5010")]
    )
    once, twice = tmp_path / "once.gpkg", tmp_path / "twice.gpkg"
    given = ["--detection", found, "--date", "2020-05-30", "--json"]
    status, said = call("update", "--input", mapped, *given, "--output", once)
    assert status == 0
    results = json.loads(said.out)
    assert (results["ENLARGED"], results["NEW"], results["NO_LONGER_VISIBLE"]) == (1, 1, 2)
    assert "Survey of 2020-05-30: 0 unchanged, 1 enlarged" in said.err
    assert call("update", "--input", once, *given, "--output", twice)[0] == 0
    assert read_layer(str(once)).table.records == read_layer(str(twice)).table.records


def test_an_update_asks_about_two_models_and_two_surveys_of_a_day(call, mapped, tmp_path):
    made = {"model": "b", "image_date": "2020-05-30"}
    found = write_outlines(
        tmp_path / "found.gpkg", SQUARES[:1], **{k: [v] for k, v in made.items()}
    )
    target = tmp_path / "u.gpkg"
    given = ["--detection", found, "--output", target]
    status, said = call("update", "--input", mapped, *given, "--mixed", "refuse")
    assert status != 0
    assert "choose what MIXED is to do" in said.err
    assert not target.exists()
    assert call("update", "--input", found, *given)[0] == 0  # the same once more
    other = write_outlines(tmp_path / "o.gpkg", SQUARES[:1], model=["c"])
    day = ["--detection", other, "--date", "2020-05-30", "--output", tmp_path / "v.gpkg"]
    status, said = call("update", "--input", target, *day)
    assert status != 0
    assert "has a survey of 2020-05-30 already (1 landslides by b" in said.err
    status, said = call("update", "--input", target, *day, "--same-day", "another part")
    assert status == 0


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson"])
def test_what_is_exported_is_checked(call, mapped, tmp_path, ending):
    target = tmp_path / f"hand_in.{ending}"
    given = ["--name", "Iburi", "--end-date", "2018-09-11", "--version", "2"]
    status, said = call(
        "export", "--input", mapped, "--preset", "uglc", *given, "--output", target, "--json"
    )
    assert status == 0
    assert json.loads(said.out) == {"OUTPUT": str(target), "COUNT": 3, "PROBLEMS": 0}
    status, said = call("check", "--input", target, "--preset", "uglc")
    assert status == 0
    assert "VALID: True" in said.out
    assert "Checked against: Unified Global Landslide Catalogue" in said.err


def test_problems_end_with_1_and_lie_in_a_layer(call, mapped, tmp_path):
    target = tmp_path / "problems.gpkg"
    given = ["check", "--input", mapped, "--preset", "coolr", "--json"]
    status, said = call(*given, "--output", target)
    assert status == 1
    results = json.loads(said.out)
    assert results["VALID"] is False
    assert results["COUNT"] == len(read_layer(str(target)).table.records) > 10
    assert "Warning: The CRS is WGS 84 / UTM zone 54N" in said.err
    assert f"{results['COUNT'] - 10} more problems are not shown here" in said.err
    assert call(*given)[0] == 1, "without a layer, too"


# --- what they keep ---


def test_other_layers_of_a_geopackage_stay(call, mapped, tmp_path):
    target = tmp_path / "all.gpkg"
    write_outlines(target, SQUARES[:1], name=["mine"])
    with sqlite3.connect(target) as data:
        data.execute("PRAGMA journal_mode = WAL")  # as QGIS leaves it
    for _ in range(2):
        status, said = call("measure", "--input", mapped, "--output", target)
        assert status == 0
        assert f"{target} holds the layers all besides; they stay." in said.err
    assert layers(target) == {"all", "inventory", "layer_styles"}
    assert read_layer(f"{target}|layername=all").table.records[0].get("name") == "mine"
    assert len(read_layer(f"{target}|layername=inventory").table.records) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.gpkg", "mapped.gpkg"]
    status, said = call("check", "--input", target)
    assert status == 1
    assert "has the layers all, inventory; expected one" in said.err
    assert "all.gpkg|layername=" in said.err
    assert call("measure", "--input", f"{target}|layername=all", "--output", target)[0] == 1


def test_a_file_that_is_no_geopackage_is_not_replaced(call, mapped, tmp_path):
    target = tmp_path / "letter.gpkg"
    target.write_text("Dear reader", encoding="utf-8")
    status, said = call("measure", "--input", mapped, "--output", target)
    assert status == 1
    assert "it is no GeoPackage, or another program" in said.err
    assert target.read_text(encoding="utf-8") == "Dear reader"
    target.write_text("", encoding="utf-8")
    assert call("measure", "--input", mapped, "--output", target)[0] == 0


@pytest.mark.parametrize("command", ["measure", "export"])
def test_what_does_not_come_back_is_not_there(call, mapped, tmp_path, monkeypatch, command):
    """A writer that loses a landslide, as on a full disk."""
    real = vector_file.write_layer

    def lossy(path, table, *more, **options):
        records = table.records[:-1]
        shorter = type(table)(table.name, table.crs, table.columns, records)
        return real(path, shorter, *more, **options)

    monkeypatch.setattr(geopackage, "write_layer", lossy)
    monkeypatch.setattr("landslip.cli.inventory_commands.write_layer", lossy)
    target = tmp_path / "x.gpkg"
    given = ["--name", "x"] if command == "export" else []
    status, said = call(command, "--input", mapped, *given, "--output", target)
    assert status == 1
    assert "was read back and differs from what was written: 2 landslides instead of 3" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["mapped.gpkg"]


def test_a_writer_that_fails_leaves_what_was_there(call, mapped, tmp_path, monkeypatch):
    target = tmp_path / "x.gpkg"
    assert call("measure", "--input", mapped, "--output", target)[0] == 0
    before = target.read_bytes()

    monkeypatch.setattr(geopackage, "write_layer", lambda *_, **__: "disk full")
    status, said = call("measure", "--input", mapped, "--output", target)
    assert status == 1
    assert f"{target} cannot be written (disk full)" in said.err
    assert target.read_bytes() == before


def test_columns_that_would_hide_row_numbers_and_words_of_the_world(call, tmp_path):
    source = write_outlines(
        tmp_path / "a.geojson", SQUARES, fid=[7, 8, None], Größe=["道", "", None]
    )
    target = tmp_path / "b.gpkg"
    assert call("measure", "--input", source, "--output", target)[0] == 0
    table = read_layer(str(target)).table
    assert [record.get("fid_1") for record in table.records] == [7, 8, None]
    assert table.records[0].get("Größe") == "道"


# --- what they refuse ---


def refused(tmp_path, mapped):
    """Input, and what is said of it."""
    text = tmp_path / "text.gpkg"
    text.write_text("Dear reader", encoding="utf-8")
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n", encoding="utf-8")
    latin = tmp_path / "latin.gpkg"
    write_outlines(latin, SQUARES[:1], name=["Strasse"])
    with sqlite3.connect(latin) as data:
        data.create_function("ST_IsEmpty", 1, lambda _: 0)
        for name in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            data.create_function(name, 1, lambda _: 0.0)
        data.execute("UPDATE latin SET name = CAST(X'5374726166DF65' AS TEXT)")
    cut = tmp_path / "cut.gpkg"
    cut.write_bytes(latin.read_bytes()[:20000])
    raster = write_raster(tmp_path / "r.tif", np.ones((20, 20), "float32"))
    folder = tmp_path / "folder"
    folder.mkdir()
    no_crs = write_outlines(tmp_path / "no_crs.shp", SQUARES, crs=None)
    points = write_outlines(tmp_path / "points.gpkg", ["POINT(5e5 47e5)"], geometry="Point")
    return {
        "nowhere.gpkg": "nowhere.gpkg cannot be read as polygons: there is no such file",
        "x" * 300: "there is no such file",
        str(text): "cannot be read as polygons",
        str(table): "holds no geometries; expected polygons",
        str(latin): "holds texts that are not UTF-8 (byte 0xdf)",
        str(cut): "cannot be read as polygons",
        raster: "cannot be read as polygons",
        str(folder): "cannot be read as polygons",
        no_crs: "has no coordinate reference system; expected one",
        points: "holds Point geometries; expected polygons",
        f"{mapped}|layername=other": "has no layer other; expected one of mapped",
    }


@pytest.mark.parametrize("command", ["measure", "update", "export"])
def test_what_cannot_be_read_is_a_sentence(call, mapped, tmp_path, command):
    inputs = refused(tmp_path, mapped)
    there = sorted(path.name for path in tmp_path.iterdir())
    more = {
        "measure": [],
        "update": ["--detection", mapped, "--date", "2020-01-01"],
        "export": ["--name", "x"],
    }[command]
    for source, message in inputs.items():
        status, said = call(command, "--input", source, *more, "--output", tmp_path / "out.gpkg")
        assert status == 1
        assert message in said.err, source
        assert "Traceback" not in said.err
    assert sorted(path.name for path in tmp_path.iterdir()) == there


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["measure", "--output", "m.shp"], "does not end in .gpkg"),
        (["measure", "--output", "no/such/m.gpkg"], "folder no/such does not exist"),
        (["measure", "--output", "m.gpkg", "--dem", "none.tif"], "none.tif"),
        (["update", "--output", "u.gpkg"], "such as 2019-05-30"),
        (["update", "--output", "u.gpkg", "--date", "soon"], "such as 2019-05-30"),
        (["update", "--output", "u.gpkg", "--overlap", "2"], "expected a number from 0 to 1"),
        (["export", "--output", "e.kml", "--name", "x"], "ends with .gpkg, .shp, .geojson"),
        (
            ["export", "--output", "e.gpkg", "--name", "x", "--preset", "own"],
            "expected one of usgs",
        ),
        (["export", "--output", "e.gpkg", "--name", "x", "--country-code", "JPN"], "two letters"),
        (
            ["export", "--output", "e.gpkg", "--name", "x", "--end-date", "soon"],
            "end date is 'soon",
        ),
        (["check", "--output", "p.csv"], "layer of problems is written as a GeoPackage"),
    ],
)
def test_wrong_settings_are_a_sentence(call, mapped, tmp_path, monkeypatch, given, message):
    monkeypatch.chdir(tmp_path)
    command, *more = given
    if command == "update":
        more += ["--detection", mapped]
    status, said = call(command, "--input", mapped, *more)
    assert status == 1
    assert message in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["mapped.gpkg"]


def test_the_inventory_is_not_written_over(call, mapped, tmp_path):
    given = ["--detection", mapped, "--date", "2020-01-01", "--output", mapped]
    status, said = call("update", "--input", f"{mapped}|layername=mapped", *given)
    assert status == 1
    assert "would overwrite" in said.err


def test_empty_layers_are_inventories_without_landslides(call, tmp_path):
    empty = write_outlines(tmp_path / "empty.gpkg", [])
    assert call("measure", "--input", empty, "--output", tmp_path / "m.gpkg")[0] == 0
    given = ["--preset", "uglc", "--name", "x", "--output", tmp_path / "e.gpkg"]
    status, said = call("export", "--input", empty, *given)
    assert status == 0
    assert "There is no landslide in it" in said.err


def test_long_numbers_keep_their_digits_beside_empty_ones(call, tmp_path):
    numbers = [2**60 + 1, None, -(2**60) - 3]
    source = write_outlines(tmp_path / "a.gpkg", SQUARES, number=numbers)
    target = tmp_path / "b.gpkg"
    assert call("measure", "--input", source, "--output", target)[0] == 0
    with sqlite3.connect(target) as data:
        assert [n for (n,) in data.execute("SELECT number FROM inventory")] == numbers


@pytest.mark.parametrize("looks", range(3))
@pytest.mark.parametrize(
    ("algorithm", "more"),
    [
        ("measureinventory", {"DEM": None, "PROBABILITY": None}),
        ("updateinventory", {"DATE": "2020-01-01", "SURVEYED": None, "OVERLAP": 0.3, "GROWTH": 1}),
    ],
)
def test_a_stopped_command_leaves_nothing(mapped, tmp_path, looks, algorithm, more):
    """It stops at whichever of its looks at Ctrl-C that comes in."""
    going_on = iter([False] * looks)
    listeners = Listeners(
        lambda done, message: None, lambda: next(going_on, True), lambda message: None
    )
    values = {"INPUT": mapped, "DETECTION": mapped, "OUTPUT": str(tmp_path / "x.gpkg"), **more}
    with pytest.raises(Cancelled, match="Stopped"):
        RUN[algorithm](values, listeners)
    assert [path.name for path in tmp_path.iterdir()] == ["mapped.gpkg"]
