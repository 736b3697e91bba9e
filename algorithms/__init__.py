"""The QGIS floor: parameters to plain values, one engine call, outputs. One file an algorithm."""

from __future__ import annotations

from .detect_landslides import DetectLandslides
from .vectorise_probability import VectoriseProbability

ALGORITHMS = (DetectLandslides, VectoriseProbability)
