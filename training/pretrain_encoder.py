"""SwAV on somebody's own scenes without labels, starting from a shipped model's encoder.

Section II of "Contrastive Self-Supervised Learning for Globally Distributed Landslide Detection":
the encoder learns to predict the cluster of one view of a patch from another. What it says has
another meaning then to the decoder, which has to be trained again with labels, the encoder frozen
(`fine_tune` with the method ``decoder``).
"""

from __future__ import annotations

import hashlib
import math
import shutil
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..engine.common.errors import Cancelled, ParameterError
from ..engine.common.hooks import Check, Progress, Warn, or_silent
from ..engine.models.card import ModelCard
from ..engine.models.one_place import (
    card_for_one_place,
    check_output,
    work_folder_of,
    write_model,
)
from ..engine.models.runtime import Model
from ..engine.raster.reading import bounded_cache
from .compute import device_of, precision_name
from .fine_tune import KEEP_EVERY, Clock, read_checkpoint, schedule, threads
from .onnx_network import OnnxNetwork
from .pretrain import Config, pretraining_step
from .run_folder import save_checkpoint
from .scene_patches import Scene, ScenePatches, open_scene, read_patches, scene_windows
from .swav import SwAV, usage_entropy
from .views import Views, multi_crop, optical_bands

#: Most patches of all scenes together.
MOST = 800
#: Fewest patches: fewer have no clusters to be found.
FEWEST = 32
#: Steps after which the use of prototypes is looked at.
WATCHED = 50
CHECKPOINT = "pretrain.pt"
#: What a user must know who is given such a model.
WARNING = (
    "Its encoder was trained further without labels, and its decoder does not know that yet: do "
    "not detect with it. Adapt it with labels first (METHOD=decoder)."
)


@dataclass(frozen=True)
class EncoderRequest:
    """What to pre-train on what.

    Attributes:
        stacks: Rasters with named bands; no labels.
        model: Path of the ONNX file whose encoder it starts from.
        output: Path of the ONNX file to write.
        dem: DEM raster, or None.
        steps: Steps down the gradient.
        batch: Patches a step.
        learning_rate: Its peak.
        prototypes: Number of clusters.
        band_mapping: See `stack.open_stack`.
        device: One of `compute.DEVICES`.
        threads: Of the processor; 0 for all.
        seed: Of weights, order and views.
        views: How the views of a patch differ.
    """

    stacks: tuple[str, ...]
    model: str
    output: str
    dem: str | None = None
    steps: int = 200
    batch: int = 16
    learning_rate: float = 3e-4
    prototypes: int = 32
    band_mapping: str = ""
    device: str = "auto"
    threads: int = 0
    seed: int = 0
    views: Views = field(default_factory=Views)


@dataclass(frozen=True)
class Pretraining:
    """What came out.

    Attributes:
        card: The new model's card.
        patches: How many were learnt from.
        loss: Mean of the last tenth of the steps.
        usage: How evenly prototypes were used there: 1 alike, 0 is a collapse.
        seconds: How long it took.
    """

    card: ModelCard
    patches: int
    loss: float
    usage: float
    seconds: float

    def sentence(self) -> str:
        """What it is, and what it is not."""
        return (
            f"The encoder learnt from {self.patches} patches without labels (loss {self.loss:.2f}, "
            f"use of prototypes {self.usage:.2f} of 1). {WARNING}"
        )


def pretrain_encoder(
    request: EncoderRequest,
    progress: Progress | None = None,
    cancelled: Check | None = None,
    warn: Warn | None = None,
) -> Pretraining:
    """Train the encoder of a model further, without labels.

    Args:
        request: What to do.
        progress: Called with the share done (0..1) and a sentence, or an empty one.
        cancelled: Asked before every step.
        warn: Called with each sentence that the user should see though the run goes on.

    Raises:
        ParameterError: A setting makes no sense, or the scenes are too small.
        LandslipError: As for `detect`.
        Cancelled: The user stopped the run; its checkpoint stays.
    """
    progress, cancelled, warn = or_silent(progress, cancelled, warn)
    check_output(request.output, request.model)
    if not request.stacks:
        raise ParameterError("No scene was given; expected one or more stacks.")
    if min(request.steps, request.batch - 1, request.prototypes - 1) < 1:
        raise ParameterError(
            f"{request.steps} steps, batches of {request.batch} and {request.prototypes} "
            "prototypes; expected 1 or more, 2 or more, and 2 or more."
        )
    with threads(request.threads), bounded_cache():
        return _Run(request, progress, cancelled, warn).result()


