"""All that the judge needs, in memory or in one folder: a graphics card's machine may have no GDAL.

Every scene has all bands that a recipe may ask for, `BANDS`; a network sees those that it reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..engine.common.errors import ParameterError
from ..engine.raster.reading import open_raster, read_window
from ..engine.raster.tiling import Window
from ..engine.stack.reader import StackReader, open_stack
from ..engine.stack.scene import scene_statistics, statistics_of
from ..engine.stack.sunlight import with_sun
from .bands import RGB, TERRAIN_SCALE, terrain
from .data import ARRAYS, PATCH, Patches
from .quiet_land import KINDS, QuietScene, made_scene, real_quiet_scenes
from .sources import PACKED_STEP, Source, load_patches, quantised

BANDS = (*RGB, "slope", "illumination")
#: Sides of the made scenes that train and judge, pixels, and how many of each kind.
MADE_SIDE, MADE_PER_KIND = 512, 3
UNKNOWN = 255
#: Names of the arrays of `Land`.
LAND_ARRAYS = ("levels", "label", "valid", "mean", "std")
#: Folder in the data folder with scenes that were packed.
PACKED = "scenes"


@dataclass(frozen=True)
class Land:
    """A scene to look at whole.

    Attributes:
        name: What tables call it.
        kind: Kind of quiet land; empty where there are landslides.
        levels: [C, H, W] int16, `BANDS` in levels of `PACKED_STEP`.
        label: [H, W] uint8: 1 landslide, 0 none, 255 unknown.
        valid: [H, W] bool, where there are data.
        mean: [C] float32, of the scene.
        std: [C] float32.
    """

    name: str
    kind: str
    levels: np.ndarray
    label: np.ndarray
    valid: np.ndarray
    mean: np.ndarray
    std: np.ndarray

    def image(self, bands: Sequence[str]) -> np.ndarray:
        """[len(bands), H, W] float32, physical units."""
        places = [BANDS.index(band) for band in bands]
        return (self.levels[places] + np.float32(0.5)) * _steps(bands)[:, None, None]

    @property
    def square_km(self) -> float:
        """Area of what is valid, at 10 m."""
        return float(self.valid.sum()) * 1e-4


@dataclass(frozen=True)
class Material:
    """Labelled patches, quiet land, and the scene that no fold trains on."""

    patches: Patches
    lands: tuple[Land, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of quiet land, in the order of the lands."""
        return tuple(dict.fromkeys(land.kind for land in self.lands if land.kind))


def gather(data: Path) -> Material:
    """Read everything from the data folder, and make the quiet scenes.

    Scenes that were packed are taken from there: `pack_scenes` says why.
    """
    patches = load_patches([Source("l4s_all")], data, BANDS)
    real = known_lands(data)
    wanted = [(kind, seed) for kind in KINDS for seed in range(MADE_PER_KIND)]
    with ThreadPoolExecutor() as pool:
        made = list(pool.map(_made_land, *zip(*wanted, strict=True)))
    return Material(patches, (*real, *made))


def known_lands(data: Path) -> list[Land]:
    """The real scenes, as they were packed or as GDAL reads them.

    Raises:
        ParameterError: They are not there.
    """
    packed = sorted((data / PACKED).glob("*.npz"))
    if packed:
        return [load_land(path) for path in packed]
    if not all((data / name).is_dir() for name in ("hokkaido_2018", "majortom_l2a", "ssl4eo_l1c")):
        raise ParameterError(
            f"{data} lacks hokkaido_2018, majortom_l2a or ssl4eo_l1c, and {data / PACKED} holds "
            "no packed scene. Name the folder of the training data with --data."
        )
    return real_lands(data)


def quiet_lands(data: Path) -> list[Land]:
    """The real scenes without landslides."""
    return [land for land in known_lands(data) if land.kind]


def labelled_lands(data: Path) -> list[Land]:
    """The labelled scenes that nothing is trained on."""
    return [land for land in known_lands(data) if not land.kind]


def real_lands(data: Path) -> list[Land]:
    """Hokkaido, and the real scenes without landslides."""
    quiet = [_quiet_land(scene) for scene in real_quiet_scenes(data)]
    return [labelled_scene(data / "hokkaido_2018", "Hokkaido"), *quiet]


