"""Finding scenes: on an API on loopback, in files, with everything that goes wrong there."""

import dataclasses
import json
import time
from datetime import datetime, timezone

import numpy as np
import pytest

from landslip.engine.catalogue import network
from landslip.engine.catalogue.catalogues import catalogue_of
from landslip.engine.catalogue.find import FindRequest, find_scenes, table_of
from landslip.engine.catalogue.network import Session
from landslip.engine.catalogue.place import Place, area_of_extent
from landslip.engine.catalogue.plain_carrier import PlainCarrier
from landslip.engine.common.errors import Cancelled, CatalogueError, ParameterError
from landslip.tests.stac_items import BOX, COPERNICUS, EARTH_SEARCH, PLANETARY_COMPUTER, item
from landslip.tests.stac_server import StacServer, cut_off, redirect, status, text

AREA = area_of_extent((141.5, 42.5, 141.7, 42.6), "EPSG:4326")
REQUEST = FindRequest(AREA, "2018-09-06T03:08:00+09:00")
#: Day, cloud, and what is to come of it.
DAYS = (
    ("2017-09-05", 3, ("before", 2)),
    ("2018-05-08", 1, ("before", 3)),
    ("2018-08-06", 4, ("before", 1)),
    ("2018-08-26", 70, ("before", None)),
    ("2018-09-05T12:00:00", 90, ("before", None)),
    ("2018-09-08", 60, ("after", None)),
    ("2018-09-10", 5, ("after", 1)),
    ("2018-09-15", 0, ("after", 2)),
)


def days():
    for day, cloud, _ in DAYS:
        when = day if "T" in day else f"{day}T01:26:51"
        yield item(
            f"S2A_54TXN_{day[:10].replace('-', '')}_0_L2A", f"{when}Z", **{"eo:cloud_cover": cloud}
        )


@pytest.fixture
def server(tmp_path):
    with StacServer(tmp_path, days()) as server:
        yield server


@pytest.fixture
def find():
    """Search; returns what was found, and all warnings."""

    def find(address, request=REQUEST, cancelled=lambda: False, waits=None, **changes):
        warnings = []
        catalogue = catalogue_of(address)
        sleep = (lambda _s: None) if waits is None else waits.append
        session = Session(
            PlainCarrier(), catalogue, cancelled=cancelled, warn=warnings.append, sleep=sleep
        )
        request = dataclasses.replace(request, **changes)
        return find_scenes(request, session, warn=warnings.append), warnings

    return find


# --- what is found ---


def test_the_first_clear_one_after_and_the_last_of_the_season_before(server, find):
    found, warnings = find(server.api)
    assert [(s.purpose, s.rank) for s in found.scenes] == [expected for _, _, expected in DAYS]
    assert [s.date[:10] for s in found.scenes if s.best] == ["2018-08-06", "2018-09-10"]
    assert not warnings
    notes = {s.date[:10]: s.note for s in found.scenes}
    assert notes["2018-05-08"] == "clear, before the event, but 125 days off the season"
    assert notes["2018-08-26"] == "cloud 70 %, more than 20 %"


def test_a_day_alone_leaves_the_images_of_that_day_out(find, tmp_path):
    with StacServer(tmp_path, [item()]) as server:
        found, warnings = find(server.api, event="2018-09-10")
    assert (found.scenes[0].purpose, found.scenes[0].rank) == ("", None)
    assert "give its time" in found.scenes[0].note
    assert len(warnings) == 2


def test_the_table_has_a_footprint_for_every_tile(server, find):
    table = table_of(find(server.api)[0])
    assert len(table.records) == len(DAYS)
    values = table.records[-1].values
    assert values["best"] == 1
    assert values["item"] == f"{server.api}/collections/sentinel-2-l2a/items/{values['id']}"
    assert (values["coverage"], values["sun_elevation"], values["tile"]) == (100, 50, "54TXN")


