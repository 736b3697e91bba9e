"""The land under the benchmark's packed patches, and the sun that lit them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..engine.illumination import FittedSun, Sun, fitted_sun, illumination
from .bands import L4S_DIVISOR, RGB
from .sources import TERRAIN_QUALITY, read_npz

#: Ground size of a pixel of the Taiwan scene, metres along columns and rows: 1.002e-4 degrees.
PIXEL = (10.2, 11.1)
#: Spread of the Gaussian that takes away the steps of the 20 m terrain model, pixels.
SMOOTHING = 1.5
#: The sun of the Taiwan scene. Its azimuth was fitted to the shading of the 1,333 patches with good
#: terrain: 159 degrees, partial correlation 0.69 (`python -m landslip.training fit-sun`). The fit's
#: elevation, 16 degrees, is no use: brightness depends on steepness by more than the light. So it
#: is that of a sun at 159 degrees over 23.5 N when Sentinel-2 passes, near 10:50 by the sun.
TAIWAN_SUN = Sun(159.0, 42.0)
#: Every so many pixels of a patch take part in the fit.
_STEP = 4


def patch_gradients(dem: np.ndarray, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rise of the land to the east and the north: as steep as `slope`, aspect of a smoothed DEM.

    At the borders of a patch the DEM is smoothed as if it went on level, and differences are
    one-sided: the aspect of the outermost pixel is rougher than elsewhere.

    Args:
        dem: Metres, [..., height, width], north up.
        slope: Degrees, of that shape.

    Returns:
        Two float32 arrays of that shape, metres a metre.
    """
    from scipy.ndimage import gaussian_filter

    sigma = (*(0.0,) * (dem.ndim - 2), SMOOTHING, SMOOTHING)
    smooth = gaussian_filter(dem.astype(np.float32), sigma, mode="nearest")
    south, east = np.gradient(smooth, PIXEL[1], PIXEL[0], axis=(-2, -1))
    steepness = np.hypot(south, east)
    rise = np.tan(np.radians(slope, dtype=np.float32)) / np.where(steepness > 0, steepness, 1)
    return east * rise, -south * rise


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
