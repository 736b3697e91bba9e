"""Files of an exchange schema: written, read back and compared before they appear.

What writes and reads a vector file is given: QGIS in `algorithms`, pyogrio in `cli`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import OutputError, ParameterError
from ..common.output import whole_files
from .exchange import differences, fitting
from .schema import Preset
from .table import Table
from .validation import Problem, validate

#: Drivers by the endings of file names.
DRIVERS = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON"}


@dataclass(frozen=True)
class FileAccess:
    """How vector files are written and read.

    Attributes:
        write: Writes a table in the columns of a schema to a path; returns why it cannot be
            written, empty where it was.
        read: Reads the layer of a schema from a path as it is.
        place: Gives a path to write to before a file appears.
    """

    write: Callable[[Table, Preset, str], str]
    read: Callable[[str, Preset], Table]
    place: Callable[[str], AbstractContextManager[str]] = whole_files


def write_exchange(
    table: Table, preset: Preset, target: str, access: FileAccess, warn: Callable[[str], None]
) -> list[Problem]:
    """Write a table in the columns of a schema, as its file name says.

    Returns:
        Where the file does not keep to the schema, such as empty fields that must not be.

    Raises:
        ParameterError: The name has another ending than `DRIVERS`.
        OutputError: The file cannot be written, or does not hold what was written into it.
        Cancelled: The user stopped the run.
    """
    driver = DRIVERS[file_ending(target)]
    table = fitting(table, preset, driver, warn)
    with access.place(target) as temporary:
        reason = access.write(table, preset, temporary)
        if reason:
            raise OutputError(
                f"{target} cannot be written ({reason.replace(temporary, target)}). Check that the "
                "disk has room and that the folder may be written to."
            )
        read = access.read(temporary, preset)
        wrong = differences(table, read)
        if wrong:
            other = "Write a GeoPackage instead" if driver != "GPKG" else "Check the disk"
            raise OutputError(
                f"{target} was read back and differs from what was written: {wrong[0]}"
                f"{f' and {len(wrong) - 1} more' if wrong[1:] else ''}. {other}."
            )
        problems = validate(read, preset, driver)
    return problems


def file_ending(target: str) -> str:
    """The ending of a file name, if there is a driver for it.

    Raises:
        ParameterError: There is none.
    """
    ending = Path(target).suffix.lower()
    if ending not in DRIVERS:
        raise ParameterError(
            f"The file is to be {target}; expected a name that ends with {', '.join(DRIVERS)}. "
            "Choose one of these formats."
        )
    return ending


def layer_options(preset: Preset, path: str) -> dict[str, str]:
    """What GDAL is told when it makes a layer of a schema."""
    ending = file_ending(path)
    if ending == ".gpkg":
        return {"GEOMETRY_NAME": preset.geometry}
    if ending == ".geojson":
        # The standard knows WGS 84 only; the older form of the format names its CRS.
        standard = "YES" if preset.crs == "EPSG:4326" else "NO"
        return {"RFC7946": standard, "COORDINATE_PRECISION": "9"}
    return {}
