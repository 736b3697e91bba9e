"""What an inventory or a raster says of the runs that it came from, for people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

#: Columns, and tags of a raster, that say where landslides come from, in the order of a report.
_CALLED = {
    "model": "Model",
    "model_version": "Version of the model",
    "adapted": "Model adapted with",
    "threshold": "Probability threshold",
    "event_date": "Date of the event",
    "image_date": "Date of the image",
    "pre_date": "Date of the image before",
    "trigger": "Trigger",
    "ls_type": "Type of movement",
    "source": "Stack",
    "product_id": "Satellite product",
    "run_date": "Date of the detection",
    "landslip": "Detected with Landslip",
    "method": "Outlines",
    "review_status": "Review",
}
#: How many different values are told.
_TOLD = 3

#: How a path begins at a root, and how the name of a file ends.
_ROOT, _ENDING = re.compile(r"/|\\|[A-Za-z]:[/\\]"), re.compile(r"\.\w{2,8}$")
#: What something is called, and what it is.
Facts = tuple[tuple[str, str], ...]


def run_facts(columns: Mapping[str, Iterable[Any]]) -> Facts:
    """What is known of the runs, each with its name.

    Args:
        columns: Values of all landslides by the names of fields; empty ones are left out.
    """
    told = ((called, _text(columns.get(name, ()))) for name, called in _CALLED.items())
    return tuple((called, text) for called, text in told if text)


def _text(values: Iterable[Any]) -> str:
    """The values that there are; with their number, where there are several."""
    counts = Counter(_plain(value) for value in values if value not in (None, ""))
    if len(counts) <= 1:
        return next(iter(counts), "")
    most = [f"{value} ({count:,})" for value, count in counts.most_common(_TOLD)]
    return ", ".join([*most, *([f"and {len(counts) - _TOLD} more"] if len(counts) > _TOLD else [])])


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def shown_name(source: str) -> str:
    """The name of a file or a layer, without the folders that are nobody else's business."""
    path, _, layer = source.partition("|layername=")
    name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    if not (_ROOT.match(path) or _ENDING.search(name)):
        name = path  # of a layer, which may have slashes of its own
    return f"{name}, layer {layer}" if layer else name
