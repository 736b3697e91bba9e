"""Try the public catalogues, by hand: ``python tools/try_catalogues.py``, with the internet.

For each catalogue it looks for scenes around the earthquakes of Iburi (Hokkaido, 2018-09-06) and
Noto (2024-01-01), whose products differ in their offset, and fetches three bands of 3 x 3 km with
the DEM. It prints what was found, how many bytes came, what was done to the numbers, and the
darkest and the median reflectance of each band, which should lie between -100 and 3000. The
Copernicus Data Space gives files to its users alone: put a token of yours into LANDSLIP_TOKEN, or
that part is passed over. No test runs this.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import rasterio

from landslip.engine.catalogue.catalogues import CATALOGUES, Catalogue
from landslip.engine.catalogue.dem import GLO30
from landslip.engine.catalogue.fetch import FetchRequest, fetch_scenes
from landslip.engine.catalogue.find import FindRequest, find_scenes
from landslip.engine.catalogue.network import Session
from landslip.engine.catalogue.place import area_of_extent
from landslip.engine.catalogue.plain_carrier import VARIABLE, PlainCarrier, token_for
from landslip.engine.common.errors import LandslipError
from landslip.engine.preparation.prepare import PrepareRequest

#: Event, and west, south, east, north of a place.
EVENTS = {
    "Iburi": ("2018-09-06T03:08+09:00", (141.97, 42.72, 142.007, 42.747)),
    "Noto": ("2024-01-01T16:10+09:00", (136.97, 37.40, 137.004, 37.427)),
}
BANDS = ("B02", "B04", "B08")


def main() -> int:
    """Try all; the exit status is 1 where something failed."""
    failed = 0
    for catalogue in CATALOGUES.values():
        for name in EVENTS:
            print(f"\n{catalogue.name}, {name}", flush=True)
            try:
                one(catalogue, name)
            except LandslipError as err:
                failed += 1
                print(f"  FAILED: {err}")
    return int(bool(failed))


def one(catalogue: Catalogue, name: str) -> None:
    """Find, look, fetch."""
    event, extent = EVENTS[name]
    area = area_of_extent(extent, "EPSG:4326")
    credentials = token_for(catalogue)
    session = Session(
        PlainCarrier(), catalogue, credentials, warn=say, token_hosts=catalogue.own_token_hosts
    )
    look = bool(credentials) or catalogue.name != "copernicus"
    request = FindRequest(area, event, 120, 120, max_cloud=40, look=look)
    best = find_scenes(request, session, warn=say).best("after")
    if best is None:
        return
    say(f"{best.date}: {', '.join(i.id for i in best.items)}, cloud {best.cloud}, {best.looked}")
    if catalogue.token_hosts and not os.environ.get(VARIABLE):
        say(f"passed over: needs a token in {VARIABLE}")
        return
    with tempfile.TemporaryDirectory() as folder:
        stack = PrepareRequest((), str(Path(folder) / "stack.tif"), bands=(*BANDS, "dem"))
        items = tuple(item.address for item in best.items)
        made = fetch_scenes(
            FetchRequest(catalogue, items, area, stack, dem=GLO30),
            PlainCarrier(),
            credentials,
            warn=say,
        )
        say(f"{made.received / 1024:.0f} KiB; {' '.join(made.remarks)}")
        with rasterio.open(made.prepared.stack) as dataset:
            values = dataset.read(masked=True)
            for band, numbers in zip(dataset.descriptions, values):
                low, middle = np.percentile(numbers.compressed(), (0.1, 50))
                say(f"{band}: darkest {low:.0f}, median {middle:.0f}")


def say(text: str) -> None:
    """Print a line of a catalogue's."""
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
