from dataclasses import replace

import numpy as np
import pytest
import torch

from landslip.engine.common.errors import ParameterError
from landslip.training.augmentation import Augmentation, augment
from landslip.training.bands import L4S_DIVISOR, RGB, TERRAIN_SCALE
from landslip.training.config import Config
from landslip.training.data import (
    Block,
    Patches,
    physical,
    pooled_statistics,
    scene_statistics,
    split,
)
from landslip.training.recipe import read_recipe
from landslip.training.samples import Samples, training_batches
from landslip.training.sources import Source, load_l4s_rgb, load_patches, load_quiet

OFF = Augmentation(**dict.fromkeys(Augmentation.__dataclass_fields__, 0.0))
VALIDATION, TEST = Block(1, 2, 3), Block(1, 6, 7)


@pytest.fixture
def patches(synthetic_folder):
    return load_l4s_rgb(synthetic_folder / "l4s_rgb.npz")


def tile_distance(patches, ours, theirs):
    """Smallest distance in tiles between two sets of patches of the same scene."""
    pairs = [
        max(abs(patches.row[a] - patches.row[b]), abs(patches.col[a] - patches.col[b]))
        for a in ours
        for b in theirs
        if patches.scene[a] == patches.scene[b]
    ]
    return min(pairs)


def test_physical_units_come_back(patches):
    """DN = level / 255 * xmax * divisor, to within one quantisation step."""
    true = 3.7 / 4.0 * 4.0 * L4S_DIVISOR["B03"]  # any value below xmax = 4
    level = np.floor(255 * (true / L4S_DIVISOR["B03"]) / 4.0)
    levels = torch.full((1, 3, 2, 2), int(level), dtype=torch.uint8)
    value = physical(levels, torch.from_numpy(patches.step[:1]))[0, 1, 0, 0].item()
    assert value == pytest.approx(true, abs=0.51 * 4.0 / 255 * L4S_DIVISOR["B03"])


def test_masks_and_images_belong_together(patches):
    inside = patches.levels[:, 0][patches.mask]
    outside = patches.levels[:, 0][~patches.mask]
    assert inside.min() >= 160
    assert outside.max() < 160


def test_split_keeps_a_guard(patches):
    parts = split(patches, VALIDATION, TEST, guard=1)
    assert set(patches.row[parts["validation"]]) == {2, 3}
    assert set(patches.row[parts["test"]]) == {6, 7}
    assert set(patches.row[parts["train"]]) == {0}  # rows 1, 4, 5 are guards
    for name in ("validation", "test"):
        assert tile_distance(patches, parts["train"], parts[name]) >= 2


def test_blocks_too_close_are_refused(patches):
    with pytest.raises(ParameterError, match="closer than 1 guard"):
        split(patches, VALIDATION, Block(1, 4, 5), guard=1)
    with pytest.raises(ParameterError, match="no patch for test"):
        split(patches, VALIDATION, Block(9, 0, 1), guard=1)


