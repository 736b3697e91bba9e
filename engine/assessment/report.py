"""The report of an assessment: tables and curves as one HTML file."""

from __future__ import annotations

import numpy as np

from ..common.figures import BLUE, GREEN, GREY, ORANGE, Axis, Chart
from ..common.report import figure, footer, heading, number, page, paragraph, table, write_page
from ..inventory.run_facts import shown_name
from .assess import Assessment
from .curves import ProbabilityCounts, thresholds
from .object_scores import MAX_DISTANCE, SizeClass
from .report_maps import COMPARED, Below, comparison_map, map_part, sources_part

_SHARE = Axis("share", 0, 1)


def write_assessment_report(
    assessment: Assessment,
    detected: str,
    reference: str,
    made_by: str,
    target: str,
    below: Below | None = None,
) -> None:
    """Write the report of an assessment.

    Args:
        assessment: The scores.
        detected: Name of what was judged.
        reference: Name of what it was compared with.
        made_by: Program and version, for the small print.
        target: Path of the HTML file; replaced when the new one is complete.
        below: What lies below the map.

    Raises:
        OutputError: The file cannot be written.
        RasterError: What lies below cannot be read.
    """
    names = shown_name(detected), shown_name(reference)
    parts = assessment_parts(assessment)
    parts += map_parts(assessment, *names, made_by, below or Below())
    parts.append(
        footer(f"Made by {made_by}. Scores of pixels after Eq. 6-11 of the HPCL-Net paper.")
    )
    about = f"{names[0]}, compared with {names[1]}"
    write_page(target, page("Landslide assessment", about, parts))


def assessment_parts(assessment: Assessment) -> list[str]:
    """The scores and curves as parts of a page."""
    parts = [*_pixels(assessment), *_objects(assessment)]
    if assessment.curves:
        parts += curve_parts(assessment.curves, assessment.threshold)
    return parts


def map_parts(
    assessment: Assessment, detected: str, reference: str, made_by: str, below: Below
) -> list[str]:
    """The map, and what the scores rest on."""
    drawing, grid = comparison_map(assessment, below)
    width, height = (float(side[0]) for side in assessment.grid.pixel_size_metres())
    rows = [
        ("Detection", detected),
        ("Reference", reference),
        ("Judged area", f"{number(assessment.judged_area / 1e6, 2)} km2"),
        ("Pixels compared", f"{width:.3g} x {height:.3g} m"),
        ("Image of the map", shown_name(below.image or "")),
        ("Software", made_by),
    ]
    return [
        heading("Map"),
        map_part(drawing, COMPARED),
        *sources_part(assessment.facts, rows, grid),
        paragraph(
            f"What is smaller than a pixel ({width * height:,.0f} m2) is not judged, and "
            "boundaries are known to about half of one. A reference has errors of its own: what it "
            "lacks counts as a false alarm here."
        ),
    ]


def _pixels(assessment: Assessment) -> list[str]:
    counts = assessment.pixels
    scores = [
        ("Precision", counts.precision, "detected area that is landslide"),
        ("Recall", counts.recall, "landslide area that was detected"),
        ("F1", counts.f1, "harmonic mean of the two"),
        ("Landslide IoU", counts.iou, "intersection over union"),
        ("Background IoU", counts.background_iou, "the same of what is no landslide"),
        ("mIoU", counts.miou, "mean of the two"),
    ]
    areas = [
        ("Judged", assessment.judged_area),
        ("Landslides of the reference", assessment.reference_area),
        ("Detected", assessment.detected_area),
    ]
    at = assessment.threshold
    return [
        heading("Pixels"),
        paragraph(f"At threshold {at:g}.") if at is not None else "",
        table(("Score", "Value", "Meaning"), [(n, f"{v:.3f}", text) for n, v, text in scores]),
        table(
            ("Pixels", "Landslide in the reference", "None in the reference"),
            [
                ("Detected", f"{counts.tp:,}", f"{counts.fp:,}"),
                ("Not detected", f"{counts.fn:,}", f"{counts.tn:,}"),
            ],
        ),
        table(("Area", "km2"), [(name, number(area / 1e6, 3)) for name, area in areas]),
        paragraph(
            f"Area bias {_percent(assessment.area_bias)}, count bias "
            f"{_percent(assessment.count_bias)}; above 0 the detection has more than the "
            "reference."
        ),
    ]


