"""Several images on one grid, laid on each other to a fraction of a pixel."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial

import numpy as np

from ..common.errors import ParameterError
from ..common.hooks import Check, Warn
from ..preparation.coregister import MOST, Shift, is_clear, moved, scene_places, scene_shift
from ..raster.reading import open_raster
from ..raster.tiling import Window
from ..stack.reader import ACQUISITION_TAGS, earlier_bands, open_stack
from .image import GroundImage, ImageSource
from .sky import VISIBLE


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
        look = partial(_look, reference, image)
        found = scene_shift(scene_places(reference.grid, look, cancelled))
    except BaseException:
        image.close()
        raise
    if found is None or not is_clear(found):
        if found is not None and found.length > MOST:
            warn(
                f"{image.name} seems to lie {found.length:.1f} pixels from {reference.name}, which "
                "is more than images are off; it was not moved. Compare the two by eye."
            )
        return image, found
    image.close()
    if image.sun:  # once fitted
        source = replace(source, sun_azimuth=image.sun.azimuth, sun_elevation=image.sun.elevation)
    return GroundImage(source, moved(reference.grid, found), cancelled), found


def _look(
    reference: GroundImage, image: GroundImage, window: Window
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Red of both, and where both have data."""
    (one, valid), (other, known) = reference.look(window), image.look(window)
    return one["B04"], other["B04"], valid & known


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
    found = earlier_bands(source.path)
    if missing := [f"pre_{band}" for band in VISIBLE if band not in found]:
        raise ParameterError(
            f"{source.path} was given as the image before and after, and lacks "
            f"{', '.join(missing)}. Give an earlier image, or a stack that Prepare made of both."
        )
    dem = open_stack(source.path).number("dem")
    numbers = {**found, **({"dem": dem} if dem else {})}
    mapping = ",".join(f"{band}={number}" for band, number in numbers.items())
    with open_raster(source.path) as dataset:
        date = str(dataset.tags().get(ACQUISITION_TAGS["pre_date"], ""))
    return replace(source, band_mapping=mapping, date=date)
