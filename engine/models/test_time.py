"""Test-time augmentation: run a patch mirrored and turned as well, and average."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: ``flips``: as it is, and mirrored in each axis and in both (4 runs). ``all``: the 4 quarter
#: turns, each also mirrored (8 runs).
TEST_TIME = ("none", "flips", "all")

#: (quarter turns, mirrored)
_ORIENTATIONS = {
    "none": ((0, False),),
    "flips": ((0, False), (2, False), (0, True), (2, True)),
    "all": tuple((turns, mirror) for mirror in (False, True) for turns in range(4)),
}


def run_with_test_time(
    kind: str, patches: np.ndarray, run: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Average a model over the orientations of its patches.

    Args:
        kind: One of `TEST_TIME`.
        patches: [N, C, size, size].
        run: The model: [N, C, size, size] to probability [N, size, size].

    Returns:
        Mean and standard deviation of the probability, float32 [N, size, size], each turned back
        to where it came from.
    """
    orientations = _ORIENTATIONS[kind]
    if len(orientations) == 1:
        probability = run(patches)
        return probability, np.zeros_like(probability)
    total = np.zeros((patches.shape[0], *patches.shape[2:]))
    squares = np.zeros_like(total)
    for turns, mirror in orientations:
        turned = np.rot90(patches, turns, axes=(2, 3))
        probability = run(turned[..., ::-1] if mirror else turned)
        upright = probability[..., ::-1] if mirror else probability
        back = np.rot90(upright, -turns, axes=(1, 2)).astype(np.float64)
        total += back
        squares += back**2
    mean = total / len(orientations)
    variance = np.maximum(squares / len(orientations) - mean**2, 0)
    return mean.astype(np.float32), np.sqrt(variance).astype(np.float32)
