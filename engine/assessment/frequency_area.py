"""How many landslides there are of which size: density, and fits by maximum likelihood.

Areas are in m2. Exponents are those of the density of landslides by area (non-cumulative), which
falls as area to the power of minus the exponent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..common.dependencies import require
from ..common.errors import ParameterError

#: Fewer landslides than this say nothing about a tail.
LEAST = 50
#: Width of the bins of the density, in powers of ten.
BIN_WIDTH = 0.125
#: Starts of the tail that are tried, and resamples for its confidence interval.
_CANDIDATES, _RESAMPLES = 60, 100
#: Of a normal distribution, within plus and minus so many standard deviations lie 95 %.
_Z95 = 1.96


@dataclass(frozen=True)
class PowerLaw:
    """A power-law tail (Clauset, Shalizi and Newman 2009).

    Attributes:
        exponent: Its exponent.
        low: Lower end of the 95 % confidence interval, by resampling.
        high: Upper end.
        start: Area from which on the tail is a power law, m2.
        count: Landslides in the tail.
        total: All landslides.
        distance: Kolmogorov-Smirnov distance between the tail and the fit.
    """

    exponent: float
    low: float
    high: float
    start: float
    count: int
    total: int
    distance: float

    def density(self, area: np.ndarray) -> np.ndarray:
        """Probability density of all landslides at ``area``, 1/m2; NaN below the tail's start."""
        share = self.count / self.total
        tail = share * (self.exponent - 1) / self.start * (area / self.start) ** -self.exponent
        return np.where(area >= self.start, tail, np.nan)


@dataclass(frozen=True)
class InverseGamma:
    """The three-parameter inverse gamma distribution (Malamud et al. 2004, eq. 3).

    Attributes:
        rho: Controls the power-law decay of large landslides.
        scale: Their ``a``, m2.
        shift: Their ``s``, m2.
        low: Lower end of the 95 % confidence interval of `exponent`, from the curvature of the
            likelihood; NaN where that has no clear maximum.
        high: Upper end.
    """

    rho: float
    scale: float
    shift: float
    low: float
    high: float

    @property
    def exponent(self) -> float:
        """Exponent of the tail."""
        return self.rho + 1

    @property
    def rollover(self) -> float:
        """The most frequent area, m2."""
        return self.scale / (self.rho + 1) + self.shift

    def density(self, area: np.ndarray) -> np.ndarray:
        """Probability density at ``area``, 1/m2."""
        stats = require("scipy.stats", "scipy")
        return np.asarray(stats.invgamma.pdf(area, self.rho, loc=self.shift, scale=self.scale))


