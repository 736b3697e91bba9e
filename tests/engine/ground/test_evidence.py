"""Change of each outline between two images, against scenes whose landslides are made."""

import numpy as np
import pytest
import rasterio
from scipy import ndimage

from landslip.engine.common.errors import Cancelled, ParameterError, RasterError
from landslip.engine.ground.aligned import opened_on
from landslip.engine.ground.evidence import EvidenceRequest, change_evidence, suggested
from landslip.engine.ground.image import GroundImage, ImageSource
from landslip.engine.ground.outlined import Outlined
from landslip.engine.inventory.compared import EVIDENCE_FIELDS
from landslip.engine.raster.tiling import Window
from landslip.sample.series import Day, joined
from landslip.sample.series import seen as seen_on
from landslip.tests.engine.ground.conftest import grid_of, places_of
from landslip.tests.support import write_raster


def words(table, after, before, **more):
    request = EvidenceRequest(
        ImageSource(after, flat_slope=0, **more), ImageSource(before, flat_slope=0, **more)
    )
    found = change_evidence(table, request)
    return np.array([record.values["evidence"] for record in found.records]), found


def share(found, word):
    return (found == word).mean()


def test_new_slides_are_new_and_old_ones_seen_before(pair, slides, written):
    before, after = (seen_on(scene, Day(seed=n)).scene for n, scene in enumerate(pair))
    (late, _), (early, _) = written(after, "late"), written(before, "early")
    found, table = words(slides, late, early)
    assert len(found) > 15
    assert share(found, "new") > 0.9
    columns = list(table.columns)
    assert columns == ["name", *(field.name for field in EVIDENCE_FIELDS)]
    values = [record.values for record in table.records]
    assert np.median([v["dndvi"] for v in values]) < -0.2
    assert np.median([v["drg"] for v in values]) > 0.2
    assert all(v["dbsi"] is None for v in values)  # there is no B11
    assert abs(np.median([v["dndvi_ring"] for v in values])) < 0.05
    # The same image of another day: nothing is new.
    again, _ = written(seen_on(pair[1], Day(seed=7)).scene, "again")
    found, _ = words(slides, late, again)
    assert share(found, "seen before") > 0.95


def test_red_green_and_blue_tell_it_too(pair, slides, written, tmp_path):
    paths = []
    for number, scene in enumerate(pair):
        stack, _ = written(seen_on(scene, Day(seed=number)).scene, str(number))
        with rasterio.open(stack) as dataset:
            origin = dataset.transform.c, dataset.transform.f
            paths.append(
                write_raster(
                    tmp_path / f"{number}.tif",
                    dataset.read([1, 2, 3]),
                    names=["B02", "B03", "B04"],
                    origin=origin,
                    nodata=0,
                )
            )
    found, table = words(slides, paths[1], paths[0])
    assert share(found, "new") > 0.85
    assert table.records[0].values["dndvi"] is None


def test_another_season_is_no_change(pair, slides, written):
    late, _ = written(seen_on(pair[1], Day(leaves=1.0, seed=1)).scene, "late")
    early, _ = written(seen_on(pair[0], Day(leaves=0.6, seed=2)).scene, "early")
    found, _ = words(slides, late, early)
    assert share(found, "new") > 0.8
    old, _ = written(seen_on(pair[1], Day(leaves=0.6, seed=2)).scene, "old")
    found, _ = words(slides, late, old)
    assert share(found, "new") < 0.1


def test_outlines_under_clouds_are_told(pair, slides, written):
    cloudy = seen_on(pair[1], Day(cloud=0.35, seed=4))
    hidden = np.array([cloudy.cloud[place].mean() for place in places_of(slides, pair[1])])
    late, _ = written(cloudy.scene, "late")
    early, _ = written(pair[0], "early")
    found, _ = words(slides, late, early)
    assert (hidden > 0.9).sum() > 3
    assert share(found[hidden > 0.9], "cloud or shadow") > 0.95
    # Hidden before, nothing can be said.
    late, _ = written(pair[1], "clear")
    early, _ = written(cloudy.scene, "cloudy")
    found, _ = words(slides, late, early)
    assert share(found[hidden > 0.9], "unknown") > 0.95


