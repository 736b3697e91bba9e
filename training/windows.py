"""Whether a model says in large windows what it says in patches; what comes of it is in its card.

Windows repeat less of each other than patches do, so they take less work. Networks that look at the
whole patch at once (squeeze and excitation, pyramid pooling) say something else in another size.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..engine.models.card import ModelCard
from ..sample.scene import SceneRequest, make_scene, write_scene
from .answer import Answer, Scene, answer
from .export import read_card, rewrite_card

#: Sides of windows and the pixels that they share.
WINDOWS = ((512, 32), (384, 32), (512, 64), (256, 32), (384, 64), (256, 64))
#: A window serves where, on every scene, F1 moves by no more than this, and of a hundred
#: probabilities 99 by no more than that.
MOST_F1, MOST_CHANGE = 0.002, 0.02
#: Of the made scenes; in each, a rectangle has no data.
SIDE, SEEDS = 700, (1, 2)
_HOLE = slice(200, 300), slice(150, 400)


@dataclass(frozen=True)
class Measured:
    """A kind of window against patches at half overlap.

    Attributes:
        window: Its side, pixels.
        overlap: Pixels that it shares with the next one.
        f1: F1 on each scene.
        change: 99th percentile of the change of probabilities, the worst of the scenes.
        serves: Whether it says what patches say.
    """

    window: int
    overlap: int
    f1: tuple[float, ...]
    change: float
    serves: bool

    @property
    def work(self) -> float:
        """Pixels that the network sees, for each of the raster."""
        return (self.window / (self.window - self.overlap)) ** 2


def measure_windows(model: Path, scenes: Sequence[Scene] = ()) -> list[Measured]:
    """Run a model on made scenes, and on labelled ones that are given, in patches and in windows.

    Returns:
        The patches at half overlap, those of the card, and all windows that take less work.

    Raises:
        LandslipError: The model cannot be run on the scenes.
    """
    card = read_card(model)
    with tempfile.TemporaryDirectory() as name:
        every = [*scenes, *(_made(Path(name) / str(seed), seed) for seed in SEEDS)]
        copy = Path(name) / model.name
        shutil.copy(model, copy)

        def look(**changes: object) -> list[Answer]:
            usual = {"overlap": card.overlap, "window": 0, "window_overlap": 0}
            rewrite_card(copy, **{**usual, **changes})
            return [answer(copy, scene) for scene in every]

        patches = look(overlap=0.5)
        half = _measured(card, card.patch_size // 2, patches, patches)
        usual = _measured(card, round(card.patch_size * card.overlap), look(), patches)
        found = [half, usual]
        for window, overlap in WINDOWS:
            wide = replace(card, patch_size=window)
            if (window / (window - overlap)) ** 2 < usual.work:
                answers = look(window=window, window_overlap=overlap)
                found.append(_measured(wide, overlap, answers, patches))
    return found


def write_windows(model: Path, scenes: Sequence[Scene] = ()) -> list[Measured]:
    """`measure_windows`, and put those that take the least work into the model's card."""
    found = measure_windows(model, scenes)
    best = min((each for each in found[2:] if each.serves), key=lambda m: m.work, default=None)
    window, overlap = (best.window, best.overlap) if best else (0, 0)
    rewrite_card(model, window=window, window_overlap=overlap)
    return found


def windows_table(name: str, found: Sequence[Measured]) -> str:
    """What was measured, in Markdown."""
    rows = [
        f"| model | window | shared | work | F1 | change of 99 in 100 | serves |\n{'|---' * 7}|",
        *(
            f"| `{name}` | {m.window} | {m.overlap} | {m.work:.2f} | "
            f"{', '.join(f'{score:.3f}' for score in m.f1)} | {m.change:.3f} | "
            f"{'yes' if m.serves else 'no'} |"
            for m in found
        ),
    ]
    return "\n".join(rows)


def _made(folder: Path, seed: int) -> Scene:
    """A made scene with a hole in it."""
    folder.mkdir()
    scene = make_scene(SceneRequest(size=SIDE, seed=seed))
    for band in scene.bands.values():
        band[_HOLE] = 0
    paths = write_scene(scene, folder)
    return Scene(f"made {seed}", str(paths["stack"]), str(paths["truth"]), str(paths["dem"]))


def _measured(
    card: ModelCard, overlap: int, answers: Sequence[Answer], patches: Sequence[Answer]
) -> Measured:
    scores = tuple(each.counts.f1 for each in answers)
    pairs = list(zip(answers, patches, strict=True))
    change = max(float(np.percentile(np.abs(a.probability - b.probability), 99)) for a, b in pairs)
    moved = max(abs(a.counts.f1 - b.counts.f1) for a, b in pairs)
    serves = moved <= MOST_F1 and change <= MOST_CHANGE
    return Measured(card.patch_size, overlap, scores, change, serves)
