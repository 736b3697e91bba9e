"""An event in one call: from a catalogue on loopback, and from two images of one's own."""

import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from rasterio.warp import Resampling, calculate_default_transform, reproject

from landslip.engine.catalogue.catalogues import catalogue_of
from landslip.engine.catalogue.find import FindRequest
from landslip.engine.catalogue.place import area_of_extent
from landslip.engine.catalogue.plain_carrier import PlainCarrier
from landslip.engine.common.errors import (
    Cancelled,
    CatalogueError,
    LandslipError,
    OutputError,
    ParameterError,
    RasterError,
)
from landslip.engine.detection import event as event_module
from landslip.engine.detection.event import EventRequest, detect_event
from landslip.engine.detection.pipeline import DetectRequest
from landslip.engine.inventory.compared import EVIDENCE_FIELDS, with_columns
from landslip.engine.inventory.event import EventFacts
from landslip.sample.scene import SceneRequest, write_scene
from landslip.sample.series import Day, make_pair, seen
from landslip.tests.engine.ground.conftest import places_of
from landslip.tests.stac_items import item, with_files
from landslip.tests.stac_scene import CRS, NORTH, WEST, write_cog
from landslip.tests.stac_server import StacServer

SIZE = 256
AFTER, BEFORE = "S2A_54TXN_20180910_0_L2A", "S2A_54TXN_20180806_0_L2A"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Stacks before and after the landslides, the later one with clouds; the DEM; the scenes."""
    folder = tmp_path_factory.mktemp("pair")
    days = Day(seed=1), Day(seed=2, cloud=0.08)
    scenes = [seen(scene, day) for scene, day in zip(make_pair(SceneRequest(SIZE, seed=11)), days)]
    paths = [write_scene(each.scene, folder / str(n)) for n, each in enumerate(scenes)]
    return str(paths[1]["stack"]), str(paths[0]["stack"]), str(paths[1]["dem"]), scenes[1]


def two_images(made, folder, **more):
    """A request with two images of one's own."""
    return EventRequest(
        DetectRequest(
            stack=str(folder / "stack.tif"),
            model="",
            probability=str(folder / "probability.tif"),
            min_area=500,
            event=EventFacts(event_date="2018-09-06", image_date="2018-09-11"),
        ),
        model="fast_rgb",
        after=made[:1],
        before=made[1:2],
        **more,
    )


@pytest.fixture
def request_(made, tmp_path):
    """The same with outputs of this test."""
    folder = tmp_path / "out"
    folder.mkdir()
    return two_images(made, folder)


@pytest.fixture(scope="module")
def local(made, tmp_path_factory):
    """The request with two images and a DEM, what came of it, and what was told meanwhile."""
    told = []
    request = two_images(made, tmp_path_factory.mktemp("local"), dem=made[2])
    return request, detect_event(request, progress=lambda *said: told.append(said)), told


@pytest.fixture
def quick(local, monkeypatch):
    """No model runs, and nothing is compared: what another run found is there at once."""

    def found(request, *_hooks):
        event_module.Path(request.probability).touch()
        return local[1].detection

    def as_it_was(table, *_):
        return with_columns(table, EVIDENCE_FIELDS, [{"evidence": "new"} for _ in table.records])

    monkeypatch.setattr(event_module, "detect", found)
    monkeypatch.setattr(event_module, "change_evidence", as_it_was)


