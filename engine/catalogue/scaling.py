"""What is to be added to a scene's numbers: as the catalogue says, and as its pixels allow.

Products of processing baseline 04.00 and later hold numbers that are 1000 too high (Sentinel-2
Products Specification Document, 14.9). Some catalogues have corrected that in their files, and not
all say so, or say the opposite at another place. Pixels cannot show that an offset is still in: a
bright scene without looks like a dark one with it. They can show that it is *not* in: with it,
hardly a pixel is below 1000.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..common.errors import CatalogueError
from ..products.safe import OFFSET_SINCE
from .assets import Source
from .items import Item

OFFSET = -1000.0
#: Numbers below this are no reflectance with the offset in: less than -0.05.
_IMPOSSIBLE = 500
#: Share of such numbers in a band that is no chance.
_TELLING = 0.01
#: Scales that mean reflectance x 10000, and one that says nothing.
_SCALES = (None, 0.0001, 1.0)
APPLIED = "earthsearch:boa_offset_applied"


@dataclass(frozen=True)
class Decision:
    """What is added to the numbers.

    Attributes:
        offset: What.
        reason: Why, a sentence.
        doubtful: Whether the catalogue contradicts itself.
    """

    offset: float
    reason: str
    doubtful: bool = False


def stated(item: Item, sources: Sequence[Source]) -> Decision:
    """What a catalogue says is to be added.

    Raises:
        CatalogueError: It states a scale that no Sentinel-2 product has.
    """
    for source in sources:
        if source.scale not in _SCALES and abs((source.scale or 0) - 0.0001) > 1e-9:
            raise CatalogueError(
                f"The catalogue states the scale {source.scale:g} for {source.name} of {item.id}; "
                "expected 0.0001 (reflectance x 10000). Choose another collection."
            )
    says = {_as_numbers(s.offset) for s in sources if s.offset is not None}
    said = says.pop() if len(says) == 1 else None
    applied = item.document["properties"].get(APPLIED)
    version = tuple(int(part) for part in item.baseline.split(".")) if item.baseline else None
    if applied is True:
        return Decision(0.0, "the catalogue has removed the offset", bool(said))
    if version is None:
        if said is None:
            return Decision(0.0, "the catalogue states neither a baseline nor an offset", True)
        return Decision(said, "as the catalogue states")
    if version < OFFSET_SINCE:
        return Decision(0.0, f"baseline {item.baseline} has no offset", bool(said))
    if said == 0 and applied is not False:
        return Decision(0.0, f"stated by the catalogue, baseline {item.baseline}", True)
    return Decision(OFFSET, f"baseline {item.baseline}", said not in (None, OFFSET))


def checked(decision: Decision, numbers: Mapping[str, np.ndarray], name: str) -> Decision:
    """The decision, unless the pixels refute it.

    Args:
        decision: What the catalogue says.
        numbers: Valid digital numbers of some bands.
        name: The scene's.

    Returns:
        The decision that counts; its reason tells all of it.
    """
    lows = {
        band: float((values < _IMPOSSIBLE).mean())
        for band, values in numbers.items()
        if values.size
    }
    band = max(lows, key=lambda each: lows[each], default="")
    if decision.offset and band and lows[band] > _TELLING:
        return Decision(
            0.0,
            f"{name}: the catalogue says that 1000 is to be subtracted ({decision.reason}), but "
            f"{lows[band]:.0%} of the pixels of {band} are below {_IMPOSSIBLE} and would be far "
            "below zero. It was removed already, so nothing was subtracted",
            True,
        )
    seen = ""
    if numbers and any(values.size for values in numbers.values()):
        least = min(float(np.percentile(v, 0.1)) for v in numbers.values() if v.size)
        seen = f"; the darkest pixels are at {least:.0f}"
    done = f"{-decision.offset:.0f} was subtracted" if decision.offset else "nothing was subtracted"
    doubt = ". The catalogue contradicts itself about it" if decision.doubtful else ""
    return Decision(
        decision.offset, f"{name}: {done} ({decision.reason}{seen}){doubt}", bool(doubt)
    )


def _as_numbers(offset: float | None) -> float:
    """An offset of reflectance (-0.1) or of numbers (-1000) as one of numbers."""
    offset = offset or 0.0
    return round(offset * 10000, 3) if abs(offset) < 10 else offset
