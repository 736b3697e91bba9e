"""The shape of the land under the benchmark's packed patches, and the sun that lit it."""

from __future__ import annotations

import numpy as np

from ..engine.raster.illumination import Sun

#: Ground size of a pixel of the Taiwan scene, metres along columns and rows: 1.002e-4 degrees.
PIXEL = (10.2, 11.1)
#: Spread of the Gaussian that takes away the steps of the 20 m terrain model, pixels.
SMOOTHING = 1.5
#: The sun of the Taiwan scene. Its azimuth was fitted to the shading of the 1,333 patches with good
#: terrain: 159 degrees, partial correlation 0.69 (`python -m landslip.training fit-sun`). The fit's
#: elevation, 16 degrees, is no use: brightness depends on steepness by more than the light. So it
#: is that of a sun at 159 degrees over 23.5 N when Sentinel-2 passes, near 10:50 by the sun.
TAIWAN_SUN = Sun(159.0, 42.0)


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


def unit_normals(east: np.ndarray, north: np.ndarray) -> np.ndarray:
    """Unit normals [3, H, W] (east, north, up) of land with these gradients, metres a metre."""
    normals = np.stack([-east, -north, np.ones_like(east)])
    return normals / np.sqrt((normals**2).sum(0))
