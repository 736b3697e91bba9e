import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from landslip.engine.inventory.wkb import centroid, polygon_wkb, signed_area
from landslip.engine.outlines.tracing import pixel_edges, trace

MASKS = arrays(bool, st.tuples(st.integers(1, 14), st.integers(1, 14)))


def outlines(mask, cut=None):
    """Rings of every landslide of a mask, traced whole or in two bands of rows."""
    labels, count = ndimage.label(mask)
    covered = np.pad(mask, 1)
    bands = [(0, cut), (cut, len(mask))] if cut else [(0, len(mask))]
    parts = [
        pixel_edges(labels[first:stop], covered[first : stop + 2], first) for first, stop in bands
    ]
    edges = np.concatenate([edges for edges, _ in parts])
    owner = np.concatenate([owner for _, owner in parts]) - 1
    return labels, trace(edges, owner, count)


def filled(rings, shape):
    """Pixels whose centre is inside of a polygon (even-odd rule), by counting crossings."""
    rows, cols = np.mgrid[: shape[0], : shape[1]] + 0.5
    inside = np.zeros(shape, bool)
    for ring in rings:
        after = np.roll(ring, -1, axis=0)
        for (x0, y0), (_, y1) in zip(ring, after):
            if y0 != y1:
                inside ^= (rows > min(y0, y1)) & (rows < max(y0, y1)) & (cols > x0)
    return inside


@settings(max_examples=300)
@given(MASKS)
def test_outlines_hold_exactly_their_pixels(mask):
    labels, found = outlines(mask)
    for index, rings in enumerate(found, start=1):
        assert np.array_equal(filled(rings, mask.shape), labels == index)
        assert sum(signed_area(ring) for ring in rings) == (labels == index).sum()


@settings(max_examples=300)
@given(MASKS)
def test_rings_are_simple(mask):
    """The exterior runs one way, holes the other; no ring passes a corner twice."""
    for rings in outlines(mask)[1]:
        areas = [signed_area(ring) for ring in rings]
        assert areas[0] > 0
        assert all(area < 0 for area in areas[1:])
        for ring in rings:
            assert len({tuple(corner) for corner in ring.tolist()}) == len(ring)


@settings(max_examples=200)
@given(MASKS, st.data())
def test_bands_of_rows_change_nothing(mask, data):
    if len(mask) < 2:
        return
    cut = data.draw(st.integers(1, len(mask) - 1))

    def canonical(found):
        return [
            sorted(
                min(np.roll(ring, -i, axis=0).tolist() for i in range(len(ring))) for ring in rings
            )
            for rings in found
        ]

    assert canonical(outlines(mask)[1]) == canonical(outlines(mask, cut)[1])


def test_ring_around_a_hole():
    mask = np.ones((3, 3), bool)
    mask[1, 1] = False
    (rings,) = outlines(mask)[1]
    assert [len(ring) for ring in rings] == [4, 4]
    assert [signed_area(ring) for ring in rings] == [9, -1]
    assert centroid(rings) == (1.5, 1.5)


def test_diagonal_neighbours_are_two_outlines():
    assert len(outlines(np.eye(2, dtype=bool))[1]) == 2


def test_centroid_is_that_of_the_pixels(rng):
    mask = ndimage.binary_opening(rng.random((40, 40)) < 0.7)
    labels, found = outlines(mask)
    for index, rings in enumerate(found, start=1):
        rows, cols = np.nonzero(labels == index)
        assert np.allclose(centroid(rings), (cols.mean() + 0.5, rows.mean() + 0.5))


def test_wkb_is_read_back_by_another_library(rng):
    mask = ndimage.binary_closing(rng.random((30, 30)) < 0.5)
    labels, found = outlines(mask)
    for index, rings in enumerate(found, start=1):
        geometry = shapely.from_wkb(polygon_wkb(rings))
        assert geometry.geom_type == "Polygon"
        assert geometry.is_valid
        assert geometry.area == (labels == index).sum()
