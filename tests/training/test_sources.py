"""Every kind of source, whole and broken."""

import numpy as np
import pytest

from landslip.engine.common.errors import BandError, ParameterError, RasterError
from landslip.tests.support import write_raster
from landslip.training.bands import BAND_SETS, L4S_DIVISOR, RGB
from landslip.training.data import physical
from landslip.training.sources import (
    Source,
    data_folder,
    load_patches,
    load_unlabelled,
    place_of,
    read_h5,
)

h5py = pytest.importorskip("h5py")
torch = pytest.importorskip("torch")

NAMES = list(L4S_DIVISOR)
FOLDER = Source("landslide4sense", "l4s")


def write_h5(path, name, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file[name] = values


@pytest.fixture
def l4s(tmp_path):
    """Three images in the published form; their values are the benchmark's, about 1."""
    rng = np.random.default_rng(5)
    for number in (1, 42, 3323):
        image = rng.uniform(0.5, 2.0, (128, 128, 14))
        write_h5(tmp_path / f"l4s/img/image_{number}.h5", "img", image)
        mask = np.zeros((128, 128), np.uint8)
        mask[number % 50 :, :20] = 1
        write_h5(tmp_path / f"l4s/mask/mask_{number}.h5", "mask", mask)
    return tmp_path


def units(patches, patch, band):
    """[128, 128] in physical units."""
    levels = torch.from_numpy(patches.levels[patch : patch + 1])
    image = physical(levels, torch.from_numpy(patches.step[patch : patch + 1]))
    return image[0, patches.bands.index(band)].numpy()


@pytest.mark.parametrize("name", [name for name in BAND_SETS if "illumination" not in name])
def test_folder_gives_physical_units(l4s, name):
    bands = BAND_SETS[name]
    patches = load_patches([FOLDER], l4s, bands)
    assert patches.levels.shape == (3, len(bands), 128, 128)
    with h5py.File(l4s / "l4s/img/image_42.h5") as file:
        image = file["img"][()]
    for band in bands:
        expected = image[..., NAMES.index(band)] * L4S_DIVISOR[band]
        half_step = {"slope": 0.125}.get(band, 0.5) * 1.001
        np.testing.assert_allclose(units(patches, 1, band), expected, atol=half_step)
    assert patches.mask[1].sum() == (128 - 42) * 20


def test_numbers_tell_the_place(l4s):
    patches = load_patches([FOLDER], l4s, RGB)
    places = np.stack([patches.scene, patches.row, patches.col], axis=1).tolist()
    assert places == [[1, 0, 0], [1, 1, 0], [4, 0, 17]]


def test_numbers_agree_with_the_places_of_the_packed_patches(l4s_folder):
    with np.load(l4s_folder / "l4s_rgb.npz") as file:
        places = np.stack([file["scene"], file["row"], file["col"]], axis=1)
        ours = np.array([place_of(number) for number in file["patch_id"].tolist()])
    np.testing.assert_array_equal(ours, places)


def test_published_file_and_packed_patch_are_the_same(l4s_folder, tmp_path):
    """Image 1 as HDF5 against image 1 of the packed set: the same greens, at its rounding."""
    original = l4s_folder / "l4s_h5"
    if not original.is_dir():
        pytest.skip(f"no HDF5 sample at {original}")
    for kind, folder in (("image", "img"), ("mask", "mask")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{kind}_1.h5").symlink_to(original / f"train_{kind}_1.h5")
    patches = load_patches([Source("landslide4sense", str(tmp_path))], l4s_folder, RGB)
    packed = load_patches([Source()], l4s_folder, RGB)
    first = int(np.flatnonzero((packed.scene == 1) & (packed.row == 0) & (packed.col == 0))[0])
    np.testing.assert_array_equal(patches.mask[0], packed.mask[first])
    for band in RGB:
        ours, theirs = units(patches, 0, band), units(packed, first, band)
        assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.99
        assert theirs.mean() / ours.mean() == pytest.approx(1, abs=0.3)  # the level is an estimate


def damage_truncate(folder):
    path = folder / "l4s/img/image_42.h5"
    path.write_bytes(path.read_bytes()[:50_000])


def damage_no_hdf5(folder):
    (folder / "l4s/img/image_42.h5").write_text("<html>404</html>")


def damage_name(folder):
    write_h5(folder / "l4s/img/image_42.h5", "data", np.ones((128, 128, 14)))


def damage_shape(folder):
    write_h5(folder / "l4s/img/image_42.h5", "img", np.ones((64, 128, 14)))


def damage_nan(folder):
    write_h5(folder / "l4s/img/image_42.h5", "img", np.full((128, 128, 14), np.nan))


def damage_scale(folder):
    write_h5(folder / "l4s/img/image_42.h5", "img", np.full((128, 128, 14), 5000.0))


def damage_no_mask(folder):
    (folder / "l4s/mask/mask_42.h5").unlink()


def damage_mask_values(folder):
    write_h5(folder / "l4s/mask/mask_42.h5", "mask", np.full((128, 128), 255, np.uint8))


def damage_mask_shape(folder):
    write_h5(folder / "l4s/mask/mask_42.h5", "mask", np.ones((128, 64), np.uint8))


def damage_no_landslide(folder):
    for path in (folder / "l4s/mask").iterdir():
        write_h5(path, "mask", np.zeros((128, 128), np.uint8))


def damage_empty(folder):
    for path in (folder / "l4s/img").iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_truncate, r"image_42\.h5 cannot be read as HDF5.*download it again"),
        (damage_no_hdf5, r"image_42\.h5 cannot be read as HDF5"),
        (damage_name, "no array 'img', but data"),
        (damage_shape, r"shape \(64, 128, 14\); expected \(128, 128, 14\)"),
        (damage_nan, "no numbers"),
        (damage_scale, "published units"),
        (damage_no_mask, r"image_42\.h5 has no mask"),
        (damage_mask_values, "values from 255 to 255; a mask holds 0"),
        (damage_mask_shape, r"shape \(128, 64\)"),
        (damage_no_landslide, "Not one of the 3 patches has a landslide pixel"),
        (damage_empty, "No Landslide4Sense images"),
    ],
)
def test_damaged_folders_are_told(l4s, damage, message):
    damage(l4s)
    with pytest.raises(ParameterError, match=message):
        load_patches([FOLDER], l4s, RGB)


