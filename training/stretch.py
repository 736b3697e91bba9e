"""How much a scene should be stretched for a network: scores at several shares of its deviation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ..engine.raster.reading import open_raster
from ..engine.stack.reader import StackReader, open_stack
from .answer import Scene
from .calibration import logit
from .config import Config
from .data import Patches, in_block, scene_statistics
from .evaluate import scene_accuracy
from .export import network_from_checkpoint
from .folds import REGIONS
from .judge import confusion_at, counted, f1_curve
from .judge_commands import SCENE
from .predict import predict
from .ship import checkpoint
from .sources import load_patches

#: Bands whose contrast is measured.
_VISIBLE = ("B04", "B03", "B02")
SHARES = (1.0, 0.9, 0.8, 0.7)


def stretched_rows(config: Config, weights: Path, region: str, data: Path) -> Iterator[str]:
    """Markdown rows, one for each of `SHARES`.

    Args:
        config: What was trained; its own share is passed over.
        weights: The weights.
        region: One of `folds.REGIONS` that they never saw; empty for none.
        data: Folder with the training data.
    """
    patches = load_patches(config.sources, data, config.bands) if region else None
    for share in SHARES:
        state = checkpoint(replace(config, spread=share), weights)
        scene = scene_accuracy(state, Scene(**SCENE).under(data))
        found = f"{scene.precision:.3f} / {scene.recall:.3f} / **{scene.f1:.3f}**"
        other = _region_scores(network_from_checkpoint(state), patches, region) if patches else ""
        yield f"| {share:g} | {found} | {other} |"


def contrast_rows(data: Path) -> Iterator[str]:
    """Markdown rows: how far slides stand out of each labelled region.

    The mean of the visible bands within slides less the mean outside, in standard deviations of
    the region: what a network that normalises by the scene is shown.
    """
    patches = load_patches(Config(name="contrast").sources, data, _VISIBLE)
    for name in REGIONS:
        chosen = np.flatnonzero(in_block(patches, REGIONS[name]))
        image = (patches.levels[chosen] + 0.5) * patches.step[chosen][:, :, None, None]
        yield _contrast_row(name, image.transpose(1, 0, 2, 3), patches.mask[chosen])
    scene = Scene(**SCENE).under(data)
    stack = open_stack(scene.stack)
    with StackReader(stack, _VISIBLE) as reader, open_raster(scene.labels) as known:
        values, valid = reader.read(stack.grid.area)
        labels = known.read(1, masked=True)
    judged = valid & ~np.ma.getmaskarray(labels)
    yield _contrast_row(scene.region, values[:, judged], labels.data[judged] == 1)


def _contrast_row(name: str, bands: np.ndarray, truth: np.ndarray) -> str:
    """One row, of bands [C, ...] and truth [...]."""
    found = [
        (float(band[truth].mean()) - float(band[~truth].mean())) / float(band.std())
        for band in bands.astype(np.float32)
    ]
    return f"| {name} | {np.mean(found):.2f} |"


def _region_scores(network: torch.nn.Module, patches: Patches, region: str) -> str:
    chosen = np.flatnonzero(in_block(patches, REGIONS[region]))
    statistics = scene_statistics(patches, chosen)
    probability = predict(network, patches, chosen, statistics, torch.device("cpu"))
    truth = patches.mask[chosen]
    counts = counted(logit(probability), truth, np.zeros(len(chosen), int))
    return f"{confusion_at(counts, 0.0).f1:.3f} / {f1_curve(counts.sum(0)).max():.3f}"
