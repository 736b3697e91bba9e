"""Learning rates: plain functions of the step, so that a resumed run needs no scheduler."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..engine.common.errors import ParameterError
from .config import Config


def exponential(config: Config, step: int, steps_per_epoch: int) -> float:
    """Times `decay` after every epoch: Adam at 1e-3, x 0.95 (SwAV paper, III-C)."""
    return config.learning_rate * config.decay ** (step // steps_per_epoch)


def onecycle(config: Config, step: int, steps_per_epoch: int) -> float:
    """A rise over the first tenth, then a cosine to nothing."""
    total = total_steps(config, steps_per_epoch)
    rise = max(1, total // 10)
    if step < rise:
        return config.learning_rate * (0.05 + 0.95 * step / rise)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - rise) / (total - rise)))


def constant(config: Config, _step: int, _steps_per_epoch: int) -> float:
    """The same at every step, as the benchmark names no other (section V-A)."""
    return config.learning_rate


def poly(config: Config, step: int, steps_per_epoch: int, power: float = 0.9) -> float:
    """(1 - step / total) ** 0.9, the polynomial annealing of DeepLab and of HPCL-Net (3.4.2)."""
    return config.learning_rate * (1 - step / total_steps(config, steps_per_epoch)) ** power


def restarts(config: Config, step: int, steps_per_epoch: int) -> float:
    """Cosine with warm restarts, each cycle twice as long, behind a warm-up (competition, VII-B).

    The figure there names two epochs of warm-up from 1e-5, a multiplier of 2 and a minimum of 0;
    peak and first cycle, which it does not name, are `learning_rate` and `cycle`.
    """
    epoch = step / steps_per_epoch
    if epoch < config.warm_up:
        start = min(WARM_START, config.learning_rate)
        return start + (config.learning_rate - start) * epoch / config.warm_up
    epoch, length = epoch - config.warm_up, float(config.cycle)
    while epoch >= length:
        epoch, length = epoch - length, 2 * length
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * epoch / length))


#: Where the warm-up of `restarts` begins.
WARM_START = 1e-5
SCHEDULES: dict[str, Callable[[Config, int, int], float]] = {
    "exponential": exponential,
    "onecycle": onecycle,
    "constant": constant,
    "poly": poly,
    "restarts": restarts,
}


def learning_rate(config: Config, step: int, steps_per_epoch: int) -> float:
    """Learning rate of a step.

    Raises:
        ParameterError: Unknown schedule.
    """
    if config.schedule not in SCHEDULES:
        raise ParameterError(
            f"Unknown schedule '{config.schedule}'. Choose one of {', '.join(SCHEDULES)}."
        )
    return SCHEDULES[config.schedule](config, step, steps_per_epoch)


def total_steps(config: Config, steps_per_epoch: int) -> int:
    """Steps of a whole run."""
    return config.iterations or config.epochs * steps_per_epoch


def epoch_count(config: Config, steps_per_epoch: int) -> int:
    """Epochs of a whole run; the last one may be cut short by `iterations`."""
    return -(-total_steps(config, steps_per_epoch) // steps_per_epoch)


def epoch_steps(config: Config, steps_per_epoch: int, epoch: int) -> int:
    """Steps of an epoch, by its number from 0."""
    left = total_steps(config, steps_per_epoch) - epoch * steps_per_epoch
    return max(0, min(steps_per_epoch, left))
