"""Landslip: a QGIS Processing plugin that finds landslides in Sentinel-2 and terrain stacks.

The folder of this file is at once the Python package ``landslip`` and the QGIS plugin. Importing
it needs neither QGIS nor any of the packages that do the work.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def classFactory(iface: Any) -> Any:  # noqa: N802 - the name QGIS calls
    """Give QGIS the plugin object (called once, when the plugin is enabled)."""
    from .plugin import LandslipPlugin

    return LandslipPlugin(iface)
