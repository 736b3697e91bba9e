"""The shipped models on a real scene of a region that they never saw (Hokkaido 2018)."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio

import landslip
from landslip.engine.assessment.metrics import confusion
from landslip.engine.detection.kept import KeptRegions
from landslip.engine.detection.pipeline import DetectRequest, Model, detect, write_probability
from landslip.engine.inventory.confidence import confidence_hint
from landslip.engine.models.probability import Provenance
from landslip.engine.models.zoo import BEST, model_path, shipped_models
from landslip.engine.stack.reader import open_stack
from landslip.engine.stack.scene import scene_statistics

STACK, DSM, LABELS = "s2_post_B02_B03_B04.tif", "dsm_aw3d30.tif", "label_west.tif"
SHIFT = 37


@pytest.fixture(scope="module")
def region(real_data):
    return real_data / "hokkaido_2018"


@pytest.mark.parametrize("name", shipped_models())
def test_held_out_accuracy_through_the_plugins_own_path(region, tmp_path, name):
    """Stack, detect, raster, compare: what the card and the README claim, within a point."""
    request = DetectRequest(
        str(region / STACK),
        model_path(name),
        str(tmp_path / "p.tif"),
        dem=str(region / DSM),
        device="cpu",
    )
    detection = detect(request)
    with rasterio.open(request.probability) as found, rasterio.open(region / LABELS) as known:
        probability, label = found.read(1, masked=True).filled(0), known.read(1)
    judged = label != known.nodata  # a landslide where the image has no data is missed
    score = confusion(probability[judged] >= detection.threshold, label[judged] == 1)
    (claim,) = [row for row in detection.card.accuracy if "Hokkaido" in row.region]
    assert score.f1 == pytest.approx(claim.f1, abs=0.01)
    assert score.precision == pytest.approx(claim.precision, abs=0.015)
    assert score.recall == pytest.approx(claim.recall, abs=0.015)
    if name == "effnet_rgb_slope":
        _check_the_words(probability, label == 1, judged, detection.threshold)
    for landslide in detection.landslides:
        assert 0 < landslide["z_min"] <= landslide["z_max"] < 700
        assert 0 <= landslide["slope_mean"] < 60


def _check_the_words(probability, truth, judged, threshold):
    """Shares of right outlines by the words of confidence: those of the manual."""
    training = pytest.importorskip("landslip.training.confidence", reason="needs PyTorch")
    answer = SimpleNamespace(probability=probability, truth=truth, judged=judged)
    found = training.outlined(answer, threshold)
    words = np.array([confidence_hint(value) for value in found.probability.tolist()])
    shares = {word: float(found.right[words == word].mean()) for word in np.unique(words)}
    page = Path(landslip.__file__).parent / "docs" / "reference" / "inventory.md"
    told = re.findall(r"^\| \*(\w+)\* \| 0[^|]*\| (0\.\d+),", page.read_text("utf-8"), re.MULTILINE)
    assert shares == pytest.approx({word: float(share) for word, share in told}, abs=0.03)


@pytest.mark.parametrize("name", BEST)
def test_moving_the_patches_changes_little(region, tmp_path, name):
    """When the lattice moves by 37 pixels: at borders of slides alone, and few change sides."""
    model = Model(model_path(name), "cpu")
    whole, dem = str(region / STACK), str(region / DSM)
    statistics = scene_statistics(open_stack(whole, dem), model.card.bands)
    with rasterio.open(whole) as dataset:
        window = rasterio.windows.Window(SHIFT, SHIFT, 700, 700)
        profile = {**dataset.profile, "width": 700, "height": 700}
        profile["transform"] = dataset.window_transform(window)
        with rasterio.open(tmp_path / "shifted.tif", "w", **profile) as target:
            target.write(dataset.read(window=window))
            target.descriptions = dataset.descriptions
        extent = dataset.window_bounds(window)

    def probability(stack, extent=None):
        request = DetectRequest(
            str(stack), model_path(name), str(tmp_path / "p.tif"), dem=dem, extent=extent
        )
        opened = open_stack(str(stack), dem)
        with KeptRegions(request.probability, {}) as kept:
            write_probability(
                request,
                opened,
                [model],
                statistics,
                Provenance(),
                kept,
                lambda *_: None,
                lambda: False,
            )
            kept.finish()
        with rasterio.open(request.probability) as dataset:
            return dataset.read(1, masked=True).filled(0)

    difference = np.abs(probability(whole, extent) - probability(tmp_path / "shifted.tif"))
    inside = difference[64:-64, 64:-64]  # mirrored edges see another scene than the real one
    assert np.percentile(inside, 95) < 0.04
    assert np.percentile(inside, 99) < 0.25
    assert inside.max() > 0  # the lattice did move
