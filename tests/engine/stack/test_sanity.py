"""No false alarm on scenes of all kinds, and every slip found on them."""

import numpy as np
import pytest
import rasterio

from landslip.engine.common.errors import RasterError, ScaleError
from landslip.engine.products.product import open_product
from landslip.engine.stack.sanity import check_bands
from landslip.engine.stack.terrain_sanity import check_cover, check_dem, check_slope
from landslip.tests.support import write_raster

BANDS = ("B02", "B03", "B04", "B05", "B08", "B8A", "B11", "B12")
#: Surface reflectance x 10000 by band, as published spectra have it, roughly.
SPECTRA = {
    "forest": (200, 450, 250, 700, 3000, 3200, 1500, 700),
    "soil": (600, 950, 1400, 1700, 2300, 2500, 3100, 2600),
    "sand": (1300, 2200, 3400, 3700, 4200, 4400, 5300, 5000),
    "sea": (180, 110, 50, 40, 20, 20, 15, 10),
    "mud": (800, 1100, 1300, 1200, 700, 650, 60, 40),
    "snow": (9300, 9300, 9000, 8900, 8200, 8000, 900, 600),
    "cloud": (5500, 5400, 5500, 5600, 6000, 6000, 4500, 3500),
}
#: What the air adds at the top of the atmosphere.
PATH = (690, 420, 240, 180, 90, 80, 20, 10)
SCENES = {
    "forest": {"forest": 0.8, "soil": 0.15, "sea": 0.05},
    "forest, half in clouds": {"forest": 0.5, "cloud": 0.5},
    "fields": {"forest": 0.3, "soil": 0.7},
    "desert": {"sand": 0.9, "soil": 0.1},
    "desert with clouds": {"sand": 0.6, "cloud": 0.4},
    "sea": {"sea": 1.0},
    "sea with clouds": {"sea": 0.7, "cloud": 0.3},
    "sea with an island": {"sea": 0.985, "forest": 0.015},
    "snow": {"snow": 1.0},
    "snow and forest": {"snow": 0.6, "forest": 0.4},
    "muddy lake": {"mud": 0.95, "forest": 0.05},
    "muddy river": {"mud": 0.2, "forest": 0.8},
    "clouds": {"cloud": 1.0},
}
VISIBLE = ("B02", "B03", "B04")


def made(kind, level="L1C", count=20_000):
    """Pixels of a scene: a cover and an illumination for each, and some noise of the sensor."""
    rng = np.random.default_rng(7)
    covers = rng.choice(list(SCENES[kind]), count, p=list(SCENES[kind].values()))
    light = rng.normal(1, 0.18, count).clip(0.25, 1.6)
    samples = {}
    for index, (band, path) in enumerate(zip(BANDS, PATH)):
        surface = np.array([SPECTRA[cover][index] for cover in covers]) * light
        air = path * rng.normal(1, 0.04, count) if level == "L1C" else 0
        samples[band] = np.rint(surface + air + rng.normal(0, 9, count))
    if level == "L1C":
        samples["B10"] = rng.normal(12, 3, count).clip(1)
    return samples


def real(folder):
    """Pixels of the real scenes, in reflectance x 10000."""
    products = [
        folder / "S2A_MSIL1C_20180629T000241_N0206_R030_T56JMM_20180629T012042.zip",
        *sorted((folder / "ssl4eo_l1c" / "0000200").iterdir()),
        *sorted((folder / "majortom_l2a").iterdir()),
    ]
    scenes = {path.name: product_sample(open_product(str(path))) for path in products}
    for path in sorted((folder / "hokkaido_2018").glob("s2_*.tif")):
        scenes[path.name] = product_sample(open_product(str(path)))
    return scenes


def product_sample(product, side=120):
    samples, valid = {}, True
    for source in product.bands:
        with rasterio.open(source.path) as dataset:
            numbers = dataset.read(source.number).astype(float)
        rows, cols = ((np.arange(side) * n / side).astype(int) for n in numbers.shape)
        numbers = numbers[np.ix_(rows, cols)]
        valid = valid & (numbers != 0)
        samples[source.name] = (numbers + source.offset) * source.scale
    return {band: values[valid] for band, values in samples.items()}


def plus(samples, offset):
    return {band: values + offset for band, values in samples.items()}


