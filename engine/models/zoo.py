"""The models that come with Landslip, those of the user, and which of them suits a stack."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Collection
from pathlib import Path

from ..common.errors import ModelError, OutputError
from ..common.file_names import place_of
from .card import ModelCard
from .card_file import read_card

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
#: Where a profile of QGIS has them.
IN_PROFILE = Path("Landslip") / "models"
#: The profile that QGIS makes for everybody.
_PROFILES = tuple(Path("QGIS") / f"QGIS{number}" / "profiles" / "default" for number in (3, 4))
#: Names that a file may have on any system, and that nobody has to quote.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
#: Names of devices on Windows, whatever follows behind a dot.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def use_folder(folder: str | Path) -> None:
    """Tell where the host keeps the user's own models, as QGIS does in a profile."""
    _of_host[:] = [Path(folder)]


def own_folder() -> Path:
    """Where new models of the user's own go; it may not be there yet."""
    return own_folders()[0]


def own_folders() -> tuple[Path, ...]:
    """Where the user's own models are looked for; of two with one name, the first counts.

    What `FOLDER_VARIABLE` says, and nowhere else. Without it the host's folder, then the user's
    folder for data; without a host the latter, then the profile that QGIS makes for everybody. So
    QGIS and the command line find what the other has kept.
    """
    named = os.environ.get(FOLDER_VARIABLE, "").strip()
    if named:
        return (Path(named),)
    base = _data_folder()
    plain = base / "landslip" / "models"
    if _of_host:
        return (_of_host[0], plain)
    return (plain, *(base / profile / IN_PROFILE for profile in _PROFILES))


def _data_folder() -> Path:
    """Where programs keep what belongs to the user."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
    if sys.platform == "darwin":
        return home / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")


def own_models() -> tuple[str, ...]:
    """Names of the user's own models, in the order of the alphabet."""
    return tuple(own_files())


def own_files() -> dict[str, Path]:
    """Files of the user's own models by their names, in the order of the alphabet."""
    found: dict[str, Path] = {}
    for path in _files():
        if not name_problem(path.stem):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def passed_over() -> list[str]:
    """Why files in the folders are not in the list, a sentence each."""
    wrong = [(path, name_problem(path.stem)) for path in _files()]
    return [f"{path} is passed over: {problem}" for path, problem in wrong if problem]


def name_problem(name: str) -> str:
    """Why nothing of the user's own can have a name; empty where it can."""
    if not _NAME.fullmatch(name) or name.endswith("."):
        return (
            f"'{name}' cannot be the name of a model. Use up to 64 letters without accents, "
            "digits, hyphens, dots and underscores."
        )
    if _DEVICE.fullmatch(name):
        return f"'{name}' is the name of a device on Windows, not of a file. Choose another one."
    if name.lower() in {*shipped_models(), *SUCCESSORS, AUTO}:
        return f"'{name}' is the name of a model that comes with Landslip. Choose another one."
    return ""


def _files() -> list[Path]:
    """The files in the folders; one that may not be read has none for us."""
    found: list[Path] = []
    for folder in own_folders():
        with contextlib.suppress(OSError):
            found += sorted(path for path in folder.glob("*.onnx") if _is_shown(path))
    return found


def _is_shown(path: Path) -> bool:
    """Whether it is a file, and none that is being written."""
    return path.is_file() and not path.name.startswith(".")


def shipped_models() -> tuple[str, ...]:
    """Names of the shipped models, the best first."""
    names = sorted(path.stem for path in FOLDER.glob("*.onnx"))
    order = list(BEST)
    return tuple(sorted(names, key=lambda n: order.index(n) if n in order else len(order)))


def check_not_shipped(target: str) -> None:
    """Refuse to write over a model that comes with Landslip.

    Raises:
        OutputError: It is one.
    """
    if place_of(target) in [place_of(str(FOLDER / f"{name}.onnx")) for name in shipped_models()]:
        raise OutputError(f"{target} comes with Landslip, and stays as it is. Choose another file.")


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
    if name_or_path in own_files():
        return str(own_files()[name_or_path])
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
    """Cards of the shipped models, the best first."""
    return tuple(read_card(model_path(name)) for name in shipped_models())
