"""How much ground the pixels of a sample stand for."""

from __future__ import annotations

import numpy as np

from landslip.engine.adaptation.ground import counted
from landslip.engine.adaptation.labels import BORDER, LANDSLIDE, NEAR, NOT, UNKNOWN
from landslip.engine.adaptation.sample import Pixels


def test_with_an_area_a_border_counts_and_teaches_nothing_and_what_is_near_the_other_way_round():
    labels = np.array([LANDSLIDE, BORDER, NEAR, NEAR, NOT, UNKNOWN], np.uint8)
    count = np.arange(len(labels))
    pixels = Pixels(count, count, labels, (labels == LANDSLIDE) * 1, count + 1.0)
    logits = np.array([2.0, 1.0, 1.0, -1.0, -1.0, -5.0])
    doubtful = (labels == NEAR) & (logits >= 0)
    found = counted(pixels, logits, doubtful, np.zeros(len(labels), bool), True)
    assert found.weights.tolist() == [1, 0, 0, 4, 5, 0]
    assert found.ground.tolist() == [1, 2, 0, 0, 5, 0]
    assert found.landslide.tolist() == [1, 0, 0, 0, 0, 0]