def swapped(samples, one, other):
    return {**samples, one: samples[other], other: samples[one]}


def only(samples, bands):
    return {band: samples[band] for band in bands}


@pytest.mark.parametrize("bands", [None, VISIBLE])
@pytest.mark.parametrize("level", ["L1C", "L2A"])
@pytest.mark.parametrize("kind", SCENES)
def test_no_false_alarm_on_made_scenes(kind, level, bands):
    samples = made(kind, level)
    assert check_bands(only(samples, bands or samples), "it") == []


def test_no_false_alarm_on_real_scenes(real_data):
    for name, samples in real(real_data).items():
        assert check_bands(samples, name) == []
        assert check_bands(only(samples, VISIBLE), name) == []


def test_every_slip_is_found_on_real_scenes(real_data):
    for name, samples in real(real_data).items():
        if "B08" in samples:
            (found,) = check_bands(plus(samples, 1000), name)
            assert "seem to be 1000 too high" in found
            found = check_bands(swapped(samples, "B04", "B08"), name)
            assert "B08 (near infrared)" in found[0]
            assert "is darker than B04 (red) on 100% of the land" in found[0]
        if "L2A" not in name:  # hazy with dust, blue has as much contrast as red there
            (found,) = check_bands(swapped(samples, "B02", "B04"), name)
            assert "B02 (blue) and B04 (red)" in found
        for factor, message in ((1e-4, "reflectance from 0 to 1"), (0.03, "8-bit picture")):
            dim = {band: (values * factor).clip(0, 255) for band, values in samples.items()}
            with pytest.raises(ScaleError, match=message):
                check_bands(dim, name)


@pytest.mark.parametrize("level", ["L1C", "L2A"])
@pytest.mark.parametrize("kind", ["forest", "muddy river", "sea", "sea with an island"])
def test_offset_left_is_told_with_numbers(kind, level):
    (found,) = check_bands(plus(made(kind, level), 1000), "stack.tif")
    assert "Values of stack.tif seem to be 1000 too high" in found
    evidence = {"L1C": "B10, near 0 in clear air, is hardly", "L2A": "has pixels as dark as "}
    assert evidence[level] in found


@pytest.mark.parametrize("kind", ["forest", "muddy river"])
def test_offset_left_is_told_by_the_visible_bands_alone(kind):
    (found,) = check_bands(only(plus(made(kind, "L2A"), 1000), VISIBLE), "it")
    assert "B04 has pixels as dark as 1" in found


@pytest.mark.parametrize("kind", ["forest", "sea", "fields"])
def test_offset_taken_twice(kind):
    found = check_bands(plus(made(kind, "L2A"), -1000), "it")
    assert any("subtracted though it was already" in text for text in found)


@pytest.mark.parametrize("kind", ["forest", "fields", "desert", "muddy river", "snow and forest"])
def test_near_infrared_in_the_place_of_red(kind):
    (found,) = check_bands(swapped(made(kind), "B04", "B08"), "it")
    assert "seem to be in another order" in found


@pytest.mark.parametrize("kind", ["forest", "fields", "muddy river"])
def test_blue_in_the_place_of_red(kind):
    (found,) = check_bands(only(swapped(made(kind), "B04", "B02"), VISIBLE), "it")
    assert "B02 (blue) and B04 (red) of it seem to be swapped" in found


def test_values_far_too_large():
    with pytest.raises(ScaleError, match="Check the band mapping"):
        check_bands({band: 100 * values for band, values in made("forest").items()}, "it")


def test_few_pixels_are_no_reason_to_worry():
    samples = {band: values[:3] for band, values in made("forest").items()}
    assert check_bands(swapped(samples, "B04", "B08"), "it") == []
    assert check_bands({"B04": np.empty(0)}, "it") == []


# --- terrain ---


def mountains(steepness, count=5000):
    """Slopes in degrees and heights in metres."""
    rng = np.random.default_rng(3)
    slope = np.degrees(np.arctan(np.abs(rng.normal(0, steepness, count))))
    return {"slope": slope, "dem": rng.normal(1500, 300, count)}


def scaled(terrain, factor):
    """The same from heights in another unit."""
    gradient = np.tan(np.radians(terrain["slope"]))
    slope = np.degrees(np.arctan(factor * gradient))
    return {"slope": slope, "dem": factor * terrain["dem"]}


