"""The classes of ground: where landslides can be seen, and why not elsewhere."""

from __future__ import annotations

import enum

import numpy as np

from ..products.masks import Reason


class Ground(enum.IntEnum):
    """What a pixel of an image shows; the values are those of the raster."""

    NODATA = 0
    ASSESSABLE = 1
    CLOUD = 2
    CLOUD_SHADOW = 3
    SNOW = 4
    HAZE = 5
    DEEP_SHADE = 6
    WATER = 7
    FLAT = 8


#: What each class is called.
NAMES = {
    Ground.NODATA: "no data",
    Ground.ASSESSABLE: "assessable",
    Ground.CLOUD: "cloud",
    Ground.CLOUD_SHADOW: "cloud shadow",
    Ground.SNOW: "snow",
    Ground.HAZE: "haze",
    Ground.DEEP_SHADE: "deep shade",
    Ground.WATER: "water",
    Ground.FLAT: "flat land",
}
COLOURS = {
    Ground.ASSESSABLE: (78, 154, 80),
    Ground.CLOUD: (255, 255, 255),
    Ground.CLOUD_SHADOW: (90, 90, 110),
    Ground.SNOW: (150, 230, 240),
    Ground.HAZE: (215, 200, 170),
    Ground.DEEP_SHADE: (40, 30, 60),
    Ground.WATER: (40, 110, 200),
    Ground.FLAT: (225, 215, 100),
}
#: Ground of which an image tells something, wherever landslides may be.
SEEN = (Ground.ASSESSABLE, Ground.FLAT)

#: What a product's mask says, as classes; where several hold, the last one.
_OF_MASKS = (
    (Reason.CIRRUS, Ground.HAZE),
    (Reason.WATER, Ground.WATER),
    (Reason.SHADOW, Ground.CLOUD_SHADOW),
    (Reason.SNOW, Ground.SNOW),
    (Reason.CLOUD, Ground.CLOUD),
)
#: What masks are read for.
FROM_MASKS = Reason.CIRRUS | Reason.WATER | Reason.SHADOW | Reason.SNOW | Reason.CLOUD
#: Bits of a mask that mean that there is nothing to see.
_NOTHING = Reason.NODATA | Reason.DEFECTIVE | Reason.OUTSIDE


def of_reasons(reasons: np.ndarray) -> np.ndarray:
    """Classes of a mask's `Reason` bits, uint8; `Ground.ASSESSABLE` where nothing is wrong."""
    classes = np.full(reasons.shape, Ground.ASSESSABLE, np.uint8)
    for reason, ground in _OF_MASKS:
        classes[reasons & np.uint8(reason) != 0] = ground
    classes[reasons & np.uint8(_NOTHING) != 0] = Ground.NODATA
    return classes


def seen(classes: np.ndarray) -> np.ndarray:
    """Where an image shows the ground in its light, bool."""
    return np.isin(classes, np.array(SEEN, np.uint8))
