"""A synthetic Sentinel-2 scene after a landslide-triggering storm, made from a seed alone.

The demo, the tests and the benchmarks need a scene whose truth is known to the pixel and that can
be shipped as code. The recipe follows the order in which nature works, a module for each step:
relief is eroded by running water (``drainage``, ``terrain_relief``), landslides start in steep
hollows and run down the slope (``landslides``), land cover follows both (``land_cover``), and the
sensor sees all of it through an atmosphere, a point spread function and noise (``sensor``).

Arrays are indexed [row, column] with row 0 in the north. Lengths called ``px`` are pixels.
Reflectances are x 10000. No file is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from ..engine.common.dependencies import require
from ..engine.common.errors import ParameterError
from ..engine.common.output import whole_file
from ..engine.raster.geotiff import gdal_errors, write_error
from .grids import Array, Progress, quietly
from .land_cover import BANDS, make_surface
from .landslides import make_slides
from .relic import Relics, make_relics, no_slides
from .sensor import observe
from .terrain_relief import make_relief

if TYPE_CHECKING:
    from affine import Affine

#: Largest side of a scene, pixels: it is made in memory.
LARGEST = 4096
PathLike = Union[str, Path]


@dataclass(frozen=True)
class SceneRequest:
    """What to make.

    Attributes:
        size: Width and height in pixels, 96 to `LARGEST`.
        pixel_size: Pixel side in metres.
        seed: The whole scene follows from it.
        epsg: Code of a metric coordinate system; north up.
        west: Easting of the upper left corner in metres.
        north: Northing of the upper left corner in metres.
        landslide_share: Share of the scene area under landslides to aim at, 0..1.
        landslides: Most landslides to make; None for as many as the share takes.
        relic: Whether they are old and overgrown, so that the relief alone shows them; the DEM is
            then as fine as the image.
    """

    size: int = 768
    pixel_size: float = 10.0
    seed: int = 20180906
    epsg: int = 32654
    west: float = 572_840.0
    north: float = 4_735_740.0
    landslide_share: float = 0.045
    landslides: int | None = None
    relic: bool = False

    @classmethod
    def of(cls, size: int, seed: int, share: float, relic: bool) -> SceneRequest:
        """What users ask for: pixels of 10 m, or of 5 m where landslides are relic."""
        pixel = 5.0 if relic else 10.0
        return cls(size, pixel, seed, landslide_share=share, relic=relic)

    def __post_init__(self) -> None:
        if self.size < 96:
            raise ParameterError(
                f"The scene is to have {self.size} pixels a side; relief with a valley needs 96 or "
                "more. Make it larger."
            )
        if self.size > LARGEST:
            raise ParameterError(
                f"The scene is to have {self.size} pixels a side; it is made in memory, at most "
                f"{LARGEST}. Make it smaller."
            )
        if not 0 <= self.landslide_share <= 0.2:
            raise ParameterError(
                f"Landslides are to cover a share of {self.landslide_share:g}; expected 0 to 0.2."
            )


@dataclass
class Scene:
    """What was made; every array is [size, size].

    Attributes:
        bands: TOA reflectance x 10000 as uint16, never 0, by band name.
        dem: Surface height in metres, float32.
        slope: Slope in degrees, float32.
        truth: 1 in landslides, 0 elsewhere, uint8.
        scars: 1 in the upper third of landslides, where they started, uint8.
        drainage: Catchment area of each pixel in m2, float32.
        receiver: Flat index of the pixel each pixel drains to, int64; itself at outlets.
        transform: Pixel to map coordinates.
        crs: Such as ``EPSG:32654``.
        fine_dem: Whether the DEM is written on the image's grid.
    """

    bands: dict[str, Array]
    dem: Array
    slope: Array
    truth: Array
    scars: Array
    drainage: Array
    receiver: Array
    transform: Affine
    crs: str
    fine_dem: bool = False


def make_scene(request: SceneRequest | None = None, progress: Progress = quietly) -> Scene:
    """Make the scene that a request describes; the same request gives the same scene.

    Args:
        request: What to make; the default scene if None.
        progress: Gets the share that is done; what it raises stops the work.

    Returns:
        The scene, in memory.
    """
    from rasterio.transform import from_origin

    request = request or SceneRequest()
    # One stream per stage: a change in one leaves the others' scenery as it was.
    terrain_rng, slide_rng, cover_rng, sensor_rng = (
        np.random.default_rng(s) for s in np.random.SeedSequence(request.seed).spawn(4)
    )
    cell = request.pixel_size
    relief = make_relief(request.size, cell, terrain_rng, lambda done: progress(0.4 * done))
    release = make_relics if request.relic else make_slides
    slides = release(
        relief,
        cell,
        request.landslide_share,
        request.landslides,
        slide_rng,
        lambda done: progress(0.5 + 0.3 * done),
    )
    progress(0.8)
    if isinstance(slides, Relics):
        relief, truth, scars = slides.relief, slides.inside, slides.upper
        surface = make_surface(relief, no_slides(request.size), cover_rng)
    else:
        truth = slides.reach >= 0
        scars = truth & (slides.travel < 1 / 3)
        surface = make_surface(relief, slides, cover_rng)
    progress(0.95)
    bands = observe(surface, relief.dem, cell, sensor_rng)
    progress(1.0)
    return Scene(
        bands=dict(zip(BANDS, bands)),
        dem=relief.dem,
        slope=relief.slope,
        truth=truth.astype(np.uint8),
        scars=scars.astype(np.uint8),
        drainage=relief.drainage,
        receiver=relief.receiver,
        transform=from_origin(request.west, request.north, request.pixel_size, request.pixel_size),
        crs=f"EPSG:{request.epsg}",
        fine_dem=request.relic,
    )


def write_scene(scene: Scene, folder: PathLike) -> dict[str, Path]:
    """Write ``stack.tif``, ``dem.tif`` and ``truth.tif``.

    The height model is on a grid of its own, one arc second in EPSG:4326, as downloaded ones are;
    that of a relic scene is on the image's.

    Args:
        scene: What to write.
        folder: Where to; made if missing.

    Returns:
        The paths under ``stack``, ``dem`` and ``truth``.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.tif" for name in ("stack", "dem", "truth")}
    write_files(scene, **{name: str(path) for name, path in paths.items()})
    return paths


