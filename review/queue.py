"""In which order outlines come up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from ..engine.inventory.fields import UNREVIEWED
from ..engine.inventory.history import ENLARGED, MAYBE_NEW, NEW, REACTIVATED


class Order(Enum):
    """The orders there are, with what the panel calls them."""

    LEAST_SURE = "Least sure first"
    LARGEST = "Largest first"
    NEW = "New first"
    SUGGESTED = "Suggested first"
    LAYER = "As in the layer"


#: Columns that an order needs.
NEEDS = {
    Order.LEAST_SURE: "prob_mean",
    Order.LARGEST: "area_m2",
    Order.NEW: "change",
    Order.SUGGESTED: "rank",
    Order.LAYER: "",
}
#: What a survey has found comes in this order; everything else after it.
_CHANGES = (NEW, REACTIVATED, ENLARGED, MAYBE_NEW)


@dataclass(frozen=True)
class Columns:
    """What is read of all outlines at once, an array each [n].

    Attributes:
        fid: Feature ids.
        probability: Mean probabilities, NaN where unknown.
        threshold: Thresholds of the detection, NaN where unknown.
        area: Areas in m2, NaN where unknown.
        change: What the last survey says; empty where unknown.
        status: Review status, empty where there is none.
        rank: Ranks of *Suggest what to review next*, NaN where unknown.
    """

    fid: np.ndarray
    probability: np.ndarray
    threshold: np.ndarray
    area: np.ndarray
    change: np.ndarray
    status: np.ndarray
    rank: np.ndarray


def is_reviewed(status: np.ndarray) -> np.ndarray:
    """Whether somebody has looked at it."""
    return (status != UNREVIEWED) & (status != "")


def ordered(columns: Columns, order: Order, only_unreviewed: bool) -> np.ndarray:
    """Rows of the outlines that are to be looked at, in their order.

    What the order knows nothing of comes last, as in the layer.
    """
    rows = np.arange(len(columns.fid))
    if order is Order.LEAST_SURE:
        doubt = np.abs(columns.probability - np.nan_to_num(columns.threshold))
        rows = np.argsort(doubt, kind="stable")  # NaN comes last
    elif order is Order.LARGEST:
        rows = np.argsort(-columns.area, kind="stable")
    elif order is Order.SUGGESTED:
        rows = np.argsort(columns.rank, kind="stable")
    elif order is Order.NEW:
        rank = np.full(len(rows), len(_CHANGES))
        for place, change in enumerate(_CHANGES):
            rank[columns.change == change] = place
        rows = np.argsort(rank, kind="stable")
    return rows[~is_reviewed(columns.status[rows])] if only_unreviewed else rows
