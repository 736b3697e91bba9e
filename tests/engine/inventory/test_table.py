import numpy as np
import pyproj
import pytest
import shapely

from landslip.engine.inventory.geodesy import location_id
from landslip.engine.inventory.table import Record, Table
from landslip.tests.support import UTM

BOX = shapely.box(500000, 4700000, 500100, 4700050)


def moved(outline, metres):
    return shapely.transform(outline, lambda points: points + np.array([metres, 0]))


def table(*ids, column="id", outline=BOX):
    records = tuple(
        Record(moved(outline, 1000 * i).wkb, {column: name}) for i, name in enumerate(ids)
    )
    return Table("inventory", UTM, {column: str}, records)


def ids(table):
    return [record.get("id") for record in table.records]


def test_ids_that_are_unique_stay():
    assert ids(table("a", "b").with_ids()) == ["a", "b"]
    assert ids(table(7, 8, column="ID").with_ids()) == ["7", "8"]


def test_missing_ids_name_the_place():
    made = ids(table(None, "").with_ids())
    to_lonlat = pyproj.Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform
    places = [to_lonlat(x, 4700025) for x in (500050, 501050)]
    assert made == [location_id(*place) for place in places]
    assert made == ids(table(None, " ").with_ids())


def test_repeated_and_taken_ids_get_a_number():
    assert ids(table("a", "a", "b").with_ids()) == ["a", "a-2", "b"]
    assert ids(table("a", "b").with_ids(taken=["b"])) == ["a", "b-2"]


def test_an_id_names_the_largest_part_even_far_from_the_origin():
    small = shapely.box(300000, 4000000, 300001, 4000001)
    whole = shapely.MultiPolygon([small, BOX])
    assert ids(table(None, outline=whole).with_ids()) == ids(table(None).with_ids())


def test_columns_are_found_in_any_case():
    assert table(1, column="Id").own_name("ID") == "Id"
    assert table(1).own_name("missing") == "missing"


def test_a_table_is_not_changed():
    before = table("a", "a")
    before.with_ids()
    assert ids(before) == ["a", "a"]


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32654"])
def test_an_empty_table_stays_empty(crs):
    assert Table("none", crs, {}, ()).with_ids().records == ()
