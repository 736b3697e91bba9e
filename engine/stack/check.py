"""A stack before it is worked on: are its values, and the DEM beside it, what they claim to be?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from ..common.errors import RasterError
from ..raster.grid import Grid
from ..raster.tiling import Window
from .reader import TERRAIN_BANDS, Stack, StackReader
from .sanity import check_bands
from .scene import sampled
from .terrain_sanity import check_cover, check_dem, check_slope

#: So many blocks of the sample are enough to compare a scene with its DEM.
_BLOCKS = 48
_STEP = 4
#: Ground pixel sizes within this factor of those expected need no warning; pixels that are larger
#: by the second one hold whole landslides, and no resampling brings them back.
PIXEL_SIZE_TOLERANCE, COARSEST = 1.25, 4.0


def check_pixel_size(grid: Grid, expected: float, path: str, who: str = "") -> str:
    """A sentence where pixels are not as large as expected; empty where they are.

    Args:
        grid: The image's.
        expected: Side of the pixels that the work is made for, metres.
        path: The image, for messages.
        who: What was trained on such pixels; empty where nothing was.

    Raises:
        RasterError: Pixels are too large to show landslides.
    """
    width, height = (float(size[0]) for size in grid.pixel_size_metres())
    found = f"Pixels of {path} measure {width:.3g} x {height:.3g} m on the ground"
    if max(width, height) > COARSEST * expected:
        raise RasterError(
            f"{found}; expected about {expected:g} m, and at most {COARSEST * expected:g} m. Most "
            "landslides are smaller than such a pixel, and resampling does not bring back what the "
            f"image does not show. Take an image with pixels of {expected:g} m; of a product, the "
            "bands in full resolution and not its preview."
        )
    ratio = max(width, height, expected) / min(width, height, expected)
    if ratio <= PIXEL_SIZE_TOLERANCE:
        return ""
    trained = f"{who} was trained on {expected:g} m" if who else f"{expected:g} m are expected"
    finer = min(width, height) < expected
    advice = f", or resample the stack to {expected:g} m" if finer else ""
    return f"{found}; {trained}. Expect lower accuracy{advice}."


def check_stack(
    stack: Stack,
    bands: Sequence[str],
    sample: np.ndarray,
    cancelled: Callable[[], bool] | None = None,
) -> list[str]:
    """Check the bands that a model reads, and the DEM where it reads terrain.

    Args:
        stack: The stack.
        bands: What the model reads.
        sample: Their values at some of the scene's pixels, as from `scene.scene_sample`.
        cancelled: Asked between blocks of the scene.

    Returns:
        A sentence for each thing that looks wrong, though work can go on.

    Raises:
        ScaleError: A result would be nonsense.
        RasterError: The DEM has no data on the scene.
        Cancelled: The user stopped the run.
    """
    if stack.dem:
        check_dem(stack.dem)
    sentences = check_bands(dict(zip(bands, sample)), stack.path)
    if stack.has_elevation and set(bands) & set(TERRAIN_BANDS):
        sentences += _check_against_dem(stack, bands, cancelled)
    return sentences


def _check_against_dem(
    stack: Stack, bands: Sequence[str], cancelled: Callable[[], bool] | None
) -> list[str]:
    """Compare what the file has with what the DEM gives at the same pixels."""
    in_file = [band for band in bands if stack.number(band) is not None]
    computed = [band for band in bands if band not in in_file]
    if not in_file or not (computed or "slope" in in_file):
        return []
    bare = dataclasses.replace(
        stack, bands=tuple(pair for pair in stack.bands if pair[0] == "dem" and not stack.dem)
    )
    with StackReader(stack, in_file) as reader, StackReader(bare, ("slope",)) as dem:

        def read(window: Window) -> tuple[np.ndarray, np.ndarray]:
            values, valid = reader.read(window)
            layers = np.concatenate([values, dem.read(window)[0]])
            return layers[:, ::_STEP, ::_STEP], valid[::_STEP, ::_STEP]

        pixels = sampled(stack, in_file, read, cancelled, _BLOCKS)
    values, slope = pixels[:-1], pixels[-1]
    sentences = []
    if computed and slope.size:
        what = f"The DEM {stack.dem}" if stack.dem else f"Band dem of {stack.path}"
        sentences.append(check_cover(float(np.isnan(slope).mean()), what))
    if "slope" in in_file:
        sentences.append(check_slope(values[in_file.index("slope")], slope, stack.path))
    return [sentence for sentence in sentences if sentence]
