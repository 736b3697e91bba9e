"""What a model file says of a labelled scene, by the path that users take."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..engine.assessment.metrics import Confusion, confusion
from ..engine.detection.pipeline import DetectRequest, detect
from ..engine.models.card import ModelCard
from ..engine.raster.reading import open_raster
from ..engine.stack.reader import open_stack
from .bands import terrain
from .export import read_card
from .sources import check_same_size


@dataclass(frozen=True)
class Scene:
    """A labelled scene that a network never saw.

    Attributes:
        region: What tables call it.
        stack: Raster with named bands, reflectance x 10000.
        labels: Raster on its grid: 1 landslide, 0 none, nodata where unknown.
        dem: Elevation, for networks that read terrain; or empty.
    """

    region: str
    stack: str
    labels: str
    dem: str = ""

    def under(self, folder: Path) -> Scene:
        """The scene with paths that count from a folder."""
        paths = {key: getattr(self, key) for key in ("stack", "labels", "dem")}
        return replace(self, **{key: str(folder / path) for key, path in paths.items() if path})


@dataclass(frozen=True)
class Answer:
    """Probabilities beside the truth; arrays are [height, width].

    Attributes:
        card: The model's.
        probability: 0 where the image has no data: nothing is found there, and a landslide there
            is missed. Scores without those pixels would be too good.
        truth: Whether a landslide was mapped.
        judged: Where somebody looked.
        threshold: The model's.
    """

    card: ModelCard
    probability: np.ndarray
    truth: np.ndarray
    judged: np.ndarray
    threshold: float

    @property
    def detected(self) -> np.ndarray:
        """Where the model finds a landslide at its threshold."""
        return self.probability >= np.float32(self.threshold)

    @property
    def counts(self) -> Confusion:
        """Pixels found, missed and invented, where somebody looked."""
        return confusion(self.detected[self.judged], self.truth[self.judged])


def answer(model: Path, scene: Scene, test_time: str = "none", even_light: bool = False) -> Answer:
    """Detect, and read what was found beside the labels.

    Raises:
        RasterError: The labels are not of the scene's size.
    """
    card = read_card(model)
    dem = scene.dem if scene.dem and (even_light or terrain(card.bands)) else None
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "probability.tif")
        request = DetectRequest(
            scene.stack,
            str(model),
            path,
            dem=dem,
            device="cpu",
            test_time=test_time,
            even_light=even_light,
        )
        threshold = detect(request).threshold
        with open_raster(path) as found, open_raster(scene.labels) as known:
            values, labels = found.read(1, masked=True), known.read(1, masked=True)
    check_same_size(open_stack(scene.stack), labels.shape, scene.labels)
    judged = ~np.ma.getmaskarray(labels)
    return Answer(card, values.filled(0), labels.filled(0) == 1, judged, threshold)
