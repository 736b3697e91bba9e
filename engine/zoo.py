"""The models that come with Landslip."""

from __future__ import annotations

from pathlib import Path

from .errors import ModelError

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
