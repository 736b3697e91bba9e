"""The page that says what a QGIS has and lacks for Landslip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..common import report
from .machine import TILE_PATCHES, DeviceSpeed
from .packages import PackageState


@dataclass(frozen=True)
class Findings:
    """What was found.

    Attributes:
        facts: Names and values: QGIS, Python, memory and so on.
        packages: State of each package.
        speeds: Of each device; empty where ONNX Runtime is missing.
        model: What the speeds were measured with.
        advice: What to do, a sentence each; empty where all is there.
    """

    facts: Sequence[tuple[str, str]]
    packages: Sequence[PackageState]
    speeds: Sequence[DeviceSpeed]
    model: str
    advice: Sequence[str]

    @property
    def ready(self) -> bool:
        """Whether Landslip can work."""
        return not self.missing and any(speed.patches for speed in self.speeds)

    @property
    def missing(self) -> list[str]:
        """Packages that will not do."""
        return [state.requirement.package for state in self.packages if state.problem]


def lines(findings: Findings) -> list[str]:
    """The same as plain text, a line each, for the log."""
    told = [f"{name}: {value}" for name, value in findings.facts]
    told += [": ".join(filter(None, (row[0], *row[2:4]))) for row in _package_rows(findings)]
    told += [f"Device {row[0]}: {row[1]} patches/s {row[3]}".rstrip() for row in _rows(findings)]
    return told


def write_setup_report(target: str, made_by: str, findings: Findings) -> None:
    """Write the page.

    Raises:
        OutputError: It cannot be written.
    """
    said = "Landslip is ready." if findings.ready else "Landslip cannot work yet."
    body = [
        report.paragraph(said),
        *map(report.paragraph, findings.advice),
        report.heading("This machine"),
        report.table(("", "Found"), findings.facts),
        report.heading("Python packages"),
        report.table(("Package", "Needed", "Found", "State", "Where"), _package_rows(findings)),
        report.heading("Devices"),
    ]
    if findings.speeds:
        header = ("Device", "Patches per second", "A Sentinel-2 tile takes", "Remark")
        body.append(report.table(header, _rows(findings)))
        body.append(
            report.paragraph(
                f"Measured for a second each with the model {findings.model}, without reading and "
                "writing. A tile of 110 km has about "
                f"{report.number(TILE_PATCHES)} patches that overlap by three eighths. 'auto' "
                "takes the fastest device that says what the processor says."
            )
        )
    else:
        body.append(report.paragraph("Not measured: ONNX Runtime is missing."))
    body.append(report.footer(f"Made by {made_by}."))
    report.write_page(target, report.page("Check and set up", "What Landslip found here", body))


def _package_rows(findings: Findings) -> list[tuple[str, str, str, str, str]]:
    return [
        (
            state.requirement.package,
            f"{state.requirement.minimum} or newer",
            state.version or "nothing",
            state.problem or "fine",
            state.place,
        )
        for state in findings.packages
    ]


def _rows(findings: Findings) -> list[tuple[str, str, str, str]]:
    return [
        (
            speed.name,
            report.number(speed.patches or None),
            _duration(TILE_PATCHES / speed.patches) if speed.patches else "",
            speed.problem,
        )
        for speed in findings.speeds
    ]


def _duration(seconds: float) -> str:
    return f"{seconds / 60:,.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
