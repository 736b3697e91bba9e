"""An inventory as a GeoPackage, without QGIS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..common.dependencies import require
from ..common.errors import OutputError
from ..common.output import whole_file
from .fields import FIELDS, Field, Landslide


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
            # SQLite's reason follows all of the statement that failed.
            reason = str(err).rpartition("failed: ")[2]
            raise OutputError(
                f"{target} cannot be written ({reason}). Check that the disk has room and that the "
                "folder may be written to."
            ) from err


def _typed(value: Any, kind: type) -> Any:
    return float("nan") if value is None and kind is float else value


def _dtype(field: Field) -> type:
    return {str: object, int: np.int64, float: np.float64}[field.kind]
