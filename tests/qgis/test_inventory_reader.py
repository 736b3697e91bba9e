"""Inventories as they come: repaired with a warning, or refused with a sentence."""

import pytest

qgis_core = pytest.importorskip("qgis.core", reason="needs QGIS and its Python bindings")

from landslip.tests.qgis.support import Feedback, layer_features, memory_layer  # noqa: E402

NAME = "landslip:updateinventory"
UTM = "EPSG:32654"
SQUARE = "Polygon((500000 4700000, 500100 4700000, 500100 4700100, 500000 4700100, 500000 4700000))"
BOW_TIE = (
    "Polygon((500000 4700000, 500100 4700100, 500100 4700000, 500000 4700100, 500000 4700000))"
)
OVERLAPPING = (
    "MultiPolygon(((500000 4700000, 500100 4700000, 500100 4700100, 500000 4700000)),"
    "((500000 4700000, 500100 4700000, 500100 4700100, 500000 4700000)))"
)
WITH_Z = (
    "MultiPolygonZ(((500000 4700000 1, 500100 4700000 2, 500100 4700100 3, 500000 4700000 1)),"
    "((600000 4700000 1, 600100 4700000 2, 600100 4700100 3, 600000 4700000 1)))"
)
CURVED = (
    "CurvePolygon(CircularString(500000 4700000, 500050 4700050, 500100 4700000,"
    "500050 4699950, 500000 4700000))"
)
DEGREES = "Polygon((141 42, 141.01 42, 141.01 42.01, 141 42))"


@pytest.fixture
def read(run, tmp_path):
    """An inventory after an update in which nothing was found: its outlines, and what was told."""

    def read(*outlines, crs=UTM, kind="MultiPolygon"):
        target = str(tmp_path / "read.gpkg")
        feedback = Feedback()
        run(
            NAME,
            {
                "INPUT": memory_layer(kind, crs, outlines),
                "DETECTION": memory_layer("Polygon", UTM, []),
                "DATE": "2020-01-01",
                "OUTPUT": target,
            },
            feedback,
        )
        return [feature.geometry() for feature in layer_features(target)], feedback.warnings

    return read


@pytest.mark.parametrize(
    ("outline", "kind", "area", "parts", "warning"),
    [
        (SQUARE, "Polygon", 10000, 1, None),
        (BOW_TIE, "Polygon", 5000, 2, "not valid, repaired: 1"),
        (OVERLAPPING, "MultiPolygon", 5000, 1, "not valid, repaired: 1"),
        (WITH_Z, "MultiPolygonZ", 10000, 2, "heights or measures (Z, M), dropped: 1"),
        (CURVED, "CurvePolygon", 7853.98, 1, "curved outlines, made of straight pieces: 1"),
    ],
)
def test_what_can_be_repaired(read, outline, kind, area, parts, warning):
    (geometry,), warnings = read(outline, kind=kind)
    assert geometry.isGeosValid()
    assert geometry.area() == pytest.approx(area, rel=1e-3)
    assert len(geometry.asGeometryCollection()) == parts
    assert not qgis_core.QgsWkbTypes.hasZ(geometry.wkbType())
    assert [warning in text for text in warnings] == ([True] if warning else [])


@pytest.mark.parametrize(
    ("outline", "warning"),
    [
        (None, "without an outline, left out: 1"),
        ("Polygon EMPTY", "without an outline, left out: 1"),
        (
            "Polygon((500000 4700000, 500100 4700100, 500000 4700000, 500000 4700000))",
            "no area, left out: 1",
        ),
    ],
)
def test_what_has_no_outline_is_left_out_with_a_warning(read, outline, warning):
    geometries, warnings = read(outline, SQUARE)
    assert len(geometries) == 1
    assert warning in warnings[0]
    assert "feature 1" in warnings[0]


@pytest.mark.parametrize(
    ("outlines", "crs", "kind", "message"),
    [
        ([SQUARE], "", "Polygon", "has no coordinate reference system; expected one"),
        ([SQUARE, DEGREES], UTM, "Polygon", "Feature 2 of layer has coordinates like degrees"),
        (
            [DEGREES, SQUARE],
            "EPSG:4326",
            "Polygon",
            "Feature 2 of layer has the coordinates 500000",
        ),
        (["LineString(500000 4700000, 500100 4700000)"], UTM, "LineString", "expected polygons"),
        (["Point(500000 4700000)"], UTM, "Point", "holds Point geometries; expected polygons"),
    ],
)
def test_what_cannot_be_trusted_is_refused(read, tmp_path, outlines, crs, kind, message):
    with pytest.raises(qgis_core.QgsProcessingException, match=message):
        read(*outlines, crs=crs, kind=kind)
    assert not list(tmp_path.iterdir())
