"""Test-time augmentation: a model runs on patches mirrored and turned as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

#: ``flips``: as it is, and mirrored in each axis and in both (4 runs). ``all``: the 4 quarter
#: turns, each also mirrored (8 runs).
TEST_TIME = ("none", "flips", "all")


@dataclass(frozen=True)
class Orientation:
    """How patches lie before the model sees them.

    Attributes:
        turns: Quarter turns.
        mirror: Whether columns are mirrored after that.
    """

    turns: int = 0
    mirror: bool = False

    def __str__(self) -> str:
        """In words; empty for patches as they are."""
        turned = f"turned by {90 * self.turns}°" if self.turns else ""
        return ", ".join(part for part in (turned, "mirrored" if self.mirror else "") if part)

    def run(self, patches: np.ndarray, model: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Run a model on patches that lie so.

        Args:
            patches: [N, C, size, size].
            model: [N, C, size, size] to probability [N, size, size].

        Returns:
            Probability [N, size, size], turned back to where it came from.
        """
        turned = np.rot90(patches, self.turns, axes=(2, 3))
        probability = model(turned[..., ::-1] if self.mirror else turned)
        upright = probability[..., ::-1] if self.mirror else probability
        return np.rot90(upright, -self.turns, axes=(1, 2))


#: By the words of `TEST_TIME`.
ORIENTATIONS = {
    "none": (Orientation(),),
    "flips": tuple(Orientation(turns, mirror) for mirror in (False, True) for turns in (0, 2)),
    "all": tuple(Orientation(turns, mirror) for mirror in (False, True) for turns in range(4)),
}
