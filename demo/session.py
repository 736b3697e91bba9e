"""QGIS without a window in this process, with Processing and Landslip's algorithms."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def landslip_in_qgis() -> Iterator[None]:
    """Start QGIS, add Landslip, and take it away in the end. Once in a process."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from qgis.core import QgsApplication

    application = QgsApplication([], True)
    application.initQgis()
    # Where QGIS itself finds Processing.
    sys.path.append(os.path.join(application.pkgDataPath(), "python", "plugins"))
    from processing.core.Processing import Processing

    from .. import classFactory

    Processing.initialize()
    plugin = classFactory(None)
    plugin.initProcessing()
    yield
    plugin.unload()
