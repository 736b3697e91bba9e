"""A stack whose bands are read as if the sun met all slopes alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..common.errors import ParameterError
from ..raster.illumination import Sun
from ..raster.light import MOST_SKY, fitted_correction
from .reader import OPTICAL_BANDS, Stack
from .scene import scene_sample
from .sunlight import with_sun


def with_even_light(
    stack: Stack,
    bands: Sequence[str],
    told: Sun | None = None,
    warn: Callable[[str], None] = lambda _message: None,
    cancelled: Callable[[], bool] | None = None,
) -> Stack:
    """The stack with the light of its slopes taken out; as it is where no sun is to be found.

    The correction is fitted to the whole raster, never an extent.

    Args:
        stack: A stack with elevation.
        bands: What a model reads; its reflectances are corrected.
        told: The sun as the user gave it.
        warn: Called with a sentence that the user should see though the run goes on.
        cancelled: Asked between blocks of the scene.

    Raises:
        ParameterError: There is no elevation.
        RasterError: Not one pixel has both values and elevation.
        Cancelled: The user stopped the run.
    """
    if not stack.has_elevation:
        raise ParameterError(
            f"The light of slopes was to be taken out of {stack.path}, and no elevation was given. "
            "Give a DEM raster, or switch even light off."
        )
    stack = stack if stack.sun else with_sun(stack, told, warn, cancelled)
    if not stack.sun:
        return stack
    optical = tuple(band for band in bands if band in OPTICAL_BANDS)
    sample = scene_sample(replace(stack, light=None), (*optical, "illumination"), cancelled)
    correction = fitted_correction(sample[:-1], sample[-1])
    if min(correction.sky) >= MOST_SKY:
        warn(
            f"The brightness of {stack.path} does not follow the light of a sun at azimuth "
            f"{stack.sun.azimuth:.0f} and elevation {stack.sun.elevation:.0f} degrees, so even "
            "light changes nothing. Check where the sun stood, and that the DEM lies on the image."
        )
    return replace(stack, light=(optical, correction))


def light_text(stack: Stack) -> str:
    """What is done to the light of a stack, for the log and the raster's tags."""
    if not (stack.light and stack.sun):
        return "The light of slopes stays as it is: no sun is known."
    names, correction = stack.light
    parts = [
        f"{band} {dark:.0f} and {sky:.2f}"
        for band, dark, sky in zip(names, correction.dark, correction.sky)
    ]
    return (
        f"The light of slopes is taken out for a sun at azimuth {stack.sun.azimuth:.0f} and "
        f"elevation {stack.sun.elevation:.0f} degrees (light of the air, and of the sky as a share "
        f"of the sun's: {', '.join(parts)})."
    )
