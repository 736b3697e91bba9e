"""The README's picture of the Toolbox: `python docs/draw_dialog.py build/demo/landslides.qgz`.

The project is one that ``make demo`` wrote: its layers fill the fields of the dialog.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import QgsApplication, QgsProject
from qgis.gui import QgsProcessingToolboxTreeView
from qgis.PyQt.QtGui import QPainter, QPixmap

PICTURE = Path(__file__).with_name("qgis.png")
WIDTH, HEIGHT, TOOLBOX = 1000, 960, 380  # pixels


def main(project: str) -> None:
    """Draw the Toolbox, searched for Landslip, beside the dialog of *Detect landslides*."""
    application = QgsApplication([], True)
    application.initQgis()
    sys.path.append(os.path.join(application.pkgDataPath(), "python", "plugins"))
    from processing.core.Processing import Processing

    import landslip

    Processing.initialize()
    plugin = landslip.classFactory(None)
    plugin.initProcessing()
    QgsProject.instance().read(project)

    from processing.gui.AlgorithmDialog import AlgorithmDialog

    algorithm = QgsApplication.processingRegistry().createAlgorithmById("landslip:detectlandslides")
    dialog = AlgorithmDialog(algorithm)
    toolbox = QgsProcessingToolboxTreeView(None, QgsApplication.processingRegistry())
    toolbox.setFilterString("landslip")
    toolbox.setHeaderHidden(True)
    toolbox.expandAll()
    dialog.resize(WIDTH, HEIGHT)
    toolbox.resize(TOOLBOX, HEIGHT)
    picture = QPixmap(WIDTH + TOOLBOX, HEIGHT)
    painter = QPainter(picture)
    for widget, left in ((dialog, 0), (toolbox, WIDTH)):
        widget.show()
        application.processEvents()
        painter.drawPixmap(left, 0, widget.grab())
    painter.end()
    picture.save(str(PICTURE))
    plugin.unload()


if __name__ == "__main__":
    main(sys.argv[1])
