"""The command `landslip`: the engine without QGIS, by the algorithms' names and defaults."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import rasterio

pyogrio = pytest.importorskip("pyogrio")

from landslip.cli.__main__ import STOPPED, main  # noqa: E402
from landslip.cli.commands import RUN, extent_of  # noqa: E402
from landslip.cli.options import Option, commands  # noqa: E402
from landslip.engine.common import output  # noqa: E402
from landslip.engine.common.errors import ParameterError  # noqa: E402
from landslip.engine.inventory.fields import FIELDS  # noqa: E402
from landslip.tests.safe_fixture import Safe, write_safe  # noqa: E402
from landslip.tests.support import card, write_model  # noqa: E402


@pytest.fixture
def image(stack_path, model_path, tmp_path):
    """What detection needs, and a folder to write to."""

    def arguments(name="p", *more):
        outputs = (
            "--probability",
            tmp_path / f"{name}.tif",
            "--inventory",
            tmp_path / f"{name}.gpkg",
        )
        given = ("detect", "--input", stack_path, "--model", model_path, "--device", "cpu")
        return [str(each) for each in (*given, *outputs, *more)]

    return arguments


def slides(path):
    frame = pyogrio.raw.read(path, layer="inventory")
    return frame[0], frame[2], frame[3]


def test_every_command_has_what_it_needs():
    assert {command.algorithm for command in commands()} == set(RUN)
    for command in commands():
        assert command.description
        flags = [option.flag for option in command.options]
        assert len(set(flags)) == len(flags)


@pytest.mark.parametrize("command", commands(), ids=lambda c: c.name)
def test_help_names_every_option(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command.name, "--help"])
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for option in command.options:
        assert option.flag in text
        assert " ".join(option.label.split()[:3]) in text


def test_detection_gives_a_raster_an_inventory_and_json(image, tmp_path, capsys):
    assert main(image("p", "--json", "--min-area", "1000")) == 0
    said = capsys.readouterr()
    results = json.loads(said.out)
    about, shapes, columns = slides(tmp_path / "p.gpkg")
    assert results["COUNT"] == len(shapes) > 5
    assert list(about["fields"]) == [field.name for field in FIELDS]
    areas = columns[list(about["fields"]).index("area_m2")]
    assert areas.min() >= 1000
    assert results["AREA"] == pytest.approx(areas.sum())
    assert results["DEVICE_USED"] == "cpu"
    assert "Model" in said.err
    with rasterio.open(tmp_path / "p.tif") as dataset:
        assert (dataset.read(1) >= 0.5).sum() * 100 >= areas.sum() * 0.99


def test_quiet_shows_nothing_but_the_results(image, capsys):
    assert main(image("p", "--quiet")) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "COUNT: " in said.out


def test_an_inventory_is_a_mask_and_an_extent_has_a_crs(image, tmp_path, stack_path):
    assert main(image("p", "--quiet")) == 0
    assert main(image("q", "--quiet", "--mask", str(tmp_path / "p.gpkg"), "--min-area", "0")) == 0
    with rasterio.open(tmp_path / "p.tif") as whole, rasterio.open(tmp_path / "q.tif") as part:
        found, masked = whole.read(1), part.read(1, masked=True)
    inside = ~np.ma.getmaskarray(masked)
    assert 0 < inside.mean() < 0.5
    assert np.array_equal(masked.data[inside], found[inside])
    with rasterio.open(stack_path) as dataset:
        west, south, east, north = dataset.bounds
    half = f"{west},{(west + east) / 2},{south},{north}"
    assert main(image("r", "--quiet", "--extent", half)) == 0
    with rasterio.open(tmp_path / "r.tif") as part:
        assert part.width == found.shape[1] // 2
        assert np.array_equal(part.read(1), found[:, : part.width])


def test_another_threshold(image, tmp_path):
    assert main(image("p", "--quiet")) == 0
    again = ["vectorise", "--input", str(tmp_path / "p.tif"), "--quiet"]
    assert main([*again, "--inventory", str(tmp_path / "half.gpkg")]) == 0
    assert main([*again, "--threshold", "0.9", "--inventory", str(tmp_path / "sure.gpkg")]) == 0
    with rasterio.open(tmp_path / "p.tif", "r+") as raster:
        raster.write(raster.read(1) * 0.6 + 0.2, 1)  # nearer to 0.5: others are heard
    flat = ["--threshold", "0.5", "--inventory", str(tmp_path / "flat.gpkg")]
    drawn = ["--edge-image", image("p")[2], "--inventory", str(tmp_path / "drawn.gpkg")]
    assert main([*again, *flat]) == 0
    assert main([*again, "--threshold", "0.5", *drawn]) == 0
    areas = [slides(tmp_path / f"{name}.gpkg")[1] for name in ("flat", "drawn")]
    assert len(areas[0]) != len(areas[1])
    first, half, sure = (len(slides(tmp_path / f"{n}.gpkg")[1]) for n in ("p", "half", "sure"))
    assert first == half > sure


def test_from_a_product_to_a_stack_to_landslides(tmp_path):
    product = write_safe(tmp_path, Safe())
    stack = str(tmp_path / "stack.tif")
    assert main(["prepare", "--input", str(product), "--output", stack, "--quiet"]) == 0
    with rasterio.open(stack) as dataset:
        assert "B04" in dataset.descriptions
    model = write_model(tmp_path / "m.onnx", card(bands=("B04", "B03", "B02")))
    outputs = ["--probability", str(tmp_path / "p.tif"), "--inventory", str(tmp_path / "p.gpkg")]
    given = ["detect", "--input", stack, "--model", model, "--quiet"]
    assert main([*given, *outputs]) == 0


def test_scores_and_statistics_with_their_reports(image, tmp_path, capsys):
    assert main(image("p", "--quiet")) == 0
    capsys.readouterr()
    inventory, raster = (str(tmp_path / name) for name in ("p.gpkg", "p.tif"))
    report = str(tmp_path / "scores.html")
    given = ["assess", "--input", inventory, "--reference", inventory, "--output", report]
    assert main([*given, "--json", "--quiet"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["F1"] == scores["OBJECT_RECALL"] == 1.0
    assert scores["BEST_THRESHOLD"] is None
    given[2] = raster
    assert main([*given, "--json", "--quiet", "--comparison", str(tmp_path / "c.tif")]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert 0.5 < scores["PRECISION"] <= scores["RECALL"] == 1.0
    assert scores["BEST_THRESHOLD"] is not None
    assert (tmp_path / "c.tif").exists()
    report = str(tmp_path / "statistics.html")
    assert main(["statistics", "--input", inventory, "--output", report, "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out)
    assert numbers["COUNT"] == len(slides(inventory)[1])
    assert "Landslip" in (tmp_path / "statistics.html").read_text(encoding="utf-8")
    folder = str(tmp_path / "event")
    given = ["report", "--input", inventory, "--event-name", "Storm A", "--output-folder", folder]
    assert main([*given, "--reference", raster, "--json"]) == 0
    results = json.loads(capsys.readouterr().out)
    assert results["COUNT"] == numbers["COUNT"]
    assert sorted(os.listdir(folder)) == ["Storm_A.html", "Storm_A.kml"]


def test_a_report_of_another_kind_is_refused(image, tmp_path, capsys):
    given = ["statistics", "--input", "x.gpkg", "--output", str(tmp_path / "x.docx")]
    assert main(given) == 1
    assert "does not end in .html" in capsys.readouterr().err


def test_a_sample_scene(tmp_path):
    paths = [str(tmp_path / f"{name}.tif") for name in ("stack", "dem", "truth")]
    given = [part for pair in zip(("--stack", "--dem", "--truth"), paths) for part in pair]
    assert main(["sample", "--size", "128", *given]) == 0
    with rasterio.open(paths[2]) as dataset:
        assert dataset.shape == (128, 128)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--threshold", "3"], "--threshold is 3; expected a number from 0 to 1"),
        (["--threshold", "high"], "--threshold is 'high'; expected a number"),
        (["--batch-size", "2.5"], "--batch-size is '2.5'; expected a whole number"),
        (["--device", "abacus"], "--device is 'abacus'; expected one of auto, cuda"),
        (["--smooth", "maybe"], "--smooth is 'maybe'; expected true or false"),
        (["--extent", "1,2,3"], "expected xmin,xmax,ymin,ymax"),
        (["--extent", "1,2,3,4 [EPSG:99999]"], "'EPSG:99999', which PROJ does not know"),
        (["--extent", "1,2,3,4 [EPSG:xx]"], "'EPSG:xx', which PROJ does not know"),
        (["--extent", "2,1,3,4"], "goes from 2 to 1 in x and from 3 to 4 in y; expected the"),
        (["--extent", "1,2,4,3"], "Check the order of the numbers"),
        (["--extent", "142,141,42,43 [EPSG:4326]"], "from 142 to 141 in x"),
        (["--product", "x.zip"], "expected one of --input"),
        (["--mask", "nowhere.gpkg"], "nowhere.gpkg cannot be read as polygons"),
        (["--model", "nowhere"], "nowhere"),
        (["--ensemble", "fast_rgb,nowhere"], "There is no model 'nowhere'"),
        (["--even-light", "true"], "Give a DEM raster, or switch even light off"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_leaves_no_file(image, tmp_path, capsys, more, told):
    assert main(image("p", *more)) == 1
    assert told in capsys.readouterr().err
    assert not list(tmp_path.glob("p.*"))


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize(
    ("flag", "value", "told"),
    [
        ("--probability", "nowhere/p.tif", "folder nowhere does not exist. Make it"),
        ("--inventory", "nowhere/p.gpkg", "folder nowhere does not exist. Make it"),
        ("--probability", "circle/p.tif", "symbolic links). Choose another file name or folder"),
        ("--inventory", "circle.gpkg", "symbolic links). Choose another file name or folder"),
        ("--input", "circle", "circle cannot be read as a raster"),
        ("--mask", "circle", "circle cannot be read as polygons"),
        ("--model", "circle", "There is no model 'circle'"),
        ("--model", "m" * 300, "There is no model 'mmm"),
        ("--input", "b\udcff.tif", r"--input: The name b\udcff.tif is not UTF-8; GDAL takes no"),
        ("--probability", "b\udcff/p.tif", r"--probability: The name b\udcff/p.tif is not UTF-8"),
    ],
)
def test_names_that_lead_nowhere_are_told_before_the_work(
    image, tmp_path, capsys, monkeypatch, flag, value, told
):
    monkeypatch.chdir(tmp_path)
    if "circle" in value:
        for name, other in (("circle", "round"), ("round", "circle")):
            (tmp_path / name).symlink_to(other)
        (tmp_path / "circle.gpkg").symlink_to("circle.gpkg")
    given = image()
    if flag in given:
        given[given.index(flag) + 1] = value
    else:
        given += [flag, value]

    def worked(*_):
        raise AssertionError("the work began")

    monkeypatch.setattr("landslip.engine.detection.pipeline.scene_sample", worked)
    assert main(given) == 1
    assert told in capsys.readouterr().err
    assert not list(tmp_path.glob("p.*"))


def test_an_inventory_that_is_no_geopackage_is_refused_before_the_work(image, tmp_path, capsys):
    given = [each.replace("p.gpkg", "p.shp") for each in image()]
    assert main(given) == 1
    assert "does not end in .gpkg" in capsys.readouterr().err
    assert not list(tmp_path.glob("p.*"))


def test_without_room_for_the_inventory_the_raster_is_there_to_go_on_from(
    image, tmp_path, capsys, monkeypatch
):
    to_disk = output._to_disk

    def full(path):
        if path.endswith(".gpkg"):
            raise OSError(28, "No space left on device")
        to_disk(path)

    with monkeypatch.context() as patched:
        patched.setattr(output, "_to_disk", full)
        assert main(image("p", "--quiet")) == 1
    told = capsys.readouterr().err
    assert "p.gpkg cannot be written (No space left on device)" in told
    raster = tmp_path / "p.tif"
    assert f"'landslip vectorise --input {raster}' makes the inventory of it" in told
    assert not (tmp_path / "p.gpkg").exists()
    given = ["vectorise", "--input", str(raster), "--inventory", str(tmp_path / "p.gpkg")]
    assert main([*given, "--quiet"]) == 0
    assert len(slides(tmp_path / "p.gpkg")[1]) > 5


@pytest.mark.skipif(os.name == "nt", reason="no such limits there")
@pytest.mark.parametrize("command", ["prepare", "sample", "vectorise", "detect"])
def test_a_disk_without_any_room_is_a_sentence(image, tmp_path, command):
    out = tmp_path / "out"
    out.mkdir()
    given = {
        "prepare": ("--input", write_safe(tmp_path, Safe()), "--output", out / "s.tif"),
        "sample": ("--stack", out / "s.tif", "--dem", out / "d.tif", "--truth", out / "t.tif"),
        "vectorise": ("--input", tmp_path / "p.tif", "--inventory", out / "p.gpkg"),
        "detect": [each.replace(str(tmp_path), str(out), 1) for each in image()[-4:]],
    }[command]
    if command == "vectorise":
        assert main(image("p", "--quiet")) == 0
    given = [command, *given] if command != "detect" else [*image()[:-4], *given]
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
    script = f"{limit}; from landslip.cli.__main__ import main; raise SystemExit(main())"
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, given)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "cannot be written" in done.stderr
    assert "Check that the disk has room" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in out.iterdir() if "regions" not in path.name] == []


def test_no_output_overwrites_an_input_or_another_output(image, tmp_path, capsys):
    assert main(image("p", "--quiet")) == 0
    before = (tmp_path / "p.gpkg").read_bytes()
    assert main(image("p", "--mask", str(tmp_path / "p.gpkg"))) == 1
    assert "--inventory would overwrite" in capsys.readouterr().err
    assert (tmp_path / "p.gpkg").read_bytes() == before
    paths = [part for flag in ("--stack", "--dem", "--truth") for part in (flag, "same.tif")]
    assert main(["sample", *paths]) == 1
    assert "--dem would overwrite same.tif, which is given as --stack" in capsys.readouterr().err


def test_without_standard_error_results_are_all_that_is_printed(image, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    assert main(image("p", "--json")) == 0
    assert json.loads(capsys.readouterr().out)["COUNT"] > 5
    assert main(image("q", "--threshold", "3")) == 1
    assert capsys.readouterr().out == ""


def test_a_fault_of_a_file_that_nobody_foresaw_is_a_sentence(image, capsys, monkeypatch):
    def denied(*_):
        raise PermissionError(13, "Permission denied", "weights.onnx")

    monkeypatch.setitem(RUN, "detectlandslides", denied)
    assert main(image()) == 1
    told = capsys.readouterr().err
    assert "weights.onnx cannot be read or written (Permission denied). Check its path" in told


def test_a_wrong_command_line_ends_with_2(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["detect"])
    assert ended.value.code == 2
    assert "--probability" in capsys.readouterr().err


def test_extents_are_as_qgis_writes_them():
    assert extent_of("1,2,3.5,4 [EPSG:4326]") == ((1.0, 3.5, 2.0, 4.0), "EPSG:4326")
    assert extent_of("-1e3,2,-3,4") == ((-1000.0, -3.0, 2.0, 4.0), "")
    assert extent_of(" 1 , 2,  3.5,4\t[EPSG:4326] ") == ((1.0, 3.5, 2.0, 4.0), "EPSG:4326")
    assert extent_of("1, 2, 3.5, 4[EPSG:4326]") == ((1.0, 3.5, 2.0, 4.0), "EPSG:4326")
    for text in ("1,2,3,x", "1 2,3,4,5", "1,2,3,4 5", "1,2,3,4,5", "1,,2,3"):
        with pytest.raises(ParameterError, match="expected xmin,xmax,ymin,ymax"):
            extent_of(text)


def test_an_unknown_crs_of_a_stack_is_a_sentence(tmp_path, capsys):
    product = write_safe(tmp_path, Safe())
    given = ["prepare", "--input", str(product), "--output", str(tmp_path / "o.tif")]
    assert main([*given, "--crs", "EPSG:xx"]) == 1
    assert "'EPSG:xx' is no CRS. Give a code such as EPSG:32632" in capsys.readouterr().err
    assert main([*given, "--extent", "7.6, 7.7, 46.9, 47 [EPSG:xx]"]) == 1
    assert "'EPSG:xx' is no CRS" in capsys.readouterr().err


def test_numbers_keep_their_bounds_and_whole_ones_stay_whole():
    option = Option("SIZE", "Size", "number", False, 1, whole=True, least=1.0, most=9.0)
    assert option.value("9") == 9
    assert isinstance(option.value("3"), int)
    with pytest.raises(ParameterError, match="expected a whole number from 1 to 9"):
        option.value("10")
    seed = Option("SEED", "Seed", "number", False, 1, whole=True, least=0.0, most=2147483647.0)
    with pytest.raises(ParameterError, match="is -1; expected a whole number from 0 to 2147483647"):
        seed.value("-1")
    with pytest.raises(ParameterError, match="is -1; expected a number of 0 or more"):
        Option("AREA", "Area", "number", True, least=0.0).value("-1")
    with pytest.raises(ParameterError, match="a finite number"):
        Option("X", "X", "number", True).value("nan")


SLOW = """
import sys, time
from landslip.engine.detection import pipeline
run = pipeline.Model.run
def slow(self, patches, statistics):
    time.sleep(0.3)
    print("running", flush=True)
    return run(self, patches, statistics)
pipeline.Model.run = slow
from landslip.cli.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT there")
def test_ctrl_c_stops_in_order(image, tmp_path):
    given = [sys.executable, "-c", SLOW, *image("p", "--batch-size", "1")]
    process = subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "running\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == STOPPED
    assert "Stopped on request" in said
    assert not (tmp_path / "p.tif").exists()