def _objects(assessment: Assessment) -> list[str]:
    objects = assessment.objects
    share = f"{100 * objects.overlap:.0f} %"
    rows = [
        ("Landslides of the reference", number(len(objects.reference.area)), ""),
        ("found", number(objects.found), f"at least {share} of its pixels detected"),
        ("partly found", number(objects.partly), "less"),
        ("missed", number(objects.missed), "no pixel detected"),
        ("Detected landslides", number(len(objects.detected.area)), ""),
        ("correct", number(objects.correct), f"at least {share} of its pixels on the reference"),
        ("false", number(objects.false), "no pixel on the reference"),
        ("Recall", f"{objects.recall:.3f}", "found / landslides of the reference"),
        ("Precision", f"{objects.precision:.3f}", "correct / detected landslides"),
        (
            "Boundary distance",
            f"{number(objects.boundary_distance, 1)} m",
            f"median over landslides that meet; above {MAX_DISTANCE:g} m counts as that",
        ),
    ]
    unseen = objects.detected.unseen + objects.reference.unseen
    note = (
        f"{unseen} landslides have no judged pixel and do not count: they lie outside of the "
        "judged area, or are smaller than a pixel."
    )
    return [
        heading("Landslides"),
        table(("", "Number", "Meaning"), rows),
        paragraph(note) if unseen else "",
        *_by_size(objects.by_size()),
    ]


def _by_size(classes: list[SizeClass]) -> list[str]:
    names = [_size_name(each) for each in classes]
    recall = np.array([each.found / max(1, each.reference) for each in classes])
    precision = np.array([each.correct / max(1, each.detected) for each in classes])
    rows = [
        (
            name,
            f"{each.reference:,}",
            _score(r, each.reference),
            f"{each.detected:,}",
            _score(p, each.detected),
        )
        for name, each, r, p in zip(names, classes, recall, precision)
    ]
    return [
        heading("By size"),
        table(("Area (m2)", "In the reference", "Recall", "Detected", "Precision"), rows),
    ]


def curve_parts(curves: ProbabilityCounts, threshold: float | None) -> list[str]:
    """Scores at every threshold, and reliability, as parts of a page."""
    counts = curves.confusions()
    precision = np.array([each.precision if each.tp + each.fp else np.nan for each in counts])
    recall, f1 = np.array([each.recall for each in counts]), np.array([each.f1 for each in counts])
    best = curves.best_threshold()
    at_best = counts[int(np.argmax(f1))]
    reliability = curves.reliability()

    across = Chart(Axis("threshold", 0, 1), _SHARE)
    across.line(thresholds(), precision, "precision", BLUE)
    across.line(thresholds(), recall, "recall", GREEN)
    across.line(thresholds(), f1, "F1", ORANGE)
    across.mark(best, f"best {best:.2f}", ORANGE)
    trade = Chart(Axis("recall", 0, 1), Axis("precision", 0, 1))
    trade.line(recall, precision, "all thresholds", BLUE)
    trade.points(np.array([at_best.recall]), np.array([at_best.precision]), "best F1", ORANGE)
    honest = Chart(Axis("mean probability", 0, 1), Axis("share of landslide pixels", 0, 1))
    honest.line(np.array([0, 1]), np.array([0, 1]), "perfect", GREY, dash="5 4")
    honest.line(reliability.predicted, reliability.observed, "", BLUE)
    honest.points(reliability.predicted, reliability.observed, "ten bins", BLUE)
    used = f" The run used {threshold:g}." if threshold is not None else ""
    return [
        heading("Thresholds and reliability"),
        paragraph(
            f"The best F1, {at_best.f1:.3f}, is at threshold {best:.2f} (precision "
            f"{at_best.precision:.3f}, recall {at_best.recall:.3f}).{used} A threshold chosen here "
            "is fitted to this reference: judge it on another one."
        ),
        figure(across.svg("Scores by threshold"), "Scores of pixels at every threshold."),
        figure(
            trade.svg("Precision and recall"),
            f"Precision and recall; average precision {curves.average_precision():.3f}.",
        ),
        figure(
            honest.svg("Reliability"),
            "Reliability: above the dashed line probabilities are too low, below it too high. "
            f"Expected calibration error {reliability.error:.3f}.",
        ),
    ]


def _size_name(size: SizeClass) -> str:
    if size.low == 0:
        return f"below {size.high:,.0f}"
    if size.high == np.inf:
        return f"{size.low:,.0f} and more"
    return f"{size.low:,.0f} to {size.high:,.0f}"


def _score(value: float, of: int) -> str:
    return f"{value:.3f}" if of else number(None)


def _percent(share: float) -> str:
    return f"{100 * share:+.1f} %" if np.isfinite(share) else "infinite"
