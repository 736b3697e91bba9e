"""KML, read back by GDAL."""

import pytest
import shapely

from landslip.engine.common.errors import OutputError
from landslip.engine.inventory import kml
from landslip.engine.inventory.kml import write_kml
from landslip.engine.inventory.table import Record, Table

pyogrio = pytest.importorskip("pyogrio", reason="needs pyogrio")

HOLED = shapely.Polygon(
    [(500000, 4700000), (500100, 4700000), (500100, 4700100), (500000, 4700100)],
    [[(500020, 4700020), (500020, 4700040), (500040, 4700040), (500040, 4700020)]],
)
OTHER = shapely.MultiPolygon([shapely.box(500300, 4700000, 500310, 4700050), HOLED.buffer(-45)])


def table():
    values = {"id": "<LS> & co\x07\ufffe\ud800", "area_m2": 9600.0, "notes": "Über 道路", "mine": 1}
    records = (Record(HOLED.wkb, values), Record(OTHER.wkb, {"id": "b", "notes": None}))
    return Table("slides", "EPSG:32654", {"id": str, "area_m2": float, "notes": str}, records)


def test_gdal_reads_what_was_written(tmp_path):
    target = tmp_path / "a.kml"
    write_kml(table(), "Iburi <2018>", "649 landslides & more", str(target))
    meta, _, outlines, values = pyogrio.raw.read(str(target))
    columns = dict(zip(meta["fields"].tolist(), values))
    assert columns["Name"].tolist() == ["<LS> & co", "b"]
    found = shapely.from_wkb(outlines)
    from pyproj import Transformer

    back = Transformer.from_crs("EPSG:4326", "EPSG:32654", always_xy=True).transform
    areas = [shapely.transform(each, back, interleaved=False).area for each in found]
    assert areas == pytest.approx([HOLED.area, OTHER.area], abs=2)
    parts = shapely.get_parts(found)
    assert all(part.exterior.is_ccw for part in parts)
    assert not any(ring.is_ccw for part in parts for ring in part.interiors)
    text = target.read_text(encoding="utf-8")
    assert '<Data name="area_m2"><value>9600</value></Data>' in text
    assert "Über 道路" in text
    assert "mine" not in text


def test_a_file_that_is_cut_off_is_not_there(tmp_path, monkeypatch):
    target = tmp_path / "a.kml"
    target.write_text("before")
    whole = kml._lines
    monkeypatch.setattr(kml, "_lines", lambda *given: list(whole(*given))[:-2])
    with pytest.raises(OutputError, match="is not whole"):
        write_kml(table(), "a", "b", str(target))
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.kml"]
