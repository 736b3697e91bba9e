"""Cloud over the place itself: from the scene classes of its pixels, at a coarse resolution."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..common.errors import CatalogueError, RasterError
from ..common.hooks import Progress, Warn
from ..preparation.target_grid import AreaOfInterest
from ..products.masks import Reason, scl_reasons
from .assets import sources_of
from .items import Item
from .network import Session
from .rank import Scene
from .windows import coarse_window

#: What hides the ground.
_HIDDEN = Reason.CLOUD | Reason.CIRRUS | Reason.SHADOW
#: Pixels a side that are enough to tell a share.
_ENOUGH = 256
#: More scenes are not looked at: it would take minutes.
_MOST = 60


def look(
    session: Session,
    scenes: Sequence[Scene],
    area: AreaOfInterest,
    progress: Progress,
    warn: Warn,
) -> list[Scene]:
    """The scenes with the cloud over the area, where scene classes can be read in pieces.

    Cirrus and shadow count as cloud. A scene whose classes cannot be read keeps its item's number.

    Raises:
        Cancelled: The user stopped the run.
    """
    looked: list[Scene] = []
    failed: list[str] = []
    if len(scenes) > _MOST:
        warn(f"Of {len(scenes)} days the {_MOST} with the least cloud are looked at.")
    chosen = sorted(range(len(scenes)), key=lambda i: _cloud(scenes[i]))[:_MOST]
    with tempfile.TemporaryDirectory(prefix="landslip-") as folder:
        for number, scene in enumerate(scenes):
            if number not in chosen:
                looked.append(scene)
                continue
            progress(len(looked) / len(scenes), "")
            found = [_hidden(session, item, area, Path(folder), failed) for item in scene.items]
            looked.append(
                replace(
                    scene,
                    clouds=tuple(c if f is None else f for c, f in zip(scene.clouds, found)),
                    looked=tuple(f is not None for f in found),
                )
            )
    if failed:
        warn(
            f"The scene classes of {len(failed)} items could not be looked at, so that the cloud "
            f"cover of the whole tile counts: {failed[0]}"
        )
    return looked


def _cloud(scene: Scene) -> float:
    return 100.0 if scene.cloud is None else scene.cloud


def _hidden(
    session: Session, item: Item, area: AreaOfInterest, folder: Path, failed: list[str]
) -> float | None:
    """Share of the ground that cloud hides, percent; None where that is not to be found."""
    session.check()
    try:
        classes = sources_of(item, session.catalogue).get("scl")
        values = coarse_window(session, classes, area, folder, _ENOUGH) if classes else None
    except (CatalogueError, RasterError) as err:
        failed.append(str(err))
        return None
    if values is None:
        failed.append(f"{item.id} has none that can be read in pieces.")
        return None
    reasons = scl_reasons(values)
    there = reasons & np.uint8(Reason.NODATA) == 0
    return float(100 * ((reasons & np.uint8(_HIDDEN)) != 0)[there].mean()) if there.any() else None
