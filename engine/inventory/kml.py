"""An inventory as KML, for Google Earth and phones: outlines, names, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

import numpy as np

from ..common.errors import OutputError
from ..common.output import whole_file
from .fields import FIELDS
from .polygons import in_crs
from .table import Record, Table
from .wkb import Polygon, polygons_of, signed_area

#: KML's colours are written from back to front: alpha, blue, green, red.
_STYLE = (
    '<Style id="slide"><LineStyle><color>ff005ed5</color><width>1.6</width></LineStyle>'
    "<PolyStyle><color>40005ed5</color></PolyStyle></Style>"
)
_NAMES = tuple(field.name for field in FIELDS)
#: What XML 1.0 has no place for.
_FORBIDDEN = dict.fromkeys({*range(32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF} - {9, 10, 13})


def write_kml(table: Table, name: str, about: str, target: str) -> None:
    """Write an inventory, read it back, and put the file in place.

    Args:
        table: The inventory, each landslide with an ``id``.
        name: What to call it.
        about: A sentence on it.
        target: Path of the file.

    Raises:
        OutputError: The file cannot be written, or does not hold every landslide.
    """
    with whole_file(target) as temporary:
        with open(temporary, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in _lines(table, name, about))
        read = Path(temporary).read_bytes()
        if read.count(b"<Placemark>") != len(table.records) or b"</kml>" not in read[-16:]:
            raise OutputError(
                f"{target} was read back and is not whole. Check that the disk has room, then run "
                "again. Nothing was left behind."
            )


def _lines(table: Table, name: str, about: str) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    yield f"<name>{_text(name)}</name><description>{_text(about)}</description>{_STYLE}"
    shapes = [polygons_of(record.wkb) for record in table.records]
    for record, shape in zip(table.records, in_crs(shapes, table.crs, "EPSG:4326")):
        yield _placemark(record, shape)
    yield "</Document></kml>"


def _placemark(record: Record, shape: list[Polygon]) -> str:
    known = ((name, record.get(name)) for name in _NAMES)
    data = "".join(
        f'<Data name="{name}"><value>{_text(value)}</value></Data>'
        for name, value in known
        if value not in (None, "")
    )
    outlines = "".join(map(_polygon, shape))
    return (
        f"<Placemark><name>{_text(record.get('id'))}</name><styleUrl>#slide</styleUrl>"
        f"<ExtendedData>{data}</ExtendedData><MultiGeometry>{outlines}</MultiGeometry></Placemark>"
    )


def _polygon(rings: Polygon) -> str:
    exterior, *holes = rings
    inner = "".join(
        f"<innerBoundaryIs>{_ring(ring, clockwise=True)}</innerBoundaryIs>" for ring in holes
    )
    outer = f"<outerBoundaryIs>{_ring(exterior, clockwise=False)}</outerBoundaryIs>"
    return f"<Polygon>{outer}{inner}</Polygon>"


def _ring(ring: np.ndarray, clockwise: bool) -> str:
    """A closed ring; Google Earth wants exteriors counter-clockwise."""
    if (signed_area(ring - ring[0]) < 0) != clockwise:
        ring = ring[::-1]
    points = " ".join(f"{lon:.7f},{lat:.7f}" for lon, lat in (*ring, ring[0]))
    return f"<LinearRing><coordinates>{points}</coordinates></LinearRing>"


def _text(value: object) -> str:
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return escape(text.translate(_FORBIDDEN))
