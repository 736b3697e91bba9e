"""The review panel: what it shows, and what its buttons and keys do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from html import escape
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsMapLayerProxyModel,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsSettings,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import (
    QgsCollapsibleGroupBox,
    QgsDockWidget,
    QgsMapCanvas,
    QgsMapLayerComboBox,
    QgsRubberBand,
)
from qgis.PyQt.QtCore import QCoreApplication, Qt, QTimer
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from ..engine.common.errors import LandslipError, ParameterError
from ..engine.inventory.fields import CONFIDENCES, MOVEMENTS, UNREVIEWED
from .key_filter import KeyFilter
from .keys import Command, Do
from .map_tools import LINE_COLOUR, LineTool, PointTool
from .outline_edits import OutlineEdits
from .probability import live_outlines, missed_landslide
from .queue import NEEDS, Order
from .review import ACCEPTED, EDITED, REJECTED, Review
from .review_layer import CONFIDENCE, NOTES, STATUS, TYPE, ConflictError, ReviewLayer

_SETTING = "landslip/reviewer"
#: The map shows so many times the outline, and at least so many metres.
_CONTEXT, _LEAST_METRES = 3.0, 800.0
#: Milliseconds until what was typed or moved is taken.
_TYPED, _MOVED = 800, 60
_OUTLINE = QColor("#ffdd33")
_VERDICTS = {Do.ACCEPT: ACCEPTED, Do.REJECT: REJECTED, Do.EDIT: EDITED}
#: What is said of an outline where it is known: field, words.
_FACTS = (
    ("prob_mean", "probability {:.2f}"),
    ("area_m2", "{:,.0f} m²"),
    ("slope_mean", "slope {:.0f}°"),
    ("h_l", "H\N{WORD JOINER}/\N{WORD JOINER}L {:.2f}"),
)
_METRES_PER_DEGREE = 111_320.0


class ReviewPanel(QgsDockWidget):
    """One outline after the other: verdict, type, confidence, notes.

    Attributes:
        review: The review that goes on; None before it is started.
    """

    def __init__(self, canvas: QgsMapCanvas, iface: Any = None) -> None:
        super().__init__()
        self.setObjectName("LandslipReviewPanel")
        self.setWindowTitle(self.tr("Landslip: review"))
        self.review: Review | None = None
        self._canvas, self._iface = canvas, iface
        self._band = _band(canvas, _OUTLINE, 3)
        self._live = _band(canvas, LINE_COLOUR, 1, QgsWkbTypes.LineGeometry)
        self._shown_layer: QgsVectorLayer | None = None
        self._point_tool = PointTool(canvas, self._add_missed)
        self._line_tool = LineTool(canvas, self._split)
        self._typing = _timer(self, _TYPED, self._write_notes)
        self._moving = _timer(self, _MOVED, self._draw_live)
        self._build()
        self._keys = KeyFilter(self.do, self)
        self._keys.watch(self, canvas)
        canvas.extentsChanged.connect(self._draw_live_soon)
        self.visibilityChanged.connect(self._listen)
        self.closed.connect(self.stop)
        self._show()

    def tr(self, text: str) -> str:
        """Translate."""
        return QCoreApplication.translate("Landslip", text)

    # --- what it consists of ---

    def _build(self) -> None:
        self.message = QLabel()
        whole = QWidget()
        rows = QVBoxLayout(whole)
        for part in (self._start_part(), self._verdict_part(), self._image_part()):
            rows.addWidget(part)
        rows.addWidget(self._outline_part())
        rows.addWidget(self._probability_part())
        rows.addStretch()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(whole)
        area.setMinimumWidth(whole.minimumSizeHint().width() + area.verticalScrollBar().width())
        # Below all of it: what is said moves no button from under the pointer.
        self.message.setWordWrap(True)
        both = QWidget()
        rows = QVBoxLayout(both)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(area)
        rows.addWidget(self.message)
        self.setWidget(both)

    def _start_part(self) -> QWidget:
        self.layer = QgsMapLayerComboBox()
        self.layer.setFilters(QgsMapLayerProxyModel.PolygonLayer)
        self.layer.layerChanged.connect(self._layer_chosen)
        self.order = QComboBox()
        for order in Order:
            self.order.addItem(self.tr(order.value), order)
        self.order.activated.connect(self._arrange)
        self.only_unreviewed = QCheckBox(self.tr("Only unreviewed"))
        self.only_unreviewed.setChecked(True)
        self.only_unreviewed.clicked.connect(self._arrange)
        self.start_button = self._button("Start", self.start)
        self.add_fields_button = self._button("Add the fields of a review", self._add_fields)
        self.reviewer = QLineEdit(_reviewer())
        self.reviewer.editingFinished.connect(self._reviewer_typed)
        part = QWidget()
        form = QFormLayout(part)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(self.tr("Inventory"), self.layer)
        form.addRow(self.tr("Order"), self.order)
        form.addRow(self.tr("Reviewer"), self.reviewer)
        form.addRow(self.only_unreviewed, self.start_button)
        form.addRow(self.add_fields_button)
        return part

    def _verdict_part(self) -> QWidget:
        self.progress, self.about = QProgressBar(), QLabel()
        self.facts = QLabel()
        self.facts.setTextFormat(Qt.TextFormat.RichText)
        self.facts.setWordWrap(True)
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(8)
        self.type = self._choice(MOVEMENTS, TYPE, "T{}  ")
        self.confidence = self._choice(CONFIDENCES, CONFIDENCE, "{}  ")
        self.notes = QLineEdit()
        self.notes.setPlaceholderText(self.tr("N to write, Enter to go back to the map"))
        self.notes.textEdited.connect(lambda _text: self._typing.start())
        self.notes.editingFinished.connect(self._write_notes)
        self.notes.returnPressed.connect(self._canvas.setFocus)
        buttons = QGridLayout()
        for place, (text, do) in enumerate(_BUTTONS):
            buttons.addWidget(self._button(text, partial(self.do, Command(do))), *divmod(place, 3))
        self._verdict = QWidget()
        rows = QVBoxLayout(self._verdict)
        rows.setContentsMargins(0, 0, 0, 0)
        for row in (self.progress, self.about, self.facts):
            rows.addWidget(row)
        rows.addLayout(buttons)
        form = QFormLayout()
        form.addRow(self.tr("Type"), self.type)
        form.addRow(self.tr("Confidence"), self.confidence)
        form.addRow(self.tr("Notes"), self.notes)
        rows.addLayout(form)
        return self._verdict

    def _image_part(self) -> QWidget:
        self.before, self.after = _raster_choice(), _raster_choice()
        part, form = self._group("Before and after", collapsed=False)
        form.addRow(self.tr("Before"), self.before)
        form.addRow(self.tr("After"), self.after)
        form.addRow(self._button("Blink (I)", self.blink))
        return part

    def _outline_part(self) -> QWidget:
        part, form = self._group("Outline")
        row = QGridLayout()
        for place, (text, edit) in enumerate(
            (
                ("Split along a line", self._begin_split),
                ("Merge selected", self._merge),
                ("Smooth", self._smooth),
                ("Fill holes", self._fill),
            )
        ):
            row.addWidget(self._button(text, edit), *divmod(place, 2))
        form.addRow(row)
        return part

    def _probability_part(self) -> QWidget:
        self.probability = _raster_choice()
        self.probability.layerChanged.connect(self._draw_live_soon)
        self.live = QCheckBox(self.tr("Show outlines at"))
        self.live.toggled.connect(self._draw_live_soon)
        self.threshold = QDoubleSpinBox()
        self.threshold.setRange(0.01, 1.0)
        self.threshold.setSingleStep(0.01)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(1, 100)
        self.slider.valueChanged.connect(lambda value: self.threshold.setValue(value / 100))
        self.threshold.valueChanged.connect(self._threshold_typed)
        self.threshold.setValue(0.5)
        self.largest = QDoubleSpinBox()
        self.largest.setRange(0.01, 1000.0)
        self.largest.setValue(5.0)
        self.largest.setSuffix(" ha")
        part, form = self._group("Probability")
        form.addRow(self.tr("Raster"), self.probability)
        row = QHBoxLayout()
        row.addWidget(self.slider)
        row.addWidget(self.threshold)
        form.addRow(self.live, row)
        form.addRow(self._button("Apply: vectorise at this threshold…", self._apply))
        form.addRow(self.tr("Largest to add"), self.largest)
        form.addRow(self._button("Add a missed landslide by a click", self._begin_adding))
        return part

    def _group(self, title: str, collapsed: bool = True) -> tuple[QWidget, QFormLayout]:
        group = QgsCollapsibleGroupBox(self.tr(title))
        form = QFormLayout(group)
        group.setCollapsed(collapsed)
        return group, form

    def _button(self, text: str, clicked: Callable[[], None]) -> QPushButton:
        button = QPushButton(self.tr(text))
        button.clicked.connect(lambda _checked: clicked())
        return button

    def _choice(self, values: tuple[str, ...], field: str, key: str) -> QComboBox:
        combo = QComboBox()
        combo.addItem("", "")
        for number, value in enumerate(values, start=1):
            combo.addItem(key.format(number) + value, value)
        combo.activated.connect(lambda _index: self._set(field, combo.currentData()))
        return combo

    # --- beginning and end ---

    def start(self) -> None:
        """Begin a review of the layer that is chosen."""
        if not self.stop():
            return
        layer = self.layer.currentLayer()
        with self._telling():
            if layer is None:
                self.tell(self.tr("There is no polygon layer. Add the inventory to the project."))
                return
            self.review = Review(layer, self.reviewer.text())
            self._shown_layer = layer
            for signal, slot in self._signals(layer):
                signal.connect(slot)
            self._listen()
            self._arrange()
            self._canvas.setFocus()

    def stop(self) -> bool:
        """Save what waits, and end the review; whether that went well."""
        self._write_notes()
        if self.review is not None:
            with self._telling() as told:
                self._open_review.finish()
            if told:
                return False
            for signal, slot in self._signals(self._shown_layer):
                signal.disconnect(slot)
        self._forget()
        return True

    def take_away(self) -> None:
        """Leave the map as it was: the plugin goes."""
        self.stop()
        self.visibilityChanged.disconnect(self._listen)
        self._canvas.extentsChanged.disconnect(self._draw_live_soon)
        for timer in (self._typing, self._moving):
            timer.stop()
        for tool in (self._point_tool, self._line_tool):
            self._canvas.unsetMapTool(tool)
        for band in (self._band, self._live):
            self._canvas.scene().removeItem(band)

    def _forget(self) -> None:
        self.review = self._shown_layer = None
        self.notes.setModified(False)
        self._listen()
        self._show()

    def _listen(self, *_visible: bool) -> None:
        """Take keys while there is a review, and the panel is to be seen."""
        self._keys.on = self.review is not None and self.isUserVisible()

    def _signals(self, layer: QgsVectorLayer) -> tuple[tuple[Any, Callable[..., None]], ...]:
        """What the panel listens to, and what it does then."""
        return (
            (layer.willBeDeleted, self._forget),
            (layer.geometryChanged, self._outline_changed),
            (layer.committedAttributeValuesChanges, self._values_committed),
            (layer.committedGeometriesChanges, self._outlines_committed),
        )

    def _arrange(self) -> None:
        if self.review is None:
            return
        with self._telling():
            self._save_notes()
            order = self.order.currentData()
            column = NEEDS[order]
            self._open_review.arrange(order, self.only_unreviewed.isChecked())
            self._arrive()
            if column and column not in self._open_review.layer.columns():
                self.tell(
                    self.tr("The layer has no column {}: outlines come as in the layer.").format(
                        column
                    )
                )

    def _values_committed(self, _layer: str, changes: dict[int, dict[int, Any]]) -> None:
        """Written from this QGIS, by the panel, the form or the table."""
        if self.review is not None:
            self._open_review.note_statuses(changes)
            self._open_review.note_written(changes)

    def _outlines_committed(self, _layer: str, changes: dict[int, QgsGeometry]) -> None:
        if self.review is not None:
            self._open_review.note_written(changes)

    def _add_fields(self) -> None:
        layer = self.layer.currentLayer()
        with self._telling():
            if layer is not None:
                on = ReviewLayer(layer)
                on.check_writable()
                on.add_fields(on.missing_fields())
                on.finish()
        self._layer_chosen()

    def _layer_chosen(self) -> None:
        layer = self.layer.currentLayer()
        missing = ReviewLayer(layer).missing_fields() if layer is not None else []
        if layer is not None and NEEDS[Order.SUGGESTED] in ReviewLayer(layer).columns():
            self.order.setCurrentIndex([*Order].index(Order.SUGGESTED))
        self.add_fields_button.setVisible(bool(missing))
        self.add_fields_button.setToolTip(", ".join(missing))
        self.start_button.setEnabled(layer is not None and STATUS not in missing)

    # --- what keys and buttons do ---

    def do(self, command: Command) -> None:
        """Do what a key or a button asks for."""
        if self.review is None:
            return
        if command.do in _VERDICTS:
            self._decide(_VERDICTS[command.do])
        elif command.do is Do.TYPE:
            self._set(TYPE, command.value)
        elif command.do is Do.CONFIDENCE:
            self._set(CONFIDENCE, command.value)
        elif command.do is Do.BLINK:
            self.blink()
        elif command.do is Do.ZOOM:
            self._zoom()
        elif command.do is Do.NOTES:
            self.notes.setFocus()
        else:
            self._move(command.do)

    @property
    def _open_review(self) -> Review:
        """The review of the chosen layer.

        Raises:
            ParameterError: None is chosen.
        """
        if self.review is None:
            raise ParameterError(
                "No layer is under review; expected an inventory. Choose one in the panel first."
            )
        return self.review

    def _decide(self, status: str) -> None:
        with self._telling():
            self._save_notes()
            self._open_review.decide(status)
            if status == EDITED:
                self._edit_vertices()
                self._show()
            else:
                self._arrive()

    def _move(self, do: Do) -> None:
        with self._telling():
            self._save_notes()
            if do is Do.UNDO:
                self.tell(self._open_review.undo() or self.tr("There is nothing to undo."))
            else:
                (self._open_review.next if do is Do.NEXT else self._open_review.back)()
            self._arrive()

    def _set(self, field: str, value: str) -> None:
        if self.review is None:
            return
        with self._telling():
            self._open_review.set_value(field, value)
        self._show()

    def _write_notes(self) -> None:
        if self.review is not None:
            with self._telling(anew=False):
                self._save_notes()

    def _save_notes(self) -> None:
        self._typing.stop()
        stored = self._open_review.stored
        if stored is None or not self.notes.isEnabled():
            return
        try:
            self._open_review.set_value(NOTES, self.notes.text())
        except ConflictError as conflict:
            if conflict.now is None:  # its notes go with it, or nobody could go on
                self.notes.setText(stored.text(NOTES))
            raise
        self.notes.setModified(False)
        stored = self._open_review.stored
        taken, typed = stored.text(NOTES) if stored else "", self.notes.text()
        if taken != typed.rstrip() and typed.startswith(taken):
            self.notes.setText(taken)
            self.tell(
                self.tr("The column of notes took {} letters; the rest is lost: {}").format(
                    len(taken), typed[len(taken) :]
                )
            )

    def _reviewer_typed(self) -> None:
        QgsSettings().setValue(_SETTING, self.reviewer.text())
        if self.review is not None:
            self._open_review.reviewer = self.reviewer.text()

    def _edit_vertices(self) -> None:
        stored = self._open_review.stored
        if stored is None:
            return
        layer = self._open_review.layer.layer
        if self._iface is not None:
            self._iface.setActiveLayer(layer)
            self._iface.actionVertexToolActiveLayer().trigger()

    def blink(self) -> None:
        """Show the image from before in place of the one after, and back."""
        root = QgsProject.instance().layerTreeRoot()
        before, after = (
            root.findLayer(combo.currentLayer().id()) if combo.currentLayer() else None
            for combo in (self.before, self.after)
        )
        if after is None or before is after:
            self.tell(self.tr("Choose the image after the event, and another one from before."))
            return
        seen = _seen(before, after)
        after.setItemVisibilityChecked(not seen)
        if before is not None:
            before.setItemVisibilityChecked(seen)

    # --- outlines ---

    def _begin_split(self) -> None:
        if self.review is not None:
            self._canvas.setMapTool(self._line_tool)

    def _split(self, line: list[QgsPointXY]) -> None:
        layer = self._open_review.layer.layer if self.review is not None else None
        if layer is None or self._open_review.stored is None:
            return
        with self._telling():
            to_layer = self._from_map(layer.crs())
            points = [to_layer.transform(point) for point in line]
            new = self._edits().split(self._open_review.stored.fid, points)
            self._outline_changed()
            self.tell(self.tr("{} parts. Ctrl+Z or U undoes it, F keeps it.").format(new + 1))

    def _merge(self) -> None:
        if self.review is None or self._open_review.stored is None:
            return
        fid = self._open_review.stored.fid
        others = [one for one in self._open_review.layer.layer.selectedFeatureIds() if one != fid]
        with self._telling():
            self._edits().merge(fid, others)
            self._outline_changed()

    def _smooth(self) -> None:
        self._edit(OutlineEdits.smooth)

    def _fill(self) -> None:
        self._edit(OutlineEdits.fill_holes)

    def _edit(self, edit: Callable[[OutlineEdits, int], None]) -> None:
        if self.review is None or self._open_review.stored is None:
            return
        with self._telling():
            edit(self._edits(), self._open_review.stored.fid)
            self._outline_changed()

    def _edits(self) -> OutlineEdits:
        return OutlineEdits(self._open_review.layer)

    # --- probability ---

    def _threshold_typed(self, value: float) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(round(100 * value))
        self.slider.blockSignals(False)
        self._draw_live_soon()

    def _draw_live_soon(self, *_changed: Any) -> None:
        """While the map or the slider moves, drawing waits."""
        self._moving.start()

    def _draw_live(self) -> None:
        self._live.reset(QgsWkbTypes.LineGeometry)
        raster = self.probability.currentLayer()
        if raster is None or not self.live.isChecked():
            return
        with self._telling(anew=False):
            extent = self._from_map(raster.crs()).transformBoundingBox(self._canvas.extent())
            lines = live_outlines(raster, extent, self.threshold.value())
            self._live.setToGeometry(lines, raster.crs())

    def _apply(self) -> None:
        raster = self.probability.currentLayer()
        if raster is None:
            self.tell(self.tr("Choose the probability raster."))
            return
        import processing

        values = {"INPUT": raster.id(), "THRESHOLD": round(self.threshold.value(), 2)}
        dialog = processing.createAlgorithmDialog("landslip:vectoriseprobability", values)
        dialog.show()

    def _begin_adding(self) -> None:
        self._canvas.setMapTool(self._point_tool)

    def _add_missed(self, point: QgsPointXY) -> None:
        raster = self.probability.currentLayer()
        if self.review is None or raster is None:
            self.tell(self.tr("Start a review, and choose the probability raster."))
            return
        layer = self._open_review.layer.layer
        with self._telling():
            there = self._from_map(raster.crs()).transform(point)
            shape, values = missed_landslide(raster, there, self.largest.value(), layer)
            self._open_review.add_missed(shape, values)
            layer.triggerRepaint()
            self.tell(self.tr("Added and accepted. U takes it back."))

    # --- showing ---

    def _arrive(self) -> None:
        """Show the outline that is up, also on the map."""
        self._show()
        self._zoom()

    def _show(self) -> None:
        review = self.review
        stored = review.stored if review is not None else None
        self._layer_chosen()
        self._verdict.setEnabled(stored is not None)
        self.about.setText(review.session.progress_text() if review is not None else "")
        if review is not None:
            self.progress.setRange(0, max(1, review.session.total))
            self.progress.setValue(review.session.reviewed)
        self.facts.setText(self._facts_text())
        there = review.layer.text_columns() if review is not None else {}
        for field, combo in ((TYPE, self.type), (CONFIDENCE, self.confidence)):
            combo.setEnabled(field in there)
            value = stored.text(field) if stored is not None else ""
            if value and combo.findData(value) < 0:
                combo.addItem(value, value)  # a word of somebody else's
            combo.setCurrentIndex(combo.findData(value))
        self.notes.setEnabled(NOTES in there)
        if not self.notes.isModified():  # what could not be saved stays to be saved
            self.notes.setText(stored.text(NOTES) if stored is not None else "")
        self._highlight()

    def _facts_text(self) -> str:
        review = self.review
        if review is None:
            return self.tr("Choose an inventory and start.")
        stored = review.stored
        if stored is None:
            return self.tr("That was the last one. B goes back; another order begins anew.")
        number, count = review.session.place
        name = escape(stored.text("id")) or f"#{stored.fid}"
        known = [
            words.format(stored.values[field])
            for field, words in _FACTS
            if isinstance(stored.values.get(field), (int, float))
        ]
        words = [escape(stored.text(STATUS)) or UNREVIEWED, escape(stored.text("change"))]
        return (
            f"<b>{name}</b> ({number:,} / {count:,})<br>{', '.join([*known, *filter(None, words)])}"
        )

    def _highlight(self) -> None:
        shape = self._outline()
        self._band.reset(QgsWkbTypes.PolygonGeometry)
        if shape is not None:
            self._band.setToGeometry(shape, self._open_review.layer.layer)

    def _outline(self) -> QgsGeometry | None:
        """The outline that is up, with edits that wait."""
        if self.review is None or self._open_review.stored is None:
            return None
        feature = self._open_review.layer.layer.getFeature(self._open_review.stored.fid)
        return feature.geometry() if feature.hasGeometry() else None

    def _outline_changed(self, *_changed: Any) -> None:
        self._highlight()
        self._canvas.refresh()

    def _zoom(self) -> None:
        shape = self._outline()
        if shape is None:
            return
        settings = self._canvas.mapSettings()
        layer = self._open_review.layer.layer
        with self._telling(anew=False):
            box = self._to_map(layer.crs()).transformBoundingBox(shape.boundingBox())
            least = _LEAST_METRES
            if settings.destinationCrs().isGeographic():
                least /= _METRES_PER_DEGREE
            side = max(_CONTEXT * max(box.width(), box.height()), least)
            around = QgsRectangle.fromCenterAndSize(box.center(), side, side)
            self._canvas.setExtent(around)
            self._canvas.refresh()

    def _to_map(self, crs: QgsCoordinateReferenceSystem) -> QgsCoordinateTransform:
        to = self._canvas.mapSettings().destinationCrs()
        return QgsCoordinateTransform(crs, to, QgsProject.instance())

    def _from_map(self, crs: QgsCoordinateReferenceSystem) -> QgsCoordinateTransform:
        to = self._canvas.mapSettings().destinationCrs()
        return QgsCoordinateTransform(to, crs, QgsProject.instance())

    def tell(self, text: str) -> None:
        """Say something below the buttons."""
        self.message.setText(text)

    @contextmanager
    def _telling(self, anew: bool = True) -> Iterator[list[str]]:
        """Say what goes wrong in this block. Gives a list that is empty where nothing did.

        Args:
            anew: Whether what was said before is of no interest any longer.
        """
        told: list[str] = []
        if anew:
            self.tell("")
        try:
            yield told
        except (LandslipError, QgsCsException) as err:
            told.append(str(err))
            self._show()
            self.tell(str(err))


_BUTTONS = (
    ("Accept (A)", Do.ACCEPT),
    ("Edit (E)", Do.EDIT),
    ("Reject (R)", Do.REJECT),
    ("Back (B)", Do.BACK),
    ("Forward (F)", Do.NEXT),
    ("Undo (U)", Do.UNDO),
)


def _band(canvas: QgsMapCanvas, colour: QColor, width: int, kind: Any = None) -> QgsRubberBand:
    kind = QgsWkbTypes.PolygonGeometry if kind is None else kind
    band = QgsRubberBand(canvas, kind)
    band.setStrokeColor(colour)
    band.setFillColor(QColor(0, 0, 0, 0))  # the image is what is looked at
    band.setWidth(width)
    return band


def _seen(before: Any, after: Any) -> bool:
    """Whether the image after is to be seen: switched on, and not below the one from before."""
    if not after.itemVisibilityChecked() or before is None or not before.itemVisibilityChecked():
        return after.itemVisibilityChecked()
    order = QgsProject.instance().layerTreeRoot().layerOrder()
    return order.index(after.layer()) < order.index(before.layer())


def _timer(parent: QWidget, milliseconds: int, do: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(do)
    return timer


def _raster_choice() -> QgsMapLayerComboBox:
    combo = QgsMapLayerComboBox()
    combo.setFilters(QgsMapLayerProxyModel.RasterLayer)
    combo.setAllowEmptyLayer(True)
    combo.setLayer(None)
    return combo


def _reviewer() -> str:
    """Who reviews: as set once, else as the system calls its user."""
    set_once = str(QgsSettings().value(_SETTING, "") or "")
    return set_once or QgsApplication.userFullName() or QgsApplication.userLoginName()
