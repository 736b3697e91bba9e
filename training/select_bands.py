"""Which bands a network should see, as the competition's second place asked (Table III)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from .compare import Experiment, Run, compare, read_rows
from .config import Config
from .models import TITLES
from .network import network_of
from .recipe import read_recipe

#: How many principal components ``pca`` has (Table III).
COMPONENTS = 3


def select_bands(
    recipe: str,
    sets: Sequence[str],
    networks: Sequence[str],
    data: Path,
    folder: Path,
    changes: tuple[str, ...] = (),
) -> str:
    """Train every network on every set of bands, and write the table.

    Args:
        recipe: What all of them share.
        sets: Names of band sets, or ``pca``.
        networks: Keys of `models.MODELS`.
        data: Folder with the training data.
        folder: Folder of all runs; what is there is taken as it is.
        changes: Settings instead of the recipe's.

    Returns:
        The table in Markdown; it is in ``select_bands.md`` as well.
    """
    runs = [
        Run(_name(bands, network), set=(*changes, *_bands(bands), f"network={network}"))
        for bands in sets
        for network in networks
    ]
    experiment = Experiment(
        "select_bands", "Sets of bands", recipe, tuple(runs), parts=("validation",)
    )
    for run in runs:  # before the first is trained
        config = read_recipe(recipe, Config, run.set)
        with torch.device("meta"):
            network_of(config, len(config.bands), imagenet=False)
    compare(experiment, data, folder)
    f1 = {row.run: row.f1 for row in read_rows(experiment, folder) if row.way == "validated"}
    lines = [
        "F1 (%) of landslide pixels on the validation patches, which chose epoch and threshold: it "
        "compares sets of bands, and says nothing of new regions.",
        "",
        f"| bands | count | {' | '.join(TITLES[network] for network in networks)} |",
        "|---|---:|" + "---:|" * len(networks),
    ]
    for bands in sets:
        count = len(read_recipe(recipe, Config, (*changes, *_bands(bands))).bands)
        cells = [f"{100 * f1[_name(bands, network)]:.1f}" for network in networks]
        best = max(cells, key=float)
        shown = [f"**{cell}**" if cell == best and len(cells) > 1 else cell for cell in cells]
        shape = f"{count} to {COMPONENTS}" if bands == "pca" else str(count)
        lines.append(f"| {bands} | {shape} | {' | '.join(shown)} |")
    text = "\n".join(lines) + "\n"
    (folder / "select_bands.md").write_text(text, encoding="utf-8")
    return text


def _name(bands: str, network: str) -> str:
    return f"{bands}, {network}"


def _bands(name: str) -> tuple[str, ...]:
    """Settings that give a network these bands."""
    return ("bands=all", f"components={COMPONENTS}") if name == "pca" else (f"bands={name}",)
