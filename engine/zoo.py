"""The models that come with Landslip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from .errors import BandError, ModelError
from .runtime import Model
from .source import Product
from .stack import TERRAIN_BANDS

FOLDER = Path(__file__).resolve().parents[1] / "weights"

#: The model for stacks of the visible bands alone.
DEFAULT = "resunet_rgb"


def shipped_models() -> tuple[str, ...]:
    """Names of the shipped models, the default first."""
    names = sorted(path.stem for path in FOLDER.glob("*.onnx"))
    return tuple(sorted(names, key=lambda name: name != DEFAULT))


def model_path(name_or_path: str) -> str:
    """The file of a shipped model, or the user's own file.

    Raises:
        ModelError: It is neither.
    """
    shipped = FOLDER / f"{name_or_path}.onnx"
    if name_or_path in shipped_models():
        return str(shipped)
    if Path(name_or_path).is_file():
        return name_or_path
    raise ModelError(
        f"There is no model '{name_or_path}'. Choose one of the shipped models "
        f"({', '.join(shipped_models()) or 'none found'}), or give the path of an .onnx file."
    )


def models_for(bands: Iterable[str]) -> tuple[str, ...]:
    """Names of the shipped models that read no other bands than these, the default first."""
    there = set(bands)
    return tuple(
        name for name in shipped_models() if set(Model(model_path(name), "cpu").card.bands) <= there
    )


def check_product_bands(
    wanted: Sequence[str], products: Sequence[Product], who: str, has_dem: bool
) -> None:
    """Check that every granule has the bands that are wanted.

    Args:
        wanted: Names of optical and terrain bands.
        products: The granules.
        who: Who wants them, for the message.
        has_dem: Whether there is a DEM, from which ``slope`` and ``dem`` come.

    Raises:
        BandError: Names the bands that are missing, and the shipped models that need none of them.
    """
    terrain = TERRAIN_BANDS if has_dem else ()
    for product in products:
        there = [*(source.name for source in product.bands), *terrain]
        missing = [band for band in wanted if band not in there]
        if missing:
            raise BandError(
                f"{who} needs band{'s' * (len(missing) > 1)} {', '.join(missing)}, which "
                f"{product.id} does not have; it has {', '.join(there)}. "
                f"{_advice(missing, product, there)}"
            )


def _advice(missing: Sequence[str], product: Product, there: Sequence[str]) -> str:
    ways = []
    if set(missing) <= set(TERRAIN_BANDS):
        ways.append("give a DEM")
    elif "B10" in missing and product.level == "L2A":
        ways.append("give the L1C product of that day, as no L2A product has B10 (cirrus)")
    else:
        ways.append("give a product with all its bands")
    if usable := models_for(there):
        ways.append(f"choose a model that works with these bands ({', '.join(usable)})")
    advice = ", or ".join(ways)
    return f"{advice[0].upper()}{advice[1:]}."
