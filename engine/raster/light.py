"""Light taken out of a scene: what slopes would reflect if the sun met all of them alike.

Of Lambertian land a pixel gets direct light by the cosine of the sun's incidence, and light from
the sky. The C correction (Teillet and others 1982) divides by both. Before it, the light that the
air adds is taken off, as what the darkest pixels of the scene show (dark object subtraction, Chavez
1988): multiplied with the rest, it would turn shade into bare ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

#: Least share of the sky's light against the sun's. Less would multiply deep shade, and the noise
#: and the errors of the elevation with it, by more than 4.
LEAST_SKY, MOST_SKY = 0.3, 50.0
#: Percentile of a band that stands for the light of the air, and the one above which pixels (cloud,
#: snow, landslides) count as no brighter in the fit.
DARK, BRIGHT = 0.2, 95.0

Array = TypeVar("Array")  # of numpy or of torch


@dataclass(frozen=True)
class LightCorrection:
    """How the light is taken out of a scene, one value a band.

    Attributes:
        dark: What the air adds, in the band's unit.
        sky: Light of the sky as a share of the sun's, C in the literature.
        level: Cosine of the incidence to which all land is brought: the scene's mean.
    """

    dark: tuple[float, ...]
    sky: tuple[float, ...]
    level: float

    def applied(self, values: np.ndarray, lit: np.ndarray) -> np.ndarray:
        """Corrected bands, float32 [bands, ...]; as they were where the incidence is unknown.

        Args:
            values: [bands, ...], in the bands' units.
            lit: [...] Cosine of the sun's incidence; NaN where unknown.
        """
        shape = (len(self.dark), *(1,) * lit.ndim)
        dark, sky = (np.reshape(part, shape).astype(np.float32) for part in (self.dark, self.sky))
        known = np.where(np.isfinite(lit), lit, self.level).astype(np.float32)
        return evenly_lit(values, known[None], dark, sky, np.array(self.level, np.float32))


def evenly_lit(values: Array, lit: Array, dark: Array, sky: Array, level: Array) -> Array:
    """The correction itself, of arrays of numpy or torch that broadcast.

    Args:
        values: In the bands' units.
        lit: Cosine of the sun's incidence; below 0 the sun gives nothing.
        dark: As in `LightCorrection`.
        sky: Likewise.
        level: Likewise.
    """
    return dark + (values - dark) * ((level + sky) / (lit.clip(0) + sky))  # type: ignore


def fitted_correction(values: np.ndarray, lit: np.ndarray) -> LightCorrection:
    """The correction of a scene.

    Args:
        values: [bands, n], pixels of the scene.
        lit: [n] Cosine of the sun's incidence.

    Returns:
        A correction that changes nothing where brightness does not follow the light.
    """
    known = np.isfinite(lit)
    if not known.any():
        return LightCorrection((0.0,) * len(values), (MOST_SKY,) * len(values), 1.0)
    light = lit[known].clip(0)
    pairs = [_fitted(band[known], light) for band in values]
    dark, sky = zip(*pairs)
    return LightCorrection(tuple(dark), tuple(sky), float(light.mean()))


def _fitted(band: np.ndarray, light: np.ndarray) -> tuple[float, float]:
    """Light of the air, and of the sky as a share of the sun's, of one band [n]."""
    dark, bright = np.percentile(band, (DARK, BRIGHT))
    above = (np.clip(band, dark, bright) - dark).astype(np.float64)
    deviation = light - light.mean(dtype=np.float64)
    variance = float(deviation @ deviation)
    gain = float(deviation @ above) / variance if variance > 0 else 0.0
    sky = (above.mean() - gain * float(light.mean())) / gain if gain > 0 else MOST_SKY
    return float(dark), float(np.clip(sky, LEAST_SKY, MOST_SKY))
