"""The field for choosing a model: a list of the shipped ones, and a button for a file."""

from __future__ import annotations

from typing import Any

from processing.gui.wrappers import WidgetWrapper
from qgis.PyQt.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QToolButton, QWidget

from ..engine.models.zoo import AUTO, own_models, shipped_models


class ModelWidgetWrapper(WidgetWrapper):
    """An editable list with a browse button; its value is a model's name or a path."""

    def createWidget(self) -> QWidget:
        """Make the widget."""
        self._list = QComboBox()
        self._list.setEditable(True)
        self._list.addItems((AUTO, *shipped_models(), *own_models()))
        self._list.currentTextChanged.connect(lambda: self.widgetValueHasChanged.emit(self))
        browse = QToolButton()
        browse.setText("…")
        browse.setToolTip(self.tr("Choose an ONNX file with a Landslip model card"))
        browse.clicked.connect(self._browse)
        widget = QWidget()
        layout = QHBoxLayout(widget)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._list, 1)
        layout.addWidget(browse)
        return widget

    def _browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self.widget, self.tr("Model"), "", self.tr("ONNX models (*.onnx)")
        )
        if path:
            self._list.setEditText(path)

    def setValue(self, value: Any) -> None:
        """Show a value."""
        self._list.setEditText(str(value or ""))

    def value(self) -> str:
        """The name or path that is shown."""
        return self._list.currentText().strip()
