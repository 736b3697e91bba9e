"""Standard output and standard error that take nothing: full, closed, or of few letters."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("pyogrio")


def sample(tmp_path):
    outputs = [f"--{name}={tmp_path / name}.tif" for name in ("stack", "dem", "truth")]
    return [sys.executable, "-m", "landslip.cli", "sample", "--size=96", *outputs]


HELP = [sys.executable, "-m", "landslip.cli", "detect", "--help"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full there")
@pytest.mark.parametrize("to", ["a full disk", "nobody"])
@pytest.mark.parametrize("command", ["sample", "help"])
def test_results_that_cannot_be_printed_end_in_a_sentence(tmp_path, to, command):
    given = sample(tmp_path) if command == "sample" else HELP
    with open("/dev/full", "w") as full:
        end = full if to == "a full disk" else subprocess.PIPE
        process = subprocess.Popen(given, stdout=end, stderr=subprocess.PIPE, text=True)
        if process.stdout:
            process.stdout.close()
        told = process.stderr.read()
        process.stderr.close()
        assert process.wait(60) == 1
    reason = "No space left on device" if to == "a full disk" else "Broken pipe"
    assert f"could not be printed ({reason})." in told
    assert len(told.splitlines()) == 1
    assert (command == "sample") == (tmp_path / "truth.tif").exists() == ("All outputs" in told)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full there")
def test_messages_that_cannot_be_printed_end_no_run(tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            sample(tmp_path), stdout=subprocess.PIPE, stderr=full, text=True, check=False
        )
        wrong = subprocess.run([*sample(tmp_path), "--share=7"], stderr=full, check=False)
    assert done.returncode == 0
    assert "AREA: " in done.stdout
    assert wrong.returncode == 1


def test_a_name_that_the_terminal_cannot_show_is_shown_in_ascii(tmp_path):
    folder = tmp_path / "\N{CYRILLIC SMALL LETTER YA}"
    folder.mkdir()
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        sample(folder), capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0
    assert r"\u044f/stack.tif" in done.stdout
