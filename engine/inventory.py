"""The inventory: one landslide, its attributes, and how they are measured and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .dependencies import require
from .errors import OutputError
from .output import whole_file


@dataclass(frozen=True)
class Field:
    """One column of the inventory.

    Attributes:
        name: Column name.
        kind: Python type of its values.
        unit: Unit, or empty.
        meaning: What it says and where it comes from.
    """

    name: str
    kind: type
    unit: str
    meaning: str


FIELDS = (
    Field("id", str, "", "Stable name: where the probability peaks, latitude and longitude"),
    Field("area_m2", float, "m2", "Area on the ellipsoid"),
    Field("perimeter_m", float, "m", "Perimeter along pixel edges, on the ellipsoid"),
    Field("pixel_count", int, "pixels", "Pixels at or above the threshold"),
    Field("prob_mean", float, "0..1", "Mean probability of its pixels"),
    Field("prob_max", float, "0..1", "Highest probability of its pixels"),
    Field("touches_edge", int, "0/1", "1 where it meets the raster's edge or nodata: cut off"),
    Field("lon", float, "degrees", "Longitude of the centroid"),
    Field("lat", float, "degrees", "Latitude of the centroid"),
    Field("z_min", float, "m", "Lowest elevation, from the DEM"),
    Field("z_max", float, "m", "Highest elevation, from the DEM"),
    Field("slope_mean", float, "degrees", "Mean slope (Horn), from the DEM"),
    Field("model", str, "", "Model that detected it"),
    Field("model_version", str, "", "Version of the model"),
    Field("threshold", float, "0..1", "Probability threshold"),
    Field("source", str, "", "File name of the stack"),
    Field("run_date", str, "", "Date of the detection, ISO 8601, UTC"),
)


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
        return self.values[[field.name for field in FIELDS].index(name)]


class Geodesy:
    """Lengths, areas and positions on the ellipsoid of a CRS."""

    def __init__(self, crs: str) -> None:
        pyproj = require("pyproj")
        parsed = pyproj.CRS(crs)
        self._geod = parsed.get_geod()
        self._to_lonlat = pyproj.Transformer.from_crs(
            parsed, parsed.geodetic_crs, always_xy=True
        ).transform

    def lonlat(self, x: float, y: float) -> tuple[float, float]:
        """Longitude and latitude of a map point, degrees."""
        return self._to_lonlat(x, y)

    def area_perimeter(self, rings: Sequence[np.ndarray]) -> tuple[float, float]:
        """Area in m2 and perimeter in m of a polygon.

        Args:
            rings: Open rings [n, 2] in map coordinates, the exterior first.
        """
        measured = [
            self._geod.polygon_area_perimeter(*self._to_lonlat(ring[:, 0], ring[:, 1]))
            for ring in rings
        ]
        exterior, *holes = (abs(area) for area, _ in measured)
        return exterior - sum(holes), sum(perimeter for _, perimeter in measured)


def location_id(lon: float, lat: float) -> str:
    """Name a landslide after a point in it, such as ``LS_42.71305N_141.95230E``.

    Five decimals are about one metre, less than a pixel: two landslides cannot share a name, and
    the same one keeps it in another run, extent or file order.
    """
    return f"LS_{abs(lat):08.5f}{'NS'[lat < 0]}_{abs(lon):09.5f}{'EW'[lon < 0]}"


def write_geopackage(landslides: Sequence[Landslide], crs: str, target: str) -> None:
    """Write an inventory as GeoPackage, for work without QGIS.

    Args:
        landslides: The inventory; may be empty.
        crs: Its CRS as WKT.
        target: Path of the file; replaced when the new one is complete.

    Raises:
        DependencyError: pyogrio is not installed.
        OutputError: The file cannot be written.
    """
    raw = require("pyogrio.raw", "pyogrio")
    errors = require("pyogrio.errors", "pyogrio")
    columns: list[np.ndarray] = [
        np.array([_typed(slide.values[i], field.kind) for slide in landslides], dtype=_dtype(field))
        for i, field in enumerate(FIELDS)
    ]
    with whole_file(target) as temporary:
        try:
            raw.write(
                temporary,
                geometry=np.array([slide.wkb for slide in landslides], dtype=object),
                field_data=columns,
                fields=[field.name for field in FIELDS],
                geometry_type="Polygon",
                crs=crs,
                driver="GPKG",
                layer="inventory",
            )
        except (errors.DataSourceError, errors.DataLayerError, errors.FeatureError) as err:
            raise OutputError(
                f"{target} cannot be written ({err}). Check that the disk has room and that the "
                "folder may be written to."
            ) from err


def _typed(value: Any, kind: type) -> Any:
    return float("nan") if value is None and kind is float else value


def _dtype(field: Field) -> type:
    return {str: object, int: np.int64, float: np.float64}[field.kind]
