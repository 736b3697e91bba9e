"""Files that appear whole, and what killed runs leave beside them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from landslip.engine.common import output
from landslip.engine.common.errors import OutputError
from landslip.engine.common.lock import hold
from landslip.engine.common.output import (
    check_geotiff,
    check_writable,
    remove_leftovers,
    whole_file,
    whole_files,
    work_folder,
    write_whole,
)

WRITER = """
import sys, time
from landslip.engine.common.output import whole_file, whole_files
way, target = sys.argv[1:]
with (whole_file if way == "file" else whole_files)(target) as path:
    open(path, "w").write("half")
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(output, "_NEW", -1.0)


def started(way, target):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, way, str(target)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "writing\n"
    return process


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
@pytest.mark.parametrize("way", ["file", "files"])
def test_what_a_killed_run_left_goes_with_the_next(tmp_path, way):
    target = tmp_path / "map.tif"
    process = started(way, target)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(names(tmp_path)) == 2
    with (whole_file if way == "file" else whole_files)(str(target)) as path:
        Path(path).write_text("whole")
    assert names(tmp_path) == ["map.tif"]
    assert target.read_text() == "whole"


def test_what_a_living_run_writes_stays(tmp_path):
    target = tmp_path / "map.tif"
    process = started("file", target)
    try:
        with whole_file(str(target)) as path:
            Path(path).write_text("whole")
        assert len(names(tmp_path)) == 3
    finally:
        process.kill()
        process.wait()
    remove_leftovers(target)
    assert names(tmp_path) == ["map.tif"]


def test_files_of_others_stay(tmp_path):
    others = [
        ".map-notes.part",
        ".map-abcdefgh-x.part",
        ".mapb-abcdefgh.part",
        ".map-ABCDEFGH.part",
    ]
    for name in others:
        (tmp_path / name).write_text("mine")
    remove_leftovers(tmp_path / "map.tif")
    assert names(tmp_path) == sorted(others)


def test_a_mark_that_is_new_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(output, "_NEW", 5.0)
    mark = tmp_path / ".map-abcdefgh.part"
    mark.write_text("")
    remove_leftovers(tmp_path / "map.tif")
    assert mark.exists()
    os.utime(mark, (time.time() - 60,) * 2)
    remove_leftovers(tmp_path / "map.tif")
    assert not mark.exists()


def test_without_locks_files_are_written_and_leftovers_stay(tmp_path, monkeypatch):
    (tmp_path / ".map-abcdefgh.part").write_text("")

    def no_locks(path):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(output, "hold", no_locks)
    with whole_file(str(tmp_path / "map.tif")) as path:
        Path(path).write_text("whole")
    assert names(tmp_path) == [".map-abcdefgh.part", "map.tif"]


def test_a_work_folder_goes_with_all_that_is_in_it(tmp_path):
    with work_folder(tmp_path / "map.tif") as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_text("x")
        assert folder.parent == tmp_path
    assert names(tmp_path) == []


def test_a_lock_is_held_by_one(tmp_path):
    first = hold(tmp_path / "lock")
    assert first is not None
    assert hold(tmp_path / "lock") is None
    first.close()
    second = hold(tmp_path / "lock")
    assert second is not None
    second.close()


def test_what_belongs_to_a_file_of_another_format_stays(tmp_path):
    """The encoding of a Shapefile lies beside it under the name of a GeoJSON written later."""
    there = ["a.cpg", "a.qix", "a.shp", "a.geojson-wal"]
    for name in there:
        (tmp_path / name).write_text("old")
    with whole_files(str(tmp_path / "a.geojson")) as path:
        Path(path).write_text("new")
    assert names(tmp_path) == ["a.cpg", "a.geojson", "a.qix", "a.shp"]
    with whole_files(str(tmp_path / "a.shp")) as path:
        Path(path).write_text("new")
    assert names(tmp_path) == ["a.geojson", "a.shp"]


@pytest.mark.skipif(os.name == "nt", reason="other reasons there")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere/map.tif", "nowhere does not exist. Make it"),
        ("map.tif/deeper.tif", "map.tif does not exist. Make it"),
        ("x" * 300 + ".tif", "cannot be written (File name too long). Choose"),
        ("x" * 240 + ".tif", "cannot be written (File name too long). Choose"),  # what is beside it
        ("a\0b.tif", "cannot be written (embedded null"),
        ("b\udcff.tif", r"b\udcff.tif is not UTF-8; GDAL takes no other encoding. Rename"),
    ],
)
def test_names_that_cannot_be_written_are_told_before_the_work(tmp_path, name, told):
    (tmp_path / "map.tif").write_text("a file, no folder")
    target = str(tmp_path / name)
    for check in (check_writable, lambda path: check_geotiff(path, ["in.tif"], "The stack")):
        with pytest.raises(OutputError) as err:
            check(target)
        assert told in str(err.value)
    assert names(tmp_path) == ["map.tif"]


def test_a_folder_is_made_for_a_file_or_told(tmp_path):
    write_whole(tmp_path / "a" / "b" / "state.json", b"{}")
    assert (tmp_path / "a" / "b" / "state.json").read_bytes() == b"{}"
    with pytest.raises(OutputError, match="cannot be made"):
        write_whole(tmp_path / "a" / "b" / "state.json" / "x", b"")


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_are_followed_and_those_in_a_circle_told(tmp_path):
    (tmp_path / "one.tif").symlink_to("two.tif")
    (tmp_path / "two.tif").symlink_to("one.tif")
    (tmp_path / "far.tif").symlink_to(tmp_path / "nowhere" / "map.tif")
    (tmp_path / "near.tif").symlink_to("map.tif")
    for name in ("one.tif", "one.tif/map.tif"):
        with pytest.raises(OutputError, match=r"symbolic links\)\. Choose another file name"):
            check_geotiff(str(tmp_path / name), [str(tmp_path / "two.tif")], "The stack")
    with pytest.raises(OutputError, match="nowhere does not exist"):
        check_writable(str(tmp_path / "far.tif"))
    with whole_file(str(tmp_path / "near.tif")) as path:
        Path(path).write_text("whole")
    assert (tmp_path / "near.tif").is_symlink()
    assert (tmp_path / "map.tif").read_text() == "whole"
    with pytest.raises(OutputError, match="would overwrite an input"):
        check_geotiff(str(tmp_path / "near.tif"), [str(tmp_path / "map.tif")], "The stack")
