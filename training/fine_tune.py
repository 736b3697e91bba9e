"""Go on training a model on a few labels of one place, from its ONNX file to another.

As in section II of "Contrastive Self-Supervised Learning for Globally Distributed Landslide
Detection", the encoder may be frozen, so that a few labels train the decoder alone. Weights are
drawn back to where they started, so that a model does not forget what it knew for the sake of a few
outlines. Normalisation is folded into the weights of shipped models, or stays as it is.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..engine.adaptation.labels import LANDSLIDE, NOT, UNKNOWN
from ..engine.common.errors import Cancelled, ModelError, ParameterError
from ..engine.common.hooks import Check, Progress, or_silent
from .compute import autocast, device_of, precision_name, to_device
from .losses import build_loss
from .onnx_network import OnnxNetwork
from .run_folder import load_checkpoint, save_checkpoint

#: ``decoder``: the encoder stays; ``full``: all weights move.
METHODS = ("decoder", "full")
#: As the shipped models were trained.
LOSS = {"bce": 1.0, "dice": 1.0}
CLIP = 1.0
#: Share of a batch that is drawn from the patches with landslides; the rest from all.
WITH_LANDSLIDES = 0.5
#: Share of the steps in which the learning rate rises.
RISE = 0.1
#: Seconds between two checkpoints, and between two messages.
KEEP_EVERY, SAY_EVERY = 30.0, 10.0
CHECKPOINT = "fine_tune.pt"


@dataclass(frozen=True)
class FineTuneRequest:
    """What to train further, on what.

    Attributes:
        model: Path of the ONNX file to start from.
        patches: Float32 [N, C, H, W] in physical units, bands in the order of the model's card; may
            be a memory map.
        labels: Uint8 [N, H, W]: `NOT`, `LANDSLIDE`, `UNKNOWN`.
        mean: Of the scene's bands [C], as the engine measures it; unused by models that hold their
            own scaling.
        std: Likewise.
        method: One of `METHODS`.
        steps: How many steps down the gradient.
        learning_rate: Its peak; 0 for what suits the method.
        batch: Patches a step.
        pull: How strongly weights are drawn back to where they started: of their way from there,
            the share ``learning rate x pull`` is taken back at every step.
        seed: Of the order and the flips.
        device: One of `compute.DEVICES`.
        threads: Of the processor; 0 for all.
        folder: For checkpoints, so that a run that was killed goes on; None for none.
    """

    model: Path
    patches: np.ndarray
    labels: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    method: str = METHODS[0]
    steps: int = 60
    learning_rate: float = 0.0
    batch: int = 8
    pull: float = 30.0
    seed: int = 0
    device: str = "auto"
    threads: int = 0
    folder: Path | None = None


#: By method: the learning rate where none was asked for. It and the number of steps were chosen
#: within the western third of one scene (`docs/experiments/adapt_deep.md`): more of either learnt
#: twenty outlines by heart.
RATES = {"decoder": 1e-4, "full": 1e-4}


def fine_tune(
    request: FineTuneRequest, progress: Progress | None = None, cancelled: Check | None = None
) -> bytes:
    """Train further.

    Args:
        request: What, on what, and how.
        progress: Called with the share done (0..1) and a sentence, or an empty one.
        cancelled: Asked before every step.

    Returns:
        The new ONNX file: the old one with other weights. Its card is still the old one's.

    Raises:
        ParameterError: A setting or the labels make no sense.
        ModelError: The model cannot be trained.
        DeviceError: The device is not there.
        Cancelled: The user stopped the run; the checkpoint stays.
    """
    progress, cancelled, _ = or_silent(progress, cancelled, None)
    _check(request)
    with threads(request.threads):
        return _Run(request, progress, cancelled).result()


def _check(request: FineTuneRequest) -> None:
    patches, labels = request.patches, request.labels
    if request.method not in METHODS:
        raise ParameterError(
            f"Unknown method '{request.method}'. Choose one of {', '.join(METHODS)}."
        )
    if patches.ndim != 4 or labels.shape != (len(patches), *patches.shape[2:]):
        raise ParameterError(
            f"The patches are of shape {patches.shape}, their labels of {labels.shape}; expected "
            "[N, C, H, W] and [N, H, W]."
        )
    if request.steps < 1 or request.batch < 1:
        raise ParameterError(
            f"{request.steps} steps of {request.batch} patches; expected 1 or more of both."
        )
    counts = [int((labels == value).sum()) for value in (LANDSLIDE, NOT)]
    if not all(counts):
        raise ParameterError(
            f"The labels have {counts[0]:,} pixels of landslides and {counts[1]:,} without; a "
            "model learns from both. Add landslides, or ground that is none (AREA or NEGATIVES)."
        )


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let PyTorch use so many threads of the processor within this block; 0 changes nothing."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Run:
    """One run, step by step."""

    def __init__(self, request: FineTuneRequest, progress: Progress, cancelled: Check) -> None:
        self.request, self.progress, self.cancelled = request, progress, cancelled
        self.device = device_of(request.device)
        self.rate = request.learning_rate or RATES[request.method]
        self.loss_function = build_loss(LOSS)
        self.network = OnnxNetwork(request.model).to(self.device, memory_format=torch.channels_last)
        if self.network.bands != request.patches.shape[1]:
            raise ParameterError(
                f"{request.model.name} reads {self.network.bands} bands, and the patches have "
                f"{request.patches.shape[1]}. Give those of its card, in its order."
            )
        self.trained = trainable(self.network, request.method)
        self.start = [weight.detach().clone() for weight in self.trained]
        self.optimiser = torch.optim.AdamW(self.trained, weight_decay=0.0)
        self.scaling = [self._on_device(values) for values in (request.mean, request.std)]
        landslides = (request.labels == LANDSLIDE).any(axis=(1, 2))
        self.with_landslides = np.flatnonzero(landslides)
        self.known = np.flatnonzero((request.labels != UNKNOWN).any(axis=(1, 2)))

    def _on_device(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.asarray(values, np.float32)).to(self.device)

    def result(self) -> bytes:
        """Take the steps that are left."""
        request, clock = self.request, Clock(self.request.steps)
        first = self._resumed()
        count = sum(weight.numel() for weight in self.trained)
        self.progress(
            first / request.steps,
            f"{count:,} weights learn from {len(self.known)} patches, "
            f"{precision_name(self.device)}"
            + (f"; resumed after {first} of {request.steps} steps" if first else ""),
        )
        clock.start(first)
        saved = time.monotonic()
        for step in range(first, request.steps):
            if self.cancelled():
                self._save(step)
                raise Cancelled(_stopped(step, request))
            loss = self._step(step)
            if not math.isfinite(loss):
                raise ParameterError(
                    f"The loss is no longer a number (step {step + 1}). Lower the learning rate "
                    f"(now {self.rate:g}), and start again."
                )
            self.progress((step + 1) / request.steps, clock.said(step + 1, f"loss {loss:.3f}"))
            if time.monotonic() - saved > KEEP_EVERY:
                self._save(step + 1)
                saved = time.monotonic()
        made = self.network.to_bytes()
        if request.folder:
            (request.folder / CHECKPOINT).unlink(missing_ok=True)
        return made

    def _step(self, step: int) -> float:
        """One step down the gradient; returns the loss. One that is no number changes nothing."""
        image, target = self._batch(step)
        with autocast(self.device):
            logits = self.network.logits(image, *self.scaling)[:, 0]
        known = target != UNKNOWN
        loss = self.loss_function(logits[known], target[known])
        if not torch.isfinite(loss):
            return math.nan
        rate = self.rate * schedule(step, self.request.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.trained, CLIP)
        self.optimiser.step()
        with torch.no_grad():
            for weight, start in zip(self.trained, self.start):
                weight.lerp_(start, min(1.0, rate * self.request.pull))
        return float(loss.detach())

    def _batch(self, step: int) -> tuple[Tensor, Tensor]:
        """The patches of a step, turned and flipped at random. Chance hangs on the step alone."""
        rng = np.random.default_rng((self.request.seed, step))
        count = self.request.batch
        slides = math.ceil(WITH_LANDSLIDES * count)
        chosen = np.concatenate(
            [rng.choice(self.with_landslides, slides), rng.choice(self.known, count - slides)]
        )
        square = self.request.patches.shape[2] == self.request.patches.shape[3]
        turns = rng.integers(0, 4, count) * (1 if square else 2)
        flips = rng.integers(0, 2, count)
        images, targets = zip(
            *(
                (
                    turned(self.request.patches[index], turn, flip),
                    turned(self.request.labels[index], turn, flip),
                )
                for index, turn, flip in zip(chosen, turns, flips)
            )
        )
        image = torch.from_numpy(np.stack(images).astype(np.float32))
        return to_device(image, self.device), torch.from_numpy(np.stack(targets)).to(self.device)

    # --- checkpoints -----------------------------------------------------------------------------

    def _identity(self) -> str:
        """What decides a run, apart from the device."""
        request = self.request
        digest = hashlib.sha256(request.model.read_bytes())
        settings = request.method, request.steps, self.rate, request.batch, request.pull
        digest.update(repr((*settings, request.seed, request.patches.shape)).encode())
        for values in (
            request.labels,
            request.patches[:, :, ::16, ::16],
            np.asarray(request.mean, np.float32),
            np.asarray(request.std, np.float32),
        ):
            digest.update(np.ascontiguousarray(values))
        return digest.hexdigest()

    def _save(self, step: int) -> None:
        if not self.request.folder:
            return
        state = {
            "identity": self._identity(),
            "step": step,
            "weights": [weight.detach().cpu() for weight in self.trained],
            "optimiser": self.optimiser.state_dict(),
        }
        save_checkpoint(state, self.request.folder / CHECKPOINT)

    def _resumed(self) -> int:
        """Go on where a run like this one was killed; returns how many steps it had taken."""
        file = self.request.folder / CHECKPOINT if self.request.folder else None
        state = read_checkpoint(file)
        if state.get("identity") != self._identity():
            return 0
        with torch.no_grad():
            for weight, value in zip(self.trained, state["weights"]):
                weight.copy_(value)
        self.optimiser.load_state_dict(state["optimiser"])
        return int(state["step"])


def read_checkpoint(file: Path | None) -> dict[str, Any]:
    """What a checkpoint holds; nothing where there is none, or none that can be read."""
    if file is None or not file.is_file():
        return {}
    try:
        return load_checkpoint(file)
    except Exception:  # damaged, or somebody else's: PyTorch raises a dozen kinds
        return {}


def trainable(network: OnnxNetwork, method: str) -> list[nn.Parameter]:
    """The weights that a method trains; all others are frozen.

    Raises:
        ModelError: The network has none of them.
    """
    encoder, decoder = network.parts()
    if not encoder + decoder:
        raise ModelError(f"{network.file} holds no weights that can be trained. Export it again.")
    if method == "decoder" and not decoder:
        raise ModelError(
            f"{network.file} has no weights behind its deepest level that could be trained alone. "
            "Use METHOD=full."
        )
    for weight in encoder:
        weight.requires_grad_(method == "full")
    return [weight for weight in network.weights if weight.requires_grad]


def schedule(step: int, steps: int) -> float:
    """Share of the learning rate at a step: linear rise, then half a cosine to nothing."""
    rise = max(1, round(RISE * steps))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


def turned(values: np.ndarray, turn: int, flip: int) -> np.ndarray:
    """Turned by quarters and perhaps flipped in its last two axes."""
    values = np.rot90(values, turn, (-2, -1))
    return values[..., ::-1] if flip else values


def _stopped(step: int, request: FineTuneRequest) -> str:
    again = " The same run goes on from there." if request.folder else ""
    return f"Stopped after {step} of {request.steps} steps. No model was written.{again}"


class Clock:
    """Says now and then how long a run of equal steps will still take."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.start(0)

    def start(self, step: int) -> None:
        """Begin at a step."""
        self.first, self.began, self.told = step, time.monotonic(), 0.0

    def said(self, step: int, what: str) -> str:
        """A sentence after a step, or nothing if one was said a moment ago."""
        now = time.monotonic()
        if now - self.told < SAY_EVERY and step < self.steps:
            return ""
        self.told = now
        seconds = (now - self.began) / max(1, step - self.first) * (self.steps - step)
        left = f", {duration(seconds)} left" if step < self.steps else ""
        return f"Step {step} of {self.steps}, {what}{left}"


def duration(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