@pytest.mark.parametrize("cut", [0, 1, 7, 512, 5000])
def test_any_truncation_is_a_sentence(l4s, cut):
    path = l4s / "l4s/mask/mask_1.h5"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ParameterError, match="HDF5"):
        read_h5(path, "mask", (128, 128))


@pytest.fixture
def scene(tmp_path):
    """2 x 3 blocks: one not labelled, one with a nodata pixel, the rest good."""
    rng = np.random.default_rng(3)
    image = rng.integers(300, 3000, (3, 270, 400)).astype(np.uint16)
    image[:, 200, 5] = 0  # Sentinel-2's mark for no data
    labels = np.zeros((270, 400), np.uint8)
    labels[10:40, 10:50] = 1
    labels[0:5, 300] = 255
    height = np.tile(np.arange(420) * 10 * np.tan(np.radians(25)), (290, 1)).astype(np.float32)
    write_raster(tmp_path / "s.tif", image, names=["B02", "B03", "B04"], nodata=0)
    write_raster(tmp_path / "labels.tif", labels, nodata=255)
    write_raster(tmp_path / "dem.tif", height, origin=(499900.0, 4700100.0))
    return tmp_path, image, labels


def test_stack_is_cut_into_its_good_blocks(scene):
    folder, image, labels = scene
    source = Source("stack", "s.tif", "labels.tif", "dem.tif", scene=7)
    patches = load_patches([source], folder, BAND_SETS["rgb+slope+dem"])
    assert list(zip(patches.row, patches.col)) == [(0, 0), (0, 1), (1, 1), (1, 2)]
    assert set(patches.scene) == {7}
    np.testing.assert_array_equal(patches.levels[1, 0], image[2, :128, 128:256])
    np.testing.assert_array_equal(patches.mask[0], labels[:128, :128] == 1)
    slope = units(patches, 1, "slope")
    assert np.median(slope) == pytest.approx(25, abs=0.25)
    rise = np.diff(units(patches, 1, "dem"), axis=1)
    assert rise.mean() == pytest.approx(10 * np.tan(np.radians(25)), abs=0.05)