@pytest.fixture
def online(request_, made, tmp_path):
    """The same from a catalogue: a request, and the server."""
    for folder, path in zip("ab", made[:2]):
        with rasterio.open(path) as dataset:
            for number, band in enumerate(("B02", "B03", "B04"), start=1):
                values = dataset.read(number).clip(1, 60000).astype(np.uint16)
                write_cog(tmp_path / "files" / folder / f"{band}.tif", values, 10)
        classes = np.full((SIZE, SIZE), 4, np.uint8)
        if folder == "a":
            classes[made[3].shadow] = 3
            classes[made[3].cloud | made[3].haze] = 9
        else:
            classes[:20, :30] = 9
        write_cog(tmp_path / "files" / folder / "SCL.tif", classes[::2, ::2].copy(), 20)
    files = {name: f"{name}.tif" for name in ("B02", "B03", "B04", "SCL")}
    with StacServer(tmp_path / "files") as server:
        server.items = [
            with_files(item(AFTER), "a/", **files),
            with_files(item(BEFORE, "2018-08-06T01:26:51Z"), "b/", **files),
        ]
        side = 10 * SIZE
        area = area_of_extent((WEST, NORTH - side, WEST + side, NORTH), CRS)
        yield (
            replace(
                request_,
                after=(),
                before=(),
                area=area,
                detection=replace(request_.detection, event=EventFacts("2018-09-06")),
                search=FindRequest(area, "2018-09-06"),
                catalogue=catalogue_of("", server.api, ""),
            ),
            server,
        )


def evidence(found):
    return [record.get("evidence") for record in found.table.records]


def slides_among(found, made):
    """Which outlines are made landslides, bool."""
    places = places_of(found.table, made[3].scene)
    return np.array([made[3].scene.truth[place].mean() > 0.5 for place in places])


def stopped_in(step):
    """What tells a run to stop when a step begins: its progress, and whether to stop."""
    begun = []

    def progress(_share, text):
        if text.startswith(f"Step {step} "):
            begun.append(text)

    return progress, lambda: bool(begun)


def files_of(request):
    folder = event_module.Path(request.stack).parent
    return sorted(path.name for path in folder.iterdir())


def bands(path):
    with rasterio.open(path) as dataset:
        return dict(zip(dataset.descriptions, dataset.read()))


def test_two_images_give_an_inventory_with_what_changed(local, made):
    request_, found, told = local
    results = found.results()
    assert results["COUNT"] > 15
    is_slide = slides_among(found, made)
    assert is_slide.sum() > 10
    words = np.array(evidence(found))
    assert (words[is_slide] == "new").mean() > 0.9
    assert (words[~is_slide] == "new").mean() < 0.5
    values = found.table.records[0].values
    assert (values["event_date"], values["image_date"]) == ("2018-09-06", "2018-09-11")
    assert values["height_m"] > 0  # of the DEM, though the model reads none
    assert results["AREA"] == pytest.approx(sum(r.get("area_m2") for r in found.table.records))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    steps = [text for _, text in told if text.startswith("Step ")]
    assert [text[:11] for text in steps] == [f"Step {n} of 5" for n in (1, 2, 3, 4, 5)][
        : len(steps)
    ]
    stack = bands(request_.stack)
    names = "B04,B03,B02,B08,slope,dem,pre_B04,pre_B03,pre_B02,pre_B08,dNDVI,dRG"
    assert ",".join(stack) == names
    cloud = made[3].cloud
    assert (stack["B04"][cloud] == -9999).mean() > 0.9
    assert (stack["pre_B04"] == -9999).mean() < 0.2
    assert files_of(request_) == ["probability.tif", "stack.tif"]


def test_clouds_stay_where_they_are_asked_to(request_):
    with pytest.raises(Cancelled):
        detect_event(replace(request_, out=()), None, None, *stopped_in(4))
    assert (bands(request_.stack)["B04"] != -9999).mean() > 0.99


