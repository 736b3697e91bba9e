import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landslip.engine.common.errors import ParameterError
from landslip.engine.models.stitch import RegionBlender, blending_weights
from landslip.engine.raster.tiling import Lattice, Window, reflected, regions

SIZES = st.integers(1, 700)


@given(SIZES, SIZES, st.sampled_from([(128, 64), (128, 96), (128, 128), (32, 8), (50, 37)]))
def test_every_pixel_is_covered_as_often_as_the_lattice_allows(height, width, shape):
    lattice = Lattice(*shape)
    for length in (height, width):
        covered = np.zeros(length, int)
        for origin in lattice.origins(0, length):
            covered[max(0, origin) : max(0, origin + lattice.patch)] += 1
        assert covered.min() >= lattice.patch // lattice.stride
        assert covered.max() <= -(-lattice.patch // lattice.stride)


@given(SIZES, SIZES, st.integers(10, 300), st.integers(0, 99), st.integers(0, 99))
def test_regions_tile_the_area_without_overlap(height, width, size, row, col):
    area = Window(row, col, height, width)
    count = np.zeros((row + height, col + width), int)
    for region in regions(area, size):
        assert 0 < region.height <= size
        assert 0 < region.width <= size
        count[region.slices()] += 1
    assert (count[area.slices()] == 1).all()
    assert count.sum() == height * width


@given(st.integers(0, 500), st.integers(1, 300))
def test_a_region_gets_the_patches_that_the_whole_raster_has_there(start, length):
    lattice = Lattice(128, 64)
    whole = set(lattice.origins(0, 1000))
    mine = set(lattice.origins(start, start + length))
    touching = {origin for origin in whole if origin < start + length and origin + 128 > start}
    assert mine == touching


def test_halo_holds_all_patches():
    lattice = Lattice(128, 64)
    region = Window(300, 120, 77, 200)
    halo = lattice.halo_window(region)
    for patch in lattice.patches(region):
        assert halo.row <= patch.row
        assert patch.row_stop <= halo.row_stop
        assert halo.col <= patch.col
        assert patch.col_stop <= halo.col_stop


@pytest.mark.parametrize("overlap", [-0.1, 0.76, float("nan")])
def test_overlap_outside_its_range_is_refused(overlap):
    with pytest.raises(ParameterError, match=r"between 0 and 0\.75"):
        Lattice.from_overlap(128, overlap)


@given(st.integers(1, 40), st.integers(-100, 0), st.integers(1, 140))
def test_reflection_bounces_between_the_edge_pixels(length, start, stop):
    def bounced(index):
        while not 0 <= index < length:
            index = -index if index < 0 else 2 * (length - 1) - index
        return index

    expected = [bounced(index) if length > 1 else 0 for index in range(start, stop)]
    assert reflected(start, stop, length).tolist() == expected


def test_weights_are_dyadic_symmetric_and_highest_in_the_middle():
    weights = blending_weights(128)
    assert np.array_equal(weights * 256, np.round(weights * 256))
    assert np.array_equal(weights, weights[::-1])
    assert weights.min() > 0
    assert weights[63] == weights.max()
    assert (np.diff(weights[:64]) >= 0).all()


def test_blend_of_equal_values_is_exact(rng):
    region = Window(10, 20, 90, 70)
    truth = rng.random((400, 400), dtype=np.float32)
    blender = RegionBlender(region, 32)
    for patch in Lattice(32, 8).patches(region):
        values = np.zeros((32, 32), np.float32)
        row, col = max(0, patch.row), max(0, patch.col)
        inside = truth[row : patch.row_stop, col : patch.col_stop]
        values[row - patch.row :, col - patch.col :] = inside
        blender.add(patch, values)
    assert np.array_equal(blender.probability(), truth[region.slices()])


def test_blend_weighs_the_middle_of_a_patch_more():
    region = Window(0, 0, 32, 32)
    blender = RegionBlender(region, 32)
    blender.add(Window(0, 0, 32, 32), np.ones((32, 32), np.float32))
    blender.add(Window(0, 16, 32, 32), np.zeros((32, 32), np.float32))
    row = blender.probability()[16]
    assert (row[:16] == 1).all()
    assert row[17] > 0.9
    assert row[31] < 0.02
    assert (np.diff(row[16:]) <= 0).all()
