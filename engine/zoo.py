"""The models that come with Landslip, and which of them suits a stack."""

from __future__ import annotations

from pathlib import Path

from .errors import ModelError
from .stack import Stack

FOLDER = Path(__file__).resolve().parents[1] / "weights"

#: Stands for the first of `BEST` whose bands the stack has.
AUTO = "auto"
#: The models that `AUTO` chooses from, and their bands: slope tells a scar from a bare field. Both
#: blur before they halve an image, so that their answer hardly depends on where patches lie.
#: FRRN-B, a little more accurate, does not.
BEST = {
    "resunet_rgb_slope": ("B04", "B03", "B02", "slope"),
    "resunet_rgb": ("B04", "B03", "B02"),
}


def shipped_models() -> tuple[str, ...]:
    """Names of the shipped models, the best first."""
    names = sorted(path.stem for path in FOLDER.glob("*.onnx"))
    order = list(BEST)
    return tuple(sorted(names, key=lambda n: order.index(n) if n in order else len(order)))


def model_path(name_or_path: str, stack: Stack | None = None) -> str:
    """The file of a shipped model, or the user's own file.

    Args:
        name_or_path: Name of a shipped model, path of an .onnx file, or `AUTO`.
        stack: What `AUTO` chooses for; without one, it takes the model of visible bands alone.

    Raises:
        ModelError: It is neither.
    """
    if name_or_path == AUTO:
        name_or_path = best_model(stack)
    shipped = FOLDER / f"{name_or_path}.onnx"
    if name_or_path in shipped_models():
        return str(shipped)
    if Path(name_or_path).is_file():
        return name_or_path
    raise ModelError(
        f"There is no model '{name_or_path}'. Choose {AUTO} or one of the shipped models "
        f"({', '.join(shipped_models()) or 'none found'}), or give the path of an .onnx file."
    )


def best_model(stack: Stack | None) -> str:
    """The best shipped model whose bands a stack has; the last of `BEST` where none fits."""
    fitting = [
        name
        for name, bands in BEST.items()
        if name in shipped_models() and stack is not None and not stack.missing_bands(bands)
    ]
    return next(iter(fitting), list(BEST)[-1])