def test_tiles_of_a_day_make_one_scene_and_old_baselines_go(find, tmp_path):
    west, east = (141.0, 42.0, 141.6, 43.0), (141.6, 42.0, 142.3, 43.0)
    items = [
        item("S2A_54TXN_20180910_0_L2A", box=west, **{"eo:cloud_cover": 0.0}),
        item("S2A_54TXN_20180910_1_L2A", box=west, **{"s2:processing_baseline": "05.00"}),
        item("S2A_54TYN_20180910_0_L2A", box=east, **{"grid:code": "MGRS-54TYN"}),
    ]
    with StacServer(tmp_path, items) as server:
        scene = find(server.api)[0].best("after")
    assert sorted(i.id for i in scene.items) == [
        "S2A_54TXN_20180910_1_L2A",
        "S2A_54TYN_20180910_0_L2A",
    ]
    assert scene.cover == 1
    assert scene.coverage == pytest.approx((0.5, 0.5), abs=0.01)
    assert scene.cloud == pytest.approx(5)


def test_a_tile_within_another_is_not_needed(find, tmp_path):
    items = [item(), item("S2A_54TYN_20180910_0_L2A", **{"grid:code": "MGRS-54TYN"})]
    with StacServer(tmp_path, items) as server:
        assert len(find(server.api)[0].best("after").items) == 1


def test_what_covers_too_little_does_not_serve(find, tmp_path):
    with StacServer(tmp_path, [item(box=(141.0, 42.0, 141.55, 43.0))]) as server:
        found, warnings = find(server.api)
        assert found.best("after") is None
        assert "covers 25% of the area, less than 90%" in warnings[-1]
        assert find(server.api, min_cover=20)[0].best("after")


def test_all_pages_are_read(server, find):
    server.page = 3
    found, _ = find(server.api)
    assert len(found.scenes) == len(DAYS)
    assert sum("/search" in path for path in server.paths()) == 3


def test_across_the_180th_meridian_both_sides_are_searched(find, tmp_path):
    west, east = (178.5, -18.0, 180.0, -17.0), (-180.0, -18.0, -178.5, -17.0)
    items = [item("one", box=west), item("two", box=east, **{"grid:code": "MGRS-01KAB"})]
    area = area_of_extent((179.5, -17.6, -179.5, -17.4), "EPSG:4326")
    with StacServer(tmp_path, items) as server:
        found, _ = find(server.api, area=area)
    scene = found.best("after")
    assert len(scene.items) == 2
    assert scene.coverage == pytest.approx((0.5, 0.5), abs=0.01)


def test_an_area_in_metres_is_the_same_place(server, find):
    area = area_of_extent((541000, 4705500, 557000, 4716500), "EPSG:32654")
    assert find(server.api, area=area)[0].best("after").cover == 1


def test_coverage_is_the_share_of_the_area():
    area = dataclasses.replace(AREA, polygons=((((0, 0), (10, 0), (0, 10), (0, 0)),),))
    place = Place.of(area)
    below = np.array([(0, 0), (10, 0), (10, 5), (0, 5)], float)
    assert place.share(place.covered([[below]])) == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("kind", ["file", "folder", "one"])
def test_files_of_items_are_searched_without_a_network(kind, find, tmp_path):
    (tmp_path / "in").mkdir()
    documents = list(days())
    if kind == "folder":
        (tmp_path / "in" / "other.json").write_text("{")
        for document in documents:
            (tmp_path / "in" / f"{document['id']}.json").write_text(json.dumps(document))
    elif kind == "file":
        collection = {"type": "FeatureCollection", "features": documents}
        (tmp_path / "in" / "items.geojson").write_text(json.dumps(collection))
    else:
        (tmp_path / "in" / "items.geojson").write_text(json.dumps(documents[6]))
    path = tmp_path / "in" if kind == "folder" else tmp_path / "in" / "items.geojson"
    found, _ = find(str(path))
    assert found.best("after").date == "2018-09-10T01:26:51Z"
    address = found.best("after").items[0].address
    assert address.startswith(str(tmp_path / "in"))
    assert address.endswith("#S2A_54TXN_20180910_0_L2A")


