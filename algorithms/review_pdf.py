"""The review sheet as a PDF, drawn by Qt: pages of A4 with the cards of the landslides."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from qgis.PyQt.QtCore import QMarginsF, QPointF, QRectF, Qt
from qgis.PyQt.QtGui import (
    QColor,
    QFont,
    QImage,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
    QPolygonF,
    QTextOption,
)

from ..engine.assessment.image_chips import SIDE, Chip
from ..engine.assessment.review_sheet import VERDICTS, Card, length_text
from ..engine.common.errors import OutputError
from ..engine.common.output import whole_file

#: Lengths in millimetres on A4.
_MARGIN, _COLUMNS, _ROWS = 12.0, 3, 3
_WIDTH, _HEIGHT = 210 - 2 * _MARGIN, 297 - 2 * _MARGIN
_HEAD, _GAP = 14.0, 5.0
_CHIP = (_WIDTH - (_COLUMNS - 1) * _GAP) / _COLUMNS
_CARD = (_HEIGHT - _HEAD) / _ROWS
_DPI = 300
_YELLOW, _BLACK, _WHITE, _GREY = (QColor(c) for c in ("#ffdd33", "#000000", "#ffffff", "#777777"))


def write_review_pdf(
    cards: Iterable[Card], name: str, about: str, made_by: str, target: str
) -> None:
    """Write the sheet as a PDF.

    Args:
        cards: The landslides.
        name: Name of the inventory.
        about: A line below it.
        made_by: Program and version, for the foot of each page.
        target: Path of the file; replaced when the new one is complete.

    Raises:
        OutputError: The file cannot be written.
    """
    with whole_file(target) as temporary:
        writer = QPdfWriter(temporary)
        writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        writer.setPageMargins(QMarginsF(0, 0, 0, 0))
        writer.setResolution(_DPI)
        writer.setTitle(f"Review sheet: {name}")
        writer.setCreator(made_by)
        painter = QPainter()
        if not painter.begin(writer):
            raise OutputError(
                f"{target} cannot be written. Check that the disk has room, and that no other "
                "program holds the file open."
            )
        try:
            sheet = _Sheet(painter, f"Review sheet: {name}", f"{about}. Made by {made_by}.")
            _draw_cards(sheet, cards, writer)
        finally:
            painter.end()
        del painter, writer
        _check_whole(temporary, target)


def _draw_cards(sheet: _Sheet, cards: Iterable[Card], writer: QPdfWriter) -> None:
    """Draw page after page."""
    for number, card in enumerate(cards):
        page, place = divmod(number, _COLUMNS * _ROWS)
        if place == 0 and page:
            writer.newPage()
        if place == 0:
            sheet.head(page + 1)
        sheet.card(card, place % _COLUMNS, place // _COLUMNS)


def _check_whole(path: str, target: str) -> None:
    """Read the end of a file: Qt reports no error where the disk was full.

    Raises:
        OutputError: It is cut off.
    """
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 1024))
        if b"%%EOF" not in file.read():
            raise OutputError(
                f"{target} cannot be written: after {size} bytes it is cut off. Check that the "
                "disk has room, then run again. Nothing was left behind."
            )


class _Sheet:
    """Draws on the pages; all lengths in millimetres."""

    def __init__(self, painter: QPainter, title: str, about: str) -> None:
        self._painter, self._title, self._about = painter, title, about
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(_DPI / 25.4, _DPI / 25.4)
        painter.translate(_MARGIN, _MARGIN)

    def head(self, page: int) -> None:
        """The heading of a page."""
        self._text(self._title, QRectF(0, 0, _WIDTH - 20, 6), 4.2, bold=True)
        self._text(f"{page}", QRectF(_WIDTH - 20, 0, 20, 6), 3.4, right=True)
        self._text(self._about, QRectF(0, 6, _WIDTH, 5), 2.6, colour=_GREY)

    def card(self, card: Card, column: int, row: int) -> None:
        """One landslide."""
        left, top = column * (_CHIP + _GAP), _HEAD + row * _CARD
        self._text(card.name, QRectF(left, top, _CHIP, 4.5), 2.9, bold=True)
        frame = QRectF(left, top + 4.5, _CHIP, _CHIP)
        if card.chip:
            self._chip(card.chip, frame)
        else:
            self._text("not in the image", frame, 3, colour=_GREY)
        self._painter.setPen(QPen(_GREY, 0.2))
        self._painter.drawRect(frame)
        below = frame.bottom() + 1
        self._text(" · ".join(card.facts), QRectF(left, below, _CHIP, 11), 2.5)
        self._ticks(left, below + 11.5)

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
        self._scale_text(length_text(chip.bar_metres), frame)

    def _scale_text(self, text: str, frame: QRectF) -> None:
        box = QRectF(frame.left() + 3, frame.bottom() - 8, 20, 4)
        for across, down in ((-0.2, 0), (0.2, 0), (0, -0.2), (0, 0.2)):
            self._text(text, box.translated(across, down), 2.6, bold=True, colour=_BLACK)
        self._text(text, box, 2.6, bold=True, colour=_WHITE)

    def _ticks(self, left: float, top: float) -> None:
        step = _CHIP / len(VERDICTS)
        for number, verdict in enumerate(VERDICTS):
            x = left + number * step
            self._painter.setPen(QPen(_BLACK, 0.2))
            self._painter.drawRect(QRectF(x, top + 0.4, 2.6, 2.6))
            self._text(verdict, QRectF(x + 3.6, top, step - 3.6, 4), 2.6)
        self._painter.setPen(QPen(_GREY, 0.15))
        self._painter.drawLine(QPointF(left, top + 8), QPointF(left + _CHIP, top + 8))

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
        # Fonts are laid out in whole pixels: at 1 px a mm nothing would be legible, so draw larger
        # and scale down.
        zoom = 20.0
        font = QFont("DejaVu Sans")
        font.setPixelSize(round(size * zoom))
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
