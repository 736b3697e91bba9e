"""The large stack looks like its small scene and needs no more memory than it."""

import numpy as np

from landslip.demo import large_stack
from landslip.demo.large_stack import make_large_stack
from landslip.sample.land_cover import BANDS


def test_large_stack_has_shape_names_and_texture(tmp_path):
    import rasterio

    path = make_large_stack(tmp_path / "large.tif", size=700, seed=2, base_size=128)
    with rasterio.open(path) as stack:
        assert (stack.count, stack.height, stack.width) == (4, 700, 700)
        assert stack.descriptions == BANDS
        assert stack.nodata == 0
        bands = stack.read().astype(float)
    assert bands.min() >= 1
    corner, mirrored = bands[:, :128, :128], bands[:, :128, 128:256][..., ::-1]
    noise = (corner - mirrored).std(axis=(1, 2))
    np.testing.assert_allclose(noise, 8 * np.sqrt(2), rtol=0.1)


def test_large_stack_is_written_a_block_at_a_time(tmp_path, monkeypatch):
    largest = []
    original = large_stack._mirrored_block

    def watched(base, window, rng):
        block = original(base, window, rng)
        largest.append(block.nbytes)
        return block

    monkeypatch.setattr(large_stack, "_mirrored_block", watched)
    make_large_stack(tmp_path / "large.tif", size=1000, seed=2, base_size=96)
    assert len(largest) == 16
    assert max(largest) <= 4 * 256 * 256 * 2