@pytest.mark.parametrize("steepness", [0.0, 0.02, 0.3, 1.0])
def test_plains_and_the_steepest_mountains_pass(steepness):
    assert check_bands(mountains(steepness), "it") == []


def test_voids_are_not_values():
    terrain = mountains(0.5)
    for values in terrain.values():
        values[:2500] = np.nan
    assert check_bands(terrain, "it") == []


def test_real_terrain_passes(real_data):
    with np.load(real_data / "l4s_terrain.npz") as file:
        terrain = {"slope": file["slope"][::9].ravel()[::7] * 0.5}
        terrain["dem"] = file["dem"][::9].ravel()[::7].astype(float)
    assert check_bands(terrain, "it") == []
    with pytest.raises(ScaleError, match=r"expected metres.*feet x 0\.3048"):
        check_bands(scaled(terrain, 10), "it")
    (found,) = check_bands({"slope": scaled(terrain, 1 / 0.3048)["slope"]}, "it")
    assert "seem to be in feet or decimetres" in found


def test_heights_above_everest_are_refused():
    with pytest.raises(ScaleError, match=r"reach 2\d{4} .*no mountain is higher than 8849 m"):
        check_bands(scaled(mountains(0.3), 10), "it")


def test_low_mountains_in_decimetres_are_too_steep():
    terrain = mountains(0.5)
    terrain["dem"] /= 5
    (found,) = check_bands(scaled(terrain, 10), "it")
    assert "feet x 0.3048, decimetres x 0.1" in found


def test_a_mark_for_no_data_that_is_not_declared():
    terrain = mountains(0.5)
    terrain["dem"][:50] = -9999
    (found,) = check_bands(terrain, "it")
    assert "go down to -9999 m, on 1.00% of its pixels" in found


def test_slope_in_percent_is_refused_where_it_is_steep():
    terrain = mountains(0.6)
    with pytest.raises(ScaleError, match=r"expected degrees, 0 to 90\. If it is in percent"):
        check_bands({"slope": 100 * np.tan(np.radians(terrain["slope"]))}, "it")


@pytest.mark.parametrize(
    ("unit", "factor", "tangent"),
    [("percent", 100, True), ("radians", np.pi / 180, False), ("rise over run", 1, True)],
)
@pytest.mark.parametrize("steepness", [0.1, 0.3])
def test_unit_of_a_slope_band_is_told_by_the_dem(unit, factor, tangent, steepness):
    slope = mountains(steepness)["slope"]
    noisy = slope * np.random.default_rng(1).normal(1, 0.3, slope.size).clip(0.3)
    assert check_slope(noisy, slope, "it") == ""
    given = factor * (np.tan(np.radians(noisy)) if tangent else noisy)
    found = check_slope(given, slope, "it")
    # Up to some 30 degrees, radians and rise over run are nearly the same numbers.
    units = ("radians", "rise over run") if factor < 2 else (unit,)
    assert any(f"seems to be in {unit}" in found for unit in units)


def test_slope_without_a_dem_or_on_a_plain_is_not_judged():
    slope = mountains(0.3)["slope"]
    assert check_slope(100 * slope, np.full_like(slope, np.nan), "it") == ""
    assert check_slope(slope, np.zeros_like(slope), "it") == ""


def test_cover():
    assert check_cover(0.0, "The DEM") == ""
    assert check_cover(0.0001, "The DEM") == ""
    assert "The DEM has no data on 12.5% of the scene's pixels" in check_cover(0.125, "The DEM")
    with pytest.raises(RasterError, match="no data on any of the scene's pixels"):
        check_cover(1.0, "The DEM")


@pytest.mark.parametrize("unit", ["ft", "US survey foot", "dm", "m", "metre", None])
def test_unit_that_a_dem_states(tmp_path, unit):
    path = write_raster(tmp_path / "dem.tif", np.ones((4, 4), "float32"))
    if unit:
        with rasterio.open(path, "r+") as dataset:
            dataset.set_band_unit(1, unit)
    if unit in ("m", "metre", None):
        check_dem(path)
    else:
        with pytest.raises(ScaleError, match=f"states its heights in '{unit}'; expected metres"):
            check_dem(path)