def log_binned_density(areas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Density in bins of equal width on a logarithmic scale, without the empty ones.

    Returns:
        Geometric centres of the bins, m2, and probability density there, 1/m2.
    """
    first, last = np.floor(np.log10(areas.min()) / BIN_WIDTH), np.log10(areas.max()) / BIN_WIDTH
    edges = 10 ** (BIN_WIDTH * np.arange(first, np.floor(last) + 2))
    counts, _ = np.histogram(areas, edges)
    there = counts > 0
    centres = np.sqrt(edges[1:] * edges[:-1])
    return centres[there], (counts / len(areas) / np.diff(edges))[there]


def fit_power_law(areas: np.ndarray, seed: int = 0) -> PowerLaw:
    """Fit a power law to the tail; where it starts is fitted as well.

    Args:
        areas: Areas, m2.
        seed: Of the resampling.

    Raises:
        ParameterError: There are fewer than `LEAST`.
    """
    logs = np.sort(np.log(_enough(areas)))
    exponent, start, distance = _tail(logs)
    draw = np.random.default_rng(seed)
    resampled = [_tail(np.sort(draw.choice(logs, len(logs))))[0] for _ in range(_RESAMPLES)]
    low, high = np.percentile(resampled, [2.5, 97.5])
    return PowerLaw(
        exponent=exponent,
        low=float(low),
        high=float(high),
        start=float(np.exp(start)),
        count=int((logs >= start).sum()),
        total=len(logs),
        distance=distance,
    )


def _tail(logs: np.ndarray) -> tuple[float, float, float]:
    """Exponent, logarithm of the start, and distance of the tail that fits best."""
    last = max(1, len(logs) - LEAST // 2)
    places = np.unique(np.linspace(0, last - 1, _CANDIDATES).astype(int))
    fits = []
    for start in np.unique(logs[places]):
        tail = logs[np.searchsorted(logs, start) :] - start
        spread = float(tail.sum())
        if spread <= 0:
            continue
        exponent = 1 + len(tail) / spread
        below = 1 - np.exp((1 - exponent) * tail)
        counted = np.arange(len(tail)) / len(tail)
        distance = np.max(np.maximum(below - counted, counted + 1 / len(tail) - below))
        fits.append((float(distance), exponent, float(start)))
    if not fits:
        return float("nan"), float(logs[0]), float("nan")
    distance, exponent, start = min(fits)
    return exponent, start, distance


def fit_inverse_gamma(areas: np.ndarray) -> InverseGamma:
    """Fit the inverse gamma distribution.

    Raises:
        ParameterError: There are fewer than `LEAST` areas.
    """
    optimize = require("scipy.optimize", "scipy")
    unit = float(np.median(_enough(areas)))  # of the order of 1, as optimisers like it
    scaled = np.asarray(areas, float) / unit
    starts = [np.log([1.4, scale, gap]) for scale, gap in ((1.0, 0.3), (2.0, 1.0))]
    options = {"maxiter": 2000, "xatol": 1e-5, "fatol": 1e-6}
    fits = [
        optimize.minimize(_surprise, start, (scaled,), method="Nelder-Mead", options=options)
        for start in starts
    ]
    best = min(fits, key=lambda fit: float(fit.fun)).x
    rho, scale, gap = np.exp(best)
    error = _standard_error(best, scaled)
    return InverseGamma(
        rho=float(rho),
        scale=float(scale * unit),
        shift=float((scaled.min() - gap) * unit),
        low=float(rho * np.exp(-_Z95 * error)) + 1,
        high=float(rho * np.exp(_Z95 * error)) + 1,
    )


def _surprise(logarithms: np.ndarray, areas: np.ndarray) -> float:
    """Minus the log-likelihood of (rho, a, smallest area - s), given by their logarithms."""
    special = require("scipy.special", "scipy")
    rho, scale, gap = np.exp(np.clip(logarithms, -20, 20))
    above = areas - areas.min() + gap
    constant = rho * np.log(scale) - special.gammaln(rho)
    total = len(areas) * constant - (rho + 1) * np.log(above).sum() - scale * (1 / above).sum()
    return -float(total)


def _standard_error(best: np.ndarray, areas: np.ndarray) -> float:
    """Standard error of the logarithm of rho, NaN where the likelihood has no clear maximum."""
    step = 1e-3 * np.eye(3)

    def at(*moves: np.ndarray) -> float:
        return _surprise(best + sum(moves), areas)

    curvature = np.array(
        [[(at(i, j) - at(i, -j) - at(-i, j) + at(-i, -j)) / (4 * 1e-6) for j in step] for i in step]
    )
    if np.linalg.matrix_rank(curvature) < 3:
        return float("nan")
    variance = np.linalg.inv(curvature)[0, 0]
    return float(np.sqrt(variance)) if variance > 0 else float("nan")


def _enough(areas: np.ndarray) -> np.ndarray:
    areas = np.asarray(areas, float)
    if len(areas) < LEAST or not (areas > 0).all():
        raise ParameterError(
            f"There are {len(areas)} landslides; expected at least {LEAST} with an area above 0 "
            "for a fit. Take a larger inventory, or read the tables without one."
        )
    return areas
