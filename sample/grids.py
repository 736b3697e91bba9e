"""Noise, smooth steps and slopes on square grids.

Arrays are indexed [row, column] with row 0 in the north. Lengths called ``px`` are pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import ndimage

Array = np.ndarray[Any, Any]
#: Gets the share of a job that is done, 0..1; what it raises stops the job.
Progress = Callable[[float], None]


def quietly(share: float) -> None:
    """The `Progress` that nobody listens to."""


def fractal(rng: np.random.Generator, n: int, roughness: float, longest: float) -> Array:
    """Gaussian noise with a power-law spectrum, mean 0 and standard deviation 1.

    Args:
        rng: Random numbers.
        n: Side in px.
        roughness: Exponent of amplitude over frequency; 0 is white, 2 is smooth.
        longest: Wavelength in px above which there is no more power.
    """
    white = np.fft.rfft2(rng.standard_normal((n, n)))
    frequency = np.hypot(np.fft.fftfreq(n)[:, None], np.fft.rfftfreq(n)[None])
    field = np.fft.irfft2(white * np.maximum(frequency, 1 / longest) ** -roughness, (n, n))
    return ((field - field.mean()) / field.std()).astype(np.float32)


def ramp(values: Array, low: float, high: float) -> Array:
    """Smooth step: 0 below low, 1 above high."""
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def resize(values: Array, n: int) -> Array:
    """Resample a square array to side n, smoothly."""
    factor = n / values.shape[0]
    return ndimage.zoom(values, factor, order=3, mode="nearest", grid_mode=True)


def slope_degrees(dem: Array, pixel_size: float) -> Array:
    """Slope by Horn's (1981) weights, in degrees."""
    east = ndimage.sobel(dem, axis=1, mode="nearest") / (8 * pixel_size)
    south = ndimage.sobel(dem, axis=0, mode="nearest") / (8 * pixel_size)
    return np.degrees(np.arctan(np.hypot(east, south))).astype(np.float32)
