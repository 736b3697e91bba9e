"""Models that are made of another one for one place: their file, and what their card says."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from ..common.errors import ParameterError
from ..common.output import check_writable, whole_file
from .card import ModelCard
from .card_file import with_card
from .runtime import Model
from .zoo import check_not_shipped

#: What the version of an adapted model has more than that of the model it was made of.
_ADAPTED = "+adapted"


def check_output(output: str, model: str) -> None:
    """Check, before the work starts, the name of the new file.

    Raises:
        ParameterError: It is no name of a model, or that of the model to start from.
        OutputError: It cannot be made, or comes with Landslip.
    """
    if not output.lower().endswith(".onnx"):
        raise ParameterError(
            f"The new model would be {output}; expected a name that ends in .onnx."
        )
    check_writable(output)
    check_not_shipped(output)
    if os.path.exists(output) and os.path.samefile(output, model):
        raise ParameterError(
            f"{output} is the model to start from. Choose another file, so that the two can be "
            "compared."
        )


def work_folder_of(output: str) -> Path:
    """Folder for what a run needs to go on after it was killed; the finished run removes it."""
    return Path(output).parent / f".{Path(output).stem}.training"


def card_for_one_place(
    card: ModelCard, output: str, description: str, adapted: str, weakness: str
) -> ModelCard:
    """The card of a model made of another one; what was measured of that holds no longer."""
    return replace(
        card,
        name=Path(output).stem,
        version=f"{card.version.removesuffix(_ADAPTED)}{_ADAPTED}",
        description=description,
        accuracy=(),
        judged="",
        false_alarms="",
        calibration="",
        weaknesses=f"{weakness} {card.weaknesses.removeprefix(weakness).strip()}".strip(),
        window=0,
        window_overlap=0,
        adapted=adapted,
    )


def write_model(content: bytes, card: ModelCard, output: str) -> None:
    """Write an ONNX file with another card, whole or not at all, and open it once.

    Raises:
        OutputError: It cannot be written.
        ModelError: It cannot be opened.
    """
    with whole_file(output) as target:
        Path(target).write_bytes(with_card(content, card))
        Model(target, "cpu", 1)
