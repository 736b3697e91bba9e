"""The report of an adaptation: is the new model better, how sure is that, and what would help."""

from __future__ import annotations

import numpy as np

from ..assessment.maps import drawn, in_pixels, paths, picture, whole_map
from ..assessment.report_maps import Below, map_part, sources_part
from ..common.figures import BLUE, GREEN, GREY, ORANGE, Axis, Chart
from ..common.report import figure, footer, heading, page, paragraph, table, write_page
from ..inventory.geodesy import Geodesy
from ..inventory.run_facts import shown_name
from ..raster.grid import Grid
from .adapt import Adaptation, AdaptRequest
from .fit import THRESHOLDS
from .judge import Score

_BOTH, _BEFORE, _AFTER = (255, 255, 255), (0, 114, 178), (213, 94, 0)
_COVER, _BINS = 0.6, 10


def write_adaptation_report(
    adaptation: Adaptation, request: AdaptRequest, made_by: str, target: str
) -> None:
    """Write the report.

    Raises:
        OutputError: The file cannot be written.
        RasterError: The image cannot be read.
    """
    about = (
        f"{adaptation.base.name} {adaptation.base.version} on {shown_name(request.stack)}, "
        f"method {adaptation.method}"
    )
    parts = [
        *_verdict(adaptation),
        *_scores(adaptation),
        *_figures(adaptation),
        *_map(adaptation, request),
        *_blocks(adaptation),
        *_sources(adaptation, request, made_by),
        footer(f"Made by {made_by} in {adaptation.seconds:.0f} s."),
    ]
    write_page(target, page("Adapted model", about, parts))


def verdict_text(adaptation: Adaptation) -> str:
    """Whether the new model is better, in a sentence or two."""
    found = adaptation.verdict
    bound = "" if adaptation.sample.complete else "at most "
    gain = f"F1 {bound}{found.before.f1:.3f} before, {bound}{found.after.f1:.3f} after"
    sure = f"gain {found.gain_low:+.3f} to {found.gain_high:+.3f} in nine of ten draws"
    if found.better:
        return f"The adapted model is better here: {gain} ({sure})."
    what = f"is not better beyond its noise: {gain} ({sure})."
    unlike = not adaptation.alike and min(found.gain, found.gain_low) > 0
    if unlike:
        what = (
            f"may suit its {adaptation.landslides} landslides alone: the old model is less sure of "
            "them than of what it finds in the rest of the scene, so what is gained on them may be "
            f"lost there. On the labels, {gain} ({sure})."
        )
    if adaptation.written:
        return f"The adapted model {what} It was written all the same, as FORCE asks."
    more = "label more, all over the scene" if unlike else "label more"
    return f"The adapted model {what} No model was written: go on with the old one, or {more}."


def _verdict(adaptation: Adaptation) -> list[str]:
    if adaptation.features:
        what = "a new last layer on the model's feature maps"
    elif np.isfinite(adaptation.threshold):
        what = (
            f"a threshold: what the old model calls {adaptation.threshold:.2f} is now 0.5 (the "
            f"best lies between {adaptation.threshold_low:.2f} and {adaptation.threshold_high:.2f} "
            "in nine of ten draws of the labels)"
        )
    else:
        what = "all or some of the network's weights"
    # A threshold that stays where it was is nothing new.
    is_new = not abs(adaptation.threshold - adaptation.base.threshold) < 0.005
    begin = "What is new is" if adaptation.written else "What was tried is"
    return [
        heading("Verdict"),
        paragraph(verdict_text(adaptation)),
        *([paragraph(f"{begin} {what}.")] if is_new else []),
    ]


def _scores(adaptation: Adaptation) -> list[str]:
    found = adaptation.verdict
    complete = adaptation.sample.complete
    how = (
        "Counted in the area in which the labels are complete, on labels beyond it, and on a "
        "sample of quiet ground of the scene."
        if complete
        else "Labels outside of the mapped landslides are not known: no area was given in which "
        "they are complete. Recall is counted on the labelled landslides, detected ground on a "
        "sample of the land among them, and the landslide ground there is taken for the most that "
        "is possible. So F1 is an upper bound, nobody knows the precision, and a new threshold "
        "goes half as far as with an area."
    )
    return [
        heading("Before and after"),
        table(
            ("", "Precision", "Recall", "F1", "F1 in nine of ten draws"),
            [_row("Before", found.before, complete), _row("After", found.after, complete)],
        ),
        paragraph(
            f"Each of {len(found.blocks)} blocks of neighbouring labels is judged by a model that "
            f"the other blocks made. {how}"
        ),
    ]


def _row(name: str, score: Score, complete: bool) -> tuple[str, ...]:
    ends = f"{score.low:.3f} to {score.high:.3f}"
    return (
        name,
        f"{min(1, score.precision):.3f}" if complete else "unknown",
        f"{score.recall:.3f}",
        f"{score.f1:.3f}",
        ends,
    )


def _figures(adaptation: Adaptation) -> list[str]:
    across = Chart(Axis("threshold on the old model's scale", 0, 1), Axis("F1", 0, 1))
    place = 1 / (1 + np.exp(-(THRESHOLDS + adaptation.start)))
    across.line(place, adaptation.base_counts.f1(), "before", BLUE)
    if adaptation.features:
        across.line(place, adaptation.new_counts.f1(), "new layer", ORANGE)
    across.mark(adaptation.base.threshold, f"{adaptation.base.threshold:g}", GREY)
    parts = [
        heading("Thresholds and reliability"),
        figure(across.svg("F1 by threshold"), "F1 on blocks that took no part, by threshold."),
    ]
    if not adaptation.sample.complete:
        return [
            *parts,
            paragraph(
                "Whether probabilities can be taken at their word shows only where labels are "
                "complete: give an area."
            ),
        ]
    honest = Chart(Axis("mean probability", 0, 1), Axis("share of landslide ground", 0, 1))
    honest.line(np.array([0, 1]), np.array([0, 1]), "perfect", GREY, dash="5 4")
    for logits, name, colour in (
        (adaptation.sample.logits + adaptation.start, "before", BLUE),
        (adaptation.new_logits, "after", GREEN),
    ):
        predicted, observed = _reliability(adaptation, logits)
        honest.line(predicted, observed, "", colour)
        honest.points(predicted, observed, name, colour)
    caption = "Reliability: above the dashed line probabilities are too low, below it too high."
    return [*parts, figure(honest.svg("Reliability"), caption)]


