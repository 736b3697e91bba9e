"""The field for choosing a model: a list of those that there are, and a button for a file."""

from __future__ import annotations

from typing import Any

from processing.gui.wrappers import DIALOG_STANDARD, WidgetWrapper
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..engine.common.errors import LandslipError
from ..engine.models.card_file import read_card
from ..engine.models.own_models import listed_models
from ..engine.models.zoo import AUTO, model_path, passed_over


class _ModelList(QComboBox):
    """Names of models; what lies in the folder when it is opened is in it."""

    def __init__(self) -> None:
        super().__init__()
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.fill()

    def fill(self) -> None:
        """List anew what there is; what was chosen or typed stays."""
        text = self.currentText()
        self.blockSignals(True)
        self.clear()
        self.addItem(AUTO)
        for model in listed_models():
            if model.card:
                self.addItem(model.name)
                self.setItemData(self.count() - 1, model.text, Qt.ItemDataRole.ToolTipRole)
        self.setEditText(text)
        self.blockSignals(False)

    def showPopup(self) -> None:
        """Open the list."""
        self.fill()
        super().showPopup()


class ModelWidgetWrapper(WidgetWrapper):
    """An editable list with a browse button; its value is a model's name or a path."""

    def createWidget(self) -> QWidget:
        """Make the widget, with what is known of the chosen model below where there is room."""
        self._list = _ModelList()
        self._about = QLabel()
        self._about.setWordWrap(True)
        self._about.setTextFormat(Qt.TextFormat.PlainText)
        self._about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._list.currentTextChanged.connect(self._changed)
        browse = QToolButton()
        browse.setText("…")
        browse.setToolTip(self.tr("Choose an ONNX file with a Landslip model card"))
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._list, 1)
        row.addWidget(browse)
        widget = QWidget()
        layout = QVBoxLayout(widget)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self._about)
        self._changed()
        return widget

    def _changed(self) -> None:
        known = about(self.value()) if self.dialogType == DIALOG_STANDARD else ""
        self._about.setText(known)
        self._about.setVisible(bool(known))
        self.widgetValueHasChanged.emit(self)

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


def about(name: str) -> str:
    """What is known of a model, in a few lines; of damaged files where none is chosen."""
    if name in ("", AUTO):
        damaged = [model.text for model in listed_models() if not model.card]
        return "\n".join([*damaged, *passed_over()])
    try:
        card = read_card(model_path(name))
    except LandslipError:  # a name that is being typed; what is wrong is told when it runs
        return ""
    return f"{', '.join(card.bands)}. {card.description}\n{card.worth}"
