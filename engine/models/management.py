"""What can be done with the list of models, in one call."""

from __future__ import annotations

from dataclasses import dataclass

from ..common.errors import ParameterError
from .own_models import (
    CHECKSUM,
    add_model,
    listed_models,
    remove_model,
    rename_model,
    share_model,
)
from .zoo import own_folder, passed_over

ACTIONS = ("list", "add", "rename", "share", "delete")


@dataclass(frozen=True)
class ManageRequest:
    """What to do with the list.

    Attributes:
        action: One of `ACTIONS`.
        model: Name of the model to rename, share or delete.
        file: ONNX file to add.
        name: New name; empty for the file's own when one is added.
        copy: File to share to.
    """

    action: str = ACTIONS[0]
    model: str = ""
    file: str = ""
    name: str = ""
    copy: str = ""


@dataclass(frozen=True)
class Managed:
    """What came of it.

    Attributes:
        lines: What was done; for `list` each model in a line, and what is not in the list.
        names: All models that can be used now.
        folder: Where the user's own lie.
    """

    lines: tuple[str, ...]
    names: tuple[str, ...]
    folder: str

    def results(self) -> dict[str, str]:
        """The results by the names that algorithms and commands give them."""
        return {"MODELS": ", ".join(self.names), "FOLDER": self.folder}


#: What each action needs, and what a message calls it.
_NEEDS = {
    "list": (),
    "add": (("file", "the FILE to add"),),
    "rename": (("model", "the MODEL to rename"), ("name", "its new NAME")),
    "share": (("model", "the MODEL to share"), ("copy", "the file to copy it to, OUTPUT")),
    "delete": (("model", "the MODEL to delete"),),
}


def manage(request: ManageRequest) -> Managed:
    """Do it.

    Raises:
        ParameterError: Something that the action needs was not given.
        LandslipError: See `own_models`.
    """
    if request.action not in ACTIONS:
        raise ParameterError(
            f"Unknown action '{request.action}'. Choose one of {', '.join(ACTIONS)}."
        )
    missing = [what for field, what in _NEEDS[request.action] if not getattr(request, field)]
    if missing:
        raise ParameterError(f"To {request.action}, give {' and '.join(missing)}.")
    done = _done(request)
    telling = request.action == "list"
    models = listed_models(trial=telling)
    lines = (*(each.text for each in models), *passed_over()) if telling else (done,)
    names = tuple(each.name for each in models if each.card)
    return Managed(lines, names, str(own_folder()))


def _done(request: ManageRequest) -> str:
    if request.action == "add":
        return f"Added: {add_model(request.file, request.name)}"
    if request.action == "rename":
        return f"Renamed: {rename_model(request.model, request.name)}"
    if request.action == "share":
        checksum = share_model(request.model, request.copy)
        return f"Copied to {request.copy}, SHA-256 {checksum} (also in {request.copy}{CHECKSUM})"
    if request.action == "delete":
        return f"Deleted: {remove_model(request.model)}"
    return ""
