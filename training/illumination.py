"""How the land under the benchmark's packed patches was lit, and the fit of its sun."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..engine.raster.illumination import FittedSun, Sun, fitted_sun, illumination
from .bands import L4S_DIVISOR, RGB
from .ground import patch_gradients
from .sources import TERRAIN_QUALITY, read_npz

#: Every so many pixels of a patch take part in the fit.
_STEP = 4


def patch_illumination(dem: np.ndarray, slope: np.ndarray, sun: Sun) -> np.ndarray:
    """Cosine of the sun's incidence, float32 -1..1, of patches as for `patch_gradients`."""
    return illumination(*patch_gradients(dem, slope), sun)


def taiwan_sun(data: Path) -> FittedSun:
    """The sun of the Taiwan scene, fitted to every patch whose terrain is well aligned.

    Brightness is the mean of the visible bands over its patch's median: the absolute level of a
    packed patch is a guess. Landslides are left out by their labels.

    Raises:
        ParameterError: The data are not there.
    """
    packed = read_npz(data / "l4s_rgb.npz", "patch_id", "rgb", "mask")
    terrain = read_npz(data / "l4s_terrain.npz", "patch_id", "dem", "slope", "quality")
    place = {number: i for i, number in enumerate(packed["patch_id"].tolist())}
    weights = np.array([L4S_DIVISOR[band] for band in RGB])
    samples = []
    for i in np.flatnonzero(terrain["quality"] <= TERRAIN_QUALITY):
        at = place[int(terrain["patch_id"][i])]
        bright = (packed["rgb"][at] + 0.5) @ weights
        mask = np.unpackbits(packed["mask"][at]).reshape(bright.shape).astype(bool)
        bright = np.where(mask, np.nan, bright / np.median(bright))
        layers = bright, *patch_gradients(terrain["dem"][i], terrain["slope"][i] * 0.5)
        samples.append(np.stack(layers)[:, ::_STEP, ::_STEP].reshape(3, -1))
    return fitted_sun(*np.concatenate(samples, axis=1))
