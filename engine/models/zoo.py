"""The models that come with Landslip, those of the user, and which of them suits a stack."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from pathlib import Path

from ..common.errors import ModelError
from .card import ModelCard
from .runtime import Model

FOLDER = Path(__file__).resolve().parents[2] / "weights"

#: Stands for the first of `BEST` whose bands are there.
AUTO = "auto"
#: The models that `AUTO` chooses from, and their bands: slope tells a scar from a bare field.
BEST = {
    "effnet_rgb_slope": ("B04", "B03", "B02", "slope"),
    "effnet_rgb": ("B04", "B03", "B02"),
}
#: Names of models that no longer ship, in scripts and models of users, and what runs instead.
SUCCESSORS = {
    "resunet_rgb_slope": "effnet_rgb_slope",
    "ensemble_rgb_slope": "effnet_rgb_slope",
    "resunet_rgb": "effnet_rgb",
    "frrn_b_rgb": "effnet_rgb",
    "swav_unet_rgb": "effnet_rgb",
}


#: Environment variable that says where the user's own models lie.
FOLDER_VARIABLE = "LANDSLIP_MODELS"
#: Where the host keeps them; the last that was told counts.
_of_host: list[Path] = []


def use_folder(folder: str | Path) -> None:
    """Tell where the host keeps the user's own models, as QGIS does in a profile."""
    _of_host[:] = [Path(folder)]


def own_folder() -> Path:
    """Where the user's own models lie; it may not be there yet.

    What `FOLDER_VARIABLE` says, else where the host keeps them, else the user's folder for data.
    """
    named = os.environ.get(FOLDER_VARIABLE, "").strip()
    if named:
        return Path(named)
    return _of_host[0] if _of_host else _data_folder() / "models"


def _data_folder() -> Path:
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "landslip"


def own_models() -> tuple[str, ...]:
    """Names of the user's own models, in the order of the alphabet."""
    try:
        names = {path.stem for path in own_folder().glob("*.onnx") if path.is_file()}
    except OSError:  # a folder that may not be read has no models for us
        return ()
    return tuple(sorted(names - {*shipped_models(), *SUCCESSORS, AUTO}, key=str.lower))


def shipped_models() -> tuple[str, ...]:
    """Names of the shipped models, the best first."""
    names = sorted(path.stem for path in FOLDER.glob("*.onnx"))
    order = list(BEST)
    return tuple(sorted(names, key=lambda n: order.index(n) if n in order else len(order)))


def model_path(name_or_path: str, bands: Collection[str] = ()) -> str:
    """The file of a shipped model, of one of the user's own, or another file.

    Args:
        name_or_path: Name of a model, path of an .onnx file, or `AUTO`.
        bands: The bands that are there, for `AUTO` to choose by.

    Raises:
        ModelError: It is neither.
    """
    if name_or_path == AUTO:
        name_or_path = best_model(bands)
    name_or_path = SUCCESSORS.get(name_or_path, name_or_path)
    shipped = FOLDER / f"{name_or_path}.onnx"
    if name_or_path in shipped_models():
        return str(shipped)
    if name_or_path in own_models():
        return str(own_folder() / f"{name_or_path}.onnx")
    if os.path.isfile(name_or_path):  # false for names that no file can have, too
        return name_or_path
    own = f" or of your own ({', '.join(own_models())})" if own_models() else ""
    raise ModelError(
        f"There is no model '{name_or_path}'. Choose {AUTO} or one of the shipped models "
        f"({', '.join(shipped_models()) or 'none found'}){own}, or give the path of an .onnx file."
    )


def best_model(bands: Collection[str]) -> str:
    """The best shipped model that reads no other bands; the last of `BEST` where none fits."""
    there = shipped_models()
    fitting = [name for name, wanted in BEST.items() if name in there and set(wanted) <= set(bands)]
    return next(iter(fitting), list(BEST)[-1])


def shipped_cards() -> tuple[ModelCard, ...]:
    """Cards of the shipped models, the best first.

    Raises:
        DependencyError: ONNX Runtime, which reads them, is not installed.
    """
    return tuple(Model(model_path(name), "cpu").card for name in shipped_models())
