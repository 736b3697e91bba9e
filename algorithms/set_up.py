"""Check and set up: what Landslip finds here, and what is missing installed into the profile."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsBlockingProcess,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
)
from qgis.PyQt.QtCore import QT_VERSION_STR, QByteArray, QProcess

from ..engine.common.dependencies import ADAPTING
from ..engine.common.errors import Cancelled, SetUpError
from ..engine.common.memory import memory
from ..engine.common.output import check_report
from ..engine.common.report import MADE_BY, number
from ..engine.models.runtime import available_devices, plugin_problems
from ..engine.setup.host import Host, interpreter, refusal
from ..engine.setup.install import InstallRequest, check_wheels, clean, install
from ..engine.setup.machine import (
    ACCELERATORS,
    Accelerator,
    DeviceSpeed,
    check_suitable,
    device_speeds,
    measured_model,
    suitable_accelerators,
)
from ..engine.setup.packages import (
    PackageState,
    crashing_modules,
    forget,
    is_somewhere,
    modules_to_load,
    package_states,
    recorded_version,
)
from ..engine.setup.report import Findings, lines, write_setup_report
from .base import Group, LandslipAlgorithm, engine_errors

NO_ACCELERATOR = "none"

HELP = """
<p>Says whether Landslip can work in this QGIS: versions of QGIS, Python and the packages it needs,
free memory, and each device with the speed that was measured on it. It takes some seconds.</p>
<p><b>Install what is missing</b>: fetches the missing packages with pip and puts them into this
QGIS profile. QGIS itself, its numpy and the system stay as they are; if something fails, the
profile stays as it is, too. Without the tick nothing is installed.</p>
<p><b>What adapting models needs</b> besides: the package onnx, for <i>Adapt a model to my
area</i>.</p>
<p><b>Accelerator</b> to install besides. <i>openvino</i> is several times as fast as the plain
package on x86-64 processors, and uses Intel's graphics (some 60 MB to download); <i>cuda</i> is for
NVIDIA cards (some GB); <i>directml</i> for any graphics card on Windows. The report says what suits
this machine.</p>
<p><b>Folder of packages</b>: installs from wheels (*.whl) in this folder, without a network. Fill
it on another machine with the same system and Python: <code>pip download</code>.</p>

<h3>Outputs</h3>
<p><b>Report</b>: an HTML page. READY: whether Landslip can work. MISSING: packages that are
missing. DEVICES: the devices that ran, the best first.</p>
"""


class SetUp(LandslipAlgorithm):
    """From this QGIS to a report, and to one that works."""

    NAME = "setup"
    DISPLAY_NAME = "Check and set up"
    GROUP = Group.SET_UP
    SHORT_DESCRIPTION = (
        "Says what Landslip finds and lacks in this QGIS, and installs what it lacks"
    )
    TAGS = ("install", "packages", "pip", "onnxruntime", "gpu", "cuda", "device", "check", "setup")
    HELP = HELP

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        """Declare parameters and outputs."""
        self.addParameter(
            QgsProcessingParameterBoolean("INSTALL", self.tr("Install what is missing"), False)
        )
        self.addParameter(
            self.choice_parameter(
                "ACCELERATOR",
                self.tr("Accelerator to install besides"),
                [NO_ACCELERATOR, *ACCELERATORS],
            )
        )
        self.addParameter(
            QgsProcessingParameterBoolean(
                "ADAPTING", self.tr("Install what adapting models needs besides"), False
            )
        )
        self.add_advanced(
            QgsProcessingParameterFile(
                "PACKAGES_FOLDER",
                self.tr("Folder of packages, to install without a network"),
                QgsProcessingParameterFile.Folder,
                optional=True,
            )
        )
        self.addParameter(
            QgsProcessingParameterFileDestination(
                "OUTPUT", self.tr("Report"), self.tr("HTML files (*.html)")
            )
        )
        self.addOutput(QgsProcessingOutputBoolean("READY", self.tr("Landslip can work")))
        self.addOutput(QgsProcessingOutputString("MISSING", self.tr("Missing packages")))
        self.addOutput(QgsProcessingOutputString("DEVICES", self.tr("Devices that ran")))

    def processAlgorithm(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Run."""
        target = self.parameterAsFileOutput(parameters, "OUTPUT", context)
        folder = self.parameterAsString(parameters, "PACKAGES_FOLDER", context)
        job = _Job(
            Host.running(),
            ACCELERATORS.get(self.choice(parameters, "ACCELERATOR", context)),
            Path(folder) if folder else None,
            feedback,
            self.parameterAsBool(parameters, "ADAPTING", context),
        )
        with engine_errors():
            check_report(target)
            told = []
            states = job.states()
            if self.parameterAsBool(parameters, "INSTALL", context):
                told = job.install(states)
                states = job.states()
            elif self.parameterAsBool(parameters, "ADAPTING", context):
                told = ["Nothing was installed: tick 'Install what is missing' for that."]
            elif job.accelerator:
                told = ["No accelerator was installed: tick 'Install what is missing' for that."]
            feedback.setProgress(70)
            feedback.pushInfo(self.tr("Measuring the devices."))
            speeds = _speeds(states)
            advice = [*told, *job.advice(states, speeds)]
            findings = Findings(_facts(job.host), states, speeds, measured_model(), advice)
            write_setup_report(target, MADE_BY, findings)
        for line in (*lines(findings), *findings.advice):
            feedback.pushInfo(line)
        if not findings.ready:
            feedback.pushWarning(self.tr("Landslip cannot work yet: see the report."))
        return {
            "OUTPUT": target,
            "READY": findings.ready,
            "MISSING": ", ".join(findings.missing),
            "DEVICES": ", ".join(speed.name for speed in speeds if speed.patches),
        }


