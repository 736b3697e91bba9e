"""Outlines that follow the edges of an image."""

import numpy as np
import pytest
import rasterio.shutil
import shapely
from rasterio.vrt import WarpedVRT

from landslip.engine.common.errors import RasterError
from landslip.engine.outlines import mean_field as field
from landslip.engine.outlines.layers import check_edge_image
from landslip.engine.outlines.mean_field import drawn_to_edges, mean_field
from landslip.engine.outlines.vectorise import VectoriseRequest, vectorise
from landslip.engine.raster.grid import Grid
from landslip.tests.support import write_raster


def by_definition(logits, valid, image):
    """Every pair of pixels, one after the other."""
    height, width = logits.shape
    places = [(r, c) for r in range(height) for c in range(width)]
    unary = np.clip(logits, -field.LIMIT, field.LIMIT)
    terms = []
    for reach, contrast, weight in (
        (field.ALIKE_PIXELS, field.CONTRAST, field.ALIKE),
        (field.NEAR_PIXELS, None, field.NEAR),
    ):
        kernel = np.zeros((len(places), len(places)))
        for i, (r, c) in enumerate(places):
            for j, (s, d) in enumerate(places):
                if i == j or max(abs(r - s), abs(c - d)) > field.REACH:
                    continue
                if not (valid[r, c] and valid[s, d]):
                    continue
                value = np.exp(-((r - s) ** 2 + (c - d) ** 2) / (2 * reach**2))
                if contrast:
                    apart = np.mean((image[:, r, c] - image[:, s, d]) ** 2)
                    value *= np.exp(-apart / (2 * contrast**2)) if np.isfinite(apart) else 0
                kernel[i, j] = value
        terms.append(weight * kernel / np.maximum(kernel.sum(1, keepdims=True), 1e-6))
    result = unary.ravel()
    for _ in range(field.ROUNDS):
        opinion = 2 / (1 + np.exp(-result)) - 1
        result = unary.ravel() + sum(term @ opinion for term in terms)
    return result.reshape(logits.shape)


def test_rounds_against_their_definition(rng):
    logits, image = rng.normal(0, 2, (9, 11)), rng.normal(0, 0.3, (2, 9, 11))
    valid = rng.random((9, 11)) < 0.9
    image[:, 3, 4] = np.nan
    found = mean_field(logits, valid, image)
    expected = by_definition(logits, valid, image)
    np.testing.assert_allclose(found[valid], expected[valid], rtol=1e-4, atol=1e-4)
    assert np.abs(found - logits)[valid].max() > 0.5


def blob(rng, height=150, width=170):
    """A bright square whose probability is blurred beyond it, and one pixel on dark ground."""
    image = rng.normal(0, 0.05, (3, height, width)).astype(np.float32)
    image[:, 40:70, 50:90] += 3
    probability = np.full((height, width), 0.02, np.float32)
    probability[38:72, 48:92] = 0.6
    probability[42:68, 52:88] = 0.9
    probability[100, 100] = 0.6
    return probability, image


def test_outlines_go_back_to_the_edge(rng):
    probability, image = blob(rng)
    covered = drawn_to_edges(probability, np.ones_like(probability, bool), image, 0.5)
    expected = np.zeros_like(covered)
    expected[40:70, 50:90] = True
    assert (covered ^ expected).sum() <= 4  # corners
    assert not covered[100, 100]
    assert (probability >= 0.5).sum() > expected.sum() + 200


@pytest.mark.parametrize("side", [33, 64])
def test_blocks_change_nothing(rng, monkeypatch, side):
    probability, image = blob(rng)
    probability = np.clip(probability + rng.normal(0, 0.2, probability.shape), 0, 1)
    valid = rng.random(probability.shape) < 0.95
    whole = drawn_to_edges(probability, valid, image, 0.4)
    monkeypatch.setattr(field, "BLOCK", side)
    assert np.array_equal(drawn_to_edges(probability, valid, image, 0.4), whole)
    assert whole.any()
    assert not whole[~valid].any()


def outlined(path, band_pixels=4_000_000, **options):
    request = VectoriseRequest(path, threshold=0.5, **options)
    return list(vectorise(request, band_pixels=band_pixels))


def test_inventory_follows_the_image(tmp_path, rng):
    probability, image = blob(rng)
    path = write_raster(tmp_path / "p.tif", probability)
    scene = np.round(1000 + 200 * image).astype(np.uint16)
    bands = [*scene, rng.integers(0, 9999, scene.shape[1:], dtype=np.uint16)]
    stack = write_raster(tmp_path / "s.tif", np.stack(bands), names=["B04", "B03", "B02", "noise"])
    plain = outlined(path)
    assert sorted(s["pixel_count"] for s in plain) == [1, 34 * 44]
    (drawn,) = outlined(path, edge_image=stack)
    assert abs(drawn["pixel_count"] - 30 * 40) <= 4
    assert drawn["prob_max"] == pytest.approx(0.9)
    (cut,) = outlined(path, edge_image=stack, band_pixels=170 * 7)
    assert shapely.from_wkb(cut.wkb).equals(shapely.from_wkb(drawn.wkb))
    assert cut["prob_mean"] == pytest.approx(drawn["prob_mean"])


def test_an_image_of_another_crs_is_followed_up_to_the_border(tmp_path, rng):
    """Warped with GDAL; pixels are as near as nearest neighbours come."""
    probability, image = blob(rng)
    probability[:4, :4] = 0.9  # what is asked for around it lies beyond both
    path = write_raster(tmp_path / "p.tif", probability)
    scene = np.round(1000 + 200 * image).astype(np.uint16)
    stack = write_raster(tmp_path / "s.tif", scene, names=["B04", "B03", "B02"])
    other = str(tmp_path / "lonlat.tif")
    with rasterio.open(stack) as source, WarpedVRT(source, crs="EPSG:4326") as warped:
        rasterio.shutil.copy(warped, other, driver="GTiff")
    drawn, cut = (outlined(path, n, edge_image=other) for n in (4_000_000, 170 * 7))
    counts = sorted(slide["pixel_count"] for slide in drawn)
    assert abs(counts[-1] - 30 * 40) <= 100
    assert sorted(slide["pixel_count"] for slide in cut) == counts


def test_an_image_without_edges_says_so(tmp_path, rng):
    flat = write_raster(tmp_path / "flat.tif", np.full((1, 40, 40), 7, np.uint16))
    grid = Grid("EPSG:32654", (10.0, 0.0, 500000.0, 0.0, -10.0, 4700000.0), 40, 40)
    with pytest.raises(RasterError, match="no edges that outlines could follow"):
        check_edge_image(flat, grid)