def test_an_earlier_image_of_another_crs_and_place_is_laid_on(request_, made, tmp_path):
    """Moved by 2.4 pixels and warped, it says of the landslides what the right one says."""
    moved = str(tmp_path / "moved.tif")
    with rasterio.open(made[1]) as dataset:
        crs = rasterio.crs.CRS.from_epsg(32655)
        transform, width, height = calculate_default_transform(
            dataset.crs, crs, dataset.width, dataset.height, *dataset.bounds
        )
        profile = {
            **dataset.profile,
            "crs": crs,
            "transform": transform,
            "width": width,
            "height": height,
            "nodata": 0,
        }
        values = np.zeros((dataset.count, height, width), profile["dtype"])
        wrong = dataset.transform * rasterio.Affine.translation(2.2, -1.0)
        reproject(
            dataset.read(),
            values,
            src_transform=wrong,
            src_crs=dataset.crs,
            dst_transform=transform,
            dst_crs=crs,
            resampling=Resampling.bilinear,
        )
        with rasterio.open(moved, "w", **profile) as target:
            target.write(values)
            target.descriptions = dataset.descriptions
    told = []
    found = detect_event(replace(request_, before=(moved,)), progress=lambda _, t: told.append(t))
    lay = [text for text in told if "pixels off; it is laid on" in text]
    assert len(lay) == 1
    assert float(lay[0].split(" lay ")[1].split()[0]) == pytest.approx(2.42, abs=0.15)
    words = np.array(evidence(found))[slides_among(found, made)]
    assert len(words) > 10
    assert (words == "new").mean() > 0.9


def test_a_place_and_a_date_are_enough(online, made):
    request, _ = online
    found = detect_event(request, PlainCarrier())
    results = found.results()
    assert (results["AFTER"], results["BEFORE"]) == (AFTER, BEFORE)
    assert results["AFTER_DATE"][:10] == "2018-09-10"
    assert results["NEW"] > 10
    values = found.table.records[0].values
    assert (values["image_date"][:10], values["pre_date"][:10]) == ("2018-09-10", "2018-08-06")
    stack = bands(request.stack)
    # The scene classes tell clouds, of both images.
    out = made[3].cloud | made[3].shadow
    assert (stack["B04"][out] == -9999).mean() > 0.9
    assert (stack["B04"] == -9999).mean() < 1.5 * (out | made[3].haze).mean()
    assert (stack["pre_B04"][:18, :28] == -9999).all()
    assert (stack["B04"][:18, :28] == -9999).mean() < 0.9
    assert files_of(request) == ["probability.tif", "stack.tif"]


def test_a_run_that_was_stopped_goes_on_with_its_stack(online, quick):
    request, server = online

    for _ in range(2):
        with pytest.raises(Cancelled, match="is complete"):
            detect_event(request, PlainCarrier(), None, *stopped_in(4))
    asked = len(server.requests)
    assert files_of(request) == [".stack.tif.event", "stack.tif"]
    said = []
    found = detect_event(request, PlainCarrier(), None, lambda _, t: said.append(t))
    assert len(server.requests) == asked
    assert any("has made" in text for text in said)
    assert found.results()["NEW"] > 5
    assert files_of(request) == ["probability.tif", "stack.tif"]


def test_a_full_disk_after_the_first_stack_loses_nothing_of_it(online, monkeypatch):
    request, server = online

    whole_file = event_module.whole_file

    def full(target):
        if target == request.stack:
            raise OutputError("No room.")
        return whole_file(target)

    with monkeypatch.context() as patched:
        patched.setattr(event_module, "whole_file", full)
        with pytest.raises(OutputError, match="is made, and is kept for a new run"):
            detect_event(request, PlainCarrier())
    asked, said = len(server.requests), []
    progress, stop = stopped_in(4)
    with pytest.raises(Cancelled):
        detect_event(
            request,
            PlainCarrier(),
            None,
            lambda share, text: (said.append(text), progress(share, text)),
            stop,
        )
    assert len(server.requests) == asked
    assert not any(text.startswith(("Step 1", "Step 2")) for text in said)
    assert (bands(request.stack)["pre_B04"][:18, :28] == -9999).all()


def test_another_event_is_another_stack(online, quick):
    request, server = online
    for day in ("2018-09-06", "2018-09-07"):
        asked = len(server.requests)
        request = replace(request, search=replace(request.search, event=day))
        with pytest.raises(Cancelled):
            detect_event(request, PlainCarrier(), None, *stopped_in(4))
        assert len(server.requests) > asked