def _speeds(states: Sequence[PackageState]) -> list[DeviceSpeed]:
    broken = [state for state in states if state.problem]
    if any(state.requirement.module == "onnxruntime" for state in broken):
        return []
    return device_speeds()


# --- what is there -------------------------------------------------------------------------------


def profile_packages() -> Path:
    """The folder for packages of this profile, which QGIS has on its path."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "python"


def _facts(host: Host) -> list[tuple[str, str]]:
    free, total = (number(size and size / 2**20) for size in memory())
    return [
        ("QGIS", f"{Qgis.QGIS_VERSION}, Qt {QT_VERSION_STR}"),
        ("Python", f"{platform.python_version()} ({host.kind}), {host.prefix}"),
        ("System", f"{platform.platform()}, {os.cpu_count()} processors"),
        ("Memory", f"{free} MiB free of {total}"),
        ("Packages are installed into", str(profile_packages())),
    ]


# --- what is missing -----------------------------------------------------------------------------


class _Job:
    """Checks and installs, and remembers what was done."""

    def __init__(
        self,
        host: Host,
        accelerator: Accelerator | None,
        wheels: Path | None,
        feedback: QgsProcessingFeedback,
        adapting: bool = False,
    ) -> None:
        self._adapting = adapting
        self.host, self.accelerator, self._wheels = host, accelerator, wheels
        self._feedback = feedback
        self._before = frozenset(sys.modules)  # what QGIS and other plugins use
        self._tried = self._restart = False

    @cached_property
    def _python(self) -> str:
        """The interpreter of this QGIS; to find it takes processes."""
        return interpreter(self.host, self._run)

    def _run(self, command: Sequence[str], shown: bool) -> tuple[int, str]:
        return run_command(command, shown, self._feedback)

    def states(self) -> list[PackageState]:
        """State of all packages; those that would take QGIS down with them are not loaded."""
        plugins = [a.module for a in ACCELERATORS.values() if is_somewhere(a.module)]
        try:
            python = self._python
        except SetUpError:  # which an installation says by itself
            return package_states()
        modules = [*modules_to_load(), *plugins]
        crashing = crashing_modules(python, self._run, list(dict.fromkeys(modules)))
        for accelerator in ACCELERATORS.values():
            plugin_problems.pop(accelerator.name, None)
            if accelerator.module in crashing and accelerator.module != "onnxruntime":
                plugin_problems[accelerator.name] = "it crashes when it is loaded"
        return package_states(crashing)

    def install(self, states: Sequence[PackageState]) -> list[str]:
        """Install what is missing and the accelerator; returns what to tell the user.

        Raises:
            SetUpError, OutputError, Cancelled: As `install`.
        """
        check_wheels(self._wheels)
        target, chosen = profile_packages(), self.accelerator
        if target.is_dir():
            clean(target)
        replaced = ("onnxruntime",) if chosen and chosen.replaces else ()
        lacking = [state for state in states if state.problem]
        wanted = _wanted(lacking, replaced)
        modules = [state.requirement.module for state in lacking]
        anew = any(state.damaged for state in lacking)
        if chosen:
            check_suitable(chosen, self.host)
            wanted.append(chosen.requirement)
            modules += ["onnxruntime", chosen.module]
            if not any(state.requirement.module == "onnxruntime" for state in lacking):
                available_devices()  # which finds out whether plug-ins can be used
            anew |= bool(recorded_version(chosen.package)) and not _works(chosen)
        if self._adapting and not is_somewhere(ADAPTING.module):
            wanted.append(ADAPTING.text)
            modules.append(ADAPTING.module)
        if not wanted:
            return ["Nothing was missing, and nothing was installed."]
        refused = refusal(self.host, wanted)
        if refused:
            raise SetUpError(refused)
        names = tuple(dict.fromkeys(modules))
        request = InstallRequest(
            self.host, self._python, target, tuple(wanted), names, self._wheels, anew, replaced
        )
        installed = install(request, self._run)
        self._tried = True
        if not installed:
            return ["pip found nothing to install: it sees all that was wanted."]
        came = {item.split("==")[0] for item in installed}
        kept = () if replaced or "onnxruntime" in came else ("onnxruntime",)
        exchanged = [name for name in names if name not in kept]
        self._restart = not forget(exchanged, target, self._before)
        return [f"Installed into {target}: {', '.join(installed)}."]

    def advice(self, states: Sequence[PackageState], speeds: Sequence[DeviceSpeed]) -> list[str]:
        """What to do, a sentence each."""
        lacking = [state for state in states if state.problem]
        wanted = _wanted(lacking)
        hidden = [state for state in lacking if state.outdated and self._tried]
        if hidden:
            return [
                f"Python takes {state.requirement.package} from {state.place}, whatever lies in "
                "the profile: update or disable what put that folder first (another plugin, or "
                "PYTHONPATH), then restart QGIS."
                for state in hidden
            ]
        if self._tried and (wanted or self._restart):
            return ["Restart QGIS to use what was installed, then run this again to check."]
        if wanted:
            return [
                refusal(self.host, wanted)
                or "Run 'Check and set up' again with 'Install what is missing' ticked."
            ]
        suitable = suitable_accelerators(self.host)
        if suitable and not {speed.name.split(":")[0] for speed in speeds} & set(suitable):
            return [
                f"The accelerator {suitable[0]} may suit this machine: choose it here and tick "
                "'Install what is missing'."
            ]
        return []


def _works(accelerator: Accelerator) -> bool:
    return is_somewhere(accelerator.module) and accelerator.name not in plugin_problems


def _wanted(lacking: Sequence[PackageState], without: Sequence[str] = ()) -> list[str]:
    """What pip can be asked for. QGIS's own numpy is not to be exchanged."""
    needed = [state.requirement for state in lacking]
    return [item.text for item in needed if item.package not in ("numpy", *without)]


def run_command(
    command: Sequence[str], shown: bool, feedback: QgsProcessingFeedback
) -> tuple[int, str]:
    """Run a command through QGIS, without a shell; its lines go to the log as they come.

    Returns:
        Exit code and output.

    Raises:
        Cancelled: By the user.
        SetUpError: The program cannot be started.
    """
    said: list[str] = []

    def hear(data: QByteArray) -> None:
        text = bytes(data).decode("utf-8", "replace")
        said.append(text)
        for line in text.splitlines() if shown else ():
            if line.strip():
                feedback.pushConsoleInfo(line.rstrip())

    # QGIS calls whatever it finds where no handler was set: both are, and live until it returns.
    process = QgsBlockingProcess(command[0], list(command[1:]))
    process.setStdOutHandler(hear)
    process.setStdErrHandler(hear)
    code = process.run(feedback)
    if feedback.isCanceled():
        raise Cancelled("The installation was cancelled. The profile is as it was.")
    if process.processError() == QProcess.ProcessError.FailedToStart:
        raise SetUpError(f"{command[0]} cannot be run. Repair QGIS with its installer.")
    crashed = process.exitStatus() != QProcess.ExitStatus.NormalExit
    return (code or -1) if crashed else code, "".join(said)
