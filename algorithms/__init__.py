"""The QGIS floor: parameters to plain values, one engine call, outputs. One file an algorithm."""

from __future__ import annotations

from .detect_landslides import DetectLandslides
from .prepare_stack import PrepareStack
from .vectorise_probability import VectoriseProbability

ALGORITHMS = (PrepareStack, DetectLandslides, VectoriseProbability)