def test_an_image_that_lies_off_is_laid_on(pair, slides, written, tmp_path):
    late, _ = written(pair[1], "late")
    early, _ = written(pair[1], "early")
    with rasterio.open(early) as dataset:
        values, names = dataset.read(), dataset.descriptions
        origin = dataset.transform.c + 13.0, dataset.transform.f - 7.0
    off = write_raster(tmp_path / "off.tif", values, names=names, origin=origin, nodata=0)
    with GroundImage(ImageSource(late)) as reference:
        image, shift = opened_on(reference, ImageSource(off))
        image.close()
    assert (shift.cols, shift.rows) == (pytest.approx(1.3, abs=0.15), pytest.approx(0.7, abs=0.15))
    _, table = words(slides, late, off)
    drift = [abs(record.values["drg"]) for record in table.records]
    assert np.median(drift) < 0.03


def test_a_stack_of_both_dates_may_be_given_twice(pair, slides, written, tmp_path):
    late, _ = written(pair[1], "late")
    early, _ = written(pair[0], "early")
    with rasterio.open(late) as one, rasterio.open(early) as other:
        values = np.concatenate([one.read(), other.read()])
        names = [*one.descriptions, *(f"pre_{name}" for name in other.descriptions)]
        origin = one.transform.c, one.transform.f
    both = write_raster(tmp_path / "both.tif", values, names=names, origin=origin, nodata=0)
    apart, _ = words(slides, late, early)
    together, _ = words(slides, both, both)
    assert (apart == together).mean() > 0.95
    with pytest.raises(ParameterError, match="lacks pre_B02, pre_B03, pre_B04"):
        words(slides, late, late)


def test_sums_do_not_depend_on_blocks(pair, slides, written):
    late, _ = written(joined(*pair, pair[1].truth.astype(bool)), "late")
    early, _ = written(pair[0], "early")
    images = ImageSource(late, flat_slope=0), ImageSource(early, flat_slope=0)
    whole, parts = (
        change_evidence(slides, EvidenceRequest(*images, block=size)).records for size in (1024, 90)
    )
    for one, other in zip(whole, parts):
        for field in EVIDENCE_FIELDS:
            a, b = one.values[field.name], other.values[field.name]
            assert a == b or a == pytest.approx(b, abs=2e-4)


def test_rings_hold_no_pixel_of_any_outline_and_are_apart(pair, slides):
    outlined = Outlined(slides, grid_of(pair[1]))
    every = np.logical_or.reduce(places_of(slides, pair[1]))
    count = 0
    for place in outlined.places(Window(0, 0, *pair[1].truth.shape)):
        count += len(place.numbers)
        assert not place.ring[every].any()
        distance = ndimage.distance_transform_edt(place.inside == 0)
        assert distance[place.ring > 0].min() > 1.5
        assert distance[place.ring > 0].max() <= 6.5
        assert set(np.unique(place.ring)) - {0} <= set(np.unique(place.inside))
    assert count == outlined.count


def test_words_by_score_and_share():
    score = np.array([2.0, 2.0, 1.2, 0.5, 3.0, 3.0])
    share_of = np.array([0.9, 0.4, 0.9, 0.9, 0.9, 0.9])
    enough = np.array([True, True, True, True, False, False])
    hidden = np.array([False, False, False, False, False, True])
    assert suggested(score, share_of, enough, hidden) == [
        "new",
        "seen before",
        "unknown",
        "seen before",
        "unknown",
        "cloud or shadow",
    ]


def test_images_without_common_ground_and_a_wish_to_stop(pair, slides, written, tmp_path):
    late, _ = written(pair[1], "late")
    values = np.full((3, 60, 60), 900, np.uint16)
    far = write_raster(
        tmp_path / "far.tif", values, names=["B02", "B03", "B04"], origin=(300000.0, 4000000.0)
    )
    with pytest.raises(RasterError, match="does not touch"):
        words(slides, late, far)
    request = EvidenceRequest(ImageSource(late), ImageSource(written(pair[0], "early")[0]))
    with pytest.raises(Cancelled):
        change_evidence(slides, request, None, lambda: True)
    told = []
    change_evidence(slides, request, lambda share, text: told.append((share, text)))
    assert told[-1][0] == 1
    assert "new; " in told[-1][1]
