"""How far one image lies from another: phase correlation, to a tenth of a pixel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np

from ..common.dependencies import require
from ..common.errors import Cancelled
from ..common.hooks import Check
from ..raster.grid import Grid
from ..raster.tiling import Window

#: A shift above this is worth a warning, pixels: a change of half a pixel's width along all edges.
TOLERANCE = 0.5

#: Width of the correlation's peak, pixels. The spectrum is damped so that the peak is a Gaussian,
#: whose logarithm is a parabola: three values give its top without bias.
_PEAK = 1.0
#: A peak lower than this many standard deviations of the correlation is chance.
_CLEAR_PEAK = 6.0
#: Pixels over which the image fades out at its edge and at gaps.
_TAPER = 12
#: Less of an image with data tells nothing.
_LEAST_VALID = 0.2
#: Places of this side that are compared, pixels, and how many along each side of a scene.
_SIDE, _ACROSS = 384, 3
#: Smaller shifts are within the error of measuring them; larger ones are taken for chance, pixels.
LEAST, MOST = 0.1, 5.0

#: A band of both images at a place, and where both have data.
Place = tuple[np.ndarray, np.ndarray, np.ndarray]


class Shift(NamedTuple):
    """By how much the content of an image is moved, pixels.

    Attributes:
        rows: Downwards.
        cols: To the right.
    """

    rows: float
    cols: float

    @property
    def length(self) -> float:
        """Distance, pixels."""
        return float(np.hypot(self.rows, self.cols))


def shift(
    reference: np.ndarray, moved: np.ndarray, valid: np.ndarray | None = None
) -> Shift | None:
    """By how much ``moved`` lies away from ``reference``, from their texture alone.

    The cross-power spectrum is whitened (Kuglin and Hines 1975, *The phase correlation image
    alignment method*), so that other brightness and contrast do not matter.

    Args:
        reference: Image [rows, cols] of at least 32 x 32 pixels.
        moved: Image of the same size.
        valid: Which pixels have data in both, bool [rows, cols]; all where not given.

    Returns:
        The shift; None where the images have no texture in common.
    """
    height, width = reference.shape
    valid = np.ones(reference.shape, dtype=bool) if valid is None else valid
    valid = valid & np.isfinite(reference) & np.isfinite(moved)
    if min(height, width) < 32 or valid.mean() < _LEAST_VALID:
        return None
    weight = _taper(valid)
    spectra = [np.fft.rfft2(_centred(image, weight)) for image in (reference, moved)]
    cross = np.conj(spectra[0]) * spectra[1]
    strength = np.abs(cross)
    if not strength.max() > 0:
        return None
    rows, cols = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    damped = np.exp(-2 * (np.pi * _PEAK) ** 2 * (rows**2 + cols**2))
    phase = cross / np.maximum(strength, 1e-12 * strength.max())
    correlation = np.fft.irfft2(phase * damped, s=(height, width))
    return _peak(correlation)


def scene_shift(
    places: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray | None]],
) -> Shift | None:
    """The median of the shifts at several places of a scene; None where none can be told.

    Args:
        places: For each place, the arguments of `shift`.
    """
    shifts = [found for place in places if (found := shift(*place)) is not None]
    if not shifts:
        return None
    rows, cols = np.median(np.array(shifts), axis=0)
    return Shift(float(rows), float(cols))


def scene_places(
    grid: Grid, look: Callable[[Window], Place], cancelled: Check = lambda: False
) -> Iterator[Place]:
    """Places spread over a grid for `scene_shift`, looked at one by one.

    Args:
        grid: The grid that both images are seen on.
        look: Gives one band of both in a window, and where both have data.
        cancelled: Asked before each.

    Raises:
        Cancelled: The user stopped the run.
    """
    side = min(_SIDE, grid.height, grid.width)
    for row in np.linspace(0, grid.height - side, _ACROSS).astype(int).tolist():
        for col in np.linspace(0, grid.width - side, _ACROSS).astype(int).tolist():
            if cancelled():
                raise Cancelled("Stopped while comparing the images. Nothing was written.")
            yield look(Window(row, col, side, side))


def is_clear(found: Shift | None) -> bool:
    """Whether an image is to be moved: by more than the error of measuring, and not by chance."""
    return found is not None and LEAST < found.length <= MOST


def moved(grid: Grid, by: Shift) -> Grid:
    """The grid on which an image is seen that lies away by a shift, so that it lies right."""
    a, b, _, d, e, _ = grid.transform
    x, y = grid.to_map(by.cols, by.rows)
    return Grid(grid.crs, (a, b, x, d, e, y), grid.width, grid.height)


def shift_warning(found: Shift | None, pixel: float, pre_event: str) -> str:
    """A sentence where the images lie too far apart, or where that cannot be told; else empty.

    Args:
        found: Shift of the pre-event image against the post-event one.
        pixel: Pixel size, metres.
        pre_event: Name of the pre-event product.
    """
    if found is None:
        return (
            f"Whether {pre_event} lies exactly on the post-event image could not be measured: they "
            "have too little in common (clouds, snow, sea?). Compare them before you use the "
            "difference bands."
        )
    if found.length <= TOLERANCE:
        return ""
    return (
        f"{pre_event} lies {found.length:.2f} pixels ({found.length * pixel:.0f} m) from the "
        f"post-event image: {found.rows * pixel:+.0f} m south, {found.cols * pixel:+.0f} m east; "
        f"expected at most {TOLERANCE:g} pixel. Edges will look like change. Take products of the "
        "same relative orbit and of baseline 03.00 or later, or register the image first."
    )


def _taper(valid: np.ndarray) -> np.ndarray:
    """Weights that fade to 0 at the image's edge and at gaps: sharp ones would correlate too."""
    ndimage = require("scipy.ndimage", "scipy")
    inside = np.pad(valid, 1)
    distance = ndimage.distance_transform_edt(inside)[1:-1, 1:-1]
    reach = np.clip(distance / _TAPER, 0, 1)
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * reach))


def _centred(image: np.ndarray, weight: np.ndarray) -> np.ndarray:
    image = np.where(weight > 0, image, 0).astype(np.float64)
    total = weight.sum()
    return (image - (image * weight).sum() / total) * weight


def _peak(correlation: np.ndarray) -> Shift | None:
    height, width = correlation.shape
    row, col = np.unravel_index(int(correlation.argmax()), correlation.shape)
    top = correlation[row, col]
    if top < _CLEAR_PEAK * correlation.std():
        return None
    rows = _top(*(correlation[(row + step) % height, col] for step in (-1, 0, 1)))
    cols = _top(*(correlation[row, (col + step) % width] for step in (-1, 0, 1)))
    return Shift(_signed(float(row) + rows, height), _signed(float(col) + cols, width))


def _top(before: float, at: float, after: float) -> float:
    """Where a Gaussian through three values has its top, -0.5 to 0.5 from the middle one."""
    before, at, after = np.log(np.maximum((before, at, after), 1e-6 * at))
    curvature = before - 2 * at + after
    return float(np.clip(0.5 * (before - after) / curvature, -0.5, 0.5)) if curvature else 0.0


def _signed(position: float, length: int) -> float:
    """Positions beyond the middle are shifts the other way."""
    return float((position + length / 2) % length - length / 2)
