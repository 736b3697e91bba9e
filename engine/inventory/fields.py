"""The inventory: one landslide, its attributes, and how they are measured and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Field:
    """One column of the inventory.

    Attributes:
        name: Column name, for most at most ten characters, as a Shapefile takes them.
        kind: Python type of its values.
        unit: Unit, or empty.
        meaning: What it says.
        source: What it is taken from: one of `OUTLINE`, `PROBABILITY`, `DEM`, `RUN`, `PERSON`.
        choices: The values that a person may pick, where there is a list.
    """

    name: str
    kind: type
    unit: str
    meaning: str
    source: str
    choices: tuple[str, ...] = ()


OUTLINE = "outline"
PROBABILITY = "probability raster"
DEM = "DEM"
RUN = "tags of the probability raster"
PERSON = "reviewer"

#: How an outline came about.
METHODS = ("automatic", "semi-automatic", "manual")
#: What a reviewer thinks of it; `UNREVIEWED` until someone has looked.
UNREVIEWED = "unreviewed"
REVIEW_STATUS = (UNREVIEWED, "accepted", "edited", "rejected")
#: Types of movement after Cruden and Varnes (1996), slides also by the shape of their surface.
MOVEMENTS = (
    "fall",
    "topple",
    "slide",
    "rotational slide",
    "translational slide",
    "spread",
    "flow",
    "complex",
)
#: Materials after Cruden and Varnes (1996).
MATERIALS = ("rock", "debris", "earth")
#: States of activity after Cruden and Varnes (1996).
ACTIVITIES = (
    "active",
    "suspended",
    "reactivated",
    "dormant",
    "abandoned",
    "stabilised",
    "relict",
)
TRIGGERS = (
    "rainfall",
    "earthquake",
    "snowmelt",
    "volcanic activity",
    "human activity",
    "deforestation",
    "wildfire",
    "other natural cause",
    "unknown",
)
#: Confidence that it is a landslide, lowest first: the five steps of the USGS inventory.
CONFIDENCES = ("possible", "probable", "likely", "confident", "high")

FIELDS = (
    Field("id", str, "", "Stable name: a point in it, latitude and longitude", OUTLINE),
    Field("area_m2", float, "m2", "Area on the ellipsoid", OUTLINE),
    Field("perimeter_m", float, "m", "Perimeter on the ellipsoid", OUTLINE),
    Field("length_m", float, "m", "Horizontal extent down the slope", DEM),
    Field("width_m", float, "m", "Horizontal extent across the slope", DEM),
    Field("elongation", float, "", "Length over width; below 1 where wider than long", DEM),
    Field("compactness", float, "0..1", "4 pi area / perimeter squared; 1 for a circle", OUTLINE),
    Field("pixel_count", int, "pixels", "Pixels inside", OUTLINE),
    Field("prob_mean", float, "0..1", "Mean probability of its pixels", PROBABILITY),
    Field("prob_max", float, "0..1", "Highest probability of its pixels", PROBABILITY),
    Field("prob_p10", float, "0..1", "Probability that 10 % of its pixels stay below", PROBABILITY),
    Field("prob_std", float, "0..1", "Standard deviation of the runs, mean of pixels", PROBABILITY),
    Field("touches_edge", int, "0/1", "1 where the raster's edge or nodata cuts it off", OUTLINE),
    Field("neighb_m", float, "m", "From its centroid to that of the nearest other one", OUTLINE),
    Field("lon", float, "degrees", "Longitude of the centroid", OUTLINE),
    Field("lat", float, "degrees", "Latitude of the centroid", OUTLINE),
    Field("z_max", float, "m", "Elevation of the crown, its highest pixel", DEM),
    Field("z_min", float, "m", "Elevation of the toe, its lowest pixel", DEM),
    Field("height_m", float, "m", "H: crown above toe", DEM),
    Field(
        "travel_m",
        float,
        "m",
        "L: how far down the slope from crown to toe, horizontal; at most their distance",
        DEM,
    ),
    Field("h_l", float, "", "H / L", DEM),
    Field("reach_deg", float, "degrees", "Reach angle: arctangent of H / L", DEM),
    Field("crown_lon", float, "degrees", "Longitude of the crown", DEM),
    Field("crown_lat", float, "degrees", "Latitude of the crown", DEM),
    Field("toe_lon", float, "degrees", "Longitude of the toe", DEM),
    Field("toe_lat", float, "degrees", "Latitude of the toe", DEM),
    Field("slope_mean", float, "degrees", "Mean slope (Horn)", DEM),
    Field("slope_max", float, "degrees", "Steepest slope (Horn)", DEM),
    Field("aspect_deg", float, "degrees", "Circular mean of the aspect, clockwise from north", DEM),
    Field("curvature", float, "1/m", "Mean curvature, positive where convex", DEM),
    Field("model", str, "", "Model that detected it", RUN),
    Field("model_version", str, "", "Version of the model", RUN),
    Field("model_sha", str, "", "SHA-256 of the model's file", RUN),
    Field("threshold", float, "0..1", "Probability threshold", RUN),
    Field("source", str, "", "File name of the stack", RUN),
    Field("product_id", str, "", "Satellite product of the stack", RUN),
    Field("pre_date", str, "", "Acquisition of the image before, ISO 8601", RUN),
    Field("image_date", str, "", "Acquisition of the image, ISO 8601", RUN),
    Field("run_date", str, "", "Date of the detection, ISO 8601, UTC", RUN),
    Field("landslip", str, "", "Version of Landslip", RUN),
    Field("method", str, "", "How the outline came about", PERSON, METHODS),
    Field("review_status", str, "", "What the reviewer thinks of it", PERSON, REVIEW_STATUS),
    Field("ls_type", str, "", "Type of movement, Cruden and Varnes", PERSON, MOVEMENTS),
    Field("material", str, "", "Material, Cruden and Varnes", PERSON, MATERIALS),
    Field("activity", str, "", "State of activity, Cruden and Varnes", PERSON, ACTIVITIES),
    Field("trigger", str, "", "What set it off", PERSON, TRIGGERS),
    Field("confidence", str, "", "How sure the reviewer is", PERSON, CONFIDENCES),
    Field("conf_hint", str, "", "What prob_mean suggests", PROBABILITY, CONFIDENCES[:-1]),
    Field("event_date", str, "", "Date of the landslide, ISO 8601", PERSON),
    Field("notes", str, "", "Remarks", PERSON),
    Field("reviewer", str, "", "Who reviewed it", PERSON),
    Field("reviewed_at", str, "", "When it was reviewed, ISO 8601, UTC", PERSON),
)

#: Place of each field in `Landslide.values`.
FIELD_INDEX = {field.name: index for index, field in enumerate(FIELDS)}


@dataclass(frozen=True)
class Landslide:
    """One landslide.

    Attributes:
        wkb: Outline as WKB polygon in the stack's CRS.
        values: Attributes in the order of `FIELDS`; None where unknown.
    """

    wkb: bytes
    values: tuple[Any, ...]

    def __getitem__(self, name: str) -> Any:
        """An attribute by its field name."""
        return self.values[FIELD_INDEX[name]]
