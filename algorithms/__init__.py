"""The QGIS floor: parameters to plain values, one engine call, outputs. One file an algorithm."""

from __future__ import annotations

from .assess_inventory import AssessInventory
from .detect_landslides import DetectLandslides
from .inventory_statistics import InventoryStatisticsAlgorithm
from .update_inventory import UpdateInventory
from .vectorise_probability import VectoriseProbability

ALGORITHMS = (
    DetectLandslides,
    VectoriseProbability,
    AssessInventory,
    InventoryStatisticsAlgorithm,
    UpdateInventory,
)