class Encoder(nn.Module):
    """The encoder of an ONNX network behind normalised views of one scene.

    Args:
        network: The network.

    Attributes:
        scaling: Mean [C] and std [C] of the scene that the views are of.
    """

    def __init__(self, network: OnnxNetwork) -> None:
        super().__init__()
        self.network = network
        self.scaling: tuple[Tensor, Tensor] = (torch.zeros(1), torch.ones(1))

    def forward(self, views: Tensor) -> list[Tensor]:
        """Normalised views [N, C, H, W] -> the deepest feature map, as `SwAV` wants it."""
        mean, std = self.scaling
        # The graph normalises by itself, terrain by scales of its own.
        physical = views * std[:, None, None] + mean[:, None, None]
        return [self.network.deepest(physical, mean, std)]


class _Run:
    """One run, step by step."""

    def __init__(
        self, request: EncoderRequest, progress: Progress, cancelled: Check, warn: Warn
    ) -> None:
        self.started = time.monotonic()
        self.request = request
        self.progress, self.cancelled, self.warn = progress, cancelled, warn
        self.device = device_of(request.device)
        self.card = Model(request.model, "cpu", request.threads).card
        self.folder = work_folder_of(request.output)
        self.scenes = self._scenes()
        count = sum(len(patches) for _, patches in self.scenes)
        if count < max(FEWEST, request.batch):
            raise ParameterError(
                f"The scenes have {count} patches of {self.card.patch_size} pixels with data; "
                f"expected {max(FEWEST, request.batch)} or more. Give larger scenes, or more."
            )
        self.count = count
        self.config = replace(
            Config(), prototypes=request.prototypes, frozen_prototypes=request.steps // 20
        )
        torch.manual_seed(request.seed)
        network = OnnxNetwork(Path(request.model))
        self.encoder = Encoder(network)
        for weight in network.parts()[1]:
            weight.requires_grad_(False)
        side = self.card.patch_size
        with torch.no_grad():
            example = self._scaled(0)[0][None, :, None, None].expand(1, -1, side, side).cpu()
            features = network.deepest(example, *(each.cpu() for each in self._scaled(0))).shape[1]
        self.model = SwAV(self.encoder, features, request.prototypes, queue=self._queue())
        self.model = self.model.to(self.device, memory_format=torch.channels_last).train()
        trained = [p for p in self.model.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(trained, weight_decay=self.config.weight_decay)

    def _queue(self) -> int:
        """Former embeddings that help a batch with fewer patches than prototypes."""
        batch = self.request.batch
        return 0 if batch >= 4 * self.request.prototypes else 4 * self.request.prototypes

    def _scenes(self) -> list[tuple[Scene, ScenePatches]]:
        """Every scene with its patches."""
        request, scenes = self.request, []
        rng = np.random.default_rng(request.seed)
        share = 0.05 / len(request.stacks)
        for number, path in enumerate(request.stacks):
            scene = open_scene(
                path, request.dem, request.band_mapping, self.card, self.warn, self.cancelled
            )
            windows = scene_windows(scene, MOST // len(request.stacks), rng)

            def told(done: float, _: str, number: int = number) -> None:
                self.progress(share * (number + done), "")

            scenes.append((scene, read_patches(scene, windows, told, self.cancelled)))
        return scenes

    def _scaled(self, scene: int) -> tuple[Tensor, Tensor]:
        """Mean and std of a scene, on the device."""
        values = self.scenes[scene][0]
        return tuple(torch.from_numpy(each).to(self.device) for each in (values.mean, values.std))

    def result(self) -> Pretraining:
        """Take the steps that are left, and write the file."""
        request, clock = self.request, Clock(self.request.steps)
        identity = self._identity()
        first = self._resumed(identity)
        self.progress(
            0.05,
            f"The encoder learns from {self.count} patches of {len(self.scenes)} scene(s) without "
            f"labels, {precision_name(self.device)}"
            + (f"; resumed after {first} of {request.steps} steps" if first else ""),
        )
        clock.start(first)
        saved, losses, counts = time.monotonic(), [], torch.zeros(request.prototypes)
        watched = max(1, min(WATCHED, request.steps // 10))
        for step in range(first, request.steps):
            if self.cancelled():
                self._save(identity, step)
                raise Cancelled(
                    f"Stopped after {step} of {request.steps} steps. No model was written. The "
                    "same run goes on from there."
                )
            if step % watched == 0:
                counts.zero_()
            loss, used = self._step(step)
            if not math.isfinite(loss):
                raise ParameterError(
                    f"The loss is no longer a number (step {step + 1}). Lower LEARNING_RATE (now "
                    f"{request.learning_rate:g}), and start again."
                )
            losses = [*losses, loss][-watched:]
            counts += used.cpu()
            self.progress(
                0.05 + 0.95 * (step + 1) / request.steps,
                clock.said(step + 1, f"loss {np.mean(losses):.3f}"),
            )
            # Not after the last step: LOSS and USAGE are told of steps, and none would be left.
            if step + 1 < request.steps and time.monotonic() - saved > KEEP_EVERY:
                self._save(identity, step + 1)
                saved = time.monotonic()
        return self._written(float(np.mean(losses)) if losses else math.nan, counts)

    def _step(self, step: int) -> tuple[float, Tensor]:
        """One step on a batch of one scene. Chance hangs on the step alone."""
        request = self.request
        rng = np.random.default_rng((request.seed, step))
        sizes = np.array([len(patches) for _, patches in self.scenes])
        number = int(rng.choice(len(sizes), p=sizes / sizes.sum()))
        scene, patches = self.scenes[number]
        chosen = rng.choice(len(patches), request.batch, replace=len(patches) < request.batch)
        image = torch.from_numpy(patches.images[np.sort(chosen)])
        torch_rng = torch.Generator().manual_seed(int(rng.integers(2**62)))
        mean, std = (
            torch.from_numpy(each).expand(len(image), -1) for each in (scene.mean, scene.std)
        )
        bands = optical_bands(self.card.bands)
        views = multi_crop(image, mean, std, bands, request.views, torch_rng)
        self.encoder.scaling = self._scaled(number)
        for group in self.optimiser.param_groups:
            group["lr"] = request.learning_rate * schedule(step, request.steps)
        fill_queue = step >= request.steps // 10
        return pretraining_step(
            self.model, self.optimiser, views, self.config, step, fill_queue, self.device
        )

    def _written(self, loss: float, counts: Tensor) -> Pretraining:
        request = self.request
        usage = usage_entropy(counts) / math.log(request.prototypes)
        if usage < self.config.low_usage:
            self.warn(
                f"The views fall on few of the {request.prototypes} prototypes (use {usage:.2f}, 1 "
                "is even): the features may have collapsed. Lower LEARNING_RATE, or give more "
                "scenes."
            )
        names = ", ".join(Path(each).name for each in request.stacks)
        text = (
            f"{self.card.name} {self.card.version}; its encoder learnt further by SwAV from "
            f"{self.count} patches of {names} without labels, in {request.steps} steps."
        )
        what = f"{self.card.name}, trained further for one place."
        card = card_for_one_place(self.card, request.output, what, text, WARNING)
        write_model(self.encoder.network.to_bytes(), card, request.output)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.progress(1.0, "")
        seconds = time.monotonic() - self.started
        return Pretraining(card, self.count, loss, usage, seconds)

    # --- checkpoints -----------------------------------------------------------------------------

    def _identity(self) -> str:
        """What decides a run, apart from the device."""
        request = self.request
        digest = hashlib.sha256(Path(request.model).read_bytes())
        settings = request.steps, request.batch, request.learning_rate, request.prototypes
        digest.update(repr((*settings, request.seed, request.views)).encode())
        for scene, patches in self.scenes:
            for values in (scene.mean, scene.std, patches.images[:, :, ::16, ::16]):
                digest.update(np.ascontiguousarray(values))
        return digest.hexdigest()

    def _save(self, identity: str, step: int) -> None:
        state = {
            "identity": identity,
            "step": step,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        save_checkpoint(state, self.folder / CHECKPOINT)

    def _resumed(self, identity: str) -> int:
        """Go on where a run like this one was killed; returns how many steps it had taken."""
        state = read_checkpoint(self.folder / CHECKPOINT)
        if state.get("identity") != identity:
            return 0
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        return int(state["step"])
