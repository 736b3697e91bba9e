"""Fit a network to patches for a fixed number of epochs. Nothing is chosen on the way.

Cross-validation and final weights come from here: no checkpoint competes, the weights are an
average over the last steps of a learning rate that has come down to nothing. On a graphics card
every step is one recorded graph of operations. Several fits may share the card, each on a stream
of its own; on an H200 that gained nothing, since one fit of recorded steps keeps it busy.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..engine.common.errors import ParameterError
from .auxiliary import build_auxiliary
from .compute import autocast
from .config import Config
from .losses import build_loss
from .network import fit_components, network_of
from .samples import Samples, beside, training_batches
from .schedules import epoch_count, epoch_steps, learning_rate
from .transfer import freeze_encoder

#: Steps before the recording of a graph, as PyTorch's manual wants them.
WARM_UP = 3


def mixing_share(config: Config, step: int) -> float:
    """Share of a batch itself where it is mixed with its neighbours (Eq. 8); 1 for no mixing.

    Drawn from the recipe's beta distribution by seed and step, so that a resumed run draws alike.
    """
    if not config.mixup:
        return 1.0
    rng = np.random.default_rng([config.seed, step])
    return float(rng.beta(config.mixup, config.mixup))


def build_optimiser(
    config: Config, trained: list[nn.Parameter], graphs: bool
) -> torch.optim.Optimizer:
    """The recipe's optimiser; its learning rate is set at every step.

    Args:
        config: The recipe.
        trained: What it moves.
        graphs: Whether a graphics card may record its steps.

    Raises:
        ParameterError: Unknown optimiser.
    """
    if config.optimiser == "adamw":
        return torch.optim.AdamW(
            trained,
            lr=torch.zeros((), device=trained[0].device) if graphs else 1e-3,
            weight_decay=config.weight_decay,
            capturable=graphs,
            fused=graphs,
        )
    if config.optimiser == "sgd":
        return torch.optim.SGD(
            trained, lr=1e-3, momentum=config.momentum, weight_decay=config.weight_decay
        )
    raise ParameterError(f"Unknown optimiser '{config.optimiser}'. Choose adamw or sgd.")


def recordable(config: Config, device: torch.device) -> bool:
    """Whether steps may be recorded as a graph: what they do must not depend on what they see."""
    return device.type == "cuda" and config.optimiser == "adamw" and not config.auxiliary


class Step:
    """One step down the gradient, and of the average towards the new weights.

    Args:
        config: Losses, optimiser, clipping, smoothing, mixing.
        model: The network; its weights change in place.
        average: Its averaged copy, likewise.
        device: Where both are.
    """

    def __init__(
        self, config: Config, model: nn.Module, average: nn.Module, device: torch.device
    ) -> None:
        self.config, self.model, self.average, self.device = config, model, average, device
        self.loss_function = build_loss(config.loss)
        self.kinds = 2 if config.pseudo.method else 1  # of patches, each so much of the batch
        self.auxiliary = build_auxiliary(config, model).to(device)
        both = (*model.parameters(), *self.auxiliary.parameters())
        self.trained = [p for p in both if p.requires_grad]
        self.keep = torch.zeros((), device=device)
        self.share = torch.ones((), device=device)
        self.optimiser = build_optimiser(config, self.trained, recordable(config, device))
        current, averaged = model.state_dict(), average.state_dict()
        floating = [name for name, value in averaged.items() if value.dtype.is_floating_point]
        counters = [name for name in averaged if name not in floating]
        self.current = [current[name] for name in floating]
        self.averaged = [averaged[name] for name in floating]
        self.counters = [averaged[name] for name in counters], [current[name] for name in counters]

    def __call__(
        self, image: Tensor, target: Tensor, rate: float, keep: float, share: float = 1.0
    ) -> Tensor:
        """Take a step. Returns the loss; where that is no number, nothing is changed.

        Args:
            image: [N, C, H, W].
            target: [N, 1, H, W].
            rate: Learning rate.
            keep: Share that the average keeps.
            share: `mixing_share`.
        """
        self.set_rates(rate, keep, share)
        loss = self.loss(image, target)
        if torch.isfinite(loss):
            self.descend(loss)
        return loss.detach()

    def set_rates(self, rate: float, keep: float, share: float = 1.0) -> None:
        """Put the numbers of this step where the operations read them."""
        self.keep.fill_(keep)
        self.share.fill_(share)
        for group in self.optimiser.param_groups:
            # A resumed optimiser has a tensor of its own, which is not the one it was made with.
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate

    def loss(self, image: Tensor, target: Tensor) -> Tensor:
        """Loss of a batch: mixed with itself moved on by one patch, if the recipe says so.

        Patches with pseudo-labels are mixed among themselves, and their loss is added to that of
        the labelled ones (competition, Eq. 5 to 9).
        """
        smoothing = self.config.smoothing
        target = target * (1 - 2 * smoothing) + smoothing if smoothing else target
        if self.config.mixup:
            image = self.share * image + (1 - self.share) * self._moved_on(image)
        with autocast(self.device):
            logits = self.model(image.contiguous(memory_format=torch.channels_last))
        if not self.config.mixup:
            return self._terms(logits, image, target)
        both = (self._terms(logits, image, side) for side in (target, self._moved_on(target)))
        return self.share * next(both) + (1 - self.share) * next(both)

    def _moved_on(self, batch: Tensor) -> Tensor:
        return torch.cat([part.roll(1, 0) for part in batch.chunk(self.kinds)])

    def _terms(self, logits: Tensor, image: Tensor, target: Tensor) -> Tensor:
        pairs = zip(logits.chunk(self.kinds), target.chunk(self.kinds), strict=True)
        loss = torch.stack([self.loss_function(*pair) for pair in pairs]).sum()
        for name, term in self.auxiliary.items():
            loss = loss + self.config.auxiliary[name] * term.loss(image, target)
        return loss

    def descend(self, loss: Tensor) -> None:
        """Gradient, step, average; nothing here waits for the device."""
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.trained, self.config.clip)
        self.optimiser.step()
        self.move_average()
        for term in self.auxiliary.values():
            term.after_step()

    def parts(self) -> dict[str, nn.Module]:
        """What a checkpoint keeps of this, by name."""
        extra = {"auxiliary": self.auxiliary} if len(self.auxiliary) else {}
        return {"model": self.model, "average": self.average, **extra}

    @torch.no_grad()
    def move_average(self) -> None:
        """Move the averaged weights and BatchNorm statistics towards the current ones."""
        # By their difference, so that weights that stand still stay the same to the last bit.
        difference = torch._foreach_sub(self.current, self.averaged)
        torch._foreach_mul_(difference, 1 - self.keep)
        torch._foreach_add_(self.averaged, difference)
        if self.counters[0]:
            torch._foreach_copy_(*self.counters)


class GraphedStep(Step):
    """The same, recorded once and replayed: one launch instead of a thousand.

    Args:
        shape: [N, C, H, W] of every batch.
    """

    def __init__(
        self,
        config: Config,
        model: nn.Module,
        average: nn.Module,
        device: torch.device,
        shape: Sequence[int],
    ) -> None:
        super().__init__(config, model, average, device)
        self.image = torch.randn(tuple(shape), device=device)
        self.target = torch.zeros(shape[0], 1, *shape[2:], device=device)
        self.target[:, :, ::4] = 1
        before = copy.deepcopy(model.state_dict()), copy.deepcopy(average.state_dict())
        for _ in range(WARM_UP):
            self.descend(self.loss(self.image, self.target))
        self.optimiser.zero_grad(set_to_none=True)
        torch.cuda.current_stream().synchronize()
        self.graph = torch.cuda.CUDAGraph()
        stream = torch.cuda.current_stream()
        with torch.cuda.graph(self.graph, stream=stream, capture_error_mode="thread_local"):
            self.recorded = self.loss(self.image, self.target)
            self.descend(self.recorded)
        # The rehearsal moved BatchNorm's statistics and the optimiser's: back to the start.
        with torch.no_grad():
            for network, state in zip((model, average), before, strict=True):
                for name, value in network.state_dict().items():
                    value.copy_(state[name])
            for slots in self.optimiser.state.values():
                for value in slots.values():
                    value.zero_()

    def __call__(
        self, image: Tensor, target: Tensor, rate: float, keep: float, share: float = 1.0
    ) -> Tensor:
        """As `Step`; the loss is not looked at."""
        self.set_rates(rate, keep, share)
        self.image.copy_(image)
        self.target.copy_(target)
        self.graph.replay()
        return self.recorded.detach()


def labelled_batch(config: Config) -> int:
    """Labelled patches in a batch: half of it where others have pseudo-labels."""
    return config.batch // 2 if config.pseudo.method else config.batch


def epoch_batches(
    config: Config,
    samples: Samples,
    chosen: np.ndarray,
    rng: torch.Generator,
    quiet: Sequence[Tensor] = (),
    other: Samples | None = None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch of batches as a recipe has them.

    Args:
        config: The recipe.
        samples: All labelled patches.
        chosen: Indices of those of this epoch.
        rng: Source of all chance.
        quiet: Scenes without landslides to paste from.
        other: Patches with pseudo-labels, if the recipe has any.
    """
    size = labelled_batch(config)
    options = samples, chosen, config.augmentation, size, rng, quiet, config.sampler
    batches = training_batches(*options)
    return batches if other is None else beside(batches, other, config.augmentation, rng)


