"""Where patches come from: the benchmark's folders, its packed visible bands, any labelled stack.

A recipe lists its sources; relative paths count from the data folder. Every reader gives `Patches`
with the bands that were asked for, or says which bands there are.
"""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..engine.common.errors import ParameterError, RasterError
from ..engine.raster.illumination import illumination
from ..engine.raster.reading import open_raster, read_window
from ..engine.raster.tiling import Window
from ..engine.stack.reader import Stack, StackReader, open_stack
from .bands import L4S_DIVISOR, RGB, terrain
from .data import PATCH, Patches, joined
from .ground import TAIWAN_SUN, patch_gradients, unit_normals

#: Worst alignment of terrain to patches that is used (0 good, 1 fair, 2 weak).
TERRAIN_QUALITY = 1
#: Of a scene in the benchmark's training set: first image number, scene, tiles in a row. Images are
#: numbered along the rows of a scene's grid of tiles (found by comparing numbers with places);
#: where the second scene's row ends is not known, and 41 only keeps neighbours together.
L4S_GRIDS = ((3306, 4, 26), (2297, 2, 41), (1, 1, 41))
#: What the benchmark's scenes are called in cards and tables.
SCENE_NAMES = {1: "Taiwan", 4: "India"}
#: Units per stored level: finer than any of these data are accurate.
STEP = {"slope": 0.25, "dem": 1.0, "illumination": 0.01}
#: The same of the packed terrain: half degrees, metres; and hundredths of a cosine.
PACKED_STEP = {"slope": 0.5, "dem": 1.0, "illumination": 0.01}


@dataclass(frozen=True)
class Source:
    """One origin of patches.

    Attributes:
        kind: ``l4s_rgb`` (the packed visible bands; with terrain bands, those patches whose terrain
            is known), ``l4s_terrain`` (those patches in any case), ``l4s_all`` (all patches;
            terrain bands hold 0 where it is not known), ``landslide4sense`` (a folder
            with ``img/image_N.h5`` and ``mask/mask_N.h5``), ``landslide4sense_part`` (the same of
            the benchmark's other parts, each a scene of its own), ``stack`` (a raster with named
            bands and a label raster on its grid), or ``quiet`` (the data folder's real scenes
            without landslides: farmland, savanna, clouds).
        path: Folder or raster. For packed patches empty: the data folder itself.
        labels: Label raster of a stack: 1 landslide, 0 not, nodata where unknown.
        dem: DEM of a stack, for terrain bands.
        scene: Number that a stack's or a part's patches get; unlike all others in the recipe.
        masks: Whether masks or labels are read; where not, no pixel counts as a landslide.
    """

    kind: str = "l4s_rgb"
    path: str = ""
    labels: str = ""
    dem: str = ""
    scene: int = 100
    masks: bool = True