def test_a_stack_without_labels_is_cut_wherever_it_is_valid(scene):
    """Nobody looked at the block (0, 2): its image may teach all the same."""
    folder, image, _ = scene
    patches = load_unlabelled([Source("stack", "s.tif")], folder, RGB)
    assert list(zip(patches.row, patches.col)) == [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2)]
    np.testing.assert_array_equal(patches.levels[2, 0], image[2, :128, 256:384])
    assert not patches.mask.any()


def test_stacks_that_cannot_be_trained_on(scene):
    folder, *_ = scene
    with pytest.raises(ParameterError, match="no labels"):
        load_patches([Source("stack", "s.tif")], folder, RGB)
    with pytest.raises(BandError, match="B08"):
        load_patches([Source("stack", "s.tif", "labels.tif")], folder, (*RGB, "B08"))
    with pytest.raises(RasterError, match="290 x 420 pixels"):
        load_patches([Source("stack", "s.tif", "dem.tif")], folder, RGB)
    write_raster(folder / "none.tif", np.full((270, 400), 255, np.uint8), nodata=255)
    with pytest.raises(ParameterError, match="no 128 x 128 block"):
        load_patches([Source("stack", "s.tif", "none.tif")], folder, RGB)


def test_sources_join(scene, l4s):
    folder, *_ = scene
    both = load_patches([FOLDER, Source("stack", "s.tif", "labels.tif")], folder, RGB)
    assert sorted(set(both.scene)) == [1, 4, 100]
    assert len(both) == 7
    with pytest.raises(ParameterError, match="same scene"):
        load_patches([FOLDER, Source("stack", "s.tif", "labels.tif", scene=4)], folder, RGB)
    with pytest.raises(ParameterError, match="kind zip"):
        load_patches([Source("zip")], folder, RGB)


def test_damaged_archive(tmp_path):
    (tmp_path / "l4s_rgb.npz").write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(ParameterError, match="damaged"):
        load_patches([Source()], tmp_path, RGB)


def test_terrain_of_the_packed_patches(l4s_folder):
    patches = load_patches([Source()], l4s_folder, BAND_SETS["rgb+slope+dem"])
    assert len(patches) == 1333  # 97 of 1,430 are aligned too weakly, India has no terrain
    assert patches.levels.dtype == np.int16
    slope = [units(patches, i, "slope").mean() for i in range(0, len(patches), 50)]
    assert np.mean(slope) == pytest.approx(32, abs=2)
    heights = [units(patches, i, "dem") for i in range(0, len(patches), 50)]
    assert 100 < np.min(heights) < np.max(heights) < 4000


def test_hokkaido_can_be_a_source():
    folder = data_folder()
    if not (folder / "hokkaido_2018").is_dir():
        pytest.skip(f"no Hokkaido scene at {folder} (set LANDSLIP_DATA)")
    source = Source(
        "stack",
        "hokkaido_2018/s2_post_B02_B03_B04.tif",
        "hokkaido_2018/label_west.tif",
        "hokkaido_2018/dsm_aw3d30.tif",
    )
    patches = load_patches([source], folder, BAND_SETS["rgb+slope"])
    assert len(patches) > 10
    assert patches.mask.mean() == pytest.approx(0.08, abs=0.03)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_archive(synthetic_folder, share):
    path = synthetic_folder / "l4s_rgb.npz"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ParameterError, match="damaged"):
        load_patches([Source()], synthetic_folder, RGB)