def start_from(model: nn.Module, config: Config, weights: dict[str, Tensor] | None) -> None:
    """Give a network the weights of the run that a recipe starts from, and freeze its encoder.

    Raises:
        ParameterError: They are not there, or of another network.
    """
    if config.start and weights is None:
        raise ParameterError(
            f"The recipe {config.name} starts from '{config.start}', whose weights are not here. "
            "Train that first, and name its run."
        )
    if weights is not None:
        try:
            model.load_state_dict(weights)
        except RuntimeError as err:
            raise ParameterError(
                f"{config.name} cannot start from '{config.start}', which is another network. Give "
                "both the same network, options and bands."
            ) from err
    if config.freeze_encoder and config.start:
        freeze_encoder(model, config.start)


class Fit:
    """A network on its way.

    Args:
        config: What to train.
        samples: All patches.
        chosen: Indices of the patches to train on.
        quiet: Indices of the patches without landslides, of which `config.quiet` come up.
        stream: Stream of a graphics card for all that this fit does; None for the processor.
        graphed: Whether a graphics card records its steps.
        other: Patches with pseudo-labels, which make up half of every batch.
        weights: Of another run, to start from.
        network: To train; the recipe's own network where it is left out.

    Attributes:
        model: The network.
        average: Its averaged weights, the result.
        losses: Mean loss of every epoch so far.
    """

    def __init__(
        self,
        config: Config,
        samples: Samples,
        chosen: np.ndarray,
        quiet: np.ndarray | None = None,
        stream: Any = None,
        graphed: bool = True,
        other: Samples | None = None,
        weights: dict[str, Tensor] | None = None,
        network: nn.Module | None = None,
    ) -> None:
        self.graphed, self.other = graphed, other
        self.config, self.samples, self.chosen = config, samples, chosen
        self.quiet = np.empty(0, int) if quiet is None else quiet
        self.stream = stream
        self.losses: list[float] = []
        torch.manual_seed(config.seed)
        device = samples.device
        self.rng = torch.Generator(device).manual_seed(config.seed)
        self.order = np.random.default_rng(config.seed)
        if network is None:
            network = network_of(config, len(samples.bands))
        model = network.to(device)
        fit_components(model, samples, chosen)
        start_from(model, config, weights)
        self.model = model.to(device, memory_format=torch.channels_last).train()
        self.average = copy.deepcopy(self.model).eval()
        self.steps_per_epoch = len(self._epoch()) // labelled_batch(config)

    def _epoch(self) -> np.ndarray:
        """Indices of the patches of an epoch."""
        share = self.config.quiet if len(self.quiet) else 0.0
        count = round(len(self.chosen) * share / (1 - share))
        return (
            np.concatenate([self.chosen, self.order.choice(self.quiet, count)])
            if count
            else (self.chosen)
        )

    def _step(self) -> Step:
        config, device = self.config, self.samples.device
        if not self.graphed or not recordable(config, device):
            return Step(config, self.model, self.average, device)
        count = config.batch if self.other is None else 2 * labelled_batch(config)
        shape = (count, len(self.samples.bands), *self.samples.levels.shape[2:])
        try:
            return GraphedStep(config, self.model, self.average, device, shape)
        except RuntimeError as err:  # a driver or an operation that cannot be recorded
            print(f"Steps are not recorded: {err}", flush=True)
            return Step(config, self.model, self.average, device)

    def steps(self) -> Iterator[int]:
        """Train; yields the number of every step, after it was taken.

        Raises:
            ParameterError: The loss is no longer a number.
        """
        config, number = self.config, 0
        with on_stream(self.stream):
            step = self._step()
        for epoch in range(epoch_count(config, self.steps_per_epoch)):
            with on_stream(self.stream):
                batches = epoch_batches(
                    config, self.samples, self._epoch(), self.rng, other=self.other
                )
            total: Tensor | float = 0.0
            count = epoch_steps(config, self.steps_per_epoch, epoch)
            for _ in range(count):
                with on_stream(self.stream):
                    image, target = next(batches)
                    rate = learning_rate(config, number, self.steps_per_epoch)
                    # A short run must not average over its random start.
                    keep = min(config.ema, (1 + number) / (10 + number))
                    share = mixing_share(config, number)
                    total = total + step(image, target, rate, keep, share)
                number += 1
                yield number
            with on_stream(self.stream):  # which it has to wait for
                self.losses.append(float(total) / count)
            if not math.isfinite(self.losses[-1]):
                raise ParameterError(
                    f"The loss of {config.name} is no longer a number (epoch {epoch + 1}). Lower "
                    f"learning_rate (now {config.learning_rate:g}) or clip (now {config.clip:g})."
                )


def on_stream(stream: Any) -> Any:
    """Context in which all work goes to a stream of the graphics card; None changes nothing."""
    return torch.cuda.stream(stream)  # which accepts None


def fit_together(
    starts: Sequence[Callable[[Any], Fit]],
    together: int,
    done: Callable[[int, Fit], None],
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Run fits side by side, a step of each in turn.

    Args:
        starts: Make the fits, each with the stream that it gets.
        together: How many run at a time; 1 on a processor.
        done: Called with the place of a fit in the list, and the fit, when it has ended.
        stop: Asked after every round of steps; what is not done then is given up.
    """
    waiting = list(enumerate(starts))
    running: list[tuple[int, Fit, Iterator[int]]] = []
    while (waiting or running) and not stop():
        while waiting and len(running) < together:
            place, start = waiting.pop(0)
            stream = torch.cuda.Stream() if torch.cuda.is_available() else None
            with on_stream(stream):
                fit = start(stream)
            running.append((place, fit, fit.steps()))
        for entry in list(running):
            place, fit, steps = entry
            if next(steps, None) is None:
                running.remove(entry)
                with on_stream(fit.stream):
                    done(place, fit)
