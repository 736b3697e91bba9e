"""Check and set up: what Landslip finds here, and what is missing installed into the profile."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
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
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
)
from qgis.PyQt.QtCore import QT_VERSION_STR, QByteArray, QProcess

from ..engine.common.errors import Cancelled, SetUpError
from ..engine.common.output import check_report
from ..engine.common.report import number
from ..engine.setup.host import Host, interpreter, refusal
from ..engine.setup.install import InstallRequest, check_wheels, command_line, install
from ..engine.setup.machine import (
    ACCELERATORS,
    DeviceSpeed,
    device_speeds,
    measured_model,
    memory,
    suitable_accelerators,
)
from ..engine.setup.packages import PackageState, forget, package_states
from ..engine.setup.report import Findings, lines, write_setup_report
from .base import MADE_BY, Group, LandslipAlgorithm, engine_errors

NO_ACCELERATOR = "none"

HELP = """
<p>Says whether Landslip can work in this QGIS: versions of QGIS, Python and the packages it needs,
free memory, and each device with the speed that was measured on it. It takes some seconds.</p>
<p><b>Install what is missing</b>: fetches the missing packages with pip and puts them into this
QGIS profile. QGIS itself, its numpy and the system stay as they are, and where something fails, so
does the profile. Without the tick nothing is installed.</p>
<p><b>Accelerator</b> to install besides. <i>openvino</i> is several times as fast as the plain
package on x86-64 processors, and uses Intel's graphics; <i>cuda</i> is for NVIDIA cards (some GB to
download); <i>directml</i> for any graphics card on Windows. The report says what suits this
machine.</p>
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
            QgsProcessingParameterEnum(
                "ACCELERATOR",
                self.tr("Accelerator to install besides"),
                options=[NO_ACCELERATOR, *ACCELERATORS],
                defaultValue=NO_ACCELERATOR,
                usesStaticStrings=True,
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
        accelerator = self.choice(parameters, "ACCELERATOR", context)
        with engine_errors():
            check_report(target)
            host, states = Host.running(), package_states()
            told: list[str] = []
            restart = False
            if self.parameterAsBool(parameters, "INSTALL", context):
                wheels = Path(folder) if folder else None
                told, restart = _install(host, states, accelerator, wheels, feedback)
                states = package_states()
            feedback.setProgress(70)
            feedback.pushInfo(self.tr("Measuring the devices."))
            speeds = _speeds(states)
            advice = [] if restart else _advice(host, states, speeds)
            findings = Findings(_facts(host), states, speeds, measured_model(), [*told, *advice])
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


def _advice(host: Host, states: Sequence[PackageState], speeds: Sequence[DeviceSpeed]) -> list[str]:
    """What to do, a sentence each."""
    wanted, advice = _wanted(states), []
    if wanted:
        shell = "the OSGeo4W Shell" if host.platform == "win32" else "a terminal"
        advice.append(
            refusal(host, wanted)
            or "Run 'Check and set up' again with 'Install what is missing' ticked. By hand, in "
            f"{shell}: {command_line(host, profile_packages(), wanted)}"
        )
    suitable = suitable_accelerators(host)
    if suitable and not {speed.name.split(":")[0] for speed in speeds} & set(suitable):
        advice.append(
            f"The accelerator {suitable[0]} may suit this machine: choose it here and tick "
            "'Install what is missing'."
        )
    return advice


# --- what is missing -----------------------------------------------------------------------------


def _wanted(states: Sequence[PackageState], without: Sequence[str] = ()) -> list[str]:
    """What pip can be asked for. QGIS's own numpy is not to be exchanged."""
    lacking = [state.requirement for state in states if state.problem]
    return [item.text for item in lacking if item.package not in ("numpy", *without)]


def _install(
    host: Host,
    states: Sequence[PackageState],
    accelerator: str,
    wheels: Path | None,
    feedback: QgsProcessingFeedback,
) -> tuple[list[str], bool]:
    """Install what is missing and the accelerator.

    Returns:
        What to tell the user, and whether QGIS has to be started anew.

    Raises:
        SetUpError, OutputError, Cancelled: As `install`.
    """
    check_wheels(wheels)
    chosen = ACCELERATORS.get(accelerator)
    replaced = ("onnxruntime",) if chosen and chosen.replaces else ()
    wanted = _wanted(states, replaced)
    modules = [state.requirement.module for state in states if state.problem]
    if chosen:
        wanted.append(chosen.requirement)
        modules.append("onnxruntime")
    if not wanted:
        return ["Nothing was missing, and nothing was installed."], False
    refused = refusal(host, wanted)
    if refused:
        raise SetUpError(refused)

    def run(command: Sequence[str], shown: bool) -> tuple[int, str]:
        return run_command(command, shown, feedback)

    target = profile_packages()
    request = InstallRequest(
        host,
        interpreter(host, run),
        target,
        tuple(wanted),
        tuple(modules),
        wheels,
        anew=any(state.damaged for state in states),
        instead=replaced,
    )
    installed = install(request, run)
    if not installed:
        return ["pip found nothing to install: it sees all that was wanted."], False
    at_once = forget(modules, target)
    told = f"Installed into {target}: {', '.join(installed)}."
    return [told if at_once else f"{told} Restart QGIS to use it."], not at_once


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
