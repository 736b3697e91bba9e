"""Recall of a model file in light and shade, on a labelled scene."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from ..engine.assessment.shade_recall import ClassScore, by_aspect, by_illumination
from ..engine.raster.elevation import Elevation
from ..engine.raster.illumination import gradient_east_north, illumination
from ..engine.stack.reader import dem_source, open_stack
from ..engine.stack.sunlight import with_sun
from .answer import Scene, answer


def shade_recall(
    model: Path, scene: Scene, even_light: bool = False
) -> tuple[list[ClassScore], list[ClassScore]]:
    """Scores by illumination (none where no sun is to be found) and by aspect.

    The model detects by the path that users take, at its own threshold.

    Args:
        model: Model file.
        scene: The labelled scene; it needs a DEM.
        even_light: Whether the light of slopes is taken out first.
    """
    said = answer(model, scene, even_light=even_light)
    masks = said.detected, said.truth, said.judged
    stack = with_sun(open_stack(scene.stack, scene.dem))
    with closing(Elevation([dem_source(stack)], stack.grid)) as land:
        slopes = gradient_east_north(land.read_relief(stack.grid.area), stack.grid)
    lit = by_illumination(*masks, illumination(*slopes, stack.sun)) if stack.sun else []
    return lit, by_aspect(*masks, *slopes)


def draw_shade(model: Path, scene: Scene, path: Path) -> None:
    """Draw recall and precision by illumination, as they are and with even light, into a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2, sharey=True)
    for even, name, colour in ((False, "as it is", "#4878a8"), (True, "even light", "#d1603d")):
        classes = shade_recall(model, scene, even)[0]
        names = [found.name.replace(" to ", " .. ") for found in classes]
        for panel, what in zip(panels, ("recall", "precision"), strict=True):
            values = [getattr(found.score, what) for found in classes]
            panel.plot(names, values, "o-", color=colour, label=name)
            panel.set(title=what.capitalize(), xlabel="cosine of the sun's incidence", ylim=(0, 1))
    for panel in panels:
        panel.tick_params(axis="x", labelsize=8)
        panel.grid(alpha=0.3)
    panels[0].legend(loc="upper left")
    figure.suptitle(f"{model.stem}, {scene.region}", fontsize=11)
    figure.savefig(path, dpi=110)
