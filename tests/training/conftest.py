"""Synthetic patches in the layout of the training data, and the real ones where they are."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="the training floor needs torch: pip install -e .[training]")

from landslip.training import windows
from landslip.training.sources import data_folder


@pytest.fixture(autouse=True)
def one_small_window(monkeypatch):
    """Exports measure windows, which takes a while; `test_windows` does it whole."""
    monkeypatch.setattr(windows, "SIDE", 160)
    monkeypatch.setattr(windows, "SEEDS", (1,))
    monkeypatch.setattr(windows, "WINDOWS", ((256, 64),))


@pytest.fixture
def l4s_folder():
    """Folder of the real data; never part of the project."""
    folder = data_folder()
    if not (folder / "l4s_rgb.npz").is_file():
        pytest.skip(f"no Landslide4Sense data at {folder} (set LANDSLIP_DATA)")
    return folder


@pytest.fixture
def synthetic_folder(tmp_path):
    """A folder with an `l4s_rgb.npz` of bright squares on dark noise: 8 rows x 2 tiles, scene 1."""
    rng = np.random.default_rng(7)
    count = 16
    mask = np.zeros((count, 128, 128), np.uint8)
    rgb = rng.integers(40, 90, (count, 128, 128, 3), dtype=np.uint8)
    for patch in range(count):
        top, left = rng.integers(8, 80, 2)
        mask[patch, top : top + 32, left : left + 32] = 1
        rgb[patch, top : top + 32, left : left + 32] += 120
    folder = tmp_path / "data"
    folder.mkdir()
    np.savez(
        folder / "l4s_rgb.npz",
        rgb=rgb,
        mask=np.packbits(mask.reshape(count, -1), axis=1),
        est_xmax=np.full(count, 4.0, np.float32),
        scene=np.ones(count, np.int8),
        row=(np.arange(count) // 2).astype(np.int16),
        col=(np.arange(count) % 2).astype(np.int16),
    )
    return folder
