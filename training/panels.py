"""Maps of what models found, missed and invented in a labelled scene, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..engine.assessment.maps import backdrop
from ..engine.assessment.metrics import confusion
from ..engine.common.errors import DependencyError, ParameterError
from ..engine.raster.tiling import Window
from ..engine.stack.reader import StackReader, open_stack
from .answer import Scene, answer
from .bands import RGB

#: The SwAV paper's colours: true positives, false negatives, false positives.
COLOURS = {"found": "#e31a1c", "missed": "#33c02c", "false alarm": "#1f78ff"}


def draw_panels(
    models: Sequence[Path], scene: Scene, target: Path, credit: str, relief: bool = False
) -> None:
    """Run models on a scene, and draw the image and one panel each.

    Args:
        models: Model files.
        scene: A labelled scene.
        target: The PNG to write.
        credit: Whom the picture must name.
        relief: Whether the models' panels show the hillshade of the scene's DEM below.

    Raises:
        DependencyError: matplotlib is missing.
        LandslipError: A model does not run on the scene.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.patches import Patch
    except ImportError as err:
        raise DependencyError("matplotlib", str(err)) from err
    picture = natural_colour(scene.stack)
    below = hillshade(scene) if relief else picture
    results = [_outcome(model, scene) for model in models]
    rows, cols = _box(results[0][1] >= 0)
    columns = min(3, len(models) + 1)
    lines = -(-(len(models) + 1) // columns)
    height, width = picture[rows, cols].shape[:2]
    figure = Figure(
        figsize=(4 * columns, (4 * height / width + 0.4) * lines + 0.5), layout="constrained"
    )
    FigureCanvasAgg(figure)
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    for axis in axes:
        axis.axis("off")
    axes[0].imshow(picture[rows, cols])
    axes[0].set_title(f"{scene.region}: natural colour", fontsize=10)
    for axis, (title, outcome) in zip(axes[1:], results):
        axis.imshow(_painted(below, outcome)[rows, cols])
        axis.set_title(title, fontsize=10)
    axes[0].legend(
        handles=[Patch(color=colour, label=label) for label, colour in COLOURS.items()],
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        ncol=3,
        fontsize=9,
        frameon=False,
    )
    figure.supxlabel(credit, fontsize=7, x=0.99, ha="right")
    figure.savefig(target, dpi=110)


def natural_colour(stack: str) -> np.ndarray:
    """Red, green and blue [height, width, 3] in 0..1, from the 1st to the 99th percentile."""
    opened = open_stack(stack)
    with StackReader(opened, RGB) as reader:
        values, valid = reader.read(Window(0, 0, opened.grid.height, opened.grid.width))
    low, high = np.percentile(values[:, valid], (1, 99), axis=1)[..., None, None]
    return np.where(valid, ((values - low) / (high - low)).clip(0, 1), 1).transpose(1, 2, 0)


def hillshade(scene: Scene) -> np.ndarray:
    """The shaded relief [height, width, 3] of a scene, 0..1.

    Raises:
        ParameterError: It has no DEM.
    """
    shade = backdrop(open_stack(scene.stack).grid, None, scene.dem or None)
    if shade is None:
        raise ParameterError(f"{scene.region} has no DEM that could be shaded. Name it with --dem.")
    return shade.transpose(1, 2, 0) / 255


def _outcome(model: Path, scene: Scene) -> tuple[str, np.ndarray]:
    """Title, and per pixel -1 not judged, 0 neither, 1 found, 2 missed, 3 false alarm."""
    said = answer(model, scene)
    detected, true, judged = said.detected, said.truth, said.judged
    outcome = np.select([detected & true, true, detected], [1, 2, 3], 0)
    score = confusion(detected, true, judged)
    title = f"{said.card.name}: P {score.precision:.2f}, R {score.recall:.2f}, F1 {score.f1:.2f}"
    return title, np.where(judged, outcome, -1)


def _box(judged: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns that hold everything that was judged."""
    rows, cols = np.flatnonzero(judged.any(1)), np.flatnonzero(judged.any(0))
    return slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)


def _painted(picture: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """The picture in pale grey with the outcome in colours."""
    grey = 0.35 + 0.65 * picture.mean(axis=2, keepdims=True).repeat(3, axis=2)
    for value, colour in enumerate(COLOURS.values(), start=1):
        grey[outcome == value] = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return grey
