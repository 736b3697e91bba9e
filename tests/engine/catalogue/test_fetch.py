"""Fetching scenes: just the bytes that are needed, what the numbers mean, and what goes wrong."""

import dataclasses
import hashlib
import json
import shutil

import numpy as np
import pytest
import rasterio

from landslip.engine.catalogue.assets import Source, multihash, product_of, sources_of
from landslip.engine.catalogue.catalogues import CATALOGUES, Catalogue, catalogue_of
from landslip.engine.catalogue.dem import tile_names
from landslip.engine.catalogue.fetch import FetchRequest, fetch_scenes
from landslip.engine.catalogue.find import FindRequest, find_scenes
from landslip.engine.catalogue.items import item_of
from landslip.engine.catalogue.network import Session
from landslip.engine.catalogue.partial_file import PartialFile
from landslip.engine.catalogue.place import Place, area_of_extent
from landslip.engine.catalogue.plain_carrier import PlainCarrier, token_for, token_of_environment
from landslip.engine.catalogue.scaling import checked, stated
from landslip.engine.catalogue.windows import coarse_window
from landslip.engine.common.errors import Cancelled, CatalogueError, ParameterError
from landslip.engine.preparation.prepare import PrepareRequest, prepare
from landslip.engine.preparation.target_grid import GridRequest
from landslip.engine.raster.tiling import Window
from landslip.tests.safe_fixture import CORNERS, Safe, write_safe
from landslip.tests.safe_fixture import CRS as SAFE_CRS
from landslip.tests.stac_items import COPERNICUS, EARTH_SEARCH, PLANETARY_COMPUTER, item, with_files
from landslip.tests.stac_scene import BANDS, CRS, FILES, NORTH, SIDE, WEST, write_cog, write_scene
from landslip.tests.stac_server import StacServer, missing_half, redirect, status
from landslip.tests.support import reflectance

