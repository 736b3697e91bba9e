"""Several images on one grid, laid on each other to a fraction of a pixel."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..common.errors import Cancelled, ParameterError
from ..common.hooks import Check, Warn
from ..preparation.coregister import Shift, scene_shift
from ..raster.grid import Grid
from ..raster.reading import open_raster
from ..raster.tiling import Window
from ..stack.reader import OPTICAL_BANDS
from .image import GroundImage, ImageSource
from .sky import VISIBLE

#: Places of this side that are compared, pixels, and how many.
_SIDE, _PLACES = 384, 9
#: Smaller shifts are within the error of measuring them; larger ones are taken for chance, pixels.
LEAST, _MOST = 0.1, 5.0


def opened_on(
    reference: GroundImage,
    source: ImageSource,
    cancelled: Check = lambda: False,
    warn: Warn = lambda _message: None,
) -> tuple[GroundImage, Shift | None]:
    """Open an image on the grid of another, moved so that both show a place at the same pixel.

    Returns:
        The open image, and by how much it lay off; None where that cannot be told, and nothing
        was moved.

    Raises:
        LandslipError: As for `GroundImage`.
    """
    image = GroundImage(source, reference.grid, cancelled, warn)
    try:
        found = scene_shift(_places(reference, image, cancelled))
    except BaseException:
        image.close()
        raise
    if found is None or not LEAST < found.length <= _MOST:
        if found is not None and found.length > _MOST:
            warn(
                f"{image.name} seems to lie {found.length:.1f} pixels from {reference.name}, which "
                "is more than images are off; it was not moved. Compare the two by eye."
            )
        return image, found
    image.close()
    if image.sun:  # once fitted
        source = replace(source, sun_azimuth=image.sun.azimuth, sun_elevation=image.sun.elevation)
    return GroundImage(source, _moved(reference.grid, found), cancelled), found


def _moved(grid: Grid, by: Shift) -> Grid:
    a, b, _, d, e, _ = grid.transform
    x, y = grid.to_map(by.cols, by.rows)
    return Grid(grid.crs, (a, b, x, d, e, y), grid.width, grid.height)


def _places(
    reference: GroundImage, image: GroundImage, cancelled: Check
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Red of both at places spread over the grid, and where both have data."""
    grid = reference.grid
    side = min(_SIDE, grid.height, grid.width)
    across = round(_PLACES**0.5)
    for row in np.linspace(0, grid.height - side, across).astype(int).tolist():
        for col in np.linspace(0, grid.width - side, across).astype(int).tolist():
            if cancelled():
                raise Cancelled("Stopped while comparing the images. Nothing was written.")
            window = Window(row, col, side, side)
            (one, valid), (other, known) = reference.look(window), image.look(window)
            yield one["B04"], other["B04"], valid & known


def as_before(source: ImageSource, after: str) -> ImageSource:
    """The image before; of a stack that holds both, its bands of before.

    Args:
        source: The image before.
        after: Path of the image after.

    Raises:
        ParameterError: Both are one image, without bands of before.
    """
    if source.band_mapping or os.path.abspath(source.path) != os.path.abspath(after):
        return source
    with open_raster(source.path) as dataset:
        found = {
            text.removeprefix("pre_"): number
            for number, text in enumerate(dataset.descriptions, start=1)
            if text and text.startswith("pre_") and text.removeprefix("pre_") in OPTICAL_BANDS
        }
    if missing := [f"pre_{band}" for band in VISIBLE if band not in found]:
        raise ParameterError(
            f"{source.path} was given as the image before and after, and lacks "
            f"{', '.join(missing)}. Give an earlier image, or a stack that Prepare made of both."
        )
    mapping = ",".join(f"{band}={number}" for band, number in found.items())
    return replace(source, band_mapping=mapping)
