"""An image on a grid: its bands, and what ground each pixel shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..common.errors import Cancelled, ParameterError, RasterError
from ..common.hooks import Check, Warn
from ..preparation.band_choice import common_bands
from ..preparation.mosaic import Mosaic
from ..preparation.target_grid import finest_grid
from ..products.masks import Reason, tells
from ..products.product import open_products
from ..raster.band_scale import is_unit_reflectance
from ..raster.elevation import DemSource
from ..raster.grid import Grid
from ..raster.illumination import Sun
from ..raster.reading import open_raster
from ..raster.resample import Sampler
from ..raster.source import Product
from ..raster.tiling import Window
from ..stack.acquisition import TIFF_DATE, image_facts
from ..stack.check import check_pixel_size
from ..stack.reader import open_stack
from ..stack.scene import sample_windows
from ..stack.sunlight import known_sun, sun_at, sun_of, with_sun
from . import sky
from .classes import FROM_MASKS, NAMES, Ground, of_reasons
from .land import Land, reach_of
from .shade import Shadows, cell_of

#: Which tests find clouds: those of the product's mask and where it says nothing our own; both
#: everywhere; or one of them alone.
AUTO, BOTH, OWN, MASKS = CLOUD_TESTS = ("auto", "both", "own", "masks")
#: Flatter land counts as flat, degrees.
FLAT_SLOPE = 5.0
#: Water lies level; DEMs of 30 m make its banks steeper, degrees.
_LEVEL_WATER = 8.0
#: So far the tests for clouds look around a pixel, pixels.
_EDGES = 8
#: Pixel size that the tests are made for, metres.
PIXEL = 10.0
#: Blocks of a scene that are looked at to know its level, and how many of their pixels are taken.
_BLOCKS, _STEP, _FEW = 48, 4, 2000
#: What masks tell, as classes.
TOLD_BY_MASKS = {
    Reason.CLOUD: Ground.CLOUD,
    Reason.CIRRUS: Ground.HAZE,
    Reason.SHADOW: Ground.CLOUD_SHADOW,
    Reason.SNOW: Ground.SNOW,
    Reason.WATER: Ground.WATER,
}


@dataclass(frozen=True)
class ImageSource:
    """An image, and what is known of the land below it. Pickles.

    Attributes:
        path: A stack, or a product as for `products.product.open_products`.
        mask: Raster of `Reason` bits, as *Prepare* writes; empty for none.
        dem: DEM of any CRS; None for the image's own band of it, or none.
        sun_azimuth: Degrees clockwise from north; None for what the image tells.
        sun_elevation: Degrees; given with its azimuth, or not at all.
        band_mapping: As in `stack.reader.open_stack`.
        clouds: One of `CLOUD_TESTS`.
        flat_slope: Flatter land counts as flat, degrees; 0 for none.
        date: When it was taken, ISO 8601; empty for what its file tells.
    """

    path: str
    mask: str = ""
    dem: str | None = None
    sun_azimuth: float | None = None
    sun_elevation: float | None = None
    band_mapping: str = ""
    clouds: str = AUTO
    flat_slope: float = FLAT_SLOPE
    date: str = ""


class GroundBlock(NamedTuple):
    """A window of an image.

    Attributes:
        bands: Reflectance x 10000 by name, float32 [height, width]; anything where there is none.
        classes: `Ground`, uint8 [height, width].
    """

    bands: dict[str, np.ndarray]
    classes: np.ndarray


class GroundImage:
    """An open image. Use from one thread at a time.

    Attributes:
        name: What to call it.
        date: When it was taken, ISO 8601; empty where unknown.
        grid: The grid that it is seen on.
        sun: Where the sun stood; None where unknown.
        bands: Names of its bands that are read.
        told: Classes that can be told here.
    """

    def __init__(
        self,
        source: ImageSource,
        grid: Grid | None = None,
        cancelled: Check = lambda: False,
        warn: Warn = lambda _message: None,
    ) -> None:
        """Open the image and look at a sample of it.

        Args:
            source: The image.
            grid: The grid to see it on; None for its own.
            cancelled: Asked between blocks of the sample.
            warn: Called with each sentence that the user should see.

        Raises:
            BandError: It lacks blue, green or red.
            RasterError: It cannot be read, has no data, or pixels that are too large.
            Cancelled: The user stopped the run.
        """
        if source.clouds not in CLOUD_TESTS:
            raise ParameterError(
                f"Unknown test for clouds '{source.clouds}'. Choose one of "
                f"{', '.join(CLOUD_TESTS)}."
            )
        self.source = source
        products = open_products([source.path], band_mapping=source.band_mapping)
        own = finest_grid(products[0])
        for sentence in filter(None, (check_pixel_size(own, PIXEL, source.path),)):
            warn(sentence)
        self.name, self.grid = products[0].id, grid or own
        known = source.date or products[0].date
        self.date = known or tagged_date(products[0], source.path)
        there = common_bands(products)
        self.bands = (*sky.VISIBLE, *(band for band in sky.HELPFUL if band in there))
        self._files = ExitStack()
        self._factor = np.float32(1)
        try:
            self._open(products, warn)
            sample = self._sample(cancelled)
            if is_unit_reflectance(list(sample), _dtype(products[0])):
                self._factor, sample = np.float32(10_000), sample * 10_000
            self._level = sky.Level.of(self.bands, sample)
        except BaseException:
            self._files.close()
            raise

    def __enter__(self) -> GroundImage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    def _open(self, products: tuple[Product, ...], warn: Warn) -> None:
        source, keep = self.source, self._files.enter_context
        by_masks = source.clouds != OWN
        reasons = FROM_MASKS if by_masks else Reason(0)
        self._image = keep(closing(Mosaic(products, self.grid, self.bands, "bilinear", reasons)))
        told = Reason(0)
        for mask in products[0].masks if by_masks else ():
            told |= tells(mask)
        self._mask: Sampler | None = None
        if source.mask:
            dataset = keep(open_raster(source.mask))
            self._mask = keep(closing(Sampler(dataset, 1, self.grid, "nearest")))
        self._by_masks = frozenset(c for reason, c in TOLD_BY_MASKS.items() if reason & told)
        dem = _dem(source, products[0])
        self.sun = _sun(source, products[0], self.date, self.grid, dem, warn)
        self._land = keep(closing(Land(dem, self.grid))) if dem else None
        self._shadows = Shadows(self.grid, self.sun) if self.sun else None
        own = sky.told(self.bands) if source.clouds != MASKS else frozenset()
        shadows = {Ground.CLOUD_SHADOW} if self._shadows and source.clouds != MASKS else set()
        self._own = frozenset(own | shadows) - (
            self._by_masks if source.clouds == AUTO else frozenset()
        )
        land = {Ground.FLAT} if self._land and source.flat_slope > 0 else set()
        land |= {Ground.DEEP_SHADE} if self._land and self._shadows else set()
        self.told = frozenset({Ground.NODATA}) | self._own | self._by_masks | land

    def _sample(self, cancelled: Check) -> np.ndarray:
        """Valid pixels [bands, n] of the scene."""
        windows = list(sample_windows(self.grid))
        for chosen in (windows[:: -(-len(windows) // _BLOCKS)], windows):
            sample = np.concatenate([*self._pixels(chosen, cancelled)], axis=1)
            if sample.shape[1] >= _FEW:
                break
        if not sample.shape[1]:
            raise RasterError(
                f"{self.source.path} shows nothing on the grid that is looked at: all is nodata "
                "or 0. Check its nodata value, and that the images show the same place."
            )
        return sample

    def _pixels(self, windows: Iterable[Window], cancelled: Check) -> Iterator[np.ndarray]:
        for window in windows:
            if cancelled():
                raise Cancelled("Stopped while measuring the scene. No file was written.")
            block = self._image.read(window)
            valid = block.valid[::_STEP, ::_STEP]
            yield block.values[:, ::_STEP, ::_STEP][:, valid]

    def look(self, window: Window) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Bands of a window, and where they have data, without a look at what they show.

        Raises:
            RasterError: A file is damaged.
        """
        block = self._image.read(window)
        values = block.values * self._factor if self._factor != 1 else block.values
        return dict(zip(self.bands, values)), block.valid

    def read(self, window: Window) -> GroundBlock:
        """Bands and classes of a window inside the grid.

        Raises:
            RasterError: A file is damaged.
        """
        outer = self._with_margin(window)
        block = self._image.read(outer)
        values = block.values * self._factor if self._factor != 1 else block.values
        inner = window.slices(outer.row, outer.col)
        bands = dict(zip(self.bands, values))
        classes = self._of_sky(outer, window, bands, block.valid)[inner]
        bands = {name: layer[inner] for name, layer in bands.items()}
        reasons = block.reasons[inner] & np.uint8(FROM_MASKS)
        by_mask = of_reasons(reasons | self._of_mask(window))
        classes = np.where(by_mask != Ground.ASSESSABLE, by_mask, classes)
        if self._land:
            classes = self._of_land(self._land, window, classes)
        classes[~block.valid[inner]] = Ground.NODATA
        return GroundBlock(bands, classes)

    def _with_margin(self, window: Window) -> Window:
        """The window with its margin, on the coarse lattice, as far as there is an image."""
        cell = cell_of(float(self.grid.pixel_size_metres()[0][0]))
        far = Ground.CLOUD_SHADOW in self._own
        margin = reach_of(self.grid) if far else -(-_EDGES // cell) * cell
        row = max(0, (window.row - margin) // cell * cell)
        col = max(0, (window.col - margin) // cell * cell)
        stops = (
            min(self.grid.height, window.row_stop + margin),
            min(self.grid.width, window.col_stop + margin),
        )
        return Window(row, col, stops[0] - row, stops[1] - col)

    def _of_sky(
        self, outer: Window, inner: Window, bands: dict[str, np.ndarray], valid: np.ndarray
    ) -> np.ndarray:
        """What our own tests find."""
        classes = np.full(valid.shape, Ground.ASSESSABLE, np.uint8)
        if not self._own:
            return classes
        found = sky.sky_classes(bands, self._level)
        found[~valid] = Ground.ASSESSABLE
        wanted = np.isin(found, np.array([*self._own], np.uint8))
        classes[wanted] = found[wanted]
        if self._shadows and Ground.CLOUD_SHADOW in self._own:
            cloud = sky.large(found == Ground.CLOUD)
            if cloud.any():
                shaded = self._in_cloud_shadow(self._shadows, (outer, inner), bands, cloud)
                # Dark land in shadow looks like water.
                free = np.isin(classes, (Ground.ASSESSABLE, Ground.WATER))
                classes[shaded & free] = Ground.CLOUD_SHADOW
        return classes

    def _in_cloud_shadow(
        self,
        shadows: Shadows,
        place: tuple[Window, Window],
        bands: dict[str, np.ndarray],
        cloud: np.ndarray,
    ) -> np.ndarray:
        """Where clouds keep the sun off, bool on the outer window; right in the inner one alone."""
        outer, inner = place
        grown = _within(inner, sky.AROUND // 2, outer)
        at = grown.slices(outer.row, outer.col)
        bright = np.ones((grown.height, grown.width), bool)
        if self._land:
            bright = ~self._land.dim(grown, shadows)
        near = {name: layer[at] for name, layer in bands.items()}
        shaded = np.zeros(cloud.shape, bool)
        shaded[at] = sky.in_shadow(near, self._level, shadows.of_clouds(cloud)[at], bright)
        return shaded

    def _of_mask(self, window: Window) -> np.ndarray:
        """`Reason` bits of the mask that was given."""
        if self._mask is None:
            return np.zeros((window.height, window.width), np.uint8)
        sample = self._mask.read(window)
        return np.where(sample.valid, sample.values, 0).astype(np.uint8)

    def _of_land(self, land: Land, window: Window, classes: np.ndarray) -> np.ndarray:
        """The classes with what the land adds: deep shade before cloud shadow, flat land last."""
        slope = land.slope(window)
        if Ground.WATER in self._own - self._by_masks:
            classes[(classes == Ground.WATER) & (slope > _LEVEL_WATER)] = Ground.ASSESSABLE
        if self._shadows:
            dim = np.isin(classes, (Ground.ASSESSABLE, Ground.CLOUD_SHADOW))
            classes[land.deep_shade(window, self._shadows) & dim] = Ground.DEEP_SHADE
        flat = (slope < self.source.flat_slope) & (classes == Ground.ASSESSABLE)
        classes[flat] = Ground.FLAT
        return classes

    def untold(self) -> str:
        """A sentence on what cannot be told here; empty where all can."""
        missing = [NAMES[c] for c in Ground if c not in self.told and c != Ground.ASSESSABLE]
        if not missing:
            return ""
        snow = "Snow is called cloud. " if Ground.SNOW not in self.told else ""
        return (
            f"What {self.name} cannot tell here: {', '.join(missing)}. {snow}Bands B08 and B11 "
            "tell water and snow; a DEM and the sun tell deep shade, cloud shadow and flat land."
        )


def _within(window: Window, margin: int, outer: Window) -> Window:
    """The window with a margin, as far as the outer one reaches."""
    row, col = max(outer.row, window.row - margin), max(outer.col, window.col - margin)
    row_stop = min(outer.row_stop, window.row_stop + margin)
    return Window(row, col, row_stop - row, min(outer.col_stop, window.col_stop + margin) - col)


def _dtype(product: Product) -> str:
    with open_raster(product.bands[0].path) as dataset:
        return str(dataset.dtypes[0])


def _dem(source: ImageSource, product: Product) -> DemSource | None:
    """Where elevation comes from: the DEM that was given, else the image's own band."""
    if source.dem:
        return DemSource(source.dem)
    own = next((band for band in product.bands if band.name == "dem"), None)
    return DemSource(own.path, own.number) if own else None


def tagged_date(product: Product, path: str) -> str:
    """When an image was taken by the tags that we write, or the name of a product; else empty."""
    tags = {name: v for name, v in _tags(product, path).items() if name != TIFF_DATE}
    return image_facts(tags, (product.id,)).image_date


def _tags(product: Product, path: str) -> dict[str, str]:
    """Tags of a raster that is an image by itself; a product's files tell nothing of it."""
    if any(band.path != path for band in product.bands):
        return {}
    with open_raster(path) as dataset:
        return {name: str(value) for name, value in dataset.tags().items()}


def _sun(
    source: ImageSource,
    product: Product,
    date: str,
    grid: Grid,
    dem: DemSource | None,
    warn: Warn,
) -> Sun | None:
    """The sun as it was told, as the image says, or as its shading shows."""
    told = sun_of(source.sun_azimuth, source.sun_elevation)
    is_raster = all(band.path == source.path for band in product.bands)
    if told or source.date or not is_raster:
        return told or sun_at(date, grid)
    stack = open_stack(source.path, source.dem, source.band_mapping)
    return with_sun(stack, told, warn).sun if dem else known_sun(stack)
