"""The model card: what a model is, what it reads, and how well it does. Kept inside the ONNX file.

The card is a JSON object under the key ``landslip`` of the file's ``metadata_props``, so that a
model cannot be separated from it.
"""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import Any

from ..common.errors import ModelError

METADATA_KEY = "landslip"

#: ``fixed``: the graph holds its own scaling and takes ``stack`` alone.
#: ``scene``: separated normalisation (first place of the Landslide4Sense competition, section
#: IV-B): the graph also takes ``mean`` [C] and ``std`` [C], which the engine measures on the scene.
NORMALISATIONS = ("fixed", "scene")

BAND_NAME = re.compile(r"^(B(0[1-9]|8A|1[0-2])|slope|dem|illumination)$")
#: Most characters of a text of a card that are read.
_LONGEST = 20_000


@dataclass(frozen=True)
class Accuracy:
    """Scores on one region that the model never saw, at the card's threshold.

    Attributes:
        region: Which region, and how it was kept apart.
        precision: Share of detected pixels that are landslide, 0..1.
        recall: Share of landslide pixels that were detected, 0..1.
        f1: Harmonic mean of the two, 0..1.
    """

    region: str
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class ModelCard:
    """What the engine must know to run a model, and what a user should know to trust it.

    Attributes:
        name: Short name, lower case, also the name of the shipped file.
        version: Version of these weights, such as ``1.0.0``.
        architecture: Network, in the literature's term.
        description: One sentence for the list of models.
        bands: Names of the input channels, in order (``B01``..``B12``, ``slope``, ``dem``).
        patch_size: Side of the square patch, pixels.
        overlap: Default share of a patch that it shares with the next one, 0..0.75.
        threshold: Probability from which a pixel counts as landslide, chosen on validation data.
        normalisation: One of `NORMALISATIONS`.
        pixel_size: Ground size of the training pixels, metres.
        training_data: What the weights were trained on, and what was held out.
        accuracy: Held-out scores.
        licence: Licence of the weights.
        attribution: Whom a map made with the model must name.
        judged: How the accuracy was measured: what was left out, how often, with what spread.
        false_alarms: What it finds where there are no landslides.
        calibration: How far its probabilities can be taken at their word.
        weaknesses: What it is bad at.
        window: Side of windows, pixels, in which it says what it says in patches, for less work;
            0 where it does not, or where nobody has measured. See `training.windows`.
        window_overlap: Pixels that such windows share with the next one.
        adapted: Of which model it was made for one place, from which labels, and with what gain;
            empty for a model that is meant for everywhere.
    """

    name: str
    version: str
    architecture: str
    description: str
    bands: tuple[str, ...]
    patch_size: int
    overlap: float
    threshold: float
    normalisation: str
    pixel_size: float
    training_data: str
    accuracy: tuple[Accuracy, ...]
    licence: str
    attribution: str
    judged: str = ""
    false_alarms: str = ""
    calibration: str = ""
    weaknesses: str = ""
    window: int = 0
    window_overlap: int = 0
    adapted: str = ""

    def to_json(self) -> str:
        """Return the card as the JSON text that goes into the ONNX file."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1)

    @property
    def worth(self) -> str:
        """How well it does: where it was adapted before and after, else where it was never."""
        if self.adapted:
            return f"Adapted: {self.adapted}"
        f1 = [f"{row.f1:.2f}" for row in sorted(self.accuracy, key=lambda row: row.f1)]
        if not f1:
            return "Nobody has measured its accuracy."
        regions = "a region" if len(f1) == 1 else f"{len(f1)} regions"
        span = " to ".join(dict.fromkeys((f1[0], f1[-1])))
        return f"F1 {span} in {regions} that it never saw."


def card_from_metadata(metadata: dict[str, str], file: str) -> ModelCard:
    """Read and validate the card in an ONNX file's metadata.

    Args:
        metadata: The file's ``metadata_props``.
        file: The file's name, for messages.

    Raises:
        ModelError: There is no card, it is no JSON object, or a field is missing or wrong.
    """
    if METADATA_KEY not in metadata:
        raise ModelError(
            f"{file} has no Landslip model card (metadata key '{METADATA_KEY}'; found: "
            f"{', '.join(sorted(metadata)) or 'no metadata at all'}). Choose one of the shipped "
            "models, or export your network with 'python -m landslip.training export', which "
            "writes the card."
        )
    try:
        fields = json.loads(metadata[METADATA_KEY])
    except (json.JSONDecodeError, RecursionError) as err:  # the latter: of a thousand brackets
        raise ModelError(
            f"The model card of {file} is not valid JSON ({err}). Export the model again."
        ) from err
    if not isinstance(fields, dict):
        raise ModelError(
            f"The model card of {file} is a {type(fields).__name__}, expected a JSON object. "
            "Export the model again."
        )
    return _validated(fields, file)


def _validated(fields: dict[str, Any], file: str) -> ModelCard:
    every = dataclasses.fields(ModelCard)
    missing = [f.name for f in every if f.default is dataclasses.MISSING and f.name not in fields]
    names = [f.name for f in every if f.name in fields]  # older cards lack what has a default
    if missing:
        raise ModelError(
            f"The model card of {file} lacks {', '.join(missing)}. Export the model again with "
            "this version of Landslip."
        )
    try:
        typed: dict[str, Any] = {
            **{name: _text(fields[name]) for name in names},
            "bands": tuple(_text(band) for band in fields["bands"]),
            "patch_size": int(fields["patch_size"]),
            "overlap": float(fields["overlap"]),
            "threshold": float(fields["threshold"]),
            "pixel_size": float(fields["pixel_size"]),
            "accuracy": tuple(_accuracy(**row) for row in fields["accuracy"]),
            "window": int(fields.get("window", 0)),
            "window_overlap": int(fields.get("window_overlap", 0)),
        }
        card = ModelCard(**typed)
    except (TypeError, ValueError, OverflowError) as err:  # the last: of infinity as a side
        raise ModelError(
            f"The model card of {file} has a field of the wrong type ({err}). Export the model "
            "again."
        ) from err
    problems = _problems(card)
    if problems:
        raise ModelError(f"The model card of {file} is wrong: {'; '.join(problems)}.")
    return card


def _text(value: Any) -> str:
    """What a card says, fit for a terminal and a line of a log, whoever wrote it."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in str(value))[:_LONGEST]


