"""Relic landslides: large, old, overgrown scars that the relief shows and the colour does not.

A steep back wall in the shape of an arc, side walls, a hollow below them, and a bulging, hummocky
deposit at the foot (figure 2 of Zhou et al., "A Multi-Source Data Fusion-based Semantic
Segmentation Model for Relic Landslide Detection"), worn down since.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from .grids import Array, Progress, fractal, quietly, ramp, slope_degrees
from .landslides import Slides
from .terrain_relief import Relief

#: Length of a relic landslide in px, as a share of its width, and depth as a share of its length.
LENGTH, WIDTH, DEPTH = (42.0, 96.0), (0.5, 0.95), (0.06, 0.11)
#: Slopes in degrees on which they lie, over their length.
GROUND = (11.0, 30.0)
#: Standard deviation in px of what is left of the relief that was there before.
EVEN = 7.0
#: Standard deviation in px of what rain and creep have rounded off.
WEAR = (0.8, 1.8)


@dataclass
class Relics:
    """Relic landslides; arrays are [n, n].

    Attributes:
        relief: The terrain with them.
        inside: True inside their outlines.
        upper: True in their upper third.
    """

    relief: Relief
    inside: Array
    upper: Array


def make_relics(
    relief: Relief,
    cell: float,
    share: float,
    most: int | None,
    rng: np.random.Generator,
    progress: Progress = quietly,
) -> Relics:
    """Carve relic landslides until they cover the share asked for.

    Args:
        relief: Terrain without them.
        cell: Pixel side in metres.
        share: Share of the area to cover, 0..1.
        most: Most landslides to carve; None for as many as the share takes.
        rng: Random numbers.
        progress: Gets the share of the wanted area that is covered.
    """
    n = relief.dem.shape[0]
    change, inside, upper = np.zeros((n, n)), np.zeros((n, n), bool), np.zeros((n, n), bool)
    taken = ndimage.binary_dilation(relief.lake | relief.valley.floor, iterations=3)
    broad = ndimage.gaussian_filter(relief.dem.astype(float), 12)
    south, east = np.gradient(broad, cell)
    steep = np.degrees(np.arctan(np.hypot(south, east)))
    even = ndimage.gaussian_filter(relief.dem.astype(float), EVEN)
    hummocks = fractal(rng, n, 1.1, 14)
    wanted = share * n * n
    sites = rng.permutation(np.flatnonzero(((steep > GROUND[0]) & (steep < GROUND[1])).ravel()))
    carved = 0
    for site in sites[:4000]:
        if inside.sum() >= wanted or carved == most:
            break
        row, column = divmod(int(site), n)
        fall = np.array([-south[row, column], -east[row, column]])
        place = _Place(np.array([row, column]), fall / np.hypot(*fall), rng)
        mine, along = place.outline(n)
        if not mine.any() or (mine & taken).any() or place.leaves(n):
            continue
        depth = cell * place.length * rng.uniform(*DEPTH)
        slid, shape = place.shape(n, depth)
        # What slid has no ridges and gullies of its own any more, but hummocks.
        levelled = slid * (even - relief.dem) + shape * (1 + 0.16 * hummocks * (along > 0.45))
        change += ndimage.gaussian_filter(levelled, rng.uniform(*WEAR))
        inside |= mine
        upper |= mine & (along < 1 / 3)
        taken |= ndimage.binary_dilation(mine, iterations=5)
        carved += 1
        progress(min(inside.sum() / max(wanted, 1), 1.0))
    dem = (relief.dem + change).astype(np.float32)
    return Relics(replace(relief, dem=dem, slope=slope_degrees(dem, cell)), inside, upper)


def no_slides(n: int) -> Slides:
    """For a surface that tells nothing of them: no slide anywhere."""
    return Slides(*(np.full((n, n), fill, np.float32) for fill in (-9.0, 0.0, 0.0, 1.0)))


class _Place:
    """Where a relic landslide lies, and its shape along and across the slope."""

    def __init__(self, middle: Array, fall: Array, rng: np.random.Generator) -> None:
        self.length = float(np.exp(rng.uniform(*np.log(LENGTH))))
        self.width = self.length * rng.uniform(*WIDTH)
        turn = np.radians(rng.normal(0, 12))
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        self.middle, self.fall = middle, rotation @ fall
        self.wobble = rng.uniform(-0.12, 0.12, 3)

    def leaves(self, n: int) -> bool:
        """Whether it reaches beyond the scene."""
        reach = self.fall * self.length / 2
        ends = np.array([self.middle - reach, self.middle + reach])
        return bool(ends.min() < 2 or ends.max() > n - 3)

    def _position(self, n: int) -> tuple[Array, Array]:
        """0 at the crown to 1 at the toe; and -1 to 1 from side to side."""
        down, right = np.mgrid[:n, :n] - self.middle[:, None, None]
        along = (down * self.fall[0] + right * self.fall[1]) / self.length + 0.5
        across = (right * self.fall[0] - down * self.fall[1]) / (self.width / 2)
        waves = [np.sin((k + 1) * np.pi * along) * w for k, w in enumerate(self.wobble)]
        return along, across + sum(waves)

    def _half_width(self, along: Array) -> Array:
        """Of the outline, 1 at its widest: an arc at the crown, a fan at the toe."""
        arc = np.sqrt(np.clip(1 - (1 - np.clip(along / 0.42, 0, 1)) ** 2, 0, 1))
        toe = np.sqrt(np.clip(1 - np.clip((along - 0.62) / 0.38, 0, 1) ** 2, 0, 1))
        return np.minimum(arc, toe)

    def outline(self, n: int) -> tuple[Array, Array]:
        """Whether a pixel lies inside, and how far down the landslide."""
        along, across = self._position(n)
        inside = (along > 0) & (along < 1) & (np.abs(across) < self._half_width(along))
        return inside, along

    def shape(self, n: int, depth: float) -> tuple[Array, Array]:
        """How far a pixel is from the outline, 0 to 1, and the change of its height in metres.

        A hollow with steep walls above, a deposit below.
        """
        along, across = self._position(n)
        half = np.maximum(self._half_width(along), 1e-3)
        edge = 1 - np.abs(across) / half  # 0 on the outline, 1 in the middle
        inside = (along > 0) & (along < 1) & (edge > 0)
        wall = ramp(edge, 0, 0.28) * ramp(along, 0, 0.11)
        hollow = -depth * wall * (1 - ramp(along, 0.3, 0.56))
        bulge = 0.55 * depth * ramp(edge, 0, 0.55) * ramp(along, 0.48, 0.66)
        deposit = bulge * (1 - ramp(along, 0.86, 1.0))
        share = np.where(inside, wall, 0.0)
        return share, np.where(inside, hollow + deposit, 0.0)