# --- what goes wrong ---


def test_busy_servers_are_asked_again_after_the_time_that_they_ask_for(server, find):
    server.faults["/v1/search"] = [status(429, **{"Retry-After": "7"}), status(503), cut_off()]
    waits = []
    found, warnings = find(server.api, waits=waits)
    assert found.best("after")
    assert sum(waits) == pytest.approx(7 + 2 + 4, abs=0.5)
    assert any("makes us wait for 7 s" in warning for warning in warnings)


def test_a_catalogue_that_is_down_gives_a_sentence(find, server):
    server.faults["/v1"] = [status(503)] * 9
    with pytest.raises(CatalogueError, match=r"did not answer as it should, 5 times \(status 503"):
        find(server.api)
    with pytest.raises(CatalogueError, match="check the connection and the proxy"):
        find("http://127.0.0.1:9/v1")


def test_a_wait_of_hours_is_not_waited(find, server):
    server.faults["/v1"] = [status(429, **{"Retry-After": "7200"})]
    with pytest.raises(CatalogueError, match="asks to wait for 7200 s"):
        find(server.api)


def test_a_run_stops_at_once_while_a_server_is_silent(find, server):
    server.faults["/v1"] = [lambda _request: time.sleep(20)]
    started = time.monotonic()
    asked = iter([False, False])
    with pytest.raises(Cancelled):
        find(server.api, cancelled=lambda: next(asked, True))
    assert time.monotonic() - started < 15  # before the server has said anything


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"<html>", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no list of scenes"),
        (b'{"type": "FeatureCollection", "features": 3}', "no list of scenes"),
    ],
)
def test_nonsense_gives_a_sentence(find, server, answer, message):
    server.faults["/v1/search"] = [text(answer)]
    with pytest.raises(CatalogueError, match=message):
        find(server.api)


def test_an_address_that_is_no_catalogue(find, server):
    server.faults["/v1"] = [text(b'{"links": []}')]
    with pytest.raises(CatalogueError, match="no link 'search'"):
        find(server.api)
    with pytest.raises(CatalogueError, match="status 404"):
        find(f"{server.root}/nothing")
    with pytest.raises(CatalogueError, match="There is no catalogue 'nowhere'"):
        find("nowhere")


def test_huge_answers_are_not_read(find, server, monkeypatch):
    monkeypatch.setattr(network, "MAX_TEXT_BYTES", 2000)
    with pytest.raises(CatalogueError, match="more than an answer of this kind has"):
        find(server.api)
    # A server that does not say how long its answer is.
    monkeypatch.setattr(network, "MAX_TEXT_BYTES", 2_000_000)

    def endless(request):
        request.send_response(200)
        request.end_headers()
        request.close_connection = True
        for _ in range(100):
            request.wfile.write(b" " * 100_000)

    server.faults["/v1"] = [endless]
    with pytest.raises(CatalogueError, match="more than an answer of this kind has"):
        find(server.api)


def test_lists_that_lead_in_circles_end(find, server):
    def circle(request):
        page = {"type": "FeatureCollection", "features": list(map(server.ours, server.items))}
        page["links"] = [{"rel": "next", "href": f"{server.root}{request.path}"}]
        request.json(page)

    server.faults["/v1/search"] = [circle] * 50
    found, warnings = find(server.api)
    assert found.best("after")
    assert any("leads in a circle" in warning for warning in warnings)

    def other_addresses(request):
        page = {"type": "FeatureCollection", "features": list(map(server.ours, server.items))}
        more = f"{server.root}{request.path}&n={len(server.requests)}"
        page["links"] = [{"rel": "next", "href": more}]
        request.json(page)

    server.faults["/v1/search"] = [other_addresses] * 50
    server.requests.clear()
    assert find(server.api)[0].best("after")
    assert len(server.requests) < 5


