"""Outlines drawn to the edges of an image: a conditional random field, by mean field.

After Kraehenbuehl & Koltun 2011 (arXiv:1210.5644), as the third place of Landslide4Sense 2022 did
it (section VI-E): neighbours that look alike should be of one class, and all neighbours a little.
Each pixel hears those within `REACH`, as in the convolutional form of Teichmann & Cipolla 2018
(arXiv:1805.04777), so that the result depends on what is near alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..raster.tiling import Window

#: How far a pixel hears others in one round, pixels, and rounds.
REACH, ROUNDS = 4, 5
#: How far what a pixel becomes depends on others, pixels.
HALO = REACH * ROUNDS
#: What all neighbours together may add to a logit: those that look alike, and any.
ALIKE, NEAR = 2.0, 0.5
#: Distances at which a neighbour counts 0.6: of those that look alike and of any, pixels; and how
#: much its reflectances may differ, in standard deviations of the scene.
ALIKE_PIXELS, NEAR_PIXELS, CONTRAST = 3.0, 1.0, 0.35
#: Logits end here: no certainty of the network outweighs all neighbours.
LIMIT = 6.0
#: Side of the blocks that are worked on: what a pixel hears is kept for all of them, pixels.
BLOCK = 384


def drawn_to_edges(
    probability: np.ndarray, valid: np.ndarray, image: np.ndarray, threshold: float
) -> np.ndarray:
    """Which pixels are landslide when outlines follow the edges of an image, bool [H, W].

    Right for all pixels that are more than `HALO` from the border.

    Args:
        probability: [H, W].
        valid: Whether there is one.
        image: [C, H, W] in standard deviations of the scene; not finite where it has no data.
        threshold: Probability at which nothing speaks for either class.
    """
    covered = np.zeros(probability.shape, bool)
    shift = _logit(np.asarray(threshold))
    for inner, outer in _blocks(*probability.shape):
        place = outer.slices()
        if not (valid[place] & (probability[place] >= threshold)).any():
            continue  # where all speaks against landslides, none comes up
        logits = _logit(probability[place]) - shift
        found = mean_field(logits, valid[place], image[(slice(None), *place)])
        covered[inner.slices()] = found[inner.slices(outer.row, outer.col)] >= 0
    return covered & valid


def mean_field(logits: np.ndarray, valid: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Logits [H, W] after `ROUNDS` in which each pixel hears its neighbours.

    Args:
        logits: Of landslides, [H, W].
        valid: Whether there is one; other pixels say nothing.
        image: [C, H, W] in standard deviations; where it is not finite, nothing looks alike.
    """
    unary = np.clip(logits, -LIMIT, LIMIT).astype(np.float32)
    seen = np.isfinite(image).all(0)
    image = np.where(seen, image, 0).astype(np.float32)
    terms = []
    for width, contrast, weight in ((ALIKE_PIXELS, CONTRAST, ALIKE), (NEAR_PIXELS, None, NEAR)):
        there = valid & seen if contrast else valid
        pairs = [
            (here, other, _kernel(offset, width, contrast, image, there, here, other))
            for offset in _offsets()
            for here, other in [_sides(offset, unary.shape)]
        ]
        total = _gathered(pairs, np.ones_like(unary))
        terms.append((pairs, weight / np.maximum(total, 1e-6)))
    result = unary
    for _ in range(ROUNDS):
        opinion = np.tanh(result / 2)  # 2Q - 1
        result = unary + sum(scale * _gathered(pairs, opinion) for pairs, scale in terms)
    return result


Sides = tuple[slice, slice]


def _offsets() -> Iterator[tuple[int, int]]:
    """One of each pair of opposite offsets within `REACH`."""
    for down in range(REACH + 1):
        for right in range(-REACH if down else 1, REACH + 1):
            yield down, right


def _sides(offset: tuple[int, int], shape: tuple[int, ...]) -> tuple[Sides, Sides]:
    """Where pixels are that have a neighbour at an offset, and where those neighbours are."""
    pairs = [
        (slice(max(0, -step), size - max(0, step)), slice(max(0, step), size - max(0, -step)))
        for step, size in zip(offset, shape)
    ]
    return (pairs[0][0], pairs[1][0]), (pairs[0][1], pairs[1][1])


def _kernel(
    offset: tuple[int, int],
    width: float,
    contrast: float | None,
    image: np.ndarray,
    there: np.ndarray,
    here: Sides,
    other: Sides,
) -> np.ndarray:
    """How much two pixels at an offset hear of each other, float32."""
    exponent = -(offset[0] ** 2 + offset[1] ** 2) / (2 * width**2)
    both = (there[here] & there[other]).astype(np.float32)
    if contrast is None:
        return np.exp(np.float32(exponent)) * both
    every = slice(None)
    apart = ((image[(every, *here)] - image[(every, *other)]) ** 2).mean(0)
    return np.exp(np.float32(exponent) - apart / (2 * contrast**2)) * both


def _gathered(pairs: list[tuple[Sides, Sides, np.ndarray]], values: np.ndarray) -> np.ndarray:
    """Sum over the neighbours of what they say, weighted by how much each is heard."""
    total = np.zeros_like(values)
    for here, other, kernel in pairs:
        total[here] += kernel * values[other]
        total[other] += kernel * values[here]
    return total


def _logit(probability: np.ndarray) -> np.ndarray:
    inside = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.log(inside / (1 - inside))


def _blocks(height: int, width: int) -> Iterator[tuple[Window, Window]]:
    """Blocks that cover an array, each with its halo."""
    for row in range(0, height, BLOCK):
        for col in range(0, width, BLOCK):
            inner = Window(row, col, min(BLOCK, height - row), min(BLOCK, width - col))
            top, left = max(0, row - HALO), max(0, col - HALO)
            bottom = min(height, inner.row_stop + HALO)
            right = min(width, inner.col_stop + HALO)
            yield inner, Window(top, left, bottom - top, right - left)
