"""A stack without what hides the ground: clouds and their shadow of the images before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from ..common.errors import Cancelled
from ..common.hooks import Check, Progress, or_silent
from ..products.masks import Reason, tells
from ..raster.geotiff import NODATA, Layout, geotiff
from ..raster.grid import Grid
from ..raster.reading import bounded_cache, open_raster, read_window
from ..raster.source import Product
from ..raster.tiling import regions
from ..stack.change import INDICES, difference_name
from ..stack.reader import PRE
from .aligned import as_before
from .classes import NAMES, Ground
from .image import AUTO, BOTH, MASKS, TOLD_BY_MASKS, GroundImage, ImageSource

#: Side of the blocks worked on at a time, pixels: a multiple of the file's.
_BLOCK = 1024
_AFTER, _BEFORE = "after", "before"


@dataclass(frozen=True)
class Hidden:
    """What our own tests are to find in each image.

    Attributes:
        after: Classes to leave out in the image after the event.
        before: The same in that from before.
    """

    after: frozenset[Ground]
    before: frozenset[Ground]

    def __bool__(self) -> bool:
        return bool(self.after or self.before)


def hidden_classes(
    asked: Reason, tests: str, after: Sequence[Product], before: Sequence[Product]
) -> Hidden:
    """What our own tests have to find, as no mask of the products tells it.

    Args:
        asked: What is to be left out.
        tests: One of `image.CLOUD_TESTS`.
        after: Granules of the image.
        before: Those of the image before the event.
    """

    def of(products: Sequence[Product]) -> frozenset[Ground]:
        if tests == MASKS:
            return frozenset()
        told = Reason(0)
        for mask in products[0].masks if tests == AUTO and products else ():
            told |= tells(mask)
        return frozenset(TOLD_BY_MASKS[r] for r in TOLD_BY_MASKS if r & asked and not r & told)

    return Hidden(of(after), of(before))


def by_masks(tests: str) -> bool:
    """Whether masks of the products count."""
    return tests in (AUTO, BOTH, MASKS)


def mask_stack(
    source: ImageSource,
    output: str,
    hidden: Hidden,
    progress: Progress | None = None,
    cancelled: Check | None = None,
) -> Mapping[str, float]:
    """Write a stack again without the pixels that something hides.

    What hides the image after leaves no data in any band; what hides that before, none in the
    bands from before and in the differences.

    Args:
        source: The stack, as *Prepare* makes it of two images.
        output: Path of the GeoTIFF to write.
        hidden: What to look for.
        progress: Called with the share done (0..1) and a sentence, or an empty one.
        cancelled: Asked between blocks; when it says True the run stops.

    Returns:
        Share of the pixels that are left out of each image, ``after`` and ``before``.

    Raises:
        LandslipError: Any of its subclasses. No half-written file is left.
    """
    progress, cancelled, _ = or_silent(progress, cancelled, None)
    found = dict.fromkeys((_AFTER, _BEFORE), 0)
    with bounded_cache(), ExitStack() as files:
        dataset = files.enter_context(open_raster(source.path))
        grid, names = Grid.of(dataset, source.path), tuple(dataset.descriptions)
        images = {
            when: files.enter_context(GroundImage(image, None, cancelled))
            for when, image, classes in (
                (_AFTER, source, hidden.after),
                (_BEFORE, as_before(source, source.path), hidden.before),
            )
            if classes
        }
        earlier = [n for n, name in enumerate(names) if is_of_before(name)]
        bands = {_AFTER: list(range(len(names))), _BEFORE: earlier}
        tags = {k: v for k, v in dataset.tags().items() if k != "AREA_OR_POINT"}
        layout = Layout(grid, names, tuple(u or "" for u in dataset.units), tags=tags, effort=2)
        writer = files.enter_context(geotiff(output, layout))
        windows = list(regions(grid.area, _BLOCK))
        for done, window in enumerate(windows, start=1):
            if cancelled():
                raise Cancelled("Stopped on request.")
            read = read_window(dataset, list(dataset.indexes), window, source.path)
            values = read.filled(NODATA)
            for when, image in images.items():
                out = np.isin(image.read(window).classes, [*getattr(hidden, when)])
                found[when] += int(out.sum())
                for band in bands[when]:
                    values[band][out] = NODATA
            writer.write(window, values)
            progress(done / len(windows), "")
    return {when: count / (grid.width * grid.height) for when, count in found.items()}


def is_of_before(band: str) -> bool:
    """Whether a band of a stack holds something of the image from before the event."""
    return band.startswith(PRE) or band in map(difference_name, INDICES)


def told(shares: Mapping[str, float], hidden: Hidden) -> str:
    """What was left out, in a sentence."""
    parts = [
        f"{100 * shares[when]:.1f} % of the image {when} ({', '.join(map(_name, sorted(classes)))})"
        for when, classes in ((_AFTER, hidden.after), (_BEFORE, hidden.before))
        if classes
    ]
    return f"Left out by tests of our own: {' and '.join(parts)}."


def _name(ground: Ground) -> str:
    return NAMES[ground]