#: An area inside, in map coordinates; not on the lattice.
INSIDE = (WEST + 2003, NORTH - 5007, WEST + 5011, NORTH - 2004)
AREA = area_of_extent(INSIDE, CRS)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A folder with the files of a scene, and their numbers."""
    folder = tmp_path_factory.mktemp("scene")
    return folder, write_scene(folder)


@pytest.fixture
def server(tmp_path, scene):
    """A catalogue with one scene, whose files are in ``files/a``."""
    shutil.copytree(scene[0], tmp_path / "files" / "a")
    with StacServer(tmp_path / "files") as server:
        server.numbers = scene[1]
        server.items = [with_files(item("S2A_54TXN_20180910_0_L2A"), "a/", **FILES)]
        yield server


@pytest.fixture
def fetch(tmp_path, server):
    """Fetch the items of the server; returns the result and all warnings."""

    def fetch(*items, bands=("B02", "B03", "B04"), carrier=None, credentials=None, **changes):
        stack = PrepareRequest(
            (), str(tmp_path / "stack.tif"), bands=tuple(bands), **changes.pop("stack", {})
        )
        address = changes.pop("address", server.api)
        prefix = f"{address}/collections/sentinel-2-l2a/items/"
        given = changes.pop("catalogue", catalogue_of(address))
        before = tuple(prefix + name for name in changes.pop("before", ()))
        names = items or [server.items[0]["id"]]
        request = FetchRequest(
            given, tuple(prefix + n for n in names), AREA, stack, before=before, **changes
        )
        warnings = []
        result = fetch_scenes(request, carrier or PlainCarrier(), credentials, warn=warnings.append)
        return result, warnings

    return fetch


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """No test waits."""
    monkeypatch.setattr(Session, "_pause", lambda *_: None)


def expected(numbers, window):
    return numbers[window.row : window.row_stop, window.col : window.col_stop]


#: The pixels that touch the area.
WINDOW = Window(200, 200, 301, 302)


# --- what comes of it ---


def test_a_stack_is_what_prepare_makes_of_the_whole_files(server, fetch, tmp_path):
    result, warnings = fetch(bands=tuple(BANDS))
    whole = tmp_path / "files" / "a"
    (whole / "item.json").write_text(
        json.dumps(
            {**item("S2A_54TXN_20180910_0_L2A"), "assets": {b: {"href": f"{b}.tif"} for b in BANDS}}
        )
    )
    prepare(
        PrepareRequest(
            (str(whole / "item.json"),),
            str(tmp_path / "expected.tif"),
            bands=tuple(BANDS),
            grid=GridRequest(extent=INSIDE),
        )
    )
    with (
        rasterio.open(result.prepared.stack) as one,
        rasterio.open(tmp_path / "expected.tif") as two,
    ):
        assert one.descriptions == two.descriptions == tuple(BANDS)
        assert np.array_equal(one.read(), two.read())
        assert one.transform == two.transform
        assert one.tags() == two.tags()
        assert one.tags()["ACQUISITION_DATE"] == "2018-09-10T01:26:51Z"
        assert np.array_equal(one.read(1), expected(server.numbers["B02"], WINDOW))
    assert warnings == []
    assert not (tmp_path / "stack.tif.fetched").exists()


def test_no_more_bytes_than_the_blocks_that_the_window_touches(server, fetch, tmp_path):
    result, _ = fetch()
    blocks = 0
    for band in ("B02", "B03", "B04"):
        with rasterio.open(tmp_path / "files" / "a" / f"{band}.tif") as dataset:
            for row in range(WINDOW.row // 128, -(-WINDOW.row_stop // 128)):
                for col in range(WINDOW.col // 128, -(-WINDOW.col_stop // 128)):
                    name = f"BLOCK_SIZE_{col}_{row}"
                    blocks += int(dataset.get_tag_item(name, "TIFF", bidx=1))
        sent = server.sent[f"/files/a/{band}.tif"]
        size = (tmp_path / "files" / "a" / f"{band}.tif").stat().st_size
        assert sent < 1.5 * (WINDOW.height * WINDOW.width / SIDE**2) * size
    assert blocks < result.received < 1.15 * blocks + 3 * 2**14 + 2**13


def test_scene_classes_leave_clouds_out(fetch):
    # Columns of 20 m up to 112 are cloud; the area begins with column 100.
    result, _ = fetch(stack={"out": ("cloud",)})
    assert result.prepared.valid_share == pytest.approx(1 - 24 / WINDOW.width, abs=0.005)


def test_both_images_of_an_event(server, fetch, tmp_path):
    write_scene(tmp_path / "files" / "b", seed=2, bands=("B02", "B03", "B04"))
    older = with_files(item("S2A_54TXN_20180806_0_L2A", "2018-08-06T01:26:51Z"), "b/", **FILES)
    server.items.append(older)
    result, _ = fetch(before=[older["id"]])
    assert "pre_B04" in result.prepared.bands
    assert "dRG" in result.prepared.bands
    with rasterio.open(result.prepared.stack) as dataset:
        assert dataset.tags()["PRE_EVENT_ACQUISITION_DATE"] == "2018-08-06T01:26:51Z"


def test_tiles_of_a_day_are_joined(server, fetch, tmp_path):
    east = write_scene(
        tmp_path / "files" / "b", seed=2, west=WEST + 3600, bands=("B02", "B03", "B04")
    )
    server.items.append(
        with_files(item("S2A_54TYN_20180910_0_L2A", **{"grid:code": "MGRS-54TYN"}), "b/", **FILES)
    )
    # The first tile ends in the middle of the area.
    for band in ("B02", "B03", "B04"):
        cut = server.numbers[band].copy()
        cut[:, 360 * 10 // BANDS[band] :] = 0
        write_cog(tmp_path / "files" / "a" / f"{band}.tif", cut, BANDS[band])
    result, _ = fetch(*(each["id"] for each in server.items))
    assert result.prepared.valid_share == 1
    with rasterio.open(result.prepared.stack) as dataset:
        found = dataset.read(1)
        assert dataset.tags()["TILES"] == "54TXN, 54TYN"
    assert np.array_equal(found[:, 160:], east["B02"][200:501, : 302 - 160])


def test_scenes_of_two_days_are_refused(server, fetch):
    server.items.append(item("other", "2018-09-15T01:26:51Z"))
    with pytest.raises(CatalogueError, match=r"2 days \(2018-09-10, 2018-09-15\)"):
        fetch(server.items[0]["id"], "other")


def test_a_scene_elsewhere_is_refused(server):
    far = dataclasses.replace(AREA, polygons=area_of_extent((0, 0, 9000, 9000), CRS).polygons)
    request = FetchRequest(
        catalogue_of(server.api),
        (f"{server.api}/collections/sentinel-2-l2a/items/{server.items[0]['id']}",),
        far,
        PrepareRequest((), str(server.folder / "s.tif"), bands=("B02",)),
    )
    with pytest.raises(ParameterError, match="does not reach into the area"):
        fetch_scenes(request, PlainCarrier())


def test_bands_that_are_not_there(fetch):
    with pytest.raises(CatalogueError, match="has no file of B12; it has B02, B03, B04, B08, B11"):
        fetch(bands=("B12",))


def test_items_in_a_folder_need_no_network(server, tmp_path):
    document = server.items[0]
    for name, asset in document["assets"].items():
        asset["href"] = f"{name}.tif"
    (tmp_path / "files" / "a" / "items.json").write_text(json.dumps(document))
    path = str(tmp_path / "files" / "a" / "items.json")
    stack = PrepareRequest((), str(tmp_path / "stack.tif"), bands=("B02",))
    request = FetchRequest(catalogue_of(path), (f"{path}#{document['id']}",), AREA, stack)
    result = fetch_scenes(request, carrier=PlainCarrier())
    assert result.received == 0
    assert server.requests == []
    with rasterio.open(result.prepared.stack) as dataset:
        assert np.array_equal(dataset.read(1), expected(server.numbers["B02"], WINDOW))


# --- the cloud over the area ---


def test_a_look_at_the_scene_classes(server, tmp_path):
    # The tile is cloudy and the area is not; the other way round for another day.
    write_cog(tmp_path / "files" / "b" / "SCL.tif", np.full((450, 450), 9, np.uint8), 20)
    server.items[0]["properties"]["eo:cloud_cover"] = 80.0
    wrong = item("S2A_54TXN_20180915_0_L2A", "2018-09-15T01:26:51Z", **{"eo:cloud_cover": 0.0})
    server.items.append(with_files(wrong, "b/", SCL="SCL.tif"))
    none = item("S2A_54TXN_20180920_0_L2A", "2018-09-20T01:26:51Z", **{"eo:cloud_cover": 50.0})
    server.items.append(with_files(none, "b/", B04="B04.tif"))
    found, warnings = {}, []
    for looked in (False, True):
        session = Session(PlainCarrier(), catalogue_of(server.api), warn=warnings.append)
        request = FindRequest(AREA, "2018-09-06", look=looked, min_cover=0)
        scenes = find_scenes(request, session, warn=warnings.append).scenes
        found[looked] = [(s.cloud, s.rank, s.looked) for s in scenes]
    assert [row[:2] for row in found[False]] == [(80, None), (0, 1), (50, None)]
    assert found[True][0] == (pytest.approx(100 * 24 / 302, abs=1.5), 1, (True,))
    assert found[True][1] == (100, None, (True,))
    assert found[True][2] == (50, None, (False,))
    assert "The scene classes of 1 items could not be looked at" in warnings[-2]
    size = (tmp_path / "files" / "a" / "SCL.tif").stat().st_size
    assert server.sent["/files/a/SCL.tif"] < max(size, 2**14 + 1)


def test_a_look_reads_an_overview(tmp_path, rng):
    classes = np.repeat(np.repeat(rng.integers(0, 12, (70, 70)), 32, 0), 32, 1).astype(np.uint8)
    (tmp_path / "files").mkdir()
    write_cog(tmp_path / "files" / "scl.tif", classes, 20, overview_resampling="nearest")
    area = area_of_extent((WEST, NORTH - 44000, WEST + 44000, NORTH), CRS)
    with StacServer(tmp_path / "files") as server:
        session = Session(PlainCarrier(), Catalogue("test", server.api))
        source = Source("scl", f"{server.root}/files/scl.tif")
        found = coarse_window(session, source, area, tmp_path, 300)
        assert session.received < 0.5 * (tmp_path / "files" / "scl.tif").stat().st_size
    assert found.shape == (275, 275)
    shares = np.bincount(found.ravel(), minlength=12) / found.size
    whole = np.bincount(classes[:2200, :2200].ravel(), minlength=12) / 2200**2
    assert shares == pytest.approx(whole, abs=0.01)


# --- what the numbers mean ---


def stating(document, offset=None, scale=0.0001, **properties):
    for asset in document["assets"].values():
        asset["raster:bands"] = [{"scale": scale, **({} if offset is None else {"offset": offset})}]
    document["properties"].update(properties)
    return document


@pytest.mark.parametrize(
    ("added", "offset", "properties", "subtracted", "told"),
    [
        (0, None, {"s2:processing_baseline": "02.06"}, 0, "baseline 02.06 has no offset"),
        (1000, -0.1, {"s2:processing_baseline": "05.09"}, 1000, "1000 was subtracted"),
        (1000, None, {"s2:processing_baseline": "05.09"}, 1000, "1000 was subtracted"),
        # Old products with the offset of new ones, as a catalogue states for all of its items.
        (0, -0.1, {"s2:processing_baseline": "02.06"}, 0, "contradicts itself"),
        # The offset is stated for files from which it was removed.
        (
            0,
            -0.1,
            {"s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": True},
            0,
            "contradicts itself",
        ),
        # Nothing says that it was removed, but the pixels.
        (0, -0.1, {"s2:processing_baseline": "05.09"}, 0, "would be far below zero"),
        (0, 0, {"s2:processing_baseline": "05.09"}, 0, "stated by the catalogue"),
        (0, None, {"s2:processing_baseline": None}, 0, "neither a baseline nor an offset"),
        (1000, -0.1, {"s2:processing_baseline": None}, 1000, "as the catalogue states"),
    ],
)
def test_the_offset_is_removed_once(
    server, fetch, tmp_path, added, offset, properties, subtracted, told
):
    numbers = write_scene(tmp_path / "files" / "a", added=added, bands=("B02", "B03", "B04"))
    stating(server.items[0], offset, **properties)
    result, warnings = fetch()
    with rasterio.open(result.prepared.stack) as dataset:
        found = dataset.read(1)
    assert np.array_equal(found, expected(numbers["B02"].astype(float), WINDOW) - subtracted)
    assert told in result.remarks[0]
    assert any(told in warning for warning in warnings) == (
        "contradict" in told or told.startswith(("would", "stated", "neither"))
    )


def test_a_bright_scene_is_not_called_refuted(rng):
    decision = stated(item_of(PLANETARY_COMPUTER, "", CATALOGUES["planetary_computer"]), [])
    bright = {"B02": rng.integers(900, 4000, 5000).astype(np.uint16)}
    assert checked(decision, bright, "x").offset == -1000
    assert checked(decision, {}, "x").offset == -1000


def test_a_scale_of_something_else_is_refused(server, fetch):
    stating(server.items[0], scale=0.01)
    with pytest.raises(CatalogueError, match=r"states the scale 0.01 for B02"):
        fetch()


# --- interrupted, broken, hostile ---


def test_servers_that_are_busy_or_break_off_are_asked_again(server, fetch):
    server.faults["/files/a/B03.tif"] = [status(503), missing_half, status(429)]
    result, _ = fetch()
    with rasterio.open(result.prepared.stack) as dataset:
        assert np.array_equal(dataset.read(2), expected(server.numbers["B03"], WINDOW))


def test_a_run_that_was_stopped_goes_on(server, fetch, tmp_path):
    one = PlainCarrier()
    one.threads = 1
    server.faults["/files/a/B04.tif"] = [status(404)]
    with pytest.raises(CatalogueError, match=r"B04\.tif answered with status 404"):
        fetch(carrier=one)
    assert not (tmp_path / "stack.tif").exists()
    assert (tmp_path / "stack.tif.fetched").exists()
    server.requests.clear()
    result, _ = fetch(carrier=one)
    assert not any("B02.tif" in path or "B03.tif" in path for path in server.paths())
    assert result.prepared.valid_share == 1


def test_what_was_fetched_for_another_area_is_not_taken(server, fetch, tmp_path):
    folder = tmp_path / "kept"
    fetch(folder=str(folder))
    server.requests.clear()
    fetch(folder=str(folder))
    assert not any("/files/" in path for path in server.paths())
    write_scene(tmp_path / "files" / "a", seed=5, bands=["B02"])
    shifted = area_of_extent((INSIDE[0] + 100, *INSIDE[1:]), CRS)
    stack = PrepareRequest((), str(tmp_path / "stack.tif"), bands=("B02",))
    address = f"{server.api}/collections/sentinel-2-l2a/items/{server.items[0]['id']}"
    request = FetchRequest(catalogue_of(server.api), (address,), shifted, stack, folder=str(folder))
    fetch_scenes(request, PlainCarrier())
    assert any("/files/" in path for path in server.paths())


def test_a_run_stops_on_request(server, tmp_path):
    address = f"{server.api}/collections/sentinel-2-l2a/items/{server.items[0]['id']}"
    stack = PrepareRequest((), str(tmp_path / "stack.tif"), bands=("B02", "B03", "B04", "B11"))
    request = FetchRequest(catalogue_of(server.api), (address,), AREA, stack)
    first = tmp_path / "stack.tif.fetched" / server.items[0]["id"] / "B02.tif"
    one = PlainCarrier()
    one.threads = 1
    with pytest.raises(Cancelled, match="goes on with what is in"):
        fetch_scenes(request, one, cancelled=first.exists)
    assert not (tmp_path / "stack.tif").exists()
    with pytest.raises(Cancelled, match=r"^Stopped on request\.$"):
        fetch_scenes(
            dataclasses.replace(request, folder=str(tmp_path / "n")), one, cancelled=lambda: True
        )
    assert not (tmp_path / "n").exists()
    with pytest.raises(Cancelled):
        fetch_scenes(request, one, cancelled=lambda: True)
    assert first.exists(), "what was fetched before stays"


@pytest.mark.parametrize(
    "href",
    [
        "file:///etc/passwd",
        "/vsicurl/https://x.org/a.tif",
        "https://127.0.0.2/a.tif",
        "https://[::1]/a.tif",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/a.tif",
        "https://user:word@example.org/a.tif",
        "http://example.org/a.tif",
        "ftp://example.org/a.tif",
        "s3://bucket/a.tif",
        "https://",
        "https://exa mple.org/a.tif",
    ],
)
def test_nothing_is_read_from_where_a_run_may_not_go(server, fetch, href):
    server.items[0]["assets"]["B03"]["href"] = href
    fine = href.startswith("/vsi")  # a path on the server itself, as addresses go
    with pytest.raises(CatalogueError, match="status 404" if fine else "Nothing was read") as err:
        fetch()
    assert "word" not in str(err.value)
    assert fine or not any("/files/" in path for path in server.paths())


@pytest.mark.parametrize(
    "href", ["file:///etc/passwd", "/vsizip/a.zip/b", "//host/a.tif", "s3://a/b"]
)
def test_files_of_local_items_are_paths_or_public(server, tmp_path, href):
    document = with_files(server.items[0], "", B02="x")
    document["assets"]["B02"]["href"] = href
    path = tmp_path / "item.json"
    path.write_text(json.dumps(document))
    stack = PrepareRequest((), str(tmp_path / "stack.tif"), bands=("B02",))
    request = FetchRequest(catalogue_of(str(path)), (f"{path}#{document['id']}",), AREA, stack)
    with pytest.raises(CatalogueError, match="Nothing was read"):
        fetch_scenes(request, PlainCarrier())


def test_redirects_of_files_go_by_the_same_rule(server, fetch):
    server.faults["/files/a/B02.tif"] = [redirect("https://10.1.2.3/B02.tif")]
    with pytest.raises(CatalogueError, match="lies inside of a network"):
        fetch()
    server.faults["/files/a/B02.tif"] = [redirect("/files/a/../a/B02.tif?moved=1")]
    fetch()
    assert any(path.endswith("B02.tif?moved=1") for path in server.paths())


def test_presets_go_to_their_own_hosts_alone(server, fetch):
    preset = dataclasses.replace(catalogue_of(server.api), hosts=("files.example.org",))
    server.items[0]["assets"]["B02"]["href"] = "https://evil.example.com/B02.tif"
    with pytest.raises(CatalogueError, match=r"none of its hosts \(files.example.org\)"):
        fetch(catalogue=preset)


def test_a_damaged_file_gives_a_sentence(server, fetch, tmp_path):
    path = tmp_path / "files" / "a" / "B02.tif"
    content = bytearray(path.read_bytes())
    path.write_bytes(content[: len(content) // 2])  # its tables point beyond its end
    with pytest.raises(CatalogueError, match="it is damaged"):
        fetch()
    path.write_bytes(b"no TIFF at all" * 100)
    with pytest.raises(Exception, match="cannot be read as a raster"):
        fetch()


# --- tokens ---


def test_a_token_goes_to_the_hosts_that_the_user_named_alone(server, fetch, tmp_path):
    server.needs = {"Authorization": "Bearer secret-word"}
    with pytest.raises(CatalogueError, match="wants a token, or the token has expired"):
        fetch()

    def credentials(_url):
        return {"Authorization": "Bearer secret-word"}

    with pytest.raises(ParameterError, match="Name the host that may have it"):
        fetch(credentials=credentials)
    host = server.root.removeprefix("http://")
    with StacServer(tmp_path / "files") as other:
        server.items[0]["assets"]["B03"]["href"] = f"{other.root}/files/a/B03.tif"
        result, _ = fetch(
            credentials=credentials, token_hosts=(host,), folder=str(tmp_path / "kept")
        )
        assert other.requests
        assert not any("Authorization" in headers for _, _, headers in other.requests)
    kept = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert kept
    for path in (*kept, tmp_path / "stack.tif"):
        assert b"secret-word" not in path.read_bytes()
    assert not any("secret-word" in remark for remark in result.remarks)


def test_signatures_are_added_renewed_and_told_to_nobody(server, fetch, tmp_path):
    server.signed = True
    preset = dataclasses.replace(
        catalogue_of(server.api), signer=f"{server.root}/sas/token", signed_hosts=("127.0.0.1",)
    )
    folder = tmp_path / "kept"

    def expired(_request):
        server.signatures = 7  # what the run has is worth nothing from here on
        return False

    server.faults["/files/a/B03.tif"] = [lambda _r: False, expired]
    one = PlainCarrier()
    one.threads = 1
    fetch(catalogue=preset, carrier=one, folder=str(folder))
    assert sum("/sas/token" in path for path in server.paths()) == 2
    for path in folder.rglob("*"):
        assert path.is_dir() or b"secret" not in path.read_bytes()
    server.faults["/files/a/B02.tif"] = [status(500)] * 9
    with pytest.raises(CatalogueError) as err:
        fetch(catalogue=preset, carrier=one)
    assert "secret" not in str(err.value)


def test_tokens_of_the_environment(monkeypatch):
    monkeypatch.delenv("LANDSLIP_TOKEN", raising=False)
    assert token_of_environment("") is None
    monkeypatch.setenv("LANDSLIP_TOKEN", "of the Data Space")
    assert token_for(CATALOGUES["copernicus"])
    assert token_for(CATALOGUES["earth_search"]) is None
    assert token_for(Catalogue("other", "https://example.org")) is None
    assert CATALOGUES["earth_search"].own_token_hosts == ()
    monkeypatch.setenv("MINE", "abc")
    assert token_for(Catalogue("other", "https://example.org"), "MINE")
    assert token_of_environment("MINE")("https://x") == {"Authorization": "Bearer abc"}
    monkeypatch.setenv("MINE", "Basic abc")
    assert token_of_environment("MINE")("https://x") == {"Authorization": "Basic abc"}
    monkeypatch.setenv("MINE", "abc\r\nX: y")
    with pytest.raises(CatalogueError, match="no token has"):
        token_of_environment("MINE")
    monkeypatch.setenv("MINE", " ")
    with pytest.raises(CatalogueError, match="MINE is empty"):
        token_of_environment("MINE")


# --- whole files and products ---


def test_servers_without_ranges_give_whole_files(server, fetch):
    server.ranges = False
    result, _ = fetch()
    with rasterio.open(result.prepared.stack) as dataset:
        assert np.array_equal(dataset.read(3), expected(server.numbers["B04"], WINDOW))
    assert any("cannot be read in pieces" in remark for remark in result.remarks)


@pytest.fixture
def product(server, tmp_path):
    """A zipped product as the only file of an item; returns the item."""
    path = tmp_path / "files" / "product.zip"
    made = write_safe(tmp_path, Safe(), zipped=True)
    path.write_bytes((tmp_path / made).read_bytes())
    document = item("S2A_32TMT", "2023-06-27T10:20:21Z", **{"grid:code": "MGRS-32TMT"})
    document["assets"] = {
        "Product": {
            "href": "{root}/files/product.zip",
            "type": "application/zip",
            "roles": ["archive"],
            "file:size": path.stat().st_size,
            "file:checksum": "1220" + hashlib.sha256(path.read_bytes()).hexdigest(),
        }
    }
    server.items = [document]
    return document


@pytest.fixture
def fetch_product(server, tmp_path):
    west, north = CORNERS["32TMT"]
    area = area_of_extent((west + 50, north - 300, west + 300, north - 50), SAFE_CRS)
    stack = PrepareRequest((), str(tmp_path / "stack.tif"), bands=("B02", "B11"))
    address = f"{server.api}/collections/sentinel-2-l2a/items/S2A_32TMT"
    request = FetchRequest(catalogue_of(server.api), (address,), area, stack)
    return lambda **changes: fetch_scenes(dataclasses.replace(request, **changes), PlainCarrier())


def test_whole_products_where_a_catalogue_has_only_those(product, fetch_product, server):
    result = fetch_product()
    assert result.prepared.valid_share == 1
    assert result.remarks == ("S2A_32TMT: sha256 is as the item says",)
    assert result.received >= product["assets"]["Product"]["file:size"]


def test_a_download_that_broke_off_goes_on(product, fetch_product, server):
    size = product["assets"]["Product"]["file:size"]
    content = (server.folder / "product.zip").read_bytes()
    tag = f'"{size}-{(server.folder / "product.zip").stat().st_mtime_ns}"'

    def half(request):
        request.send(200, content[: size // 2], {"ETag": tag}, size)

    server.faults["/files/product.zip"] = [half]
    fetch_product()
    ranges = [span for path, span, _ in server.requests if path == "/files/product.zip"]
    assert ranges == [None, f"bytes={size // 2}-"]


def test_a_damaged_download_is_removed(product, fetch_product, server, tmp_path):
    product["assets"]["Product"]["file:checksum"] = "1220" + "00" * 32
    with pytest.raises(CatalogueError, match="has another sha256 than its item says"):
        fetch_product()
    assert not list((tmp_path / "stack.tif.fetched").glob("*.zip*"))
    product["assets"]["Product"] |= {"file:checksum": "", "file:size": 5}
    with pytest.raises(CatalogueError, match="bytes and its item says 5"):
        fetch_product()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("1220" + "ab" * 32, "sha256"),
        ("1620" + "ab" * 32, "sha3_256"),
        ("d50110" + "ab" * 16, "md5"),
        ("1340" + "ab" * 64, "sha512"),
        ("1220" + "ab" * 31, ""),
        ("zz", ""),
        ("", ""),
        ("ffffffffffffffffffff", ""),
    ],
)
def test_multihashes(text, name):
    assert multihash(text)[0] == name


# --- the DEM ---


def test_names_of_dem_tiles():
    def names(*extent):
        return [
            name.removeprefix("Copernicus_DSM_COG_10_").removesuffix("_DEM")
            for name in tile_names(Place.of(area_of_extent(extent, "EPSG:4326")))
        ]

    assert names(141.2, 42.3, 141.4, 42.6) == ["N42_00_E141_00"]
    assert names(-0.5, -0.5, 0.5, -0.2) == ["S01_00_W001_00", "S01_00_E000_00"]
    assert names(179.5, 10.1, -179.5, 10.2) == ["N10_00_E179_00", "N10_00_W180_00"]
    # The margin of a window lies in the next tile.
    assert names(7.1, 10.2, 7.9999, 10.8) == ["N10_00_E007_00", "N10_00_E008_00"]


def test_the_dem_comes_along(server, fetch, tmp_path):
    for west in (142, 143):
        name = f"Copernicus_DSM_COG_10_N42_00_E{west}_00_DEM"
        rows, cols = np.mgrid[:1200, :1200]
        values = (100 + rows + cols).astype(np.float32)
        path = tmp_path / "files" / "dem" / name / f"{name}.tif"
        write_cog(path, values, 1 / 1200, west, 43, crs="EPSG:4326", nodata=None)
    address = f"{server.root}/files/dem"
    result, _ = fetch(bands=("B04", "slope", "dem"), dem=address)
    assert result.prepared.bands == ("B04", "slope", "dem")
    with rasterio.open(result.prepared.stack) as dataset:
        remote = dataset.read([2, 3])
    assert any("Range" in headers for path, _, headers in server.requests if "/dem/" in path)
    result, _ = fetch(bands=("B04", "slope", "dem"), dem=str(tmp_path / "files" / "dem"))
    with rasterio.open(result.prepared.stack) as dataset:
        assert np.array_equal(dataset.read([2, 3]), remote)


def test_a_dem_that_is_not_there(server, fetch, tmp_path):
    with pytest.raises(CatalogueError, match="has no DEM of the area"):
        fetch(bands=("B04", "dem"), dem=f"{server.root}/files/nothing")
    with pytest.raises(ParameterError, match="There is no DEM"):
        fetch(dem="nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParameterError, match="neither tiles such as"):
        fetch(dem=str(tmp_path / "empty"))


# --- the public catalogues' shapes ---


def test_which_file_of_public_items_is_which_band():
    found = {
        name: sources_of(item_of(document, "", CATALOGUES[name]), CATALOGUES[name])
        for name, document in (
            ("earth_search", EARTH_SEARCH),
            ("planetary_computer", PLANETARY_COMPUTER),
            ("copernicus", COPERNICUS),
        )
    }
    assert {name: sorted(sources) for name, sources in found.items()} == {
        "earth_search": ["B04", "scl"],
        "planetary_computer": ["B04", "scl"],
        "copernicus": ["B04", "B11", "scl"],
    }
    red = found["earth_search"]["B04"]
    assert red.place.endswith("/B04.tif")
    assert (red.offset, red.scale, red.size) == (-0.1, 0.0001, 170000000)
    red = found["copernicus"]["B04"]
    assert red.place.startswith("https://download.dataspace.copernicus.eu/odata/v1/Products(ee5d)")
    assert "B04_10m" in red.place
    catalogue = CATALOGUES["copernicus"]
    product = product_of(item_of(COPERNICUS, "", catalogue), catalogue)
    assert multihash(product.checksum)[0] == "md5"


def test_what_public_items_say_of_the_offset():
    def decision(name, document):
        scene = item_of(document, "", CATALOGUES[name])
        return stated(scene, list(sources_of(scene, CATALOGUES[name]).values()))

    assert decision("earth_search", EARTH_SEARCH).offset == 0
    assert decision("earth_search", EARTH_SEARCH).doubtful
    assert decision("planetary_computer", PLANETARY_COMPUTER).offset == -1000
    assert decision("copernicus", COPERNICUS).offset == -1000


# --- TIFFs of all kinds ---


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bigtiff": "yes"},
        {"blocksize": 512},
        {"compress": "lzw", "predictor": "yes"},
        {"compress": "none"},
        {"overviews": "none"},
    ],
)
def test_parts_of_any_tiff_hold_what_the_whole_holds(options, tmp_path, rng):
    values = reflectance(rng, 1, 700, 500)[0]
    write_cog(tmp_path / "a.tif", values, 10, **options)
    assert np.array_equal(part_of(tmp_path, Window(130, 90, 200, 300)), values[130:330, 90:390])


@pytest.mark.parametrize("endian", ["LITTLE", "BIG"])
@pytest.mark.parametrize("tiled", [True, False])
def test_parts_of_plain_tiffs(tmp_path, rng, tiled, endian):
    values = reflectance(rng, 1, 700, 500)[0]
    options = {"blockxsize": 64, "blockysize": 64} if tiled else {"blockysize": 7}
    with rasterio.open(
        tmp_path / "a.tif",
        "w",
        driver="GTiff",
        count=1,
        height=700,
        width=500,
        dtype="uint16",
        crs=CRS,
        transform=rasterio.Affine(10, 0, WEST, 0, -10, NORTH),
        tiled=tiled,
        ENDIANNESS=endian,
        **options,
    ) as dataset:
        dataset.write(values, 1)
    assert np.array_equal(part_of(tmp_path, Window(130, 90, 200, 300)), values[130:330, 90:390])


def part_of(folder, window):
    with StacServer(folder) as server:
        session = Session(PlainCarrier(), Catalogue("test", server.api))
        part = PartialFile.open(session, f"{server.root}/files/a.tif", folder / "part.tif")
        part.fetch(window)
        assert session.received < (folder / "a.tif").stat().st_size
    with rasterio.open(folder / "part.tif") as dataset:
        spot = rasterio.windows.Window(window.col, window.row, window.width, window.height)
        return dataset.read(1, window=spot)