def data_folder() -> Path:
    """Folder of the training data: ``$LANDSLIP_DATA``, or ``shared/data`` beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("LANDSLIP_DATA", beside))


def load_patches(sources: Sequence[Source], data: Path, bands: Sequence[str]) -> Patches:
    """Read all sources of a recipe.

    Raises:
        ParameterError: A source is unknown, missing, broken or without these bands, two have the
            same scene, or not one patch has a landslide pixel.
    """
    readers = {
        "l4s_rgb": _packed,
        "l4s_terrain": _packed,
        "l4s_all": _packed,
        "landslide4sense": _folder,
        "landslide4sense_part": _folder,
        "stack": _stack,
        "quiet": _quiet,
    }
    unknown = [source.kind for source in sources if source.kind not in readers]
    if unknown or not sources:
        raise ParameterError(
            f"The recipe's sources are of kind {', '.join(unknown) or '(none)'}. "
            f"Choose from {', '.join(readers)}."
        )
    parts = [readers[source.kind](source, data, tuple(bands)) for source in sources]
    scenes = [scene for part in parts for scene in np.unique(part.scene).tolist()]
    if len(set(scenes)) < len(scenes):
        raise ParameterError(
            f"Two sources have the same scene (scenes: {', '.join(map(str, sorted(scenes)))}). "
            "Give each stack another number with scene."
        )
    patches = joined(parts)
    if all(source.masks for source in sources) and not patches.mask.any():
        raise ParameterError(
            f"Not one of the {len(patches)} patches has a landslide pixel. Check the masks: "
            "landslide is 1."
        )
    return patches


def load_unlabelled(sources: Sequence[Source], data: Path, bands: Sequence[str]) -> Patches:
    """Read images alone; whatever masks lie beside them are not looked at."""
    return load_patches([replace(source, masks=False) for source in sources], data, bands)


# --- packed visible bands ------------------------------------------------------------------------


def load_l4s_rgb(path: Path) -> Patches:
    """Read `l4s_rgb.npz`: per patch ``rgb = floor(255 * x / xmax)`` of bands B04, B03, B02.

    ``x`` are the benchmark's values and ``xmax`` the patch's own maximum, of which ``est_xmax`` is
    an estimate.

    Raises:
        ParameterError: The file is not there, or is damaged.
    """
    file = read_npz(path, "rgb", "mask", "est_xmax", "scene", "row", "col")
    divisor = np.array([L4S_DIVISOR[band] for band in RGB], np.float32)
    mask = np.unpackbits(file["mask"], axis=1).reshape(-1, PATCH, PATCH)
    return Patches(
        levels=np.ascontiguousarray(file["rgb"].transpose(0, 3, 1, 2)),
        step=file["est_xmax"][:, None] / 255 * divisor,
        mask=mask.astype(bool),
        scene=file["scene"].astype(int),
        row=file["row"].astype(int),
        col=file["col"].astype(int),
        bands=RGB,
    )


def _packed(source: Source, data: Path, bands: tuple[str, ...]) -> Patches:
    relief = terrain(bands)
    if bands != (*RGB, *relief):
        raise ParameterError(
            f"The training data has no bands {', '.join(bands)}. Set bands to "
            f"{', '.join(RGB)}, and slope or dem after them; other bands need a source of kind "
            "landslide4sense or stack."
        )
    path = data / "l4s_rgb.npz"
    patches = load_l4s_rgb(path)
    if not relief and source.kind == "l4s_rgb":
        return patches
    patch_id = read_npz(path, "patch_id")["patch_id"]
    whole = source.kind == "l4s_all"
    return _with_terrain(patches, patch_id, data / "l4s_terrain.npz", relief, whole)


def _with_terrain(
    patches: Patches, patch_id: np.ndarray, path: Path, names: tuple[str, ...], whole: bool
) -> Patches:
    """Patches with their terrain where it is known and well aligned; of others, all or none."""
    file = read_npz(path, "patch_id", "quality", "dem", "slope")
    places = {number: i for i, number in enumerate(file["patch_id"].tolist())}
    place = np.array([places.get(number, -1) for number in patch_id.tolist()])
    known = (place >= 0) & (file["quality"][place] <= TERRAIN_QUALITY)
    kept = np.arange(len(patches)) if whole else np.flatnonzero(known)
    place, known = place[kept], known[kept]
    normals = np.zeros((len(kept), 3, PATCH, PATCH), np.int8) if whole else None
    layers = {name: np.zeros((len(kept), PATCH, PATCH), np.int16) for name in names}

    def fill(i: int) -> None:
        dem, slope = file["dem"][place[i]], file["slope"][place[i]]
        ground = patch_gradients(dem, slope * 0.5)
        if normals is not None:
            normals[i] = np.round(127 * unit_normals(*ground))
        for name in names:
            layers[name][i] = file[name][place[i]] if name in file else lit_level(*ground)

    with ThreadPoolExecutor() as pool:
        list(pool.map(fill, np.flatnonzero(known).tolist()))
    # Metres and cosines need more than 8 bits; without them the patches stay as small as they are.
    kind = np.uint8 if set(names) <= {"slope"} else np.int16
    levels = [patches.levels[kept], *(layers[name][:, None] for name in names)]
    steps = [np.full((len(kept), 1), PACKED_STEP[name], np.float32) for name in names]
    return Patches(
        levels=np.concatenate([part.astype(kind) for part in levels], axis=1),
        step=np.concatenate([patches.step[kept], *steps], axis=1),
        mask=patches.mask[kept],
        scene=patches.scene[kept],
        row=patches.row[kept],
        col=patches.col[kept],
        bands=(*patches.bands, *names),
        known=known,
        normals=normals,
    )


def lit_level(east: np.ndarray, north: np.ndarray) -> np.ndarray:
    """Illumination [H, W] by Taiwan's sun, in levels of `PACKED_STEP`."""
    return np.floor(illumination(east, north, TAIWAN_SUN) / PACKED_STEP["illumination"])


