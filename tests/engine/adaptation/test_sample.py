"""Samples of labelled pixels stand for all of them, however many there are."""

from __future__ import annotations

import numpy as np
import pytest

from landslip.engine.adaptation import sample
from landslip.engine.adaptation.labels import LANDSLIDE, NOT, UNKNOWN
from landslip.engine.adaptation.sample import labelled_pixels
from landslip.engine.raster.tiling import Window


class Drawn:
    """Blocks of 100 x 100 pixels: ten rows of landslide, the rest without, in the last nothing."""

    def __init__(self, count):
        self._blocks = [Window(0, 100 * n, 100, 100) for n in range(count)]

    def blocks(self):
        return iter(self._blocks)

    def read(self, window):
        labels = np.full((100, 100), NOT, np.uint8)
        labels[:10] = LANDSLIDE
        if window is self._blocks[-1]:
            labels[:] = UNKNOWN
        return labels, np.where(labels == LANDSLIDE, window.col // 100 + 1, 0).astype(np.int32)


@pytest.mark.parametrize(("count", "in_memory"), [(3, 10**6), (40, 5000)])
def test_weights_stand_for_all_ground(rng, monkeypatch, count, in_memory):
    monkeypatch.setattr(sample, "_IN_MEMORY", in_memory)
    found = labelled_pixels(Drawn(count), rng, lambda: False)
    slides = found.labels == LANDSLIDE
    assert found.weights[slides].sum() == pytest.approx(1000 * (count - 1))
    assert found.weights[~slides].sum() == pytest.approx(9000 * (count - 1))
    assert len(found) <= 13_000
    assert (found.owners > 0).sum() == slides.sum()
    assert len(np.unique(found.owners[slides])) > 0.8 * (count - 1)


class Unequal(Drawn):
    """A landslide of nearly a whole block, and twenty of a pixel each."""

    def read(self, window):
        owners = np.zeros((100, 100), np.int32)
        owners[:90] = 1
        owners[95, ::5] = np.arange(2, 22)
        return np.where(owners > 0, LANDSLIDE, NOT).astype(np.uint8), owners


def test_small_landslides_are_counted_beside_a_large_one(rng, monkeypatch):
    monkeypatch.setattr(sample, "_LANDSLIDES", 500)
    found = labelled_pixels(Unequal(1), rng, lambda: False)
    slides = found.at(found.labels == LANDSLIDE)
    assert len(np.unique(slides.owners)) == 21
    assert slides.weights.sum() == pytest.approx(9020)
    assert slides.weights[slides.owners > 1].sum() < 100
