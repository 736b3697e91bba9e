"""How the sun lights the land, and where the sun stood as the shading of a scene tells it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..common.dependencies import require
from ..common.errors import ParameterError
from .grid import Grid
from .relief import Relief

#: Heights of the sun that a fit may give, degrees: optical satellites take no images in the dark.
ELEVATIONS = (15.0, 75.0)
#: Correlation below which a fitted sun is worth nothing: clouds, or land that is level or covered.
MIN_CORRELATION = 0.2
#: What stands for illumination where the sun is not known: level land under a sun at 37 degrees,
#: which models take as neither lit nor shaded.
NEUTRAL = 0.6

#: Pixels further from the fit than so many standard deviations (landslides, clouds) leave it.
_CLIP = 2.5
_ROUNDS = 8


@dataclass(frozen=True)
class Sun:
    """Where the sun stands.

    Attributes:
        azimuth: Degrees clockwise from true north.
        elevation: Degrees above the horizon, above 0 to 90.
    """

    azimuth: float
    elevation: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.azimuth) and 0 < self.elevation <= 90):
            raise ParameterError(
                f"The sun is said to stand at azimuth {self.azimuth:g} and elevation "
                f"{self.elevation:g} degrees; expected degrees clockwise from north, and an "
                "elevation above 0 and up to 90. Take both from the product's metadata."
            )


@dataclass(frozen=True)
class FittedSun:
    """A sun that was fitted to a scene.

    Attributes:
        sun: The sun; its azimuth is surer than its elevation, which steepness itself confuses.
        correlation: Partial correlation of brightness with the direction that the land faces,
            its steepness set aside, -1..1; 0 where nothing could be fitted.
        pixels: Pixels that the last round of the fit used.
    """

    sun: Sun
    correlation: float
    pixels: int

    @property
    def usable(self) -> bool:
        """Whether shading was seen at all."""
        return self.correlation >= MIN_CORRELATION


def illumination(east: np.ndarray, north: np.ndarray, sun: Sun) -> np.ndarray:
    """Cosine of the angle between the sun and the normal of the land.

    The same as cos(zenith) cos(slope) + sin(zenith) sin(slope) cos(azimuth - aspect) (Teillet and
    others 1982). No shadow is cast: below 0, the land faces away from the sun.

    Args:
        east: Rise of the land to the east, metres a metre; any shape.
        north: The same to the north.
        sun: The sun.

    Returns:
        Float32 of that shape, -1..1; NaN where the gradient is.
    """
    azimuth, elevation = np.radians(sun.azimuth), np.radians(sun.elevation)
    towards = east * np.sin(azimuth) + north * np.cos(azimuth)
    lit = np.sin(elevation) - np.cos(elevation) * towards
    return (lit / np.sqrt(1 + east**2 + north**2)).astype(np.float32)


def gradient_east_north(relief: Relief, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Rise of the land to true east and north, metres a metre, of relief read on a grid.

    The grid's own directions are those in its middle: within a Sentinel-2 tile, grid north turns
    by less than half a degree against true north away from the poles.
    """
    (col_east, col_north), (row_east, row_north) = grid_directions(grid)
    along_col, along_row = relief.gradient_col / relief.width, relief.gradient_row / relief.height
    east = along_col * col_east + along_row * row_east
    return east, along_col * col_north + along_row * row_north


def grid_directions(grid: Grid) -> tuple[tuple[float, float], tuple[float, float]]:
    """Unit vectors (true east, true north) from column to column, and from row to row."""
    pyproj = require("pyproj")
    crs = pyproj.CRS(grid.crs)
    to_lonlat = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    middle = grid.width / 2, grid.height / 2

    def direction(col: float, row: float) -> tuple[float, float]:
        ends = [grid.to_map(middle[0] + s * col, middle[1] + s * row) for s in (-0.5, 0.5)]
        (lon_0, lat_0), (lon_1, lat_1) = (to_lonlat.transform(*end) for end in ends)
        azimuth = np.radians(crs.get_geod().inv(lon_0, lat_0, lon_1, lat_1)[0])
        return float(np.sin(azimuth)), float(np.cos(azimuth))

    return direction(1, 0), direction(0, 1)


def fitted_sun(brightness: np.ndarray, east: np.ndarray, north: np.ndarray) -> FittedSun:
    """The sun whose light on the land explains a scene's brightness best.

    Brightness is fitted as a + b . n by least squares, with n the unit normal of the land, in
    rounds that leave out what is far from the fit: landslides, clouds, fields. Of Lambertian land
    under one sun, b points to it.

    Args:
        brightness: Reflectance in any unit, such as the mean of red, green and blue [n].
        east: Rise of the land to the east, metres a metre [n].
        north: The same to the north [n].

    Returns:
        The sun, with its elevation held within `ELEVATIONS`, and how much of the shading it
        explains.
    """
    length = np.sqrt(1 + east**2 + north**2)
    terms = np.stack([np.ones_like(length), 1 / length, -east / length, -north / length], axis=1)
    known = np.isfinite(terms).all(axis=1) & np.isfinite(brightness)
    terms, bright = terms[known].astype(float), brightness[known].astype(float)
    kept = np.ones(len(bright), bool)
    factors = np.zeros(4)
    for _ in range(_ROUNDS):
        if np.count_nonzero(kept) <= len(factors):
            break
        factors = np.linalg.lstsq(terms[kept], bright[kept], rcond=None)[0]
        kept = _near(bright - terms @ factors, kept)
    _, up, to_east, to_north = factors
    flat = np.hypot(to_east, to_north)
    elevation = float(np.degrees(np.arctan2(up, flat))) if flat else 90.0
    return FittedSun(
        Sun(float(np.degrees(np.arctan2(to_east, to_north)) % 360), _held(elevation)),
        _partial_correlation(terms[kept], bright[kept]),
        int(np.count_nonzero(kept)),
    )


def _held(elevation: float) -> float:
    return float(np.clip(elevation, *ELEVATIONS))


def _near(residual: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Which pixels are near the fit, by the spread of those that made it."""
    middle = np.median(residual[kept])
    spread = 1.4826 * np.median(np.abs(residual[kept] - middle))
    return np.asarray(np.abs(residual - middle) <= _CLIP * spread)


def _partial_correlation(terms: np.ndarray, brightness: np.ndarray) -> float:
    """Multiple correlation of brightness with the last two terms, the first two set aside."""
    if len(brightness) <= terms.shape[1]:
        return 0.0

    def unexplained(columns: np.ndarray) -> float:
        fit = np.linalg.lstsq(columns, brightness, rcond=None)[0]
        return float(np.sum((brightness - columns @ fit) ** 2))

    without, with_all = unexplained(terms[:, :2]), unexplained(terms)
    return float(np.sqrt(max(0.0, 1 - with_all / without))) if without > 0 else 0.0