def test_items_that_are_none_are_passed_over(find, tmp_path):
    good = item()
    bad = [
        {**good, "id": "", "bbox": list(BOX)},
        {**good, "id": "no-files", "assets": {}},
        {**good, "id": "no-date", "properties": {"datetime": "2018-09-10T01:26:51Z"}},
        {**good, "id": "no-outline", "geometry": {"type": "Point", "coordinates": [1, 2]}},
        {**good, "id": "far", "geometry": {"type": "Polygon", "coordinates": [[[1e9, 0]] * 4]}},
        {**good, "id": "texts", "geometry": {"type": "Polygon", "coordinates": [["abc"]]}},
        {**good, "id": "type", "type": "Catalog"},
    ]
    bad[2]["properties"] = {"datetime": "2018-09-10T01:26:51Z"}
    with StacServer(tmp_path, [*bad, good]) as server:
        found, warnings = find(server.api)
    assert found.best("after").items[0].id == good["id"]
    assert warnings[0].startswith("6 items were passed over: The item")


def test_redirects_go_where_a_run_may_go_alone(find, server):
    server.faults["/v1/search"] = [redirect(f"{server.root}/v1/other")]
    with pytest.raises(CatalogueError, match="status 404"):
        find(server.api)
    server.faults["/v1/search"] = [redirect("/v1/search")] * 9
    with pytest.raises(CatalogueError, match="without end"):
        find(server.api)
    for target in (
        "file:///etc/passwd",
        "ftp://x.org/",
        "http://192.168.0.1/",
        "https://10.0.0.1/",
    ):
        server.faults["/v1/search"] = [redirect(target)]
        with pytest.raises(CatalogueError, match="Nothing was read from there"):
            find(server.api)


@pytest.mark.parametrize("event", ["", "2018-09", "yesterday", "2018-13-01"])
def test_dates_that_are_none(find, server, event):
    with pytest.raises(ParameterError, match="date of the event"):
        find(server.api, event=event)
    assert not server.requests


def test_areas_that_are_none():
    for extent in ((1, 1, 1, 1), (2, 0, 1, 1), (0, np.nan, 1, 1)):
        with pytest.raises(ParameterError, match="extent"):
            area_of_extent(extent, "EPSG:32654" if extent[0] == 2 else "EPSG:4326")
    with pytest.raises(ParameterError, match="expected at most 20"):
        Place.of(area_of_extent((0, 0, 50, 10), "EPSG:4326"))


# --- the public catalogues' shapes ---


@pytest.mark.parametrize(
    ("name", "document", "baseline", "thumbnail"),
    [
        ("earth_search", EARTH_SEARCH, "05.09", "https://sentinel-cogs"),
        ("planetary_computer", PLANETARY_COMPUTER, "05.09", "https://planetarycomputer.microsoft"),
        ("copernicus", COPERNICUS, "05.00", "https://datahub.creodias.eu"),
    ],
)
def test_items_of_public_catalogues(name, document, baseline, thumbnail):
    from landslip.engine.catalogue.items import item_of

    found = item_of(document, "", catalogue_of(name))
    assert (found.tile, found.baseline) == ("54TXN", baseline)
    assert found.sun_elevation == pytest.approx(50.9)
    assert found.thumbnail.startswith(thumbnail)
    assert found.address == (
        f"{catalogue_of(name).address}/collections/sentinel-2-l2a/items/{document['id']}"
    )
    when = datetime.fromisoformat(found.date.replace("Z", "+00:00"))
    assert when.tzinfo == timezone.utc


def test_thumbnails_elsewhere_are_left_out():
    from landslip.engine.catalogue.items import item_of

    for href in ("https://evil.example/a.jpg", "file:///etc/passwd", "javascript:alert(1)"):
        document = json.loads(json.dumps(EARTH_SEARCH))
        document["assets"]["thumbnail"]["href"] = href
        assert item_of(document, "", catalogue_of("earth_search")).thumbnail == ""
