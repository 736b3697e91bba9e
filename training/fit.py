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
from .compute import autocast
from .config import Config
from .losses import build_loss
from .models import build_model
from .samples import Samples, training_batches

#: Steps before the recording of a graph, as PyTorch's manual wants them.
WARM_UP = 3


def learning_rate(config: Config, step: int, steps_per_epoch: int) -> float:
    """Learning rate of a step; a plain function of it, so that a resumed run needs no scheduler.

    Raises:
        ParameterError: Unknown schedule.
    """
    if config.schedule == "exponential":  # Adam at 1e-3, x 0.95 an epoch (SwAV paper, III-C)
        return config.learning_rate * config.decay ** (step // steps_per_epoch)
    if config.schedule != "onecycle":
        raise ParameterError(
            f"Unknown schedule '{config.schedule}'. Choose exponential or onecycle."
        )
    total = config.epochs * steps_per_epoch
    rise = max(1, total // 10)
    if step < rise:
        return config.learning_rate * (0.05 + 0.95 * step / rise)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - rise) / (total - rise)))


class Step:
    """One step down the gradient, and of the average towards the new weights.

    Args:
        config: Loss, clipping, smoothing.
        model: The network; its weights change in place.
        average: Its averaged copy, likewise.
        device: Where both are.
    """

    def __init__(
        self, config: Config, model: nn.Module, average: nn.Module, device: torch.device
    ) -> None:
        self.config, self.model, self.average, self.device = config, model, average, device
        self.loss_function = build_loss(config.loss)
        self.trained = [p for p in model.parameters() if p.requires_grad]
        self.keep = torch.zeros((), device=device)
        graphs = device.type == "cuda"
        self.optimiser = torch.optim.AdamW(
            self.trained,
            lr=torch.zeros((), device=device) if graphs else 1e-3,
            weight_decay=config.weight_decay,
            capturable=graphs,
            fused=graphs,
        )
        current, averaged = model.state_dict(), average.state_dict()
        floating = [name for name, value in averaged.items() if value.dtype.is_floating_point]
        counters = [name for name in averaged if name not in floating]
        self.current = [current[name] for name in floating]
        self.averaged = [averaged[name] for name in floating]
        self.counters = [averaged[name] for name in counters], [current[name] for name in counters]

    def __call__(self, image: Tensor, target: Tensor, rate: float, keep: float) -> Tensor:
        """Take a step with this learning rate; the average keeps this share. Returns the loss.

        A loss that is no number is returned, and nothing is changed.
        """
        self.set_rates(rate, keep)
        loss = self.loss(image, target)
        if torch.isfinite(loss):
            self.descend(loss)
        return loss.detach()

    def set_rates(self, rate: float, keep: float) -> None:
        """Put the numbers of this step where the operations read them."""
        self.keep.fill_(keep)
        for group in self.optimiser.param_groups:
            # A resumed optimiser has a tensor of its own, which is not the one it was made with.
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate

    def loss(self, image: Tensor, target: Tensor) -> Tensor:
        """Loss of a batch."""
        smoothing = self.config.smoothing
        target = target * (1 - 2 * smoothing) + smoothing if smoothing else target
        with autocast(self.device):
            logits = self.model(image.contiguous(memory_format=torch.channels_last))
        return self.loss_function(logits, target)

    def descend(self, loss: Tensor) -> None:
        """Gradient, step, average; nothing here waits for the device."""
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.trained, self.config.clip)
        self.optimiser.step()
        self.move_average()

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

    def __call__(self, image: Tensor, target: Tensor, rate: float, keep: float) -> Tensor:
        """As `Step`; the loss is not looked at."""
        self.set_rates(rate, keep)
        self.image.copy_(image)
        self.target.copy_(target)
        self.graph.replay()
        return self.recorded.detach()


class Fit:
    """A network on its way.

    Args:
        config: What to train.
        samples: All patches.
        chosen: Indices of the patches to train on.
        quiet: Indices of the patches without landslides, of which `config.quiet` come up.
        stream: Stream of a graphics card for all that this fit does; None for the processor.
        graphed: Whether a graphics card records its steps.
        network: Where to start from; the recipe's own network where it is left out.

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
        network: nn.Module | None = None,
    ) -> None:
        self.graphed = graphed
        self.config, self.samples, self.chosen = config, samples, chosen
        self.quiet = np.empty(0, int) if quiet is None else quiet
        self.stream = stream
        self.losses: list[float] = []
        torch.manual_seed(config.seed)
        device = samples.device
        self.rng = torch.Generator(device).manual_seed(config.seed)
        self.order = np.random.default_rng(config.seed)
        if network is None:
            network = build_model(config.network, len(samples.bands), **config.options)
        self.model = network.to(device, memory_format=torch.channels_last).train()
        self.average = copy.deepcopy(self.model).eval()
        self.steps_per_epoch = len(self._epoch()) // config.batch

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
        if device.type != "cuda" or not self.graphed:
            return Step(config, self.model, self.average, device)
        shape = (config.batch, len(self.samples.bands), *self.samples.levels.shape[2:])
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
        for epoch in range(config.epochs):
            with on_stream(self.stream):
                batches = training_batches(
                    self.samples, self._epoch(), config.augmentation, config.batch, self.rng
                )
            total: Tensor | float = 0.0
            for _ in range(self.steps_per_epoch):
                with on_stream(self.stream):
                    image, target = next(batches)
                    rate = learning_rate(config, number, self.steps_per_epoch)
                    # A short run must not average over its random start.
                    keep = min(config.ema, (1 + number) / (10 + number))
                    total = total + step(image, target, rate, keep)
                number += 1
                yield number
            with on_stream(self.stream):  # which it has to wait for
                self.losses.append(float(total) / self.steps_per_epoch)
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
