"""What changed between two dates: spectral indices and their differences, as plain layers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

#: Index and the bands that it is made of. All are made of ratios, so that haze and light that
#: differ between the dates weigh less than in the bands themselves.
INDICES: dict[str, tuple[str, ...]] = {
    "NDVI": ("B08", "B04"),
    "BSI": ("B11", "B04", "B08", "B02"),
    "RG": ("B04", "B03"),
}


#: Darker than this, reflectance x 10000, noise and the correction of the atmosphere are larger than
#: what the ground reflects: a ratio to it says nothing.
DARK = 100.0
#: No ground is redder: what is beyond is an artefact of the image.
REDDEST = 4.0


def possible_indices(bands: Mapping[str, object] | tuple[str, ...]) -> tuple[str, ...]:
    """The indices that these bands allow, in the order of `INDICES`."""
    return tuple(name for name, needed in INDICES.items() if set(needed) <= set(bands))


def difference_name(index: str) -> str:
    """Name of the band that holds an index's difference, such as ``dNDVI``."""
    return f"d{index}"


def indices(bands: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Indices of one date, those that the bands allow.

    - ``NDVI``, of plants (Rouse et al. 1974): ``(B08 - B04) / (B08 + B04)``.
    - ``BSI``, of bare soil (Rikimaru et al. 2002):
      ``((B11 + B04) - (B08 + B02)) / ((B11 + B04) + (B08 + B02))``.
    - ``RG``, red over green, ``B04 / B03``: rises where plants give way to soil; unknown where
      green is below `DARK`.

    Negative reflectance, which over-corrected shadows have, can throw a ratio anywhere: the first
    two are kept within -1 and 1, the last within 0 and `REDDEST`.

    Args:
        bands: Reflectance x 10000 by band name, arrays of one shape.

    Returns:
        Index by name, float32, NaN where reflectances add up to nothing, or are too dark.
    """
    bands = {name: values.astype(np.float32) for name, values in bands.items()}
    found: dict[str, np.ndarray] = {}
    for name in possible_indices(bands):
        if name == "NDVI":
            found[name] = _normalised(bands["B08"], bands["B04"])
        elif name == "BSI":
            found[name] = _normalised(bands["B11"] + bands["B04"], bands["B08"] + bands["B02"])
        else:
            found[name] = _ratio(bands["B04"], bands["B03"], DARK).clip(0, REDDEST)
    return found


def differences(
    pre_event: Mapping[str, np.ndarray], post_event: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Indices after the event minus those before it; a fresh landslide lowers NDVI, raises others.

    Args:
        pre_event: Bands before the event, as for `indices`.
        post_event: Bands after it, on the same grid.

    Returns:
        ``dNDVI``, ``dBSI`` and ``dRG`` as far as both dates allow, float32; NaN where either has
        none.
    """
    before, after = indices(pre_event), indices(post_event)
    return {difference_name(name): after[name] - before[name] for name in after if name in before}


def _normalised(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return _ratio(one - other, one + other).clip(-1, 1)


def _ratio(part: np.ndarray, whole: np.ndarray, least: float = 0.0) -> np.ndarray:
    """A ratio; NaN where the divisor is not positive, or too small (shadows and water)."""
    known = (whole > 0) & (whole >= least)
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=known)
