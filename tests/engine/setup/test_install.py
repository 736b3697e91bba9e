"""Packages come whole and checked, or the folder stays as it was."""

import os
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest

from landslip.engine.common.errors import Cancelled, OutputError, SetUpError
from landslip.engine.setup import install as install_module
from landslip.engine.setup.host import Host
from landslip.engine.setup.install import InstallRequest, install
from landslip.engine.setup.packages import crashing_modules, forget, package_states

pip_is_there = (
    subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
    ).returncode
    == 0
)
pytestmark = pytest.mark.skipif(not pip_is_there, reason="no pip")


def run(command, shown):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def wheel(folder, name, version="1.0", code="VALUE = 1\n", files=None, needs=()):
    """A wheel as small as one can be."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {need}\n" for need in needs)
    members = files or {f"{name}/__init__.py": code}
    members = {
        **members,
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{member},,\n" for member in members) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        for member, text in {**members, f"{info}/RECORD": record}.items():
            file.writestr(member, text)


@pytest.fixture
def request_(tmp_path):
    """Installs slipone from a folder of wheels."""
    wheels = tmp_path / "wheels"
    wheel(wheels, "slipone", needs=["sliptwo>=2"])
    wheel(wheels, "sliptwo", "2.1")
    target = tmp_path / "Größe 'a' \"b\" c" / "python"
    host = Host.running()
    return InstallRequest(host, sys.executable, target, ("slipone>=1",), ("slipone",), wheels)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_all_that_is_missing_comes_from_a_folder(request_):
    assert install(request_, run) == ["slipone==1.0", "sliptwo==2.1"]
    assert names(request_.target) == [
        "slipone",
        "slipone-1.0.dist-info",
        "sliptwo",
        "sliptwo-2.1.dist-info",
    ]
    assert install(request_, run) == []


def test_a_newer_version_takes_the_place_of_the_old(request_):
    install(request_, run)
    (request_.target / "other.py").touch()
    wheel(request_.wheels, "slipone", "1.5", "VALUE = 5\n")
    assert install(replace(request_, wanted=("slipone>=1.5",)), run) == ["slipone==1.5"]
    assert "slipone-1.0.dist-info" not in names(request_.target)
    assert "other.py" in names(request_.target)
    assert (request_.target / "slipone/__init__.py").read_text() == "VALUE = 5\n"


def test_what_does_not_load_does_not_come(request_):
    wheel(request_.wheels, "slipone", "2.0", "raise OSError('no such library')\n")
    with pytest.raises(SetUpError, match=r"cannot be loaded.*no such library"):
        install(request_, run)
    assert not request_.target.parent.exists()


def test_what_is_not_in_the_folder_is_named(request_):
    with pytest.raises(SetUpError, match=r"slipthree.*has wheels of all of them"):
        install(replace(request_, wanted=("slipthree>=1",)), run)
    assert not request_.target.parent.exists()


def test_a_folder_without_wheels_is_a_sentence(request_, tmp_path):
    with pytest.raises(SetUpError, match="There are no wheels"):
        install(replace(request_, wheels=tmp_path), run)


def test_a_half_installed_package_is_made_whole(request_):
    install(request_, run)
    (request_.target / "slipone/__init__.py").unlink()
    (request_.target / "slipone/left.txt").touch()
    assert install(request_, run) == []  # pip believes its own record
    assert install(replace(request_, anew=True), run) == ["slipone==1.0", "sliptwo==2.1"]
    assert "__init__.py" in names(request_.target / "slipone")
    assert "left.txt" not in names(request_.target / "slipone")


def test_what_a_killed_run_left_goes(request_):
    left = request_.target / ".landslip-new-x" / "new"
    left.mkdir(parents=True)
    install(request_, run)
    assert not left.exists()


def test_a_file_in_use_leaves_all_as_it_was(request_, monkeypatch):
    install(request_, run)
    wheel(request_.wheels, "slipone", "1.5", "VALUE = 5\n", needs=["sliptwo>=3"])
    wheel(request_.wheels, "sliptwo", "3.0", "VALUE = 3\n")
    before = {p: p.read_bytes() for p in request_.target.rglob("*") if p.is_file()}

    in_use = [str(request_.target / "sliptwo")]

    def replace_but_one(source, goal, really=os.replace):
        if str(goal) in in_use:
            in_use.clear()
            raise PermissionError(13, "in use", str(goal))
        really(source, goal)

    monkeypatch.setattr(install_module.os, "replace", replace_but_one)
    with pytest.raises(OutputError, match="restart QGIS"):
        install(replace(request_, wanted=("slipone>=1.5",)), run)
    after = {p: p.read_bytes() for p in request_.target.rglob("*") if p.is_file()}
    assert after == before


def test_packages_that_share_a_folder_stay(request_):
    wheel(request_.wheels, "slipa", files={"slipshared/a/__init__.py": "VALUE = 1\n"})
    wheel(request_.wheels, "slipb", files={"slipshared/b/__init__.py": "VALUE = 2\n"})
    for name in ("a", "b"):
        wanted = {"wanted": (f"slip{name}>=1",), "modules": (f"slipshared.{name}",)}
        install(replace(request_, **wanted), run)
    assert names(request_.target / "slipshared") == ["a", "b"]


def test_a_package_that_makes_way_leaves_no_record(request_):
    install(request_, run)
    wheel(request_.wheels, "slipone_gpu", files={"slipone/__init__.py": "VALUE = 9\n"})
    changed = replace(request_, wanted=("slipone_gpu>=1",), instead=("slipone",))
    install(changed, run)
    assert "slipone-1.0.dist-info" not in names(request_.target)
    assert (request_.target / "slipone/__init__.py").read_text() == "VALUE = 9\n"


def test_no_pip_and_no_environment_is_a_sentence(request_):
    with pytest.raises(SetUpError, match=r"has no pip.*python3-pip"):
        install(request_, lambda command, shown: (1, "No module named pip"))
    assert not request_.target.parent.exists()


def test_a_folder_that_cannot_be_made_is_a_sentence(request_, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="another profile"):
        install(replace(request_, target=tmp_path / "file" / "python"), run)


def test_cancelling_leaves_nothing(request_):
    def cancelled(command, shown):
        if shown:
            raise Cancelled("Stopped.")
        return run(command, shown)

    with pytest.raises(Cancelled):
        install(request_, cancelled)
    assert not request_.target.parent.exists()


def test_numpy_is_never_installed(request_):
    """Not even where everything comes anew, from a folder that has none."""
    wheel(request_.wheels, "slipone", "3.0", needs=["numpy"])
    for anew in (False, True):
        assert install(replace(request_, anew=anew), run) == ["slipone==3.0"]


def test_python_finds_what_came_at_once(request_, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert forget(["slipone"], request_.target)
    with pytest.raises(ImportError):
        __import__("slipone")
    install(request_, run)
    assert forget(["slipone", "sliptwo"], request_.target)
    assert __import__("slipone").VALUE == 1
    assert not forget(["numpy"], request_.target)  # compiled code, which stays until a restart
    assert "numpy" in sys.modules
    for name in ("slipone", "sliptwo"):
        sys.modules.pop(name, None)


def test_a_second_installation_waits_for_the_first(request_):
    """It would take away what the first has fetched."""
    said = []

    def run_and_start_another(command, shown):
        if shown and not said:
            with pytest.raises(SetUpError, match=r"Another installation.*is running") as err:
                install(request_, run)
            said.append(str(err.value))
        return run(command, shown)

    assert install(request_, run_and_start_another) == ["slipone==1.0", "sliptwo==2.1"]
    assert said
    assert names(request_.target)[0] == "slipone"


def test_settings_of_the_users_own_pip_do_not_matter(request_, monkeypatch):
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "1")
    assert install(request_, run) == ["slipone==1.0", "sliptwo==2.1"]


def test_a_damaged_wheel_is_to_be_copied_again(request_):
    (request_.wheels / "slipone-1.0-py3-none-any.whl").write_bytes(b"PK cut off")
    with pytest.raises(SetUpError, match="copy or download it again"):
        install(request_, run)


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("ERROR: Exception:\nOSError: [Errno 28] No space left on device: 'x'", "Make room"),
        ("ERROR: No matching distribution found for slipone", "numpy"),
        ("", "it said nothing"),
    ],
)
def test_what_pip_says_leads_to_what_to_do(request_, output, told):
    def failing(command, shown):
        return (1, output) if shown else run(command, shown)

    with pytest.raises(SetUpError, match=told):
        install(request_, failing)


def test_ctrl_c_is_a_cancellation(request_):
    def interrupted(command, shown):
        said = "ERROR: Operation cancelled by user"
        return (1, said) if shown else run(command, shown)

    with pytest.raises(Cancelled, match="as it was"):
        install(request_, interrupted)


def test_an_old_pip_without_a_network_is_named(request_):
    def old(command, shown):
        if "--version" in command:
            return 0, "pip 20.0.2 from somewhere"
        return (0, "") if "venv" in command else (1, "ERROR: No matching distribution found")

    with pytest.raises(SetUpError, match=r"pip that is too old.*wheel of pip 23"):
        install(request_, old)


# --- what Python finds ---


def module(folder, name, code, monkeypatch):
    (folder / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(str(folder))


def test_what_crashes_a_process_is_found_in_another(tmp_path, monkeypatch):
    crash = "import os, signal\nos.kill(os.getpid(), signal.SIGBUS)\n"
    module(tmp_path, "slip_crash", crash, monkeypatch)
    module(tmp_path, "slip_fine", "VALUE = 1\n", monkeypatch)
    module(tmp_path, "slip_error", "raise RuntimeError\n", monkeypatch)
    names = ["slip_fine", "slip_crash", "slip_error", "slip_none"]
    assert crashing_modules(sys.executable, run, names) == ["slip_crash"]
    assert crashing_modules(sys.executable, run, []) == []
    (scipy,) = [s for s in package_states(["scipy"]) if s.requirement.package == "scipy"]
    assert "crashes" in scipy.problem
    assert scipy.damaged


def test_what_others_use_stays_until_a_restart(tmp_path, monkeypatch):
    module(tmp_path, "slip_theirs", "VALUE = 1\n", monkeypatch)
    theirs = __import__("slip_theirs")
    assert not forget(["slip_theirs"], tmp_path, {"slip_theirs"})
    assert sys.modules.pop("slip_theirs") is theirs