def write_files(scene: Scene, stack: str, dem: str, truth: str) -> None:
    """Write the three GeoTIFFs of a scene where they are wanted, each whole or not at all.

    Raises:
        OutputError: A file cannot be written.
    """
    grid = {"crs": scene.crs, "transform": scene.transform}
    bands = np.stack([scene.bands[name] for name in BANDS])
    _write(stack, bands, BANDS, nodata=0, predictor=2, **grid)
    _write(truth, scene.truth[None], ("landslide",), **grid)
    if scene.fine_dem:
        _write(dem, scene.dem[None], ("dem",), nodata=-9999.0, predictor=3, **grid)
        return
    heights, transform = _geographic_dem(scene)
    place = {"crs": "EPSG:4326", "transform": transform}
    _write(dem, heights[None], ("dem",), nodata=-9999.0, predictor=3, **place)


def _write(path: str, bands: Array, names: Sequence[str], **options: Any) -> None:
    """Write bands [band, row, column]; the file gets its name once it is complete."""
    rasterio = require("rasterio")
    count, height, width = bands.shape
    profile = tiff_profile(count=count, height=height, width=width, dtype=bands.dtype, **options)
    with whole_file(path) as temporary:
        try:
            with rasterio.open(temporary, "w", **profile) as target:
                target.write(bands)
                target.descriptions = tuple(names)
            with rasterio.open(temporary) as written:  # on a full disk, closing says nothing
                for number in range(1, count + 1):
                    written.checksum(number)
        except gdal_errors() as err:
            raise write_error(path, err) from err


def tiff_profile(**changes: Any) -> dict[str, Any]:
    """Options of every GeoTIFF of the demo.

    Args:
        changes: Options that this file adds or has otherwise.
    """
    return {
        "driver": "GTiff",
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
        "BIGTIFF": "IF_SAFER",
        **changes,
    }


def _geographic_dem(scene: Scene) -> tuple[Array, Affine]:
    """Heights on a one arc second grid that reaches beyond the scene on all sides."""
    from rasterio.transform import array_bounds, from_origin
    from rasterio.warp import Resampling, reproject, transform_bounds

    second, side = 1 / 3600, scene.transform.a
    margin = 16 + scene.dem.shape[0] // 24  # px; grid north and true north differ
    padded = np.pad(scene.dem, margin, mode="reflect")
    inner = array_bounds(*scene.dem.shape, scene.transform)
    west, south, east, north = transform_bounds(scene.crs, "EPSG:4326", *inner)
    transform = from_origin(west - 2 * second, north + 2 * second, second, second)
    shape = tuple(int((b - a) / second) + 5 for a, b in ((south, north), (west, east)))
    heights = np.full(shape, -9999.0, np.float32)
    reproject(
        padded,
        heights,
        src_transform=from_origin(inner[0] - margin * side, inner[3] + margin * side, side, side),
        src_crs=scene.crs,
        dst_transform=transform,
        dst_crs="EPSG:4326",
        dst_nodata=-9999.0,
        resampling=Resampling.average,
    )
    return heights, transform