@pytest.mark.parametrize("number", range(5))
def test_cancelling_works_in_each_step_and_says_what_there_is(online, quick, number):
    request, _ = online
    told = f"While {event_module._STEPS[number]}"
    hooks = stopped_in(number + 1)
    with pytest.raises(Cancelled, match=told) as stopped:
        detect_event(request, PlainCarrier(), None, *hooks)
    there = [name for name in files_of(request) if not name.startswith(".")]
    for name in there:
        assert f"{name} is complete" in str(stopped.value)
    assert there == ["stack.tif", "probability.tif"][: max(0, number - 2)][::-1]


def test_no_pair_is_a_sentence_and_nothing_is_written(online):
    request, server = online
    server.items = server.items[:1]
    with pytest.raises(CatalogueError, match=r"no scene before it serves .*there is none") as err:
        detect_event(request, PlainCarrier())
    assert "INPUT and PRE_EVENT" in str(err.value)
    server.items = []
    with pytest.raises(CatalogueError, match="no scene after it serves"):
        detect_event(request, PlainCarrier())
    assert files_of(request) == []


def test_a_catalogue_that_is_down_is_a_sentence(online, monkeypatch):
    request, _ = online
    request = replace(request, catalogue=catalogue_of("", "http://127.0.0.1:9/v1", ""))
    monkeypatch.setattr(event_module.Session, "_pause", lambda *_: None)
    with pytest.raises(CatalogueError, match="While finding the images"):
        detect_event(request, PlainCarrier())
    assert files_of(request) == []


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"before": ()}, ParameterError, "no image before the event.*PRE_EVENT"),
        ({"after": ()}, ParameterError, "no image after the event.*INPUT"),
        ({"before": ("{after}",)}, ParameterError, "expected two images"),
        ({"model": "nothing"}, LandslipError, "nothing"),
        ({"dem": "none.tif"}, LandslipError, r"none\.tif"),
        ({"out": ("rain",)}, ParameterError, "'rain'"),
        ({"area": area_of_extent((0, 0, 1, 1), "EPSG:4326")}, LandslipError, "touch"),
        ({"before": ("none.tif",)}, RasterError, r"none\.tif"),
    ],
)
def test_wrong_requests_are_sentences_before_any_work(request_, made, changes, error, message):
    changes = {k: (made[0],) if v == ("{after}",) else v for k, v in changes.items()}
    with pytest.raises(error, match=message):
        detect_event(replace(request_, **changes))
    assert files_of(request_) == []


def test_an_event_to_come_and_a_folder_that_is_not_there(online, tmp_path):
    request, _ = online
    with pytest.raises(ParameterError, match="which is to come"):
        detect_event(replace(request, search=replace(request.search, event="2999-01-01")))
    nowhere = replace(request.detection, stack=str(tmp_path / "nowhere" / "stack.tif"))
    with pytest.raises(OutputError, match="does not exist"):
        detect_event(replace(request, detection=nowhere), PlainCarrier())


def test_images_that_cannot_be_compared_still_give_an_inventory(request_, quick, monkeypatch):
    def refuse(*_):
        raise RasterError("They show nothing in common.")

    monkeypatch.setattr(event_module, "change_evidence", refuse)
    warned = []
    found = detect_event(request_, warn=warned.append)
    assert found.results()["COUNT"] > 15
    assert set(evidence(found)) == {None}
    assert any("no evidence of change: They show nothing" in text for text in warned)


def test_what_was_kept_is_not_believed_when_the_stack_has_changed(request_):
    with pytest.raises(Cancelled):
        detect_event(request_, None, None, *stopped_in(4))
    kept = event_module.Path(request_.stack).parent / ".stack.tif.event" / "stack.json"
    assert json.loads(kept.read_text())["file"][0][0] == request_.stack
    event_module.Path(request_.stack).write_bytes(b"II*\0 broken")
    with pytest.raises(Cancelled):
        detect_event(request_, None, None, *stopped_in(4))
    assert bands(request_.stack)["B04"].shape == (SIZE, SIZE)
