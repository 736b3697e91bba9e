"""Adapt a model to a place: sample, fit, judge, and write only what is better."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..common.dependencies import require
from ..common.errors import Cancelled, ParameterError
from ..common.hooks import Check, Progress, Warn, or_silent
from ..models.card import ModelCard
from ..models.card_file import read_card, with_card
from ..models.one_place import card_for_one_place, check_output, work_folder_of, write_model
from ..models.runtime import Model
from ..raster.reading import bounded_cache
from ..raster.tiling import Window
from ..stack.as_models_read import as_models_read
from ..stack.reader import Stack, StackReader, open_stack
from ..stack.scene import SceneStatistics, statistics_of
from .fit import (
    STRENGTHS,
    THRESHOLDS,
    Counts,
    Fit,
    Sample,
    Tried,
    choose,
    count_trained,
    draws_of_blocks,
    fit_layer,
    try_strength,
)
from .graph import Graph, Layer
from .ground import counted
from .judge import FEW, Verdict, are_unlike_the_rest, judge
from .labels import BORDER, LANDSLIDE, NEAR, NOT, STOPPED, UNKNOWN, Labels, on_image
from .material import Material, Train, collect
from .sample import (
    QUIET,
    FeatureReader,
    Pixels,
    Said,
    hull_of,
    in_hull,
    joined,
    labelled_pixels,
    read_patches,
    scene_pixels,
    share_of,
)

#: ``quick``: a new last layer. ``threshold``: probabilities are shifted, so that 0.5 divides best.
#: ``decoder`` and ``full`` train the network further, the one behind its encoder, and need PyTorch.
METHODS = ("quick", "threshold", "decoder", "full")
TRAINED = METHODS[2:]
#: Fewest landslides for a new threshold, and for more than that.
FEWEST, FEWEST_FOR_LAYER = 3, 10
#: Below this a network that was trained on them may be worse elsewhere, whatever its blocks say.
_ENOUGH_TO_TRAIN = 40
#: Blocks of labels for cross-validation, at most.
_BLOCKS = 10
#: How often a network is trained without a part of the blocks, to judge it.
_TRAININGS = 3
#: Share of the raster from which on labels are from all over it.
_ALL_OVER = 0.4
#: Standard errors by which features must be ahead of a threshold alone.
_PATIENCE = 1.0
#: Side of the part of the scene that the report's map shows, patches.
_MAP_PATCHES = 5
#: Logits from its threshold within which a model wavers.
_WAVERS = 2.0


@dataclass(frozen=True)
class AdaptRequest:
    """What to adapt to what.

    Attributes:
        stack: Raster with named bands.
        model: Path of the ONNX model.
        labels: What is known of the ground.
        output: Path of the ONNX model to write.
        dem: DEM raster, or None.
        method: One of `METHODS`.
        force: Whether a model is written that is not better.
        band_mapping: See `stack.open_stack`.
        threads: Of the processor; 0 for all.
        seed: Of all draws.
    """

    stack: str
    model: str
    labels: Labels
    output: str
    dem: str | None = None
    method: str = METHODS[0]
    force: bool = False
    band_mapping: str = ""
    threads: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Compared:
    """A part of the scene as both models see it.

    Attributes:
        window: Which.
        before: Probability of the old model [h, w].
        after: Of the new one.
        threshold: Of the old model.
    """

    window: Window
    before: np.ndarray
    after: np.ndarray
    threshold: float


@dataclass(frozen=True)
class Adaptation:
    """What came out.

    Attributes:
        card: The new model's card.
        base: The old one's.
        method: Which was asked for.
        features: Whether feature maps take part; else only the threshold moved.
        strength: Of the prior on their weights.
        threshold: The old model's probability that the new one calls 0.5, where nothing else is
            new; else NaN.
        threshold_low: Lower end of the interval of the old model's best one (90 %, over draws of
            blocks).
        threshold_high: Upper end.
        verdict: Before and after.
        sample: The labelled pixels.
        base_counts: What the old model is worth at each threshold.
        new_counts: What the new layer is, on blocks that took no part.
        new_logits: Of the sample's pixels, from layers that their blocks took no part in [n].
        start: Logit of the old model's threshold.
        stack: The stack.
        landslides: How many landslides the labels have on it.
        alike: Whether they look like the rest of the scene to the old model, as far as that shows.
        others: How many outlines were said to be none.
        compared: A part of the scene, before and after.
        unsure: Row and column of the place without labels where the new model is least sure.
        written: Whether the model was written.
        seconds: How long it took.
    """

    card: ModelCard
    base: ModelCard
    method: str
    features: bool
    strength: float | None
    threshold: float
    threshold_low: float
    threshold_high: float
    verdict: Verdict
    sample: Sample
    base_counts: Counts
    new_counts: Counts
    new_logits: np.ndarray
    start: float
    stack: Stack
    landslides: int
    alike: bool
    others: int
    compared: Compared
    unsure: tuple[float, float] | None
    written: bool
    seconds: float

    def numbers(self) -> dict[str, float]:
        """The scores, by the names that algorithms and commands give them."""
        return {
            "F1_BEFORE": self.verdict.before.f1,
            "F1_AFTER": self.verdict.after.f1,
            "GAIN_LOW": self.verdict.gain_low,
            "GAIN_HIGH": self.verdict.gain_high,
            "THRESHOLD_LOW": self.threshold_low,
            "THRESHOLD_HIGH": self.threshold_high,
            "LANDSLIDES": self.landslides,
        }


def adapt(
    request: AdaptRequest,
    progress: Progress | None = None,
    cancelled: Check | None = None,
    warn: Warn | None = None,
    train: Train | None = None,
) -> Adaptation:
    """Adapt a model; it is written only where it is better on blocks that took no part.

    Args:
        request: What to do.
        progress: Called with the share done (0..1) and a sentence, or an empty one.
        cancelled: Asked between pieces of work.
        warn: Called with each sentence that the user should see though the run goes on.
        train: What trains a network, for the methods of `TRAINED`.

    Raises:
        ParameterError: The labels are too few, of one kind, elsewhere, or of a later time.
        ModelError: The model cannot be adapted.
        LandslipError: As for `detect`.
    """
    progress, cancelled, warn = or_silent(progress, cancelled, warn)
    _check(request, train)
    with bounded_cache():
        found = _Run(request, train, progress, cancelled, warn).result()
    if request.method in TRAINED:  # else it is of another run, which may go on
        shutil.rmtree(work_folder_of(request.output), ignore_errors=True)
    return found


def _check(request: AdaptRequest, train: Train | None) -> None:
    if request.method not in METHODS:
        raise ParameterError(
            f"Unknown method '{request.method}'. Choose one of {', '.join(METHODS)}."
        )
    if request.method in TRAINED and train is None:
        raise ParameterError(f"The method '{request.method}' needs PyTorch. Use 'quick'.")
    check_output(request.output, request.model)
    count = len(request.labels.landslides.wkb)
    if count < FEWEST:
        raise ParameterError(
            f"The labels have {count} landslide{'s' * (count != 1)}; expected {FEWEST} or more, "
            f"and {FEWEST_FOR_LAYER} or more for the method 'quick'. Twenty to forty, all over the "
            "scene, are a good start. What is one feature counts as one landslide, however many "
            "parts it has."
        )


#: Makes a graph, and logits of the sample's pixels, of what was chosen and its threshold.
Finish = Callable[[Tried, float], "tuple[Graph, np.ndarray]"]


class _Run:
    """One adaptation, step by step."""

    def __init__(
        self,
        request: AdaptRequest,
        train: Train | None,
        progress: Progress,
        cancelled: Check,
        warn: Warn,
    ) -> None:
        self.train = train
        self.started = time.monotonic()
        self.request = request
        self.progress, self.cancelled, self.warn = progress, cancelled, warn
        self.rng = np.random.default_rng(request.seed)
        self.card = read_card(request.model)
        self.graph = Graph(request.model)
        self.start = _logit(self.card.threshold)
        self.stack, self.statistics = self._open()
        self.reader = FeatureReader(self.graph, self.card, request.threads)

    def _open(self) -> tuple[Stack, SceneStatistics]:
        request, bands = self.request, self.card.bands
        stack = open_stack(request.stack, request.dem, request.band_mapping)
        stack.require_bands(bands, f"The model {self.card.name}")
        self.drawn = on_image(
            request.labels, request.stack, stack.grid, self.warn, self.cancelled, FEWEST
        )
        stack, sample = as_models_read(stack, bands, None, self.warn, self.cancelled)
        return stack, statistics_of(sample, bands)

    def result(self) -> Adaptation:
        """Do it."""
        pixels, said = self._usable(*self._sampled())
        doubtful, quiet = self._doubtful_and_quiet(pixels, said)
        sample, middles, owners, scale = self._sample(pixels, said, doubtful, quiet)
        if self.train and self.request.method in TRAINED:
            if sample.landslides < _ENOUGH_TO_TRAIN:
                self.warn(
                    f"The labels have {sample.landslides} landslides on the image. Networks that "
                    f"were trained on fewer than {_ENOUGH_TO_TRAIN} were worse elsewhere at times, "
                    "though better on the labels: label more, or check the result on other ground."
                )
            material = self._material(pixels, doubtful, quiet, np.array(middles))
            tried, finish = self._trained(self.train, material, len(middles), pixels, sample)
        else:
            tried, finish = self._fitted(said, sample, scale)
        verdict = judge(tried, middles, owners, self.rng, _PATIENCE)
        alike = sample.landslides >= FEW or not self._unlike_the_rest(pixels, sample)
        verdict = replace(verdict, better=verdict.better and alike)
        blocks = np.flatnonzero(tried[0].counts.landslide > 0)
        chosen, place = choose(tried, blocks, self.rng, _PATIENCE)
        moved = float(THRESHOLDS[place])
        graph, logits = finish(chosen, moved)
        card = self._new_card(verdict, chosen, sample.landslides)
        content = with_card(graph.content(), card)
        self.progress(0.96, "")
        compared = self._compared(content, pixels)
        written = verdict.better or self.request.force
        if written:
            write_model(content, card, self.request.output)
        self.progress(1.0, "")
        low, high = _threshold_interval(tried[0].counts, blocks, self.rng, self.start)
        is_threshold = chosen.strength is None
        return Adaptation(
            card=card,
            base=self.card,
            method=self.request.method,
            features=not is_threshold,
            strength=chosen.strength,
            threshold=_probability(self.start + moved) if is_threshold else math.nan,
            threshold_low=low,
            threshold_high=high,
            verdict=verdict,
            sample=sample,
            base_counts=tried[0].counts,
            new_counts=chosen.counts,
            new_logits=chosen.logits - moved,
            start=self.start,
            stack=self.stack,
            landslides=sample.landslides,
            alike=alike,
            others=len(self.request.labels.others.wkb),
            compared=compared,
            unsure=self._unsure(pixels, logits - moved),
            written=written,
            seconds=time.monotonic() - self.started,
        )

    def _fitted(self, said: Said, sample: Sample, scale: np.ndarray) -> tuple[list[Tried], Finish]:
        """What can be had without training, and what makes a graph and logits of one of it."""

        def finish(chosen: Tried, moved: float) -> tuple[Graph, np.ndarray]:
            fit = fit_layer(sample, chosen.strength)
            self.graph.add_layer(_layer(fit, moved, said, scale, self.start))
            return self.graph, fit.logits(sample)

        return self._tried(sample), finish

    def _trained(
        self,
        train: Train,
        material: Material,
        count: int,
        pixels: Pixels,
        sample: Sample,
    ) -> tuple[list[Tried], Finish]:
        """The old model, and networks that were trained without a part of so many blocks."""
        blocks = np.arange(count)
        parts = min(_TRAININGS, len(blocks))
        runs = parts + 1
        logits = []
        for part in range(parts):
            some = material.without(blocks[part::parts])
            content = train(some, self._part(part, runs), self.cancelled)
            logits.append(self._logits(content, pixels))
        base = try_strength(sample, None)
        tried = count_trained(sample, logits, blocks % parts)

        def finish(chosen: Tried, moved: float) -> tuple[Graph, np.ndarray]:
            if chosen.strength is None:
                self.graph.add_layer(Layer(1.0, -self.start - moved))
                return self.graph, sample.logits
            content = train(material, self._part(parts, runs), self.cancelled)
            graph = self._graph_of(content)
            graph.add_layer(Layer(1.0, -self.start - moved))
            return graph, self._logits(content, pixels)

        return [base, tried], finish

    def _part(self, number: int, runs: int) -> Progress:
        """The share of one training in the whole run."""
        return lambda share, text: self.progress(0.5 + 0.45 * (number + share) / runs, text)

    def _graph_of(self, content: bytes) -> Graph:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "trained.onnx")
            path.write_bytes(content)
            return Graph(str(path))

    def _logits(self, content: bytes, pixels: Pixels) -> np.ndarray:
        """What a trained network says of the pixels, less the old threshold [n]."""
        reader = FeatureReader(self._graph_of(content), self.card, self.request.threads)
        said = reader.read(
            self.stack, self.statistics, pixels, lambda _share, _text: None, self.cancelled
        )
        return np.asarray(said.logits - self.start)

    def _material(
        self, pixels: Pixels, doubtful: np.ndarray, quiet: np.ndarray, middles: np.ndarray
    ) -> Material:
        return collect(
            self.request.model,
            self.stack,
            self.card.bands,
            self.statistics,
            self.drawn,
            pixels,
            quiet,
            doubtful,
            middles,
            self.card.patch_size,
            self.rng,
            self.cancelled,
        )

    def _sampled(self) -> tuple[Pixels, Said]:
        """The pixels, and what the old model says of them."""
        labelled = labelled_pixels(self.drawn, self.rng, self.cancelled)
        slides = labelled.at(labelled.labels == LANDSLIDE)
        whole = scene_pixels(self.stack.grid, self.reader.lattice, slides, self.rng)
        pixels = joined([labelled, whole])
        self.progress(0.02, f"{len(pixels):,} pixels, {len(labelled):,} of them labelled")
        said = self.reader.read(
            self.stack,
            self.statistics,
            pixels,
            lambda share, text: self.progress(0.02 + 0.48 * share, text),
            self.cancelled,
        )
        return pixels, said

    def _usable(self, pixels: Pixels, said: Said) -> tuple[Pixels, Said]:
        """The pixels that the image shows.

        Raises:
            ParameterError: Too few landslides are among them.
        """
        pixels, said = pixels.at(said.valid), said.at(said.valid)
        shown = len(np.unique(pixels.owners[pixels.labels == LANDSLIDE]))
        if shown < FEWEST:
            raise ParameterError(
                f"{self.request.stack} has data at {shown} of the landslides of the labels; "
                f"expected {FEWEST} or more. Give the image that they were mapped on."
            )
        return pixels, said

    def _sample(
        self, pixels: Pixels, said: Said, doubtful: np.ndarray, quiet: np.ndarray
    ) -> tuple[Sample, list[tuple[float, float]], list[int], np.ndarray]:
        """What layers are fitted to; the middles of blocks, their landslides, features' scale."""
        truth = pixels.labels == LANDSLIDE
        groups, middles, owners = blocks_of(pixels, _BLOCKS, self.rng)
        logits = said.logits - self.start
        complete = self.request.labels.area is not None
        share = share_of(pixels.at(truth), self.stack.grid)
        if share < _ALL_OVER and not complete:
            self.warn(
                f"The labels lie together in {share:.0%} of the raster. What is better there may "
                "be worse in the rest: give some from all over, or an AREA in which they are "
                "complete."
            )
        ground = counted(pixels, logits, doubtful, quiet, complete)
        table, used = said.table, ground.weights > 0
        mean = np.average(table[used], axis=0, weights=ground.weights[used])
        apart = (table[used] - mean) ** 2
        spread = np.sqrt(np.average(apart, axis=0, weights=ground.weights[used])) + 1e-3
        sample = Sample(
            logits=logits,
            features=((table - mean) / spread).astype(np.float32),
            truth=truth,
            weights=ground.weights,
            landslide=ground.landslide,
            ground=ground.ground,
            groups=groups,
            landslides=len(np.unique(pixels.owners[truth])),
            complete=complete,
        )
        return sample, middles, owners, np.stack([mean, spread])

    def _unlike_the_rest(self, pixels: Pixels, sample: Sample) -> bool:
        """Whether the labelled landslides are unlike what the model finds elsewhere."""
        whole = pixels.labels == UNKNOWN
        near = in_hull(pixels, hull_of(pixels.at(sample.truth)))
        among = whole & near
        if sample.complete:
            # Ground beyond the area that was said to be none is no sample of what is detected.
            slides = np.isin(pixels.labels, (LANDSLIDE, BORDER))
            none = pixels.labels == NOT
            none[none] = self.drawn.in_area(pixels.rows[none], pixels.cols[none], self.cancelled)
            among = slides | none
        rest = whole & ~near
        told = self.drawn.at(pixels.rows[rest], pixels.cols[rest], self.cancelled)
        rest[rest] = told == UNKNOWN
        return are_unlike_the_rest(sample.logits[among], pixels.weights[among], sample.logits[rest])

    def _doubtful_and_quiet(self, pixels: Pixels, said: Said) -> tuple[np.ndarray, np.ndarray]:
        """Labels nobody vouches for, and ground of which the old model is sure, bool [n].

        What the mapper left beside a landslide is none, unless the model thinks otherwise: not
        everyone maps all that there is. Labelled landslides and their borders are never quiet: that
        a model is sure of nothing there is what it has to unlearn.
        """
        doubtful = (pixels.labels == NEAR) & (said.logits >= self.start)
        quiet = (pixels.labels == UNKNOWN) & (said.logits < min(_logit(QUIET), self.start - 1))
        told = self.drawn.at(pixels.rows[quiet], pixels.cols[quiet], self.cancelled)
        quiet[quiet] = ~np.isin(told, (LANDSLIDE, BORDER))
        return doubtful, quiet

    def _tried(self, sample: Sample) -> list[Tried]:
        """The old layer, and new ones where there are landslides enough; the strongest first."""
        found = []
        strengths = self._strengths(sample)
        for number, strength in enumerate(strengths):
            if self.cancelled():
                raise Cancelled(STOPPED)
            self.progress(0.5 + 0.4 * number / len(strengths), "")
            found.append(try_strength(sample, strength))
        return found

    def _strengths(self, sample: Sample) -> list[float | None]:
        """The priors to try: few landslides may not move much, however alike their blocks are."""
        if self.request.method == "threshold":
            return [None]
        if sample.landslides < FEWEST_FOR_LAYER or not sample.features.shape[1]:
            self.warn(
                f"The labels have {sample.landslides} landslides on the image; below "
                f"{FEWEST_FOR_LAYER} only a threshold is fitted."
            )
            return [None]
        scale = 100 / sample.landslides
        return [s if s is None else s * scale for s in STRENGTHS]

    def _new_card(self, found: Verdict, chosen: Tried, landslides: int) -> ModelCard:
        before, after = found.before, found.after
        bound = "" if self.request.labels.area else "at most "
        what = "a new last layer"
        if chosen.strength is None:
            what = "a new threshold"
        elif self.request.method in TRAINED:
            what = "a decoder trained" if self.request.method == "decoder" else "weights trained"
        text = (
            f"{self.card.name} {self.card.version} with {what} (method {self.request.method}), "
            f"from {landslides} landslides and "
            f"{len(self.request.labels.others.wkb)} outlines that are none, on "
            f"{os.path.basename(self.request.stack)}. On blocks of them that took no part: F1 "
            f"{bound}{before.f1:.2f} before, {bound}{after.f1:.2f} after (gain "
            f"{found.gain_low:+.2f} to {found.gain_high:+.2f})."
        )
        return card_for_one_place(
            replace(self.card, threshold=0.5),
            self.request.output,
            f"{self.card.name}, adapted to {os.path.basename(self.request.stack)}.",
            text,
            "It is made for one place.",
        )

    def _compared(self, content: bytes, pixels: Pixels) -> Compared:
        """Both models on the part of the scene around the labels' middle."""
        side, grid = self.card.patch_size, self.stack.grid
        slides = pixels.labels == LANDSLIDE
        height, width = (min(side * _MAP_PATCHES, size) for size in (grid.height, grid.width))
        row = int(np.clip(np.median(pixels.rows[slides]) - height // 2, 0, grid.height - height))
        col = int(np.clip(np.median(pixels.cols[slides]) - width // 2, 0, grid.width - width))
        window = Window(row, col, height, width)
        threads = self.request.threads
        with tempfile.TemporaryDirectory() as folder:
            candidate = Path(folder, "model.onnx")
            candidate.write_bytes(content)
            new = self._probability(Model(str(candidate), "cpu", threads), window)
        old = self._probability(Model(self.request.model, "cpu", threads), window)
        return Compared(window, old, new, self.card.threshold)

    def _probability(self, model: Model, window: Window) -> np.ndarray:
        """What a model says of a window, patch beside patch, float32 [h, w]; 0 without data."""
        side = self.card.patch_size
        whole = np.zeros((window.height + side, window.width + side), np.float32)
        with StackReader(self.stack, self.card.bands) as reader:
            for row in range(0, window.height, side):
                if self.cancelled():
                    raise Cancelled(STOPPED)
                cols = range(0, window.width, side)
                patches = [Window(window.row + row, window.col + c, side, side) for c in cols]
                values, valid = read_patches(reader, patches, self.statistics)
                for col, answer, there in zip(cols, model.run(values, self.statistics), valid):
                    whole[row : row + side, col : col + side] = np.where(there, answer, 0)
        return whole[: window.height, : window.width]

    def _unsure(self, pixels: Pixels, logits: np.ndarray) -> tuple[float, float] | None:
        """Where, without labels, the new model wavers most: a place to label next."""
        whole = np.flatnonzero(pixels.labels == UNKNOWN)
        if not len(whole):
            return None
        side = self.card.patch_size
        cells = np.column_stack([pixels.rows[whole] // side, pixels.cols[whole] // side])
        names, place = np.unique(cells, axis=0, return_inverse=True)
        wavers = np.bincount(place.ravel(), np.abs(logits[whole]) < _WAVERS)
        row, col = names[int((wavers / np.bincount(place.ravel())).argmax())]
        return (float(row) + 0.5) * side, (float(col) + 0.5) * side


def blocks_of(
    pixels: Pixels, most: int, rng: np.random.Generator
) -> tuple[np.ndarray, list[tuple[float, float]], list[int]]:
    """Compact blocks of neighbouring landslides, and to which of them each pixel belongs.

    A landslide is never divided. Ground belongs to the block whose middle is nearest.

    Returns:
        Number of each pixel's block [n], the blocks' middles as (row, column), and how many
        landslides each has.
    """
    vq, spatial = require("scipy.cluster.vq", "scipy"), require("scipy.spatial", "scipy")
    slides = np.flatnonzero(pixels.owners > 0)
    numbers, place = np.unique(pixels.owners[slides], return_inverse=True)
    counts = np.bincount(place)
    centres = np.column_stack(
        [
            np.bincount(place, pixels.rows[slides]) / counts,
            np.bincount(place, pixels.cols[slides]) / counts,
        ]
    )
    wanted = min(most, len(numbers))
    middles, _ = vq.kmeans2(centres, wanted, minit="++", seed=int(rng.integers(2**31)))
    member = spatial.cKDTree(middles).query(centres)[1]
    used, member = np.unique(member, return_inverse=True)
    middles = middles[used]
    points = np.column_stack([pixels.rows, pixels.cols])
    groups = spatial.cKDTree(middles).query(points)[1]
    groups[slides] = member[place]
    owners = np.bincount(member, minlength=len(used))
    return groups, [tuple(middle) for middle in middles.tolist()], owners.tolist()


def _layer(fit: Fit, moved: float, said: Said, scale: np.ndarray, start: float) -> Layer:
    """The layer in the graph's own terms, in which features are not standardised."""
    if not fit.weights.size:
        return Layer(1.0, -start - moved)
    plain = fit.weights / scale[1]
    shift = fit.shift - fit.factor * start - moved - float(plain @ scale[0])
    ends = np.cumsum([each.shape[1] for each in said.features])[:-1]
    return Layer(fit.factor, shift, tuple(zip(said.names, np.split(plain, ends))))


def _threshold_interval(
    counts: Counts, blocks: np.ndarray, rng: np.random.Generator, start: float
) -> tuple[float, float]:
    """In which interval the old model's best threshold lies (90 % of the draws of blocks)."""
    best = [THRESHOLDS[int(counts.f1(draw).argmax())] for draw in draws_of_blocks(blocks, rng)]
    low, high = np.percentile(best, (5, 95))
    return _probability(start + low), _probability(start + high)


def _logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
