"""Outlines as a cartographer wants them: holes, smoothing, touching landslides, filters."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from landslip.engine.common.errors import ParameterError
from landslip.engine.inventory.fields import FIELDS
from landslip.engine.inventory.wkb import polygon_wkb
from landslip.engine.outlines.layers import small_holes
from landslip.engine.outlines.smooth import smooth_outlines
from landslip.engine.outlines.split import split
from landslip.engine.outlines.tracing import pixel_edges, trace
from landslip.engine.outlines.vectorise import VectoriseRequest, vectorise
from landslip.tests.support import write_raster

SIZE = 60


def outlines(labels):
    """Rings along pixel edges of each label."""
    found = []
    for label in range(1, labels.max() + 1):
        mask = labels == label
        edges, owner = pixel_edges(mask.astype(np.int32), np.pad(mask, 1), 0)
        found += trace(edges, owner - 1, 1)
    return found


def polygons(shapes):
    return [shapely.from_wkb(polygon_wkb(rings)) for rings in shapes]


def discs(*centres):
    """Discs (row, col, radius) as one mask."""
    rows, cols = np.mgrid[:SIZE, :SIZE]
    return np.any([(rows - r) ** 2 + (cols - c) ** 2 <= radius**2 for r, c, radius in centres], 0)


def run(folder, probability, dem=None, **options):
    path = write_raster(folder / "p.tif", probability.astype("float32"))
    if dem is not None:
        options["dem"] = write_raster(folder / "d.tif", dem.astype("float32"))
    return list(vectorise(VectoriseRequest(path, threshold=0.5, **options)))


def slope_down(gradient=0.5):
    return np.add.outer(np.arange(SIZE) * -10.0 * gradient + 900, np.zeros(SIZE))


# --- smoothing ---


@settings(max_examples=300)
@given(arrays(bool, st.tuples(st.integers(1, 16), st.integers(1, 16))))
def test_smooth_outlines_keep_their_area_and_cross_nobody(mask):
    labels, _ = ndimage.label(mask)
    smooth = [polygons(smooth_outlines([rings]))[0] for rings in outlines(labels)]
    for index, polygon in enumerate(smooth, start=1):
        assert polygon.is_valid
        assert polygon.area == pytest.approx((labels == index).sum(), rel=0.02 + 1e-9)
    for i, one in enumerate(smooth):
        for other in smooth[i + 1 :]:
            assert one.intersection(other).area < 1e-9


@settings(max_examples=300)
@given(
    arrays(np.int32, st.tuples(st.integers(2, 14), st.integers(2, 14)), elements=st.integers(1, 3))
)
def test_smooth_outlines_of_parts_share_their_borders(parts):
    """Parts of one landslide in all arrangements, each connected."""
    labels, count = np.zeros_like(parts), 0
    for value in (1, 2, 3):
        mine, found = ndimage.label(parts == value)
        labels[mine > 0] = mine[mine > 0] + count
        count += found
    smooth = polygons(smooth_outlines(outlines(labels)))
    for index, polygon in enumerate(smooth, start=1):
        assert polygon.is_valid
        assert polygon.area == pytest.approx((labels == index).sum(), rel=0.02 + 1e-9)
    tree = shapely.STRtree(smooth)
    for i, j in tree.query(smooth, predicate="intersects").T:
        if i < j:
            assert smooth[i].intersection(smooth[j]).area < 1e-9


def test_smoothing_makes_outlines_rounder(tmp_path):
    mask = discs((30, 30, 14))
    (pixels,), (smooth,) = run(tmp_path, mask), run(tmp_path, mask, smooth=True)
    assert smooth["area_m2"] == pytest.approx(pixels["area_m2"], rel=0.02)
    assert smooth["area_m2"] != pixels["area_m2"]
    # The perimeter of pixels is that of the square around the disc.
    assert pixels["compactness"] == pytest.approx(4 * np.pi * mask.sum() / (4 * 29) ** 2, rel=1e-3)
    assert smooth["compactness"] == pytest.approx(0.95, abs=0.05)
    assert smooth["pixel_count"] == pixels["pixel_count"]


# --- holes ---


def test_holes_are_filled_up_to_the_size(tmp_path):
    mask = discs((30, 30, 20))
    mask[20, 20] = mask[30:32, 30:32] = mask[40:43, 30:33] = False  # 1, 4 and 9 pixels
    solid = discs((30, 30, 20)).sum()
    for area, missing in ((0, 14), (100, 13), (400, 9), (899, 9), (900, 0)):
        (found,) = run(tmp_path, mask, fill_holes=area)
        assert found["pixel_count"] == solid - missing
        assert found["area_m2"] == pytest.approx((solid - missing) * 100, rel=1e-3)


def test_a_hole_of_nodata_and_a_bay_are_no_holes(tmp_path):
    probability = np.where(discs((30, 30, 20)), 0.9, 0.0)
    probability[30, 30] = np.nan
    probability[0, 0:5] = probability[1, 0] = probability[1, 4] = 0.9  # a bay at the raster's edge
    found = {s["pixel_count"] for s in run(tmp_path, probability, fill_holes=2000)}
    assert found == {discs((30, 30, 20)).sum() - 1, 7}


def test_an_island_in_a_filled_hole_joins_the_landslide_around(tmp_path):
    mask = discs((30, 30, 20))
    mask[28:31, 28:31] = False
    mask[29, 29] = True
    assert len(run(tmp_path, mask)) == 2
    (found,) = run(tmp_path, mask, fill_holes=800)
    assert found["pixel_count"] == discs((30, 30, 20)).sum()


@settings(max_examples=200)
@given(arrays(bool, st.tuples(st.integers(3, 12), st.integers(3, 12))), st.integers(1, 9))
def test_filled_holes_are_what_shapely_calls_holes(mask, largest):
    """The other way round: interiors of the outlines of all landslides around them."""
    filled = mask | small_holes(mask, np.ones_like(mask), largest)
    labels, _ = ndimage.label(~mask, np.ones((3, 3)))
    for index in range(1, labels.max() + 1):
        hole = labels == index
        touches = hole[0].any() or hole[-1].any() or hole[:, 0].any() or hole[:, -1].any()
        assert filled[hole].all() == (hole.sum() <= largest and not touches)


def test_largest_hole(tmp_path):
    with pytest.raises(ParameterError, match=r"expected 0 \(none\) to 40\d+ m2"):
        run(tmp_path, discs((30, 30, 9)), fill_holes=1e6)


# --- parting ---


def test_two_discs_with_a_neck_are_parted_there(tmp_path):
    mask = discs((30, 18, 10), (30, 40, 10))
    mask[29:32, 18:40] = True
    assert len(run(tmp_path, mask)) == 1
    west, east = sorted(run(tmp_path, mask, split=0.5), key=lambda s: s["lon"])
    assert west["pixel_count"] + east["pixel_count"] == mask.sum()
    assert west["pixel_count"] == pytest.approx(east["pixel_count"], rel=0.03)
    one, other = shapely.from_wkb(west.wkb), shapely.from_wkb(east.wkb)
    assert one.touches(other)
    assert west["id"] != east["id"]


def test_a_single_disc_and_a_stripe_stay_whole(tmp_path):
    assert len(run(tmp_path, discs((30, 30, 15)), split=0.5)) == 1
    stripe = np.zeros((SIZE, SIZE))
    stripe[10:50, 30:34] = 0.9
    assert len(run(tmp_path, stripe, split=0.5)) == 1


def test_slides_on_both_sides_of_a_ridge_are_parted_along_it(tmp_path):
    mask = np.zeros((SIZE, SIZE))
    mask[20:40, 10:50] = 0.9
    ridge = 900 - 5.0 * np.abs(np.arange(SIZE) - 29.5)
    dem = np.tile(ridge, (SIZE, 1))
    assert len(run(tmp_path, mask, split=0.3)) == 1
    west, east = sorted(run(tmp_path, mask, dem, split=0.3), key=lambda s: s["lon"])
    assert west["pixel_count"] == pytest.approx(400, abs=40)
    assert west["aspect_deg"] == pytest.approx(270, abs=8)
    assert east["aspect_deg"] == pytest.approx(90, abs=8)


def test_slides_are_not_parted_along_a_channel(tmp_path):
    mask = np.zeros((SIZE, SIZE))
    mask[20:40, 10:50] = 0.9
    channel = np.tile(5.0 * np.abs(np.arange(SIZE) - 29.5), (SIZE, 1))
    assert len(run(tmp_path, mask, channel, split=0.3)) == 1


def test_a_saddle_of_probability_parts(tmp_path):
    cols = np.arange(SIZE)
    profile = 0.55 + 0.4 * np.maximum(
        np.exp(-((cols - 20) ** 2) / 60), np.exp(-((cols - 40) ** 2) / 60)
    )
    probability = np.zeros((SIZE, SIZE))
    probability[24:36, 10:50] = profile[10:50]
    assert len(run(tmp_path, probability, split=0.3)) == 2
    assert len(run(tmp_path, probability, split=0.6)) == 1


def test_parts_below_the_minimum_area_are_not_cut_off(tmp_path):
    mask = discs((30, 20, 12), (30, 37, 4))
    assert len(run(tmp_path, mask, split=0.3)) == 2
    (found,) = run(tmp_path, mask, split=0.3, min_area=10_000)
    assert found["pixel_count"] == mask.sum()


@settings(max_examples=100)
@given(arrays(bool, st.tuples(st.integers(2, 15), st.integers(2, 15))), st.integers(0, 2**32 - 1))
def test_parts_are_connected_and_cover_all(mask, seed):
    labels, _ = ndimage.label(mask)
    inside = labels == 1
    probability = np.random.default_rng(seed).uniform(0.5, 1, mask.shape)
    parts = split(inside, probability, None, 0.3, 1)
    assert np.array_equal(parts > 0, inside)
    for part in range(1, parts.max() + 1):
        assert ndimage.label(parts == part)[1] == 1


@pytest.mark.parametrize("rows", [1, 5, 23])
def test_bands_of_rows_change_nothing_of_all_that(tmp_path, rng, rows):
    noise = ndimage.gaussian_filter(rng.standard_normal((120, 150)), 2)
    values = (0.5 + 0.25 * noise / noise.std()).clip(0, 1).astype("float32")
    rough = ndimage.gaussian_filter(rng.standard_normal((120, 150)), 5).astype("float32")
    request = VectoriseRequest(
        write_raster(tmp_path / "p.tif", values),
        write_raster(tmp_path / "d.tif", rough * 900),
        0.5,
        min_area=300,
        fill_holes=600,
        split=0.3,
        smooth=True,
        min_slope=5,
    )
    whole = {s["id"]: s for s in vectorise(request)}
    cut = {s["id"]: s for s in vectorise(request, band_pixels=150 * rows)}
    assert whole.keys() == cut.keys()
    assert len(whole) > len({s["id"] for s in vectorise(replace(request, split=None))})
    for name, landslide in whole.items():
        one, other = (shapely.from_wkb(s.wkb).normalize() for s in (landslide, cut[name]))
        assert one == other
        for field, a, b in zip(FIELDS, landslide.values, cut[name].values):
            known = field.kind is float and b is not None
            assert a == (pytest.approx(b, rel=1e-6, abs=1e-9) if known else b), field.name


# --- filters ---


def test_filters(tmp_path):
    mask = np.zeros((SIZE, SIZE))
    mask[5:25, 5:8] = 0.9  # long
    mask[5:10, 20:40] = 0.9  # wide
    mask[45:52, 30:40] = 0.9  # on the valley floor
    dem = np.maximum(slope_down(), 700)  # the floor begins at row 40

    def left(**options):
        return {s["pixel_count"] for s in run(tmp_path, mask, dem, **options)}

    assert left() == {60, 100, 70}
    assert left(min_area=7000) == {100, 70}
    assert left(max_elongation=3) == {100, 70}
    assert left(max_elongation=0.5) == {100, 70}  # no direction on level land: nothing speaks
    assert left(min_slope=20) == {60, 100}
    assert left(min_slope=30) == set()
    assert left(flat_slope=5) == {60, 100}


def test_excluded_area(tmp_path):
    mask = np.zeros((SIZE, SIZE))
    mask[10:20, 10:20] = mask[40:50, 40:50] = 0.9
    water = np.zeros((SIZE // 2, SIZE // 2), "uint8")
    water[22:, :] = 1  # of 20 m pixels: from row 44 on, six of ten rows
    excluded = write_raster(tmp_path / "w.tif", water, pixel=20.0)
    (found,) = run(tmp_path, mask, excluded=excluded)
    assert found["lat"] > min(s["lat"] for s in run(tmp_path, mask))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": 0}, "depth of a pass that parts landslides is 0; expected a share"),
        ({"min_slope": 20}, "no DEM. Give a DEM"),
        ({"max_elongation": 3}, "no DEM. Give a DEM"),
        ({"max_elongation": -1}, "largest elongation is -1; expected length over width"),
        ({"flat_slope": 95}, "slope of a valley floor is 95; expected 0"),
        ({"fill_holes": -1}, "Holes of up to -1 m2"),
    ],
)
def test_settings_that_make_no_sense(tmp_path, options, message):
    with pytest.raises(ParameterError, match=message):
        run(tmp_path, discs((30, 30, 9)), **options)