def _reliability(adaptation: Adaptation, logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sample = adaptation.sample
    probability = 1 / (1 + np.exp(-np.clip(logits, -50, 50)))
    bins = np.minimum((probability * _BINS).astype(int), _BINS - 1)
    ground = np.bincount(bins, sample.ground, minlength=_BINS)
    there = ground > 0
    predicted = np.bincount(bins, sample.ground * probability, minlength=_BINS)
    observed = np.bincount(bins, sample.landslide, minlength=_BINS)
    return predicted[there] / ground[there], observed[there] / ground[there]


def _map(adaptation: Adaptation, request: AdaptRequest) -> list[str]:
    part = adaptation.compared
    grid = _map_grid(adaptation.stack.grid.shifted(part.window))
    times = grid.width // part.window.width
    old, new = (
        (values >= threshold).repeat(times, axis=0).repeat(times, axis=1)
        for values, threshold in ((part.before, part.threshold), (part.after, 0.5))
    )
    under = Below(request.stack, mapping=request.band_mapping).on(grid)
    rgb = np.full((3, *old.shape), 200.0)
    if under is not None:
        rgb[:] = under
    for marked, colour in ((old & new, _BOTH), (old & ~new, _BEFORE), (new & ~old, _AFTER)):
        mixed = (1 - _COVER) * rgb[:, marked] + _COVER * np.array(colour)[:, None]
        rgb[:, marked] = mixed
    layers = [picture(rgb.astype(np.uint8), grid)]
    for outlines, line in ((request.labels.landslides, GREEN), (request.labels.others, GREY)):
        shapes = [shape for shape in in_pixels(outlines, grid) if _touches(shape, grid)]
        if shapes:
            layers.append(drawn(paths(shapes), line, width=1.5, fill=0))
    caption = (
        "White: both models. Blue: only the old one. Orange: only the new one. Green lines: "
        "labelled landslides; grey lines: labelled as none."
    )
    title = "Map of both models around the labels"
    return [heading("Map"), map_part(whole_map(grid, layers, title), caption)]


def _map_grid(grid: Grid) -> Grid:
    """The grid with pixels repeated, so that the map is as large as others."""
    times = max(1, 800 // max(grid.width, grid.height))
    a, b, c, d, e, f = grid.transform
    finer = (a / times, b / times, c, d / times, e / times, f)
    return Grid(grid.crs, finer, grid.width * times, grid.height * times)


def _touches(shape: list[list[np.ndarray]], grid: Grid) -> bool:
    points = np.concatenate([rings[0] for rings in shape]) if shape else np.full((1, 2), -1.0)
    low, high = points.min(axis=0), points.max(axis=0)
    return bool((high >= 0).all() and low[0] <= grid.width and low[1] <= grid.height)


def _blocks(adaptation: Adaptation) -> list[str]:
    rows = [
        (
            _place(adaptation, block.row, block.col),
            f"{block.landslides:,}",
            f"{block.before:.2f}",
            f"{block.after:.2f}",
        )
        for block in sorted(adaptation.verdict.blocks, key=lambda each: each.after)
    ]
    few = adaptation.landslides < 40
    worst = rows[0][0] if rows else ""
    advice = f"Labels help most where the new model is worst ({worst})"
    if adaptation.unsure:
        place = _place(adaptation, *adaptation.unsure)
        advice += f", and where it wavers without labels: around {place}"
    return [
        heading("Where more labels would help"),
        paragraph(
            f"{advice}."
            + (
                f" {adaptation.landslides} landslides are few: with 40 or more, all over the "
                "scene, a new layer has enough to go on."
                if few
                else ""
            )
        ),
        table(("Block around", "Landslides", "F1 before", "F1 after"), rows),
    ]


def _place(adaptation: Adaptation, row: float, col: float) -> str:
    grid = adaptation.stack.grid
    a, b, c, d, e, f = grid.transform
    x, y = a * (col + 0.5) + b * (row + 0.5) + c, d * (col + 0.5) + e * (row + 0.5) + f
    lon, lat = Geodesy(grid.crs).lonlat(np.array([x]), np.array([y]))
    return f"{float(lat[0]):.4f}, {float(lon[0]):.4f}"


def _sources(adaptation: Adaptation, request: AdaptRequest, made_by: str) -> list[str]:
    strength = adaptation.strength
    rows = [
        ("Model", f"{adaptation.base.name} {adaptation.base.version}"),
        ("Image", shown_name(request.stack)),
        ("Labels", shown_name(request.labels.landslides.name)),
        ("Landslides on the image", f"{adaptation.landslides:,}"),
        ("Outlines that are none", f"{adaptation.others:,}"),
        ("Labels complete in an area", "yes" if adaptation.sample.complete else "no"),
        ("Strength of the prior", f"{strength:.3g}" if strength is not None else "threshold only"),
        ("Adapted model", adaptation.card.name if adaptation.written else "not written"),
        ("Software", made_by),
    ]
    return sources_part((), rows, adaptation.stack.grid)