def read_npz(path: Path, *names: str) -> dict[str, np.ndarray]:
    """Arrays of an ``.npz`` file; nothing in it is unpickled.

    Raises:
        ParameterError: The file is not there, is damaged, or lacks an array.
    """
    if not path.is_file():
        raise ParameterError(
            f"No training data at {path}. Set the environment variable LANDSLIP_DATA to the "
            f"folder that holds {path.name}, or pass --data."
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as err:
        raise ParameterError(
            f"{path} is damaged, or lacks one of {', '.join(names)} ({err}). Copy it again."
        ) from err


# --- Landslide4Sense folders ---------------------------------------------------------------------


def _folder(source: Source, data: Path, bands: tuple[str, ...]) -> Patches:
    """Read a folder in the form in which Landslide4Sense was published."""
    names = list(L4S_DIVISOR)
    missing = [band for band in bands if band not in names]
    if missing:
        raise ParameterError(
            f"Landslide4Sense has no band {', '.join(missing)}. It has {', '.join(names)}."
        )
    folder = data / source.path
    numbers = _image_numbers(folder)
    channels = [names.index(band) for band in bands]
    step = np.array([STEP.get(band, 1.0) for band in bands], np.float32)
    to_level = np.array([L4S_DIVISOR[band] for band in bands]) / step
    levels = np.empty((len(numbers), len(bands), PATCH, PATCH), np.int16)
    mask = np.zeros((len(numbers), PATCH, PATCH), bool)
    for index, (number, image) in enumerate(numbers.items()):
        pixels = read_h5(image, "img", (PATCH, PATCH, len(names)))[..., channels]
        levels[index] = quantised(pixels * to_level, image).transpose(2, 0, 1)
        if source.masks:
            mask[index] = _read_mask(folder, image, number)
    part = source.kind == "landslide4sense_part"  # where its images lie is not known
    places = np.array([(source.scene, 0, n) if part else place_of(n) for n in numbers], int)
    steps = np.broadcast_to(step, (len(numbers), len(bands))).copy()
    return Patches(levels, steps, mask, *places.T, bands=bands)


def place_of(number: int) -> tuple[int, int, int]:
    """Scene, row and column of an image of the benchmark's training set, by its number."""
    first, scene, columns = next(grid for grid in L4S_GRIDS if number >= grid[0])
    return scene, *divmod(number - first, columns)


def _image_numbers(folder: Path) -> dict[int, Path]:
    """Images of a folder by number, in order."""
    found = {}
    for path in (folder / "img").glob("*.h5"):
        match = re.search(r"image_(\d+)$", path.stem)
        if match and int(match[1]) > 0:
            found[int(match[1])] = path
    if not found:
        raise ParameterError(
            f"No Landslide4Sense images in {folder / 'img'}. Expected files such as image_1.h5 "
            "there, and mask_1.h5 in the folder mask beside it."
        )
    return dict(sorted(found.items()))


def _read_mask(folder: Path, image: Path, number: int) -> np.ndarray:
    path = folder / "mask" / image.name.replace(f"image_{number}", f"mask_{number}")
    if not path.is_file():
        raise ParameterError(
            f"{image} has no mask: {path} is not there. Only labelled images can be trained on; "
            "put the mask there, or move the image out of the folder."
        )
    values = read_h5(path, "mask", (PATCH, PATCH))
    if not np.isin(values, (0, 1)).all():
        raise ParameterError(
            f"{path} holds values from {values.min():g} to {values.max():g}; a mask holds 0 (no "
            "landslide) and 1 (landslide)."
        )
    return values == 1


def read_h5(path: Path, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """One array of an HDF5 file.

    Raises:
        ParameterError: The file is broken or truncated, the array is not in it, has another shape,
            or holds values that are no numbers.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            found = sorted(file)
            values = file[name][()] if isinstance(file.get(name), h5py.Dataset) else None
    except (OSError, RuntimeError, TypeError) as err:  # what h5py raises for damaged files
        raise ParameterError(
            f"{path} cannot be read as HDF5 ({err}). It is damaged or was not copied whole: "
            "download it again."
        ) from err
    if values is None:
        raise ParameterError(f"{path} has no array '{name}', but {', '.join(found) or 'nothing'}.")
    if values.shape != shape:
        raise ParameterError(
            f"'{name}' in {path} has the shape {values.shape}; expected {shape}, as in the "
            "published Landslide4Sense."
        )
    if not np.isfinite(values).all():
        raise ParameterError(f"'{name}' in {path} holds values that are no numbers. Leave it out.")
    return values


def quantised(levels: np.ndarray, origin: Path | str) -> np.ndarray:
    """Levels rounded down to int16.

    Raises:
        ParameterError: They are no levels of reflectance, degrees or metres.
    """
    if levels.min() < -32768 or levels.max() > 32767:
        raise ParameterError(
            f"{origin} holds values up to {np.abs(levels).max():.3g} after scaling; expected "
            "reflectance x 10000, degrees and metres. Check that it is in the published units."
        )
    return np.floor(levels).astype(np.int16)


# --- any stack with labels -----------------------------------------------------------------------


def _stack(source: Source, data: Path, bands: tuple[str, ...]) -> Patches:
    """Cut a stack into patches side by side; those that are wholly valid are kept.

    Where labels are read, they must be whole as well.
    """
    if source.masks and not source.labels:
        raise ParameterError(f"The source {source.path} has no labels. Name their raster.")
    stack = open_stack(str(data / source.path), str(data / source.dem) if source.dem else None)
    labels = str(data / source.labels) if source.masks else ""
    step = np.array([STEP.get(band, 1.0) for band in bands], np.float32)
    levels, masks, places = [], [], []
    with ExitStack() as files:
        reader = files.enter_context(StackReader(stack, bands))
        reference = files.enter_context(open_raster(labels)) if labels else None
        if reference is not None:
            check_same_size(stack, reference.shape, labels)
        for row in range(stack.grid.height // PATCH):
            for col in range(stack.grid.width // PATCH):
                window = Window(row * PATCH, col * PATCH, PATCH, PATCH)
                label = np.ma.zeros((PATCH, PATCH))
                if reference is not None:
                    label = read_window(reference, [1], window, labels)[0]
                if np.ma.getmaskarray(label).any():
                    continue
                values, valid = reader.read(window)
                if valid.all():
                    levels.append(quantised(values / step[:, None, None], stack.path))
                    masks.append(label.data == 1)
                    places.append((source.scene, row, col))
    if not levels:
        labelled = f", and all labelled in {labels}" if labels else ""
        raise ParameterError(
            f"{stack.path} has no {PATCH} x {PATCH} block of pixels that are all valid{labelled}. "
            "Check the nodata value."
        )
    steps = np.broadcast_to(step, (len(levels), len(bands))).copy()
    return Patches(np.stack(levels), steps, np.stack(masks), *np.array(places, int).T, bands=bands)


def check_same_size(stack: Stack, shape: tuple[int, int], labels: str) -> None:
    """Refuse labels that are not of the stack's size.

    Raises:
        RasterError: They are not.
    """
    expected = (stack.grid.height, stack.grid.width)
    if shape != expected:
        raise RasterError(
            f"The labels {labels} have {shape[0]} x {shape[1]} pixels, the stack {stack.path} "
            f"{expected[0]} x {expected[1]}. Labels must lie on the stack's grid."
        )


# --- scenes without landslides -------------------------------------------------------------------


def _quiet(_source: Source, data: Path, bands: tuple[str, ...]) -> Patches:
    from .material import quiet_lands, quiet_patches, with_bands

    if bands != RGB:
        raise ParameterError(
            f"The scenes without landslides have no bands {', '.join(bands)}. Set bands to "
            f"{', '.join(RGB)}, or leave out the source of kind quiet."
        )
    return with_bands(quiet_patches(quiet_lands(data))[0], bands)


def load_quiet(folder: Path, bands: Sequence[str]) -> list[Tensor]:
    """Scenes without landslides: farmland on a plain, half of it bare; clouded dates are skipped.

    Landslide4Sense holds hardly a patch without landslides, and few fields. Bright, bare fields
    are what a network that never saw them takes for slides.

    Args:
        folder: `ssl4eo_l1c` of the training data; its L1C values are reflectance x 10000.
        bands: Names of the optical channels.

    Returns:
        One [C, H, W] float32 tensor per date, at 10 m.

    Raises:
        ParameterError: There is none.
    """
    scenes = []
    for date in sorted(path.parent for path in folder.glob("*/*/B2.tif")):
        with open_raster(str(date / "B2.tif")) as raster:
            shape = raster.shape
        scene = torch.from_numpy(np.stack([_quiet_band(date, band, shape) for band in bands]))
        if scene[0].std() < 0.5 * scene[0].mean():  # more is cloud over dark land
            scenes.append(scene)
    if not scenes:
        raise ParameterError(
            f"No scene without landslides in {folder}. Set augmentation.paste to 0, or name the "
            "folder of the training data with --data."
        )
    return scenes


def _quiet_band(folder: Path, band: str, shape: tuple[int, int]) -> np.ndarray:
    """One band, enlarged to the size of the 10 m bands where it is coarser."""
    from rasterio.enums import Resampling

    with open_raster(str(folder / f"B{band[1:].lstrip('0')}.tif")) as raster:
        return raster.read(1, out_shape=shape, resampling=Resampling.bilinear).astype(np.float32)