def labelled_scene(folder: Path, name: str) -> Land:
    """The scene of a folder with a post-event stack, a DEM and labels, as the engine reads it."""
    post, dem = str(folder / "s2_post_B02_B03_B04.tif"), str(folder / "dsm_aw3d30.tif")
    stack = with_sun(open_stack(post, dem))
    labels = str(folder / "label_west.tif")
    window = Window(0, 0, stack.grid.height, stack.grid.width)
    with StackReader(stack, BANDS) as reader, open_raster(labels) as reference:
        values, valid = reader.read(window)
        label = read_window(reference, [1], window, labels)[0].filled(UNKNOWN).astype(np.uint8)
    found = scene_statistics(stack, BANDS)
    values = np.where(valid, values, 0)
    return _land(name, "", values, label, valid, found.mean, found.std)


def _made_land(kind: str, seed: int) -> Land:
    return _quiet_land(made_scene(kind, MADE_SIDE, seed))


def _quiet_land(scene: QuietScene) -> Land:
    values = np.stack([*scene.rgb, scene.slope, scene.illumination]).astype(np.float32)
    label = np.zeros(values.shape[1:], np.uint8)
    valid = np.ones(label.shape, bool)
    found = statistics_of(values.reshape(len(values), -1), BANDS)
    kind = scene.name.split(" ")[0]
    return _land(scene.name, kind, values, label, valid, found.mean, found.std)


def _land(
    name: str,
    kind: str,
    values: np.ndarray,
    label: np.ndarray,
    valid: np.ndarray,
    mean: Sequence[float],
    std: Sequence[float],
) -> Land:
    levels = quantised(values / _steps(BANDS)[:, None, None], name)
    mean, std = np.array(mean, np.float32), np.array(std, np.float32)
    for place, band in enumerate(BANDS):
        if band in TERRAIN_SCALE:
            mean[place], std[place] = TERRAIN_SCALE[band]
    return Land(name, kind, levels, label, valid, mean, std)


def _steps(bands: Sequence[str]) -> np.ndarray:
    return np.array([PACKED_STEP.get(band, 1.0) for band in bands], np.float32)


def quiet_patches(lands: Sequence[Land]) -> tuple[Patches, np.ndarray]:
    """Quiet scenes cut into patches, and the kind of each; scenes are numbered from 1000."""
    parts, kinds = [], []
    for land in lands:
        rows, cols = (side // PATCH for side in land.label.shape)
        levels = land.levels[:, : rows * PATCH, : cols * PATCH]
        blocks = levels.reshape(len(BANDS), rows, PATCH, cols, PATCH).transpose(1, 3, 0, 2, 4)
        parts.append(blocks.reshape(rows * cols, len(BANDS), PATCH, PATCH))
        kinds += [land.kind] * (rows * cols)
    counts = [len(part) for part in parts]
    scene = np.repeat(1000 + np.arange(len(lands)), counts)
    count = len(scene)
    patches = Patches(
        levels=np.concatenate(parts),
        step=np.broadcast_to(_steps(BANDS), (count, len(BANDS))).copy(),
        mask=np.zeros((count, PATCH, PATCH), bool),
        scene=scene,
        row=np.zeros(count, int),
        col=np.zeros(count, int),
        bands=BANDS,
    )
    return patches, np.array(kinds)


def with_bands(patches: Patches, bands: Sequence[str]) -> Patches:
    """The same patches with some of the bands."""
    places = [patches.bands.index(band) for band in bands]
    values = {name: getattr(patches, name) for name in ARRAYS}
    values |= {"levels": np.ascontiguousarray(patches.levels[:, places])}
    values |= {"step": patches.step[:, places]}
    if not terrain(bands):
        values["known"] = None
    return Patches(**values, bands=tuple(bands))


# --- for a machine without GDAL ------------------------------------------------------------------


def pack_scenes(data: Path, folder: Path) -> None:
    """Write the scenes that only GDAL can read as plain arrays into `folder`, and those alone."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, land in enumerate(real_lands(data)):
        rest = {name: getattr(land, name) for name in LAND_ARRAYS}
        text = np.array([land.name, land.kind])
        np.savez_compressed(folder / f"land_{number:03d}.npz", text=text, **rest)


def load_land(path: Path) -> Land:
    """Read a scene that `pack_scenes` wrote; nothing in it is unpickled."""
    with np.load(path, allow_pickle=False) as file:
        name, kind = map(str, file["text"])
        return Land(name, kind, **{key: file[key] for key in LAND_ARRAYS})
