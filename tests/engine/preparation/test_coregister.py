import numpy as np
import pytest
import rasterio
from scipy import ndimage

from landslip.engine.preparation.coregister import Shift, scene_shift, shift, shift_warning

SIDE, MARGIN = 192, 40


def texture(seed=0, fineness=1.2, side=SIDE + 2 * MARGIN):
    noise = np.random.default_rng(seed).standard_normal((side, side))
    smooth = ndimage.gaussian_filter(noise, fineness)
    return smooth / smooth.std()


def moved_pair(rows, cols, noise=0.3):
    """Two views of one texture, of other brightness and with noise; the second one moved."""
    whole = texture()
    moved = np.fft.ifft2(ndimage.fourier_shift(np.fft.fft2(whole), (rows, cols))).real
    inside = slice(MARGIN, -MARGIN)
    rng = np.random.default_rng(5)
    pair = [1200 + 300 * whole[inside, inside], 700 + 90 * moved[inside, inside]]
    return tuple(image + noise * image.std() * rng.standard_normal(image.shape) for image in pair)


def gaps():
    valid = np.ones((SIDE, SIDE), dtype=bool)
    valid[60:110, 20:120] = False
    valid[:25] = False
    valid[np.hypot(*np.mgrid[-150:42, -150:42]) < 20] = False
    return valid


SHIFTS = [(0, 0), (0.25, -0.5), (-0.5, 0.75), (1.4, 0.1), (-3.3, 7.6), (12.1, -20.4)]


@pytest.mark.parametrize(("rows", "cols"), SHIFTS)
@pytest.mark.parametrize("with_gaps", [False, True])
def test_shift_is_measured_to_a_tenth_of_a_pixel(rows, cols, with_gaps):
    reference, moved = moved_pair(rows, cols)
    valid = gaps() if with_gaps else None
    if with_gaps:
        reference, moved = (
            np.where(valid, image, fill) for image, fill in ((reference, np.nan), (moved, 0))
        )
    found = shift(reference, moved, valid)
    assert found.rows == pytest.approx(rows, abs=0.1)
    assert found.cols == pytest.approx(cols, abs=0.1)


def test_gaps_alone_do_not_hold_the_images_together():
    """Where both have the same gaps, those must not be taken for content that did not move."""
    valid = gaps()
    reference, moved = moved_pair(6, -4)
    found = shift(np.where(valid, reference, 0), np.where(valid, moved, 0), valid)
    assert found == pytest.approx((6, -4), abs=0.1)


def test_it_is_antisymmetric():
    reference, moved = moved_pair(2.3, -1.6)
    there, back = shift(reference, moved), shift(moved, reference)
    assert there == pytest.approx((-back.rows, -back.cols), abs=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_images_of_different_places_have_no_shift(seed):
    assert shift(texture(seed), texture(seed + 100)) is None


def test_nothing_to_compare():
    reference, moved = moved_pair(0, 0)
    assert shift(np.ones((64, 64)), np.ones((64, 64))) is None
    assert shift(reference[:20, :20], moved[:20, :20]) is None
    assert shift(reference, moved, np.arange(SIDE) > 0.9 * SIDE * np.ones((SIDE, 1))) is None


def test_a_scene_s_shift_is_the_median_of_places():
    places = [(*moved_pair(rows, 1.5), None) for rows in (0.6, 0.7, 9.0)]
    places.append((texture(1), texture(2), None))
    assert scene_shift(places) == pytest.approx((0.7, 1.5), abs=0.1)
    assert scene_shift(places[3:]) is None


def test_warning_above_half_a_pixel():
    assert shift_warning(Shift(0.3, -0.3), 10, "pre") == ""
    text = shift_warning(Shift(0.6, -0.8), 10, "S2A_PRE")
    assert "S2A_PRE lies 1.00 pixels (10 m)" in text
    assert "+6 m south, -8 m east" in text
    assert "could not be measured" in shift_warning(None, 10, "pre")


def test_real_pre_and_post_event_images(real_data):
    """Before the event and after it lie within two pixels; moved by three more, that is found."""
    pair = []
    for name in ("post", "pre"):
        with rasterio.open(real_data / f"hokkaido_2018/s2_{name}_B02_B03_B04.tif") as dataset:
            pair.append(dataset.read(3)[500:800, 200:600].astype(float))
    valid = (pair[0] > 0) & (pair[1] > 0)
    found = shift(*pair, valid)
    assert found.length < 2
    rolled = [np.roll(array, 3, axis=1)[:, 3:] for array in (pair[1], valid)]
    again = shift(pair[0][:, 3:], rolled[0], rolled[1] & valid[:, 3:])
    assert again == pytest.approx((found.rows, found.cols + 3), abs=0.15)
