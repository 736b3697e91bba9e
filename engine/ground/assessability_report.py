"""The table of assessable ground as one HTML page."""

from __future__ import annotations

from collections.abc import Iterator

from ..common.report import footer, heading, number, page, paragraph, table, write_page
from .assessability import Assessability
from .classes import NAMES, Ground


def write_assessability_report(made: Assessability, made_by: str, target: str) -> None:
    """Write the page.

    Raises:
        OutputError: The file cannot be written.
    """
    write_page(target, page("Assessable ground", made.name, _parts(made, made_by)))


def _parts(made: Assessability, made_by: str) -> Iterator[str]:
    yield heading("Ground")
    yield table(("Ground", "Area (km2)", "Share (%)"), _rows(made))
    yield paragraph(
        "Shares are those of the ground with data. Only on assessable ground does a missing "
        "landslide mean that there is none to see. Densities, roses and counts of Inventory "
        "statistics can be given over it (ASSESSABILITY)."
    )
    if made.untold:
        yield paragraph(made.untold)
    yield heading("Made from")
    sun = made.sun
    place = f"azimuth {sun.azimuth:.1f}°, elevation {sun.elevation:.1f}°" if sun else "unknown"
    yield table(
        ("", "Value"), [("Image", made.name), ("Date", made.date or "unknown"), ("Sun", place)]
    )
    yield footer(
        f"Made by {made_by}. Clouds are told from ground by masks, or by the haze optimised "
        "transform (Zhang et al. 2002); snow after Dozier (1989), water after McFeeters (1996)."
    )


def _rows(made: Assessability) -> Iterator[tuple[str, str, str]]:
    for ground in Ground:
        if ground not in made.told and ground != Ground.ASSESSABLE:
            yield NAMES[ground], "cannot be told", ""
            continue
        share = 100 * made.share(ground)
        yield NAMES[ground], number(made.areas[ground] / 1e6, 3), number(share, 2)
