"""What was seen of a stack while it was made, and what of it the user should know."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator

import numpy as np

from ..common.errors import RasterError
from ..raster.geotiff import NODATA
from ..raster.tiling import Window
from ..stack.reader import OPTICAL_BANDS, STORED_TERRAIN
from ..stack.sanity import check_bands
from ..stack.terrain_sanity import check_cover
from .blocks import StackBlock
from .coregister import Shift, scene_shift, shift_warning
from .stack_plan import StackPlan

#: So many pixels of a stack are looked at.
_SAMPLE_PIXELS = 200_000
#: So many places of this side are compared with the image before the event.
_PLACES, _PLACE_SIZE = 16, 384


class StackSummary:
    """Collects evidence block by block. One for each stack."""

    def __init__(self, plan: StackPlan, blocks: int) -> None:
        """Begin.

        Args:
            plan: What is made.
            blocks: How many blocks there will be.
        """
        self._plan = plan
        pixels = plan.grid.width * plan.grid.height
        self._step = max(1, round(math.sqrt(pixels / _SAMPLE_PIXELS)))
        self._samples: list[np.ndarray] = []
        self._every = max(1, blocks // _PLACES)
        self._places: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._seen = self._in = self._void = self._missing = 0

    def add(self, window: Window, block: StackBlock) -> None:
        """Look at a block."""
        valid = block.reasons == 0
        self._in += int(np.count_nonzero(valid))
        self._void += int(np.count_nonzero(block.void))
        count = len(self._plan.bands)
        if "dem" in self._plan.bands or "slope" in self._plan.bands:
            layer = block.values[[b in STORED_TERRAIN for b in self._plan.names].index(True)]
            self._missing += int(np.count_nonzero(valid & (layer == NODATA)))
        rows = slice(-window.row % self._step, None, self._step)
        cols = slice(-window.col % self._step, None, self._step)
        self._samples.append(block.values[:count, rows, cols][:, valid[rows, cols]])
        if self._plan.pre_bands and self._seen % self._every == 0:
            self._places.append(self._place(block))
        self._seen += 1

    def _place(self, block: StackBlock) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The middle of a block in one band, after and before the event."""
        names, pre_bands = self._plan.names, self._plan.pre_bands
        # Red shows texture under any cover.
        band = "B04" if "B04" in pre_bands else pre_bands[0]
        middle = tuple(
            slice(max(0, (size - _PLACE_SIZE) // 2), (size + _PLACE_SIZE) // 2)
            for size in block.reasons.shape
        )
        after, before = (
            block.values[names.index(name)][middle].copy() for name in (band, f"pre_{band}")
        )
        return after, before, (after != NODATA) & (before != NODATA)

    @property
    def valid_share(self) -> float:
        """Share of pixels with data, 0..1."""
        return self._in / (self._plan.grid.width * self._plan.grid.height)

    @property
    def void_share(self) -> float:
        """Share of the pixels with data in which the DEM has none of its own, 0..1."""
        return self._void / max(1, self._in)

    @functools.cached_property
    def shift(self) -> Shift | None:
        """Shift of the image before the event; None where it cannot be told, or there is none."""
        return scene_shift(self._places)

    def warnings(self) -> Iterator[str]:
        """Sentences for what looks wrong.

        Raises:
            ScaleError: Values are not what a stack promises.
            RasterError: No pixel has data, or the DEM has none on the image.
        """
        plan = self._plan
        if not self._in:
            raise RasterError(
                f"Not one pixel of the stack has data: {plan.products[0].id} shows nothing there, "
                "or all was left out. Check the extent and the area against the image, and what "
                "masks and rules leave out."
            )
        sample = np.concatenate(self._samples, axis=1)
        samples = {
            band: np.where(values == NODATA, np.nan, values)
            for band, values in zip(plan.bands, sample)
            if band in OPTICAL_BANDS or band in STORED_TERRAIN
        }
        yield from check_bands(samples, plan.products[0].id)
        if plan.dems:
            missing = self._missing / self._in
            if sentence := check_cover(missing, f"The DEM {plan.dems[0].path}"):
                yield sentence
        if plan.pre_products:
            pixel = float(plan.grid.pixel_size_metres()[0][0])
            if sentence := shift_warning(self.shift, pixel, plan.pre_products[0].id):
                yield sentence
