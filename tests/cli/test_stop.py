"""Signals that stop a command: in order, at once, and before the work."""

import os
import signal
import subprocess
import sys

import pytest

pytest.importorskip("pyogrio")

from landslip.cli.__main__ import STOPPED, main

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no such signals there")

TERMINATED = 143

RUN = """
import sys, time
from landslip.engine.detection import pipeline
run = pipeline.Model.run
def slow(self, patches, statistics):
    print("running", flush=True)
    time.sleep({seconds})
    return run(self, patches, statistics)
pipeline.Model.run = slow
from landslip.cli.stop import Stop
received = Stop._received
def told(self, number, frame):
    print("received", flush=True)
    received(self, number, frame)
Stop._received = told
from landslip.cli.__main__ import main
sys.exit(main(sys.argv[1:]))
"""

IMPORT = """
import sys, time
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "landslip.cli.commands":
            print("importing", flush=True)
            try:
                time.sleep(60)
            except BaseException as err:  # as numpy does
                raise ImportError("numpy is broken") from err
sys.meta_path.insert(0, Slow())
from landslip.cli.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def started(stack_path, model_path, tmp_path):
    """Starts a detection, and waits for what it says first."""
    processes = []

    def start(script, word):
        given = ("--input", stack_path, "--model", model_path, "--device", "cpu")
        outputs = ("--probability", tmp_path / "out" / "p.tif", "--inventory", tmp_path / "p.gpkg")
        (tmp_path / "out").mkdir()
        command = [sys.executable, "-c", script, "detect", *given, *map(str, outputs)]
        process = subprocess.Popen(
            [*command, "--batch-size", "1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout.readline() == f"{word}\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


SIGNALS = pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, STOPPED), (signal.SIGTERM, TERMINATED)]
)


def told_by(process):
    said = process.communicate(timeout=60)[1]
    assert "Traceback" not in said
    return said


def test_sigterm_stops_in_order(started, tmp_path):
    process = started(RUN.format(seconds=0.3), "running")
    process.send_signal(signal.SIGTERM)
    assert "Stopped on request" in told_by(process)
    assert process.returncode == TERMINATED
    assert list((tmp_path / "out").iterdir()) == []


@SIGNALS
def test_the_second_signal_stops_at_once(started, tmp_path, number, status):
    process = started(RUN.format(seconds=60), "running")
    process.send_signal(number)
    assert process.stdout.readline() == "received\n"
    process.send_signal(number)
    assert "Stopped at once" in told_by(process)
    assert process.returncode == status
    assert list((tmp_path / "out").iterdir()) == []


@SIGNALS
def test_before_the_work_the_first_signal_stops_at_once(started, number, status):
    process = started(IMPORT, "importing")
    process.send_signal(number)
    assert told_by(process) == "Stopped before the work began. No file was written.\n"
    assert process.returncode == status


def test_the_handlers_of_others_are_there_again(capsys):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit):
        main(["--version"])
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
