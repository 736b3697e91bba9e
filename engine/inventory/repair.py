"""What every reader of inventories does, whatever opens the file: columns, places, warnings.

The geometry itself is QGIS's business in `algorithms`, and shapely's in `cli`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..common.errors import ParameterError
from .field_names import FIELD_KINDS, full_name

#: How many landslides a warning names.
_NAMED = 5

#: What can be done to an outline.
NO_OUTLINE = "landslides without an outline, left out"
NO_AREA = "landslides whose outline has no area, left out"
REPAIRED = "outlines that were not valid, repaired"
STRAIGHTENED = "curved outlines, made of straight pieces"
FLATTENED = "outlines with heights or measures (Z, M), dropped"


class Columns:
    """Columns of a layer as those of an inventory, whatever format it went through.

    Shapefiles cut names to ten letters, others keep numbers as text: fields of an inventory get
    their names and types back, so that what a reviewer said counts in every format. Row numbers
    that a format gives by itself are no column of the inventory, and would collide in the next
    file.

    Args:
        found: Type of the values in each column of the layer.
        row_numbers: Names of the columns that its format counts its rows with.

    Attributes:
        kinds: Type of the values in each column of the inventory.
    """

    def __init__(self, found: Mapping[str, type], row_numbers: Sequence[str] = ()) -> None:
        self._names = {
            column: full_name(column, found) for column in found if column not in row_numbers
        }
        self.kinds = {
            name: FIELD_KINDS.get(name, found[column]) for column, name in self._names.items()
        }

    def values(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row under the names of the inventory."""
        return {
            name: _typed(row[column], FIELD_KINDS.get(name)) for column, name in self._names.items()
        }


def _typed(value: Any, kind: type | None) -> Any:
    """A text as the number that the field holds; what is none stays."""
    if kind is None or not isinstance(value, str) or kind is str:
        return value
    try:
        return kind(value) if value.strip() else None
    except ValueError:
        return value


@dataclass
class Repairs:
    """Remembers what was done to which landslides of a layer.

    Attributes:
        name: What to call the layer.
        done: Numbers of the landslides by what was done to them.
    """

    name: str
    done: dict[str, list[str]] = field(default_factory=dict)

    def note(self, what: str, number: int) -> None:
        """Remember what was done to a landslide."""
        self.done.setdefault(what, []).append(str(number))

    def tell(self, warn: Callable[[str], None]) -> None:
        """Say what was done to which landslides."""
        for what, numbers in self.done.items():
            more = ", ..." if len(numbers) > _NAMED else ""
            told = ", ".join(numbers[:_NAMED])
            warn(f"{self.name}: {what}: {len(numbers)} (feature {told}{more}).")


@dataclass(frozen=True)
class PlaceCheck:
    """Finds coordinates that a layer's CRS cannot have: those of another CRS.

    Attributes:
        name: What to call the layer.
        crs: What to call its CRS.
        degrees: Whether its coordinates are longitudes and latitudes.
    """

    name: str
    crs: str
    degrees: bool

    def __call__(self, number: int, box: tuple[float, float, float, float]) -> None:
        """Check the extent of a landslide: xmin, ymin, xmax, ymax.

        Raises:
            ParameterError: It cannot be one in this CRS.
        """
        xmin, ymin, xmax, ymax = box
        largest_x, largest_y = max(abs(xmin), abs(xmax)), max(abs(ymin), abs(ymax))
        if not (largest_x < float("inf") and largest_y < float("inf")):
            found = "coordinates that are no numbers"
        elif self.degrees and (largest_x > 360 or largest_y > 90.001):
            found = f"the coordinates {xmin:.10g}, {ymin:.10g}"
        elif not self.degrees and largest_x <= 180 and largest_y <= 90:
            found = f"coordinates like degrees ({xmin:.4f}, {ymin:.4f})"
        else:
            return
        raise ParameterError(
            f"Feature {number} of {self.name} has {found}, which the layer's CRS ({self.crs}) "
            "cannot have. The layer's CRS is set wrongly, or landslides in two CRSs were put into "
            "one layer: set the CRS, or reproject each part (Reproject layer) and merge them "
            "(Merge vector layers)."
        )


def without_crs(name: str) -> ParameterError:
    """The error for a layer that does not say where it is."""
    return ParameterError(
        f"The layer {name} has no coordinate reference system; expected one, to know where its "
        "landslides are. Set it (in QGIS, right-click the layer > Layer CRS) and run again."
    )


def without_polygons(name: str, kind: str) -> ParameterError:
    """The error for a layer of another kind of geometry."""
    return ParameterError(
        f"The layer {name} holds {kind or 'no'} geometries; expected polygons, the outlines of "
        "landslides. Choose a polygon layer."
    )
