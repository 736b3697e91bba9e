"""How the judge divides the Earth: what is left out together, and what lies unused around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .data import Block, Patches, in_block

#: Tile rows without use between what is trained on and what judges; one is 1.3 km.
GUARD = 2
#: Number of a scene of the benchmark that has no grid of its own in our data: all of it.
ALL_ROWS = (0, 10_000)
#: Regions that are left out whole, one after the other. Blocks of Taiwan share sun and date with
#: what is trained on; India and Hokkaido, which no fold trains on, do not.
REGIONS = {
    "Taiwan, rows 0-13": Block(1, 0, 13),
    "Taiwan, rows 14-27": Block(1, 14, 27),
    "Taiwan, rows 28-41": Block(1, 28, 41),
    "Taiwan, rows 42-55": Block(1, 42, 55),
    "India": Block(4, *ALL_ROWS),
}
#: Tiles along a side of the squares that the bootstrap draws (3.8 km).
SQUARE = 3


@dataclass(frozen=True)
class Fold:
    """One training of the judge.

    Attributes:
        region: What is left out.
        train: Indices of the patches to train on.
        test: Indices of the patches of the region.
        quiet: Kinds of land without landslides that are left out with it.
    """

    region: str
    train: np.ndarray
    test: np.ndarray
    quiet: tuple[str, ...]


def folds(patches: Patches, kinds: tuple[str, ...]) -> list[Fold]:
    """The judge's trainings: every region and every kind of quiet land is left out once.

    Args:
        patches: Labelled patches.
        kinds: Kinds of land without landslides; every fifth goes with one region.
    """
    found = []
    for number, (region, block) in enumerate(REGIONS.items()):
        test = in_block(patches, block)
        near = in_block(patches, block, GUARD)
        left_out = kinds[number :: len(REGIONS)]
        found.append(Fold(region, np.flatnonzero(~near), np.flatnonzero(test), left_out))
    return found


def squares(patches: Patches, chosen: np.ndarray) -> np.ndarray:
    """[n] Number of the square of tiles in which each chosen patch lies: neighbours are alike."""
    row, col = patches.row[chosen] // SQUARE, patches.col[chosen] // SQUARE
    return np.unique(row * 1000 + col, return_inverse=True)[1]
