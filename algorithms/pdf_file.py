"""PDF files of A4 pages, drawn by Qt: whole, or not there."""

from __future__ import annotations

from collections.abc import Callable

from qgis.PyQt.QtCore import QMarginsF
from qgis.PyQt.QtGui import QPageSize, QPainter, QPdfWriter

from ..engine.common.errors import OutputError
from ..engine.common.output import whole_file


def write_pdf(
    target: str,
    title: str,
    made_by: str,
    resolution: int,
    draw: Callable[[QPdfWriter, QPainter], None],
) -> None:
    """Write a PDF of A4 pages.

    Args:
        target: Path of the file; replaced when the new one is complete.
        title: Of the document.
        made_by: Program and version.
        resolution: Dots per inch.
        draw: Draws all pages; the first one has begun.

    Raises:
        OutputError: The file cannot be written.
    """
    with whole_file(target) as temporary:
        writer = QPdfWriter(temporary)
        writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        writer.setPageMargins(QMarginsF(0, 0, 0, 0))
        writer.setResolution(resolution)
        writer.setTitle(title)
        writer.setCreator(made_by)
        painter = QPainter()
        if not painter.begin(writer):
            raise OutputError(
                f"{target} cannot be written. Check that the disk has room, and that no other "
                "program holds the file open."
            )
        try:
            draw(writer, painter)
        finally:
            painter.end()
        del painter, writer  # which closes the file
        _check_whole(temporary, target)


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
