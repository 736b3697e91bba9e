"""Made scenes before and after their landslides, under made skies."""

import numpy as np
import pytest
import rasterio.features
from scipy import ndimage

from landslip.engine.inventory.polygons import in_crs
from landslip.engine.inventory.table import Record, Table
from landslip.engine.inventory.wkb import polygon_wkb, polygons_of
from landslip.engine.outlines.labels import drawn
from landslip.engine.raster.grid import Grid
from landslip.engine.raster.tiling import Window
from landslip.sample.scene import SceneRequest, write_scene
from landslip.sample.sensor import SUN_AZIMUTH, SUN_ELEVATION
from landslip.sample.series import make_pair

SUN = {"sun_azimuth": SUN_AZIMUTH, "sun_elevation": SUN_ELEVATION}


@pytest.fixture(scope="session")
def pair():
    """A scene of 384 x 384 pixels before and after its landslides."""
    return make_pair(SceneRequest(size=384, seed=11))


@pytest.fixture
def written(tmp_path):
    """Write scenes; gives the path of the stack and of the DEM."""

    def written(scene, name="scene"):
        paths = write_scene(scene, tmp_path / name)
        return str(paths["stack"]), str(paths["dem"])

    return written


def outlines(scene, least=8):
    """The landslides of a scene of at least so many pixels, as an inventory."""
    labels = ndimage.label(scene.truth)[0].astype(np.int32)
    labels[(np.bincount(labels.ravel()) < least)[labels]] = 0
    shapes = rasterio.features.shapes(labels, mask=labels > 0, transform=scene.transform)
    records = tuple(
        Record(polygon_wkb([np.array(ring[:-1]) for ring in shape["coordinates"]]), {"name": "x"})
        for shape, _ in shapes
    )
    return Table("made", scene.crs, {"name": str}, records)


def grid_of(scene):
    """The grid of a scene."""
    height, width = scene.truth.shape
    crs = rasterio.crs.CRS.from_string(scene.crs).to_wkt()
    return Grid(crs, tuple(scene.transform)[:6], width, height)


def places_of(table, scene):
    """Where each outline lies on the scene, bool arrays."""
    grid = grid_of(scene)
    shapes = in_crs([polygons_of(record.wkb) for record in table.records], table.crs, grid.crs)
    whole = Window(0, 0, grid.height, grid.width)
    pixels = [[[grid.to_pixels(ring) for ring in rings] for rings in shape] for shape in shapes]
    return [drawn([shape], whole) > 0 for shape in pixels]


@pytest.fixture(scope="session")
def slides(pair):
    """The inventory of the made landslides."""
    return outlines(pair[1])
