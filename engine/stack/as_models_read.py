"""A stack as models read it: the sun where they need it, reflectance in their unit, a sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..common.hooks import Check, Warn
from ..raster.illumination import Sun
from .reader import Stack
from .scene import looks_like_unit_reflectance, scene_sample, with_unit_reflectance
from .sunlight import with_sun


def as_models_read(
    stack: Stack, bands: Sequence[str], told: Sun | None, warn: Warn, cancelled: Check
) -> tuple[Stack, np.ndarray]:
    """Make a stack ready for models.

    Args:
        stack: It has the bands.
        bands: That the models read.
        told: Where the sun stood; None to take it from the file, or to fit it.
        warn: Called with what the user should know.
        cancelled: Asked between pieces of work.

    Returns:
        The stack, and values of the bands at some of its pixels, as from `scene_sample`.

    Raises:
        LandslipError: The stack cannot be read, or has no data.
    """
    if "illumination" in bands and stack.number("illumination") is None:
        stack = with_sun(stack, told, warn, cancelled)
    sample = scene_sample(stack, bands, cancelled)
    if not looks_like_unit_reflectance(stack, bands, sample):
        return stack, sample
    warn(f"The values of {stack.path} are reflectance from 0 to 1. They are multiplied by 10000.")
    return with_unit_reflectance(stack, bands, sample)
