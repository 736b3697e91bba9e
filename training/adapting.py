"""Training for an adaptation: the engine's patches and labels to a network, and back to a file."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from ..engine.adaptation.material import Material, Train
from ..engine.common.errors import ModelError
from ..engine.common.hooks import Check, Progress
from ..engine.common.output import write_whole
from ..engine.models.card_file import read_card
from .fine_tune import FineTuneRequest, fine_tune


def trainer(method: str, folder: Path, threads: int = 0, seed: int = 0) -> Train:
    """What `engine.adaptation.adapt` calls to train.

    Args:
        method: One of `fine_tune.METHODS`.
        folder: For checkpoints and for what was trained, so that an adaptation that was killed goes
            on where it was. Whoever asks for training removes it in the end.
        threads: Of the processor; 0 for all.
        seed: Of the order and the flips.
    """

    def train(material: Material, progress: Progress, cancelled: Check) -> bytes:
        place = folder / _digest(material, method, seed)
        done = place.with_suffix(".onnx")
        with suppress(ModelError):  # none is there yet, or what is there is none
            read_card(done)
            progress(1.0, "Trained before the last run ended.")
            return done.read_bytes()
        request = FineTuneRequest(
            Path(material.model),
            material.patches,
            material.labels,
            material.mean,
            material.std,
            method,
            threads=threads,
            seed=seed,
            folder=place,
        )
        content = fine_tune(request, progress, cancelled)
        write_whole(done, content)
        return content

    return train


def _digest(material: Material, method: str, seed: int) -> str:
    """What a training depends on, as a name."""
    found = hashlib.sha256(f"{method} {seed}".encode())
    found.update(Path(material.model).read_bytes())
    for array in (material.patches, material.labels, material.mean, material.std):
        found.update(str(array.shape).encode())
        found.update(array.tobytes())
    return found.hexdigest()[:16]
