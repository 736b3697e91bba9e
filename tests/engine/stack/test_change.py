import numpy as np
import pytest

from landslip.engine.stack.change import differences, indices, possible_indices

BANDS = ("B02", "B03", "B04", "B08", "B11")
FOREST = dict(zip(BANDS, (200.0, 450.0, 250.0, 3000.0, 1500.0)))
SOIL = dict(zip(BANDS, (600.0, 950.0, 1400.0, 2300.0, 3100.0)))


def layers(pixel):
    return {band: np.full((2, 3), value) for band, value in pixel.items()}


def test_indices_against_numbers_worked_out_by_hand():
    found = indices(layers(SOIL))
    assert found["NDVI"][0, 0] == pytest.approx(900 / 3700, abs=1e-6)
    assert found["BSI"][0, 0] == pytest.approx(1600 / 7400, abs=1e-6)
    assert found["RG"][0, 0] == pytest.approx(1400 / 950, abs=1e-6)
    assert {layer.dtype for layer in found.values()} == {np.dtype("float32")}


def test_a_fresh_landslide_lowers_ndvi_and_raises_the_others():
    found = differences(layers(FOREST), layers(SOIL))
    assert list(found) == ["dNDVI", "dBSI", "dRG"]
    assert found["dNDVI"].max() < -0.5
    assert found["dBSI"].min() > 0.3
    assert found["dRG"].min() > 0.8


def test_no_change_is_zero_and_order_gives_the_sign():
    one, other = layers(FOREST), layers(SOIL)
    for name, layer in differences(one, one).items():
        assert not layer.any(), name
        assert np.array_equal(differences(one, other)[name], -differences(other, one)[name])


def test_another_light_is_no_change():
    dim = {band: 0.6 * values for band, values in layers(SOIL).items()}
    for layer in differences(layers(SOIL), dim).values():
        assert np.abs(layer).max() < 1e-6


@pytest.mark.parametrize(
    ("bands", "expected"),
    [
        (("B02", "B03", "B04"), ("RG",)),
        (("B04", "B08"), ("NDVI",)),
        (BANDS, ("NDVI", "BSI", "RG")),
        (("B11",), ()),
    ],
)
def test_what_the_bands_allow(bands, expected):
    assert possible_indices(bands) == expected
    assert tuple(indices({band: layers(SOIL)[band] for band in bands})) == expected


def test_only_what_both_dates_allow():
    few = {band: values for band, values in layers(SOIL).items() if band != "B11"}
    assert list(differences(few, layers(SOIL))) == ["dNDVI", "dRG"]


@pytest.mark.filterwarnings("error")
def test_no_reflectance_gives_no_index():
    bands = {band: np.array([0.0, -100.0, 500.0, np.nan]) for band in BANDS}
    for layer in indices(bands).values():
        assert np.isnan(layer).tolist() == [True, True, False, True]


def test_dark_pixels_and_negative_reflectance_reach_no_wild_number():
    """Green of 1 under a red of 300 was a red over green of 300, and a change of -291."""
    bands = {band: np.array([1.0, -40.0, 99.0, 101.0, 3000.0]) for band in BANDS}
    bands["B04"] = np.array([300.0, 300.0, 60.0, 9000.0, -50.0])
    bands["B08"] = np.array([-299.0, 60.0, 70.0, 70.0, 51.0])
    found = indices(bands)
    known = np.isfinite(found["RG"])
    assert known.tolist() == [False, False, False, True, True]
    assert found["RG"][known].tolist() == [4.0, 0.0]
    assert found["NDVI"].tolist()[0] == -1
    assert found["NDVI"].tolist()[4] == 1
    assert all(np.nanmax(np.abs(found[name])) <= 1 for name in ("NDVI", "BSI"))
    bright = differences(layers(SOIL), layers(FOREST))["dRG"]
    assert np.allclose(bright, 250 / 450 - 1400 / 950)  # what is not dark is as it was


@pytest.mark.filterwarnings("error")
def test_whole_numbers_do_not_wrap_around():
    bands = {band: values.astype("uint16") for band, values in layers(FOREST).items()}
    assert indices(bands)["BSI"][0, 0] == pytest.approx(-1450 / 4950, abs=1e-6)