def test_scene_statistics_against_numpy(patches):
    chosen = np.arange(4)
    mean, std = scene_statistics(patches, chosen)[1]
    values = (patches.levels[:4].astype(float) + 0.5) * patches.step[:4, :, None, None]
    values = values[:, :, ::2, ::2]
    np.testing.assert_allclose(mean, values.mean((0, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(std, values.std((0, 2, 3)), rtol=1e-5)


def batch(patches, count=8):
    image = physical(
        torch.from_numpy(patches.levels[:count]), torch.from_numpy(patches.step[:count])
    )
    target = torch.from_numpy(patches.mask[:count]).float()[:, None]
    mean, std = scene_statistics(patches, np.arange(count))[1]
    mean, std = (torch.from_numpy(s).expand(count, -1) for s in (mean, std))
    return image, target, mean, std


def test_without_augmentation_a_batch_is_normalised(patches):
    image, target = augment(*batch(patches), OFF, torch.Generator().manual_seed(0))
    # The statistics are of every second pixel.
    torch.testing.assert_close(image.mean((0, 2, 3)), torch.zeros(3), atol=0.02, rtol=0)
    torch.testing.assert_close(image.std((0, 2, 3)), torch.ones(3), atol=0.02, rtol=0)
    assert target.sum() == patches.mask[:8].sum()


@pytest.mark.parametrize("seed", range(3))
def test_labels_move_with_their_pixels(patches, seed):
    """However a patch is turned and zoomed, its bright square stays under its label."""
    rng = torch.Generator().manual_seed(seed)
    image, target = augment(*batch(patches), Augmentation(noise=0.0), rng)
    for patch, mask in zip(image[:, 0], target[:, 0] > 0.5, strict=True):
        assert patch[mask].quantile(0.1) > patch[~mask].quantile(0.9)


def test_augmentation_is_reproducible_and_varies(patches):
    one, same, other = (
        augment(*batch(patches), Augmentation(), torch.Generator().manual_seed(s))[0]
        for s in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.allclose(one, other, atol=0.1)


def test_an_epoch_shows_every_patch_once(patches):
    chosen = np.arange(16)
    statistics = scene_statistics(patches, chosen)
    rng = torch.Generator().manual_seed(0)
    samples = Samples.of(patches, statistics, torch.device("cpu"))
    targets = [t for _, t in training_batches(samples, chosen, OFF, 4, rng)]
    assert len(targets) == 4
    assert torch.cat(targets).sum() == patches.mask.sum()


def test_missing_data_says_what_to_do(tmp_path):
    with pytest.raises(ParameterError, match="LANDSLIP_DATA"):
        load_l4s_rgb(tmp_path / "l4s_rgb.npz")


def test_shipped_recipe_does_not_leak(l4s_folder):
    """On the real tile grid: two tiles at least between training and either held-out block."""
    config = read_recipe("resunet_rgb", Config)
    patches = load_l4s_rgb(l4s_folder / "l4s_rgb.npz")
    parts = split(patches, config.validation, config.test, config.guard)
    assert {name: len(index) for name, index in parts.items()} == {
        "train": 1111,
        "validation": 171,
        "test": 155,
    }
    for ours, theirs in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert tile_distance(patches, parts[ours], parts[theirs]) >= 2
    assert patches.mask.mean() == pytest.approx(0.0436, abs=5e-4)
    assert isinstance(patches, Patches)
    # Reflectances of a green, hazy island: darker in red than in blue, far from 0 and from 1.
    mean, std = scene_statistics(patches, parts["train"])[1]
    assert 300 < mean[0] < mean[1] < mean[2] < 1800
    assert ((std > 50) & (std < 800)).all()


def test_mosaic_halves_the_scale(patches):
    """A 32-pixel square becomes one of 16 pixels; labels stay on their bright pixels."""
    image, target, mean, std = batch(patches)
    settings = Augmentation(**{**OFF.__dict__, "mosaic": 1.0})
    image, target = augment(image, target, mean, std, settings, torch.Generator().manual_seed(0))
    # Squares at odd positions keep 17 pixels a side, of which one is half covered.
    assert 4 * 16**2 <= target.sum((1, 2, 3)).mean() <= 4 * 17**2
    bright = image[:, :1] > 0.5 * (image.amax() + image.amin())
    agreement = (bright == (target > 0.5)).float().mean()
    assert agreement > 0.98


def test_paste_clears_the_labels_under_the_piece(patches):
    """Where a piece of farmland lies there is no landslide; elsewhere nothing changes."""
    image, target, mean, std = batch(patches)
    stripes = torch.arange(160.0).remainder(8).expand(3, 160, 160) * 1000
    rng = torch.Generator().manual_seed(0)
    settings = Augmentation(**{**OFF.__dict__, "paste": 1.0})
    # Quarter turns would hide where the piece went; so the helper is called by itself.
    from landslip.training.augmentation import _paste

    pasted, cleared = _paste(image, target, mean, std, [stripes], settings.paste, rng)
    changed = (pasted != image).any(1, keepdim=True)
    share = changed.float().mean((1, 2, 3))
    assert (share > 0.14).all()
    assert share.std() > 0.1
    assert not cleared[changed].any()
    assert torch.equal(cleared[~changed], target[~changed])


def test_quiet_scenes_are_real_reflectances(l4s_folder):
    pytest.importorskip("rasterio")
    scenes = load_quiet(l4s_folder / "ssl4eo_l1c", RGB)
    assert len(scenes) == 1  # the other date is under cloud
    assert scenes[0].shape[0] == 3
    assert 500 < scenes[0].mean() < 3000
    with pytest.raises(ParameterError, match="without landslides"):
        load_quiet(l4s_folder / "nowhere", RGB)


@pytest.fixture
def with_slope(synthetic_folder):
    """Terrain for all patches but two: one without, one of weak alignment."""
    patch_id = np.arange(100, 116)
    with np.load(synthetic_folder / "l4s_rgb.npz") as file:
        np.savez(synthetic_folder / "l4s_rgb.npz", **{**file, "patch_id": patch_id})
    slope = np.broadcast_to(np.arange(15, dtype=np.uint8)[:, None, None] + 40, (15, 128, 128))
    quality = np.zeros(15, np.uint8)
    quality[3] = 2
    np.savez(
        synthetic_folder / "l4s_terrain.npz",
        patch_id=patch_id[:15][::-1],  # another order than the patches'
        slope=slope,
        dem=np.full((15, 128, 128), 1200, np.uint16) + slope,
        quality=quality,
    )
    return load_patches([Source()], synthetic_folder, (*RGB, "slope"))


def test_slope_joins_its_patch(with_slope, patches):
    assert with_slope.bands == (*RGB, "slope")
    kept = [i for i in range(15) if i != 11]  # the fourth from the end is of weak alignment
    np.testing.assert_array_equal(with_slope.levels[:, :3], patches.levels[kept])
    assert (with_slope.levels[:, 3, 0, 0] == [54 - i for i in kept]).all()
    assert (with_slope.step[:, 3] == 0.5).all()


def test_slope_is_normalised_alike_everywhere(with_slope):
    mean, std = scene_statistics(with_slope, np.arange(4))[1]
    assert (mean[3], std[3]) == tuple(TERRAIN_SCALE["slope"])
    assert mean[0] > 100


def test_light_does_not_change_the_slope(with_slope):
    image = physical(torch.from_numpy(with_slope.levels), torch.from_numpy(with_slope.step), 0.0)
    target = torch.from_numpy(with_slope.mask).float()[:, None]
    statistics = scene_statistics(with_slope, np.arange(14))[1]
    mean, std = (torch.from_numpy(s).expand(14, -1) for s in statistics)
    strong = replace(OFF, gain=0.5, band_gain=0.3, shading=0.5, relief=0.5, mean_shift=1.0)
    rng = torch.Generator().manual_seed(0)
    varied, _ = augment(image, target, mean, std, strong, rng, terrain=("slope",))
    expected = (image[:, 3] - 20) / 15
    # Patches are turned, so values are compared and not places.
    torch.testing.assert_close(varied[:, 3].mean((1, 2)), expected.mean((1, 2)), atol=1e-4, rtol=0)
    before = ((image[:, 0] - mean[0, 0]) / std[0, 0]).mean((1, 2))
    assert (varied[:, 0].mean((1, 2)) - before).std() > 0.1


def test_pasted_farmland_is_flat(with_slope):
    image = physical(torch.from_numpy(with_slope.levels), torch.from_numpy(with_slope.step), 0.0)
    target = torch.from_numpy(with_slope.mask).float()[:, None]
    statistics = scene_statistics(with_slope, np.arange(14))[1]
    mean, std = (torch.from_numpy(s).expand(14, -1) for s in statistics)
    quiet = [torch.rand(3, 200, 200) * 1000]
    rng = torch.Generator().manual_seed(0)
    varied, labels = augment(
        image, target, mean, std, replace(OFF, paste=1.0), rng, quiet, terrain=("slope",)
    )
    slope = varied[:, 3] * 15 + 20
    flat = slope < 15  # the patches' own slope is 20 to 27 degrees
    assert 0.1 < flat.float().mean() < 1
    assert not labels[:, 0][flat].any()


def test_bands_that_the_data_does_not_have(synthetic_folder):
    with pytest.raises(ParameterError, match="no bands B08, slope"):
        load_patches([Source()], synthetic_folder, ("B08", "slope"))


# --- elevation -----------------------------------------------------------------------------------


@pytest.fixture
def with_dem(with_slope, synthetic_folder):
    """Needs the terrain file that `with_slope` wrote."""
    return load_patches([Source()], synthetic_folder, (*RGB, "slope", "dem"))


def test_elevation_counts_from_its_scene(with_dem):
    mean, std = scene_statistics(with_dem, np.arange(14))[1]
    assert mean[4] == pytest.approx(1200.5 + 0.5 * (40 + 54), abs=1)
    assert std[4] == TERRAIN_SCALE["dem"].spread
    levels = with_dem.levels[:, 4].astype(int) - with_dem.levels[:, 3]
    assert (levels == 1200).all()


def test_elevation_varies_by_shift_and_relief(with_dem):
    image = physical(torch.from_numpy(with_dem.levels), torch.from_numpy(with_dem.step), 0.0)
    rows = torch.arange(128.0)[:, None].expand(128, 128)
    image[:, 4] = 1000 + 10 * rows
    target = torch.from_numpy(with_dem.mask).float()[:, None]
    mean, std = (
        torch.from_numpy(s).expand(14, -1) for s in scene_statistics(with_dem, np.arange(14))[1]
    )
    rng = torch.Generator().manual_seed(0)
    settings = replace(OFF, dem_shift=200.0, dem_gain=0.3)
    varied, _ = augment(image, target, mean, std, settings, rng, terrain=("slope", "dem"))
    metres = varied[:, 4] * 500 + mean[0, 4]
    shift = metres.mean((1, 2)) - 1635
    assert 100 < shift.std() < 400
    relief = metres.amax((1, 2)) - metres.amin((1, 2))
    assert 0.1 < (relief / 1270).log().std() < 0.6
    torch.testing.assert_close(varied[:, 3].amin(), (image[:, 3].amin() - 20) / 15)


def test_gentler_slopes_on_average(with_slope):
    image = physical(torch.from_numpy(with_slope.levels), torch.from_numpy(with_slope.step), 0.0)
    target = torch.from_numpy(with_slope.mask).float()[:, None]
    mean, std = (
        torch.from_numpy(s).expand(14, -1) for s in scene_statistics(with_slope, np.arange(14))[1]
    )
    settings = replace(OFF, slope_gentler=0.5)
    rng = torch.Generator().manual_seed(0)
    varied, _ = augment(image, target, mean, std, settings, rng, terrain=("slope",))
    degrees = varied[:, 3] * 15 + 20
    assert (degrees.mean() / image[:, 3].mean()).item() == pytest.approx(np.exp(-0.5), rel=1e-3)


def test_pooled_statistics_are_the_same_for_every_scene(patches):
    mixed = replace(patches, scene=np.repeat([1, 4], 8))
    pooled, own = (f(mixed, np.arange(16)) for f in (pooled_statistics, scene_statistics))
    np.testing.assert_array_equal(pooled[1], pooled[4])
    assert not np.allclose(own[1][0], own[4][0], rtol=1e-3)
    between = sorted([own[1][0][0], own[4][0][0]])
    assert between[0] < pooled[1][0][0] < between[1]
