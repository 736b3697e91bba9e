"""The user's own models: put into the list, renamed, given away and removed.

A model is one ONNX file with its card inside, in `zoo.own_folder`; what lies there is in the list.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from ..common.dependencies import require
from ..common.errors import LandslipError, OutputError, ParameterError
from ..common.output import check_writable, whole_file
from .card import METADATA_KEY, ModelCard, card_from_metadata
from .runtime import Model
from .zoo import AUTO, SUCCESSORS, model_path, own_folder, own_models, shipped_models

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True)
class Listed:
    """A model of the list.

    Attributes:
        name: What it is chosen by.
        card: Its card; None where the file is damaged.
        problem: What is wrong with the file; empty where nothing is.
        own: Whether it is the user's own.
    """

    name: str
    card: ModelCard | None
    problem: str
    own: bool

    @property
    def text(self) -> str:
        """The model in a line."""
        if self.card is None:
            return f"{self.name}: cannot be used. {self.problem}"
        about = self.card.adapted or self.card.description
        return f"{self.name} ({', '.join(self.card.bands)}): {about}"


def listed_models() -> list[Listed]:
    """All models, the shipped ones first; a damaged file is told and stops nothing."""
    return [_listed(name, own=False) for name in shipped_models()] + [
        _listed(name, own=True) for name in own_models()
    ]


def _listed(name: str, own: bool) -> Listed:
    try:
        return Listed(name, Model(model_path(name), "cpu").card, "", own)
    except LandslipError as err:
        return Listed(name, None, str(err), own)


def add_model(file: str, name: str = "") -> str:
    """Put a model into the list.

    Args:
        file: An ONNX file with a card.
        name: What to call it; empty for the file's own name.

    Returns:
        The file in the list.

    Raises:
        ModelError: It is no model.
        ParameterError: The name cannot be, or is taken.
        OutputError: The folder cannot be written.
    """
    Model(file, "cpu")
    target = _free(name or Path(file).stem)
    _write(target, _renamed(Path(file).read_bytes(), target.stem))
    return str(target)


def rename_model(old: str, new: str) -> str:
    """Give one of the user's own models another name, in its card too; returns its file.

    Raises:
        ParameterError: It is none of them, or the new name cannot be or is taken.
        OutputError: The folder cannot be written.
    """
    source = _own(old)
    target = _free(new)
    _write(target, _renamed(source.read_bytes(), target.stem))
    _remove(source)
    return str(target)


def share_model(name: str, target: str) -> str:
    """Copy a model to a file to give away.

    Returns:
        The file's SHA-256.

    Raises:
        ModelError: There is no such model.
        OutputError: The file cannot be written.
    """
    content = Path(model_path(name)).read_bytes()
    if not target.lower().endswith(".onnx"):
        raise OutputError(f"The model would be {target}; expected a name that ends in .onnx.")
    check_writable(target)
    _write(Path(target), content)
    return hashlib.sha256(content).hexdigest()


def remove_model(name: str) -> str:
    """Delete one of the user's own models; returns the file that is gone.

    Raises:
        ParameterError: It is none of them.
        OutputError: The file cannot be deleted.
    """
    path = _own(name)
    _remove(path)
    return str(path)


def _own(name: str) -> Path:
    if name in own_models():
        return own_folder() / f"{name}.onnx"
    why = "comes with Landslip, and stays as it is" if name in shipped_models() else "is not there"
    there = ", ".join(own_models()) or "none"
    raise ParameterError(f"The model '{name}' {why}. Your own models: {there}.")


def _free(name: str) -> Path:
    """The file for a new name.

    Raises:
        ParameterError: It cannot be, or is taken.
    """
    if not _NAME.fullmatch(name) or name.endswith("."):
        raise ParameterError(
            f"'{name}' cannot be the name of a model. Use up to 64 letters without accents, "
            "digits, hyphens, dots and underscores."
        )
    own = {each.lower() for each in own_models()}
    if name.lower() in {*shipped_models(), *SUCCESSORS, AUTO} | own:
        raise ParameterError(
            f"There is a model '{name}' already (capitals do not tell names apart). Choose another "
            "name, or rename or delete that one first if it is your own."
        )
    return own_folder() / f"{name}.onnx"


def _renamed(content: bytes, name: str) -> bytes:
    """A model whose card has a name; as it is where it has that, or where onnx is not installed."""
    try:
        onnx = require("onnx")
    except LandslipError:
        return content
    model = onnx.load_model_from_string(content)
    for item in model.metadata_props:
        if item.key == METADATA_KEY:
            card = card_from_metadata({METADATA_KEY: item.value}, name)
            if card.name == name:
                return content
            item.value = replace(card, name=name).to_json()
    return bytes(model.SerializeToString())


def _write(target: Path, content: bytes) -> None:
    """Write a model, and read it back."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise OutputError(f"The folder {target.parent} cannot be made ({err.strerror}).") from err
    with whole_file(str(target)) as part:
        Path(part).write_bytes(content)
    Model(str(target), "cpu")


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError as err:
        raise OutputError(
            f"{path} cannot be deleted ({err.strerror}). Close what uses it, and check that you "
            "may write there."
        ) from err


def check_name(name: str) -> None:
    """Refuse, before the work starts, a name that a new model cannot have.

    Raises:
        ParameterError: See `add_model`.
    """
    _free(name)
