"""The models that come with Landslip."""

from __future__ import annotations

from pathlib import Path

from .card import ModelCard
from .errors import ModelError
from .runtime import Model

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


def shipped_cards() -> tuple[ModelCard, ...]:
    """Cards of the shipped models, the default's first.

    Raises:
        DependencyError: ONNX Runtime, which reads them, is not installed.
    """
    return tuple(Model(model_path(name), "cpu").card for name in shipped_models())
