"""Which bands a stack gets: the benchmark's that are there, those that a model reads, or a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..common.errors import BandError
from ..models.card import ModelCard
from ..raster.source import Product
from ..stack.reader import OPTICAL_BANDS, STORED_TERRAIN

#: The order of Landslide4Sense, which has no B8A; where it is there, it comes last.
BENCHMARK_BANDS = (*(band for band in OPTICAL_BANDS if band != "B8A"), *STORED_TERRAIN)

#: Sen2Cor leaves it out of L2A: it shows cirrus, and no ground.
_CIRRUS_BAND = "B10"


def has_terrain(products: Sequence[Product], dems: Sequence[str]) -> bool:
    """Whether there is elevation: DEMs, or a band of it in every product."""
    return bool(dems) or "dem" in common_bands(products)


def common_bands(products: Sequence[Product]) -> tuple[str, ...]:
    """The bands that all granules have, the benchmark's in its order, then B8A."""
    there = set.intersection(*({source.name for source in p.bands} for p in products))
    return tuple(band for band in (*BENCHMARK_BANDS, "B8A") if band in there)


def all_bands(products: Sequence[Product], dems: Sequence[str]) -> tuple[str, ...]:
    """All bands that a stack of these can have, in the benchmark's order."""
    there = set(common_bands(products))
    if has_terrain(products, dems):
        there |= set(STORED_TERRAIN)
    return tuple(band for band in (*BENCHMARK_BANDS, "B8A") if band in there)


def model_bands(products: Sequence[Product], dems: Sequence[str]) -> tuple[str, ...]:
    """All bands that a model can read of these: those of a stack, and what is computed of it."""
    computed = ("illumination",) if has_terrain(products, dems) else ()
    return (*all_bands(products, dems), *computed)


def stored_bands(wanted: Sequence[str]) -> tuple[str, ...]:
    """What a stack must hold for a model: elevation in place of the illumination made from it."""
    stored = ("dem" if band == "illumination" else band for band in wanted)
    return tuple(dict.fromkeys(stored))


def check_bands_there(
    wanted: Sequence[str],
    products: Sequence[Product],
    dems: Sequence[str],
    who: str,
    others: Callable[[], Sequence[ModelCard]] = tuple,
) -> None:
    """Check that every wanted band can be made.

    Args:
        wanted: Names of bands.
        products: One a granule.
        dems: DEMs beside them.
        who: Who wants the bands, for the message.
        others: Gives the cards of models to choose from instead.

    Raises:
        BandError: Names the bands that are missing, those that are there, and what to do.
    """
    there = all_bands(products, dems)
    missing = [band for band in wanted if band not in there]
    if not missing:
        return
    lacking = next((p for p in products if set(missing) - {b.name for b in p.bands}), products[0])
    level = f" (level {lacking.level})" if lacking.level else ""
    usable = [card.name for card in others() if set(card.bands) <= set(there)]
    raise BandError(
        f"{who} needs band{'s' * (len(missing) > 1)} {', '.join(missing)}; {lacking.id}{level} "
        f"gives {', '.join(there) or 'no known band'}. {_advice(missing, lacking)}"
        f"{', or choose a model that works without: ' + ', '.join(usable) if usable else ''}."
    )


def _advice(missing: Sequence[str], product: Product) -> str:
    if set(missing) <= set(STORED_TERRAIN):
        return "Give a DEM"
    if _CIRRUS_BAND in missing and product.level == "L2A":
        return f"Give the L1C product of that day, as no L2A product has {_CIRRUS_BAND}"
    return "Give a product with these bands"