def _accuracy(region: Any, **scores: Any) -> Accuracy:
    return Accuracy(_text(region), **{name: float(score) for name, score in scores.items()})


def _problems(card: ModelCard) -> list[str]:
    unknown = [band for band in card.bands if not BAND_NAME.match(band)]
    named = ", ".join(unknown)
    checks = {
        "it names no bands": not card.bands,
        f"unknown bands {named} (expected B01..B12, B8A, slope, dem, illumination)": bool(unknown),
        "it names a band twice": len(set(card.bands)) < len(card.bands),
        f"patch size {card.patch_size} (expected 16..4096)": not 16 <= card.patch_size <= 4096,
        f"overlap {card.overlap} (expected 0..0.75)": not 0 <= card.overlap <= 0.75,
        f"window {card.window} (expected 0, or {card.patch_size}..4096)": not (
            card.window == 0 or card.patch_size <= card.window <= 4096
        ),
        f"window overlap {card.window_overlap} (expected 0..{card.window // 2})": not (
            0 <= card.window_overlap <= card.window // 2
        ),
        f"threshold {card.threshold} (expected 0..1)": not 0 < card.threshold < 1,
        f"pixel size {card.pixel_size} m (expected above 0)": not card.pixel_size > 0,
        f"normalisation '{card.normalisation}' (expected {' or '.join(NORMALISATIONS)})": (
            card.normalisation not in NORMALISATIONS
        ),
    }
    return [message for message, wrong in checks.items() if wrong]
