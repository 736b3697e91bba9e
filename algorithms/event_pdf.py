"""The report of an event as a PDF: the parts of its page, laid out on A4 by Qt."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence

from qgis.PyQt.QtCore import QByteArray, QRectF, QSizeF, Qt, QUrl
from qgis.PyQt.QtGui import (
    QFont,
    QImage,
    QPainter,
    QPdfWriter,
    QTextBlock,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextTable,
)
from qgis.PyQt.QtSvg import QSvgRenderer

from ..engine.common.errors import OutputError
from ..engine.common.output import whole_file
from ..engine.common.report import paragraph
from .pdf_file import write_pdf

#: A page of A4 in pixels, of which so many are an inch; its margin; and what fits between.
_INCH, _PAGE, _MARGIN, _WIDEST = 96, QSizeF(794, 1123), 56.0, 664.0
#: Resolution of drawings, and how large they are drawn where there is room.
_DPI, _SCALE = 200, 0.8
#: What is to fit on one page does not get smaller than this, percent.
_SMALLEST = 40
#: Width of a drawing that has another one beside it.
_HALF = 332.0
#: A heading in the lowest part of a page begins the next one.
_LOWEST = 0.82
_SVG = re.compile(r"<svg\b.*?</svg>", re.S)
#: A figure as wide as the page, or narrower ones that follow each other.
_FIGURES = re.compile(r"<figure class.*?</figure>|(?:<figure>(?:(?!</figure>).)*</figure>)+", re.S)
_FIGURE = re.compile(r"<figure[^>]*>(.*?)</figure>", re.S)
_SIZE = re.compile(r'\bviewBox="\S+ \S+ (\S+) (\S+)"')
_NAMESPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
_HEADINGS = "h1 {{ font-size: {}px }} h2 {{ font-size: {}px }}"
_STYLE = """
td, th { padding: 1px 8px; text-align: left }
.n { text-align: right } .about, .caption { color: #555 }
"""


def write_event_pdf(
    title: str,
    about: str,
    parts: Iterable[str],
    made_by: str,
    target: str,
    one_page: bool = False,
) -> None:
    """Write parts of a page as a PDF.

    Args:
        title: Its heading; plain text.
        about: A line below it; plain text.
        parts: HTML made by `engine.common.report`, with drawings as SVG.
        made_by: Program and version.
        target: Path of the file; replaced when the new one is complete.
        one_page: Whether to make all smaller until it fits on a page.

    Raises:
        OutputError: The file cannot be written.
    """
    document = _on_one_page(title, about, parts) if one_page else _laid_out(title, about, parts)

    def draw(writer: QPdfWriter, painter: QPainter) -> None:
        _draw(document, writer, painter, title)

    write_pdf(target, title, made_by, _DPI, draw)


def write_map(drawing: str, target: str) -> None:
    """Write a drawing as PNG.

    Args:
        drawing: SVG, as `engine.assessment.event_report.event_map` makes it.
        target: Path of the file; replaced when the new one is complete.

    Raises:
        OutputError: The file cannot be written.
    """
    with whole_file(target) as temporary:
        drawing, width, height = _sized(drawing)
        if not _rendered(drawing, width, height).save(temporary, "PNG"):
            raise OutputError(
                f"{target} cannot be written. Check that the disk has room, and that no other "
                "program holds the file open."
            )


def _on_one_page(title: str, about: str, parts: Iterable[str]) -> QTextDocument:
    """The text on one page, as large as it fits."""
    parts = tuple(parts)
    for percent in range(100, _SMALLEST, -6):
        document = _laid_out(title, about, parts, percent / 100)
        if _pages(document) == 1:
            break
    return document


def _laid_out(title: str, about: str, parts: Iterable[str], zoom: float = 1.0) -> QTextDocument:
    """The text on its pages; no heading stands alone at the foot of one, and no table is cut."""
    font = QFont("DejaVu Sans")
    font.setPixelSize(round(12 * zoom))  # in pixels: the same whatever screen there is
    document = QTextDocument()
    document.setDefaultFont(font)
    document.setDefaultStyleSheet(_HEADINGS.format(round(22 * zoom), round(16 * zoom)) + _STYLE)
    document.setDocumentMargin(_MARGIN)
    document.setPageSize(_PAGE)
    head = paragraph(title).replace("p>", "h1>") + paragraph(about)
    document.setHtml(head + _with_pictures(document, "".join(parts), zoom))
    items = list(_items(document))
    for place, item in enumerate(items):
        if _is_low(document, item):
            _begin_page(document, item)
        elif isinstance(item, QTextTable):
            lead = _lead(items, place)
            if _is_cut(document, lead, item):
                _begin_page(document, lead)
    return document


def _items(document: QTextDocument) -> Iterator[QTextBlock | QTextTable]:
    """Paragraphs and tables from top to bottom."""
    place = document.rootFrame().begin()
    while not place.atEnd():
        yield place.currentFrame() or place.currentBlock()
        place += 1


def _is_heading(item: QTextBlock | QTextTable) -> bool:
    return isinstance(item, QTextBlock) and item.blockFormat().headingLevel() == 2


def _is_low(document: QTextDocument, item: QTextBlock | QTextTable) -> bool:
    """Whether it is a heading at the foot of a page."""
    if not _is_heading(item):
        return False
    top = document.documentLayout().blockBoundingRect(item).top()
    return bool(top % _PAGE.height() > _LOWEST * _PAGE.height())


def _lead(items: Sequence[QTextBlock | QTextTable], place: int) -> QTextBlock | QTextTable:
    """The heading that a table belongs to, right above or with a paragraph between; else itself."""
    for above in items[max(0, place - 2) : place][::-1]:
        if isinstance(above, QTextTable):
            break
        if _is_heading(above):
            return above
    return items[place]


def _is_cut(document: QTextDocument, lead: QTextBlock | QTextTable, table: QTextTable) -> bool:
    """Whether a table is not on one page with what leads to it, and they would fit on one."""
    layout = document.documentLayout()
    own = layout.frameBoundingRect(table)
    top = own.top() if lead is table else layout.blockBoundingRect(lead).top()
    first, last = (int(y // _PAGE.height()) for y in (top, own.bottom()))
    return first != last and own.height() < 0.8 * _PAGE.height()


def _begin_page(document: QTextDocument, item: QTextBlock | QTextTable) -> None:
    """Put it, and what follows, on a new page."""
    policy = QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore
    if isinstance(item, QTextTable):
        form = item.format()
        form.setPageBreakPolicy(policy)
        item.setFormat(form)
    else:
        form = item.blockFormat()
        form.setPageBreakPolicy(policy)
        QTextCursor(item).setBlockFormat(form)
    document.setPageSize(_PAGE)  # all of it anew: Qt loses the tables behind else


def _pages(document: QTextDocument) -> int:
    """Pages with anything on them; Qt counts one for a margin, too."""
    layout, block, bottom = document.documentLayout(), document.begin(), 1.0
    while block.isValid():
        bottom = max(bottom, layout.blockBoundingRect(block).bottom())
        block = block.next()
    return math.ceil(bottom / _PAGE.height())


def _draw(document: QTextDocument, writer: QPdfWriter, painter: QPainter, title: str) -> None:
    """Draw page after page, each with its number."""
    painter.scale(_DPI / _INCH, _DPI / _INCH)
    painter.setFont(document.defaultFont())
    width, height = _PAGE.width(), _PAGE.height()
    pages = _pages(document)
    for number in range(pages):
        if number:
            writer.newPage()
        painter.save()
        painter.translate(0, -number * height)
        document.drawContents(painter, QRectF(0, number * height, width, height))
        painter.restore()
        foot = QRectF(_MARGIN, height - 40, width - 2 * _MARGIN, 20)
        text = f"{title}, page {number + 1} of {pages}"
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, text)


def _with_pictures(document: QTextDocument, html: str, zoom: float) -> str:
    """The text with its drawings as pictures, which the document then holds, in tables."""
    count = 0

    def picture(drawing: str, widest: float) -> str:
        nonlocal count
        drawing, width, height = _sized(drawing)
        scale = min(_SCALE, widest / width) * zoom
        width, height = width * scale, height * scale
        name = f"drawing:{count}"
        count += 1
        kind = QTextDocument.ResourceType.ImageResource
        document.addResource(kind, QUrl(name), _rendered(drawing, width, height))
        return f'<img src="{name}" width="{width:.0f}" height="{height:.0f}">'

    def tables(figures: re.Match[str]) -> str:
        widest = _WIDEST if figures[0].startswith("<figure class") else _HALF
        drawn = _SVG.sub(lambda svg: picture(svg[0], widest), figures[0])
        cells = [f"<td>{inside}</td>" for inside in _FIGURE.findall(drawn)]
        rows = ("".join(cells[i : i + 2]) for i in range(0, len(cells), 2))
        return "".join(f"<table><tr>{row}</tr></table>" for row in rows)

    html = _SVG.sub(lambda svg: picture(svg[0], _WIDEST), _FIGURES.sub(tables, html))
    html = html.replace("<figcaption>", '<br><span class="caption">')
    return html.replace("</figcaption>", "</span>")


def _sized(drawing: str) -> tuple[str, float, float]:
    """A drawing as Qt understands it, its width and its height."""
    if "xmlns:xlink=" not in drawing:
        drawing = re.sub(r' xmlns="[^"]*"', "", drawing, count=1)
        drawing = drawing.replace("<svg", f"<svg {_NAMESPACES}", 1)
    size = _SIZE.search(drawing)
    if size is None:
        raise OutputError("A drawing of the report says no size; this is a fault of Landslip.")
    return drawing, float(size[1]), float(size[2])


def _rendered(drawing: str, width: float, height: float) -> QImage:
    """A drawing at the resolution of the page, on white."""
    fine = _DPI / _INCH
    size = round(width * fine), round(height * fine)
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(drawing.encode())).render(painter, QRectF(0, 0, *size))
    painter.end()
    return image
