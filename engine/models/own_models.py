"""The user's own models: put into the list, renamed, given away and removed.

A model is one ONNX file with its card inside, in `zoo.own_folder`; what lies there is in the list.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..common.errors import LandslipError, ModelError, OutputError, ParameterError
from ..common.output import check_writable, make_folder, whole_file
from ..stack.scene import SceneStatistics
from .card import ModelCard
from .card_file import read_card, with_card
from .runtime import Model
from .zoo import (
    check_not_shipped,
    model_path,
    name_problem,
    own_files,
    own_folder,
    own_models,
    shipped_models,
)

#: What the file with a checksum adds to a model's name.
CHECKSUM = ".sha256"
#: Reflectance x 10000 of most ground, and the largest side of a patch, for a trial.
_GROUND, _TRIAL = 1000.0, 128


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
        whose = "your own" if self.own else "comes with Landslip"
        description = "" if self.card.adapted else f" {self.card.description}"
        return (
            f"{self.name} ({whose}; {', '.join(self.card.bands)}):{description} {self.card.worth}"
        )


def listed_models(trial: bool = False) -> list[Listed]:
    """All models, the shipped ones first; a damaged file is told and stops nothing.

    Args:
        trial: Whether each is opened and run, too; else its card is read, which takes no time.
    """
    return [_listed(name, False, trial) for name in shipped_models()] + [
        _listed(name, True, trial) for name in own_models()
    ]


def _listed(name: str, own: bool, trial: bool) -> Listed:
    path = model_path(name)
    try:
        if trial:
            _try(path)
        return Listed(name, read_card(path), "", own)
    except LandslipError as err:
        return Listed(name, None, str(err), own)


def _try(path: str) -> None:
    """Open a model and run it on one patch.

    Raises:
        ModelError: It is none, or breaks the contract of its card.
        DependencyError: ONNX Runtime is not installed.
    """
    model = Model(path, "cpu")
    bands, side = model.card.bands, min(model.card.patch_size, _TRIAL)
    spread = _GROUND / 4
    patch = np.random.default_rng(0).normal(_GROUND, spread, (1, len(bands), side, side))
    mean, std, low, high = (
        (value,) * len(bands) for value in (_GROUND, spread, _GROUND / 2, 2 * _GROUND)
    )
    model.run(patch.astype(np.float32), SceneStatistics(bands, mean, std, low, high))


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
    _check_sum(file)
    _try(file)
    target = _free(name or Path(file).stem)
    _write(target, _named(_content(file), read_card(file), target.stem))
    return str(target)


def rename_model(old: str, new: str) -> str:
    """Give one of the user's own models another name, in its card too; returns its file.

    Raises:
        ModelError: Its file is damaged.
        ParameterError: It is none of them, or the new name cannot be or is taken.
        OutputError: The folder cannot be written.
    """
    source = _own(old)
    target = _free(new, source.parent)
    _write(target, _named(_content(str(source)), read_card(source), target.stem))
    _remove(source)
    return str(target)


def share_model(name: str, target: str) -> str:
    """Copy a model to a file to give away, and its checksum to one beside it.

    Returns:
        The file's SHA-256.

    Raises:
        ModelError: There is no such model, or it is damaged.
        OutputError: The file cannot be written.
    """
    source = model_path(name)
    if not target.lower().endswith(".onnx"):
        raise OutputError(f"The model would be {target}; expected a name that ends in .onnx.")
    check_writable(target)
    check_not_shipped(target)
    content = _content(source)
    _try(source)
    checksum = hashlib.sha256(content).hexdigest()
    with whole_file(target) as part:
        Path(part).write_bytes(content)
        _try(part)
    with whole_file(f"{target}{CHECKSUM}") as part:  # as sha256sum writes it, and reads it
        Path(part).write_text(f"{checksum}  {Path(target).name}\n", encoding="utf-8")
    return checksum


def remove_model(name: str) -> str:
    """Delete one of the user's own models; returns what is gone, in words.

    Raises:
        ParameterError: It is none of them.
        OutputError: The file cannot be deleted.
    """
    path = _own(name)
    listed = _listed(name, own=True, trial=False)
    _remove(path)
    return f"{path}. It was {listed.text}"


def _own(name: str) -> Path:
    files = own_files()
    if name in files:
        return files[name]
    why = "comes with Landslip, and stays as it is" if name in shipped_models() else "is not there"
    raise ParameterError(
        f"The model '{name}' {why}. Your own models: {', '.join(files) or 'none'}."
    )


def _free(name: str, folder: Path | None = None) -> Path:
    """The file for a new name, with its ending or without.

    Raises:
        ParameterError: It cannot be, or is taken.
    """
    name = name.removesuffix(".onnx")
    if problem := name_problem(name):
        raise ParameterError(problem)
    if name.lower() in {each.lower() for each in own_models()}:
        raise ParameterError(
            f"There is a model '{name}' already (capitals do not tell names apart). Choose another "
            "name, or rename or delete that one first."
        )
    return (folder or own_folder()) / f"{name}.onnx"


def _named(content: bytes, card: ModelCard, name: str) -> bytes:
    """A model whose card has a name; byte for byte as it is where it has that already."""
    return content if card.name == name else with_card(content, replace(card, name=name))


def _content(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as err:
        raise ModelError(f"{file} cannot be read ({err.strerror}). Check your rights.") from err


def _check_sum(file: str) -> None:
    """Compare a file with the checksum that lies beside it, where one does.

    Raises:
        ModelError: They differ.
    """
    told = ""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        told = Path(f"{file}{CHECKSUM}").read_text(encoding="utf-8").split(" ")[0].strip().lower()
    found = hashlib.sha256(_content(file)).hexdigest() if told else ""
    if told != found:
        raise ModelError(
            f"{file} is not what its checksum says: SHA-256 {found[:12]}..., expected "
            f"{told[:12]}... Get the file again; if it was changed on purpose, delete "
            f"{Path(file).name}{CHECKSUM}."
        )


def _write(target: Path, content: bytes) -> None:
    """Write a model that can be opened where it is: weights in other files would be lost."""
    make_folder(target.parent)
    with whole_file(str(target)) as part:
        Path(part).write_bytes(content)
        try:
            _try(part)
        except ModelError as err:
            raise ModelError(
                f"The copy for {target.name} cannot be opened, though the file can. Models whose "
                "weights lie in files of their own cannot be kept: export it as one file. The "
                f"reason was: {err}"
            ) from err


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
