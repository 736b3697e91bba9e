"""What options that several commands share mean, as plain values of the engine."""

from __future__ import annotations

from ..engine.outlines.vectorise import VectoriseRequest
from .listeners import Values


def products_of(values: Values, name: str) -> tuple[str, ...]:
    """Files and the folder of products."""
    folder = values[f"{name}_FOLDER"]
    return (*(values[name] or ()), *([folder] if folder else ()))


def outlines_of(values: Values) -> VectoriseRequest:
    """How landslides are outlined; from which probability is left open."""
    return VectoriseRequest(
        probability="",
        fill_holes=values["FILL_HOLES"],
        split=values["SPLIT_DEPTH"],
        smooth=values["SMOOTH"],
        min_slope=values["MIN_SLOPE"],
        max_elongation=values["MAX_ELONGATION"],
        flat_slope=values["FLAT_SLOPE"],
        excluded=values["EXCLUDE"],
        edge_image=values["EDGE_IMAGE"],
    )
