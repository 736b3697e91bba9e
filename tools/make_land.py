"""Write ``resources/land.json``, the coasts of locator maps, from the world map that QGIS brings.

That map is Natural Earth's (1:10m countries), which is in the public domain. Countries are joined
and simplified, small islands left out. Run it with the project's Python; it needs shapely, pyogrio
and QGIS's data.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import shapely
from pyogrio import raw

from landslip.engine.assessment.maps import LAND

#: Degrees: what lines may move by, the smallest island squared, and the unit of coordinates.
TOLERANCE, SMALLEST, UNIT = 0.25, 0.4, 0.1


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("world", nargs="?", default="/usr/share/qgis/resources/data/world_map.gpkg")
    _, _, countries, _ = raw.read(parser.parse_args().world, layer="countries", columns=[])
    land = shapely.simplify(shapely.union_all(shapely.from_wkb(countries)), TOLERANCE)
    parts = [part for part in shapely.get_parts(land) if part.area >= SMALLEST]
    rings = [_steps(np.array(part.exterior.coords)) for part in parts]
    about = "Natural Earth, 1:10m countries, joined and simplified; public domain"
    text = json.dumps({"source": about, "unit": UNIT, "rings": rings}, separators=(",", ":"))
    Path(LAND).write_text(text + "\n", encoding="ascii")


def _steps(ring: np.ndarray) -> list[int]:
    """The first point in whole units, then the step from each to the next."""
    points = np.round(ring[:-1] / UNIT).astype(int)
    points = points[np.any(points != np.roll(points, 1, axis=0), axis=1)]
    return [int(step) for step in np.vstack((points[:1], np.diff(points, axis=0))).ravel()]


if __name__ == "__main__":
    main()
