"""`weights/README.md`: one row per shipped model, written from the cards inside the files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..engine.models.card import ModelCard
from .export import read_card

HEADER = """# Shipped models

Written by `python -m landslip.training card-table`; every entry comes from the model card inside
the file. P, R and F1 are precision, recall and F1 of landslide pixels at the file's threshold.

| file | network, bands | parameters | threshold | held-out accuracy | licence | sha256 |
|---|---|---|---|---|---|---|
"""


def stored_values(path: Path) -> int:
    """Number of weights in a file (biases and folded BatchNorm included, constants not)."""
    import onnx

    graph = onnx.load(path).graph
    # The fixed blur kernels of the downsampling repeat one 4 x 4 filter: they are no weights.
    return sum(
        _size(tensor)
        for tensor in graph.initializer
        if tensor.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
        and not _is_constant_filter(tensor)
    )


def _size(tensor: object) -> int:
    """Number of values of an ONNX tensor."""
    from onnx import numpy_helper

    return int(numpy_helper.to_array(tensor).size)


def _is_constant_filter(tensor: object) -> bool:
    """Whether a depthwise kernel is the same for every channel."""
    from onnx import numpy_helper

    kernel = numpy_helper.to_array(tensor)
    return kernel.ndim == 4 and kernel.shape[1] == 1 and bool((kernel == kernel[:1]).all())


def table_row(path: Path) -> str:
    """One Markdown row."""
    card = read_card(path)
    scores = "<br>".join(
        f"{row.region}: P {row.precision:.3f}, R {row.recall:.3f}, F1 {row.f1:.3f}"
        for row in card.accuracy
    )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    cells = (
        f"`{path.name}` {card.version} ({path.stat().st_size / 1e6:.1f} MB)",
        f"{card.architecture}, {' '.join(card.bands)}, normalisation `{card.normalisation}`",
        f"{stored_values(path):,}",
        f"{card.threshold:g}",
        scores or "none",
        card.licence,
        f"`{digest}`",
    )
    return f"| {' | '.join(cells)} |\n"


def training_note(card: ModelCard) -> str:
    """What a model was trained on, and whom to name."""
    return f"- **{card.name}**: {card.training_data} Attribution: {card.attribution}.\n"


def write_table(folder: Path) -> Path:
    """Write `README.md` for all `.onnx` files in the folder, and return its path."""
    files = sorted(folder.glob("*.onnx"))
    text = HEADER + "".join(table_row(path) for path in files)
    text += "\n## Trained on\n\n" + "".join(training_note(read_card(path)) for path in files)
    target = folder / "README.md"
    target.write_text(text, encoding="utf-8")
    return target
