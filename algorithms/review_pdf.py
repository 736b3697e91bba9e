"""The review sheet as a PDF, drawn by Qt: pages of A4 with the cards of the landslides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPdfWriter,
    QPen,
    QPolygonF,
    QTextOption,
)

from ..engine.assessment.image_chips import SIDE, Chip
from ..engine.assessment.review_sheet import Card, Sheet, length_text
from ..engine.inventory.review import VERDICTS
from .pdf_file import write_pdf

#: Lengths in millimetres on A4.
_MARGIN, _HEAD, _GAP = 10.0, 10.5, 4.0
_WIDTH, _HEIGHT = 210 - 2 * _MARGIN, 297 - 2 * _MARGIN - _HEAD
_NAME, _TICKS = 3.2, 5.7
_BETWEEN = 1.0
_DPI = 300
#: Fonts are laid out in whole pixels: at 1 px a mm nothing would be legible, so text is drawn so
#: many times larger and scaled down.
_ZOOM = 20.0
#: Height of a line in font sizes, and how much of one stays empty where words wrap.
_LINE, _UNUSED = 1.17, 0.15
_YELLOW, _BLACK, _WHITE, _GREY = (QColor(c) for c in ("#ffdd33", "#000000", "#ffffff", "#777777"))


@dataclass(frozen=True)
class _Layout:
    """How the cards of a page lie.

    Attributes:
        columns: Cards beside each other.
        rows: Cards above each other.
        pictures: Pictures of a card, beside each other.
    """

    columns: int
    rows: int
    pictures: int

    @property
    def width(self) -> float:
        """Width of a card."""
        return (_WIDTH - (self.columns - 1) * _GAP) / self.columns

    @property
    def height(self) -> float:
        """Height of a card."""
        return _HEIGHT / self.rows

    @property
    def chip(self) -> float:
        """Side of a picture."""
        return (self.width - (self.pictures - 1) * _BETWEEN) / self.pictures


_SINGLE, _PAIRS = _Layout(5, 5, 1), _Layout(3, 6, 2)


def write_review_pdf(cards: Iterable[Card], sheet: Sheet, made_by: str, target: str) -> None:
    """Write the sheet as a PDF.

    Args:
        cards: The landslides.
        sheet: What is the same for all.
        made_by: Program and version, for the foot of each page.
        target: Path of the file; replaced when the new one is complete.

    Raises:
        OutputError: The file cannot be written.
    """

    def draw(writer: QPdfWriter, painter: QPainter) -> None:
        pages = _Pages(painter, sheet, f"{sheet.about}. Made by {made_by}.")
        _draw_cards(pages, cards, writer)

    write_pdf(target, sheet.title, made_by, _DPI, draw)


def _draw_cards(pages: _Pages, cards: Iterable[Card], writer: QPdfWriter) -> None:
    """Draw page after page."""
    layout = pages.layout
    for number, card in enumerate(cards):
        page, place = divmod(number, layout.columns * layout.rows)
        if place == 0 and page:
            writer.newPage()
        if place == 0:
            pages.head(page + 1)
        pages.card(card, place % layout.columns, place // layout.columns)


class _Pages:
    """Draws on the pages; all lengths in millimetres."""

    def __init__(self, painter: QPainter, sheet: Sheet, about: str) -> None:
        self._painter, self._title, self._about = painter, sheet.title, about
        self.layout = _PAIRS if sheet.before else _SINGLE
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(_DPI / 25.4, _DPI / 25.4)
        painter.translate(_MARGIN, _MARGIN)

    def head(self, page: int) -> None:
        """The heading of a page."""
        self._text(self._title, QRectF(0, 0, _WIDTH - 20, 6), 4.2, bold=True)
        self._text(f"{page}", QRectF(_WIDTH - 20, 0, 20, 6), 3.4, right=True)
        self._text(self._about, QRectF(0, 6, _WIDTH, 4), 2.4, colour=_GREY)

    def card(self, card: Card, column: int, row: int) -> None:
        """One landslide."""
        layout = self.layout
        left, top = column * (layout.width + _GAP), _HEAD + row * layout.height
        self._text(card.name, QRectF(left, top, layout.width, _NAME), 2.3, bold=True)
        frame = QRectF(left, top + _NAME, layout.chip, layout.chip)
        if layout.pictures == 2:
            self._picture(card.before, frame, "before")
            frame.translate(layout.chip + _BETWEEN, 0)
            self._picture(card.chip, frame, "after")
        else:
            self._picture(card.chip, frame)
        below, bottom = frame.bottom() + 0.4, top + layout.height - _TICKS
        facts = QRectF(left, below, layout.width, bottom - below)
        self._text(_fitting(card.facts, facts, 1.85), facts, 1.85)
        self._ticks(left, bottom)

    def _picture(self, chip: Chip | None, frame: QRectF, label: str = "") -> None:
        if chip:
            self._chip(chip, frame)
        else:
            middle = frame.adjusted(1, frame.height() / 2 - 2, 0, 0)
            self._text("not in the image", middle, 2.2, colour=_GREY)
        self._halo_text(label, QRectF(frame.left() + 0.8, frame.top() + 0.4, 20, 3))
        self._painter.setPen(QPen(_GREY, 0.2))
        self._painter.drawRect(frame)

    def _chip(self, chip: Chip, frame: QRectF) -> None:
        painter = self._painter
        painter.drawImage(frame, _image(chip.rgb))
        painter.save()
        painter.setClipRect(frame)
        painter.translate(frame.topLeft())
        painter.scale(frame.width() / SIDE, frame.height() / SIDE)
        for colour, width in ((_BLACK, 3.0), (_YELLOW, 1.5)):
            painter.setPen(QPen(colour, width))
            for ring in chip.outline:
                painter.drawPolygon(QPolygonF([QPointF(float(x), float(y)) for x, y in ring]))
        bottom, right = SIDE - 10.0, 10 + chip.bar
        for colour, width in ((_BLACK, 4.0), (_WHITE, 2.0)):
            painter.setPen(QPen(colour, width))
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in _bar(right, bottom)]))
        painter.restore()
        scale = QRectF(frame.left() + 1.9, frame.bottom() - 5.2, 20, 3)
        self._halo_text(length_text(chip.bar_metres), scale)

    def _halo_text(self, text: str, box: QRectF) -> None:
        """Text that is legible on any ground."""
        for across, down in ((-0.15, 0), (0.15, 0), (0, -0.15), (0, 0.15)):
            self._text(text, box.translated(across, down), 1.9, bold=True, colour=_BLACK)
        self._text(text, box, 1.9, bold=True, colour=_WHITE)

    def _ticks(self, left: float, top: float) -> None:
        step = self.layout.width / len(VERDICTS)
        for number, verdict in enumerate(VERDICTS):
            x = left + number * step
            self._painter.setPen(QPen(_BLACK, 0.15))
            self._painter.drawRect(QRectF(x, top + 0.3, 1.9, 1.9))
            self._text(verdict, QRectF(x + 2.6, top, step - 2.6, 3), 1.9)
        self._painter.setPen(QPen(_GREY, 0.15))
        line = top + _TICKS - 1.2
        self._painter.drawLine(QPointF(left, line), QPointF(left + self.layout.width, line))

    def _text(
        self,
        text: str,
        box: QRectF,
        size: float,
        *,
        bold: bool = False,
        right: bool = False,
        colour: QColor = _BLACK,
    ) -> None:
        """Text of a size in millimetres, wrapped inside of a box."""
        zoom, font = _ZOOM, _font(size)
        font.setBold(bold)
        option = QTextOption(Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        painter = self._painter
        painter.save()
        painter.setFont(font)
        painter.setPen(QPen(colour))
        painter.translate(box.topLeft())
        painter.scale(1 / zoom, 1 / zoom)
        painter.drawText(QRectF(0, 0, box.width() * zoom, box.height() * zoom), text, option)
        painter.restore()


def _bar(right: float, bottom: float) -> list[tuple[float, float]]:
    """A scale bar with its two ticks, in the chip's pixels."""
    return [(10.0, bottom - 5), (10.0, bottom), (right, bottom), (right, bottom - 5)]


def _image(rgb: np.ndarray) -> QImage:
    pixels = np.ascontiguousarray(np.moveaxis(rgb, 0, -1))
    height, width, _ = pixels.shape
    image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    return image.copy()  # QImage does not keep the bytes


def _font(size: float) -> QFont:
    """The font of a size in millimetres, `_ZOOM` times as large."""
    font = QFont("DejaVu Sans")
    font.setPixelSize(round(size * _ZOOM))
    return font


def _fitting(facts: Sequence[str], box: QRectF, size: float) -> str:
    """As many facts as fit into a box, the first ones first; a line that wraps is not full."""
    metrics, room = QFontMetricsF(_font(size)), int(box.height() / (_LINE * size)) - _UNUSED
    for count in range(len(facts), 0, -1):
        text = " · ".join(facts[:count])
        if metrics.horizontalAdvance(text) <= room * box.width() * _ZOOM:
            return text
    return facts[0]
