"""A model teaches itself on a scene without labels: what it is sure of becomes what it learns.

Progressive pseudo-labels, as the winners of the Landslide4Sense competition had them: by a
probability threshold (first place, section IV-B3: 0.7), or the surest share of each class (second
and third place, section V-A3 and Table V, section VI-C). Every round labels the scene with the
model of the round before, and trains the model that it all started from on these labels, so that
mistakes do not pile up in the weights.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..engine.adaptation.choices import SELECTIONS
from ..engine.adaptation.judge import Verdict, verdict
from ..engine.adaptation.labels import BORDER, LANDSLIDE, NEAR, NOT, UNKNOWN, Labels, on_image
from ..engine.common.errors import ModelError, ParameterError
from ..engine.common.hooks import Check, Progress, Warn, or_silent
from ..engine.common.output import write_whole
from ..engine.models.card import ModelCard
from ..engine.models.one_place import (
    card_for_one_place,
    check_output,
    work_folder_of,
    write_model,
)
from ..engine.models.runtime import Model
from ..engine.raster.reading import bounded_cache
from ..engine.raster.tiling import Window
from .fine_tune import METHODS, FineTuneRequest, fine_tune
from .scene_patches import (
    ScenePatches,
    labels_of,
    open_scene,
    probabilities,
    read_patches,
    scene_windows,
)

#: Most patches that are looked at, and that are learnt from.
LOOKED_AT, LEARNT_FROM = 400, 200
#: Fewest pixels of landslides that a round learns from.
FEWEST = 50
#: Side of the blocks that labels are parted into, patches.
BLOCK = 2
STATE = "self_train.json"


@dataclass(frozen=True)
class SelfTrainRequest:
    """What to train on what.

    Attributes:
        stack: Raster with named bands.
        model: Path of the ONNX file to start from.
        output: Path of the ONNX file to write.
        dem: DEM raster, or None.
        rounds: How often the scene is labelled anew.
        selection: One of `SELECTIONS`.
        sure: Probability from which a pixel is taken for landslide; one as far from the other end
            is taken for none. For ``threshold``.
        share: Share of each class, its surest pixels, that is taken, 0..1. For ``share``.
        method: One of `fine_tune.METHODS`.
        steps: Steps down the gradient in each round.
        labels: What is known of the ground: half of its blocks is learnt, half judges; or None.
        force: Whether a model is written that labels say is worse.
        band_mapping: See `stack.open_stack`.
        device: One of `compute.DEVICES`.
        threads: Of the processor; 0 for all.
        seed: Of all draws.
    """

    stack: str
    model: str
    output: str
    dem: str | None = None
    rounds: int = 2
    selection: str = SELECTIONS[0]
    sure: float = 0.7
    share: float = 0.7
    method: str = METHODS[1]
    steps: int = 60
    labels: Labels | None = None
    force: bool = False
    band_mapping: str = ""
    device: str = "auto"
    threads: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Round:
    """What a round did; shares 0..1 of the pixels that were looked at.

    Attributes:
        landslide: Labelled as landslide.
        other: Labelled as none.
        before: Detected by the model that it all started from.
        after: Detected after the round.
        new: Detected after the round, and not by the first model.
        gone: Detected by the first model, and not after the round.
    """

    landslide: float
    other: float
    before: float
    after: float
    new: float
    gone: float

    def sentence(self, number: int) -> str:
        """The round in words."""
        return (
            f"Round {number}: {_percent(self.landslide)} of the ground was labelled as landslide, "
            f"{_percent(self.other)} as none, {_percent(1 - self.landslide - self.other)} left "
            f"out. Detected before {_percent(self.before)}, now {_percent(self.after)}: "
            f"{_percent(self.new)} new, {_percent(self.gone)} gone."
        )


@dataclass(frozen=True)
class SelfTraining:
    """What came out.

    Attributes:
        card: The new model's card.
        rounds: What they did.
        verdict: Before and after on held-out labels; None without labels.
        written: Whether the model was written.
        seconds: How long it took.
    """

    card: ModelCard
    rounds: tuple[Round, ...]
    verdict: Verdict | None
    written: bool
    seconds: float

    def numbers(self) -> dict[str, float]:
        """What was measured, by the names that algorithms and commands give it."""
        last = self.rounds[-1]
        found = {"DETECTED_BEFORE": last.before, "DETECTED_AFTER": last.after}
        if self.verdict:
            found |= {"F1_BEFORE": self.verdict.before.f1, "F1_AFTER": self.verdict.after.f1}
        return found

    def sentence(self) -> str:
        """Whether it is better, as far as anybody can know."""
        if self.verdict is None:
            return UNJUDGED
        found = self.verdict
        words = "is worse" if found.gain < 0 else "is better" if found.better else "may be better"
        text = (
            f"On labels that took no part the new model {words}: F1 {found.before.f1:.3f} before, "
            f"{found.after.f1:.3f} after (gain {found.gain_low:+.3f} to {found.gain_high:+.3f} in "
            "nine of ten draws)."
        )
        return text if self.written else f"{text} It was not written (FORCE would)."


#: What can be said without labels.
UNJUDGED = (
    "Nobody can know whether the new model is better: there were no labels to judge it by. It "
    "agrees more with what the old one was sure of, and that may have been wrong. Compare the two "
    "maps, or give some labels."
)


def self_train(
    request: SelfTrainRequest,
    progress: Progress | None = None,
    cancelled: Check | None = None,
    warn: Warn | None = None,
) -> SelfTraining:
    """Train a model on its own sure answers. With labels it is written only where they allow it.

    Args:
        request: What to do.
        progress: Called with the share done (0..1) and a sentence, or an empty one.
        cancelled: Asked between pieces of work.
        warn: Called with each sentence that the user should see though the run goes on.

    Raises:
        ParameterError: A setting makes no sense, or the model is sure of no landslide.
        LandslipError: As for `detect` and `fine_tune`.
    """
    progress, cancelled, warn = or_silent(progress, cancelled, warn)
    _check(request)
    with bounded_cache():
        return _Run(request, progress, cancelled, warn).result()


def _check(request: SelfTrainRequest) -> None:
    check_output(request.output, request.model)
    for name, value, known in (
        ("selection", request.selection, SELECTIONS),
        ("method", request.method, METHODS),
    ):
        if value not in known:
            raise ParameterError(f"Unknown {name} '{value}'. Choose one of {', '.join(known)}.")
    if not 0.5 <= request.sure < 1:
        raise ParameterError(
            f"SURE is {request.sure:g}; expected a probability from 0.5 to below 1."
        )
    if not 0 < request.share <= 1:
        raise ParameterError(f"SHARE is {request.share:g}; expected above 0 and at most 1.")
    if request.rounds < 1:
        raise ParameterError(f"ROUNDS is {request.rounds}; expected 1 or more.")


def pseudo_labels(
    probability: np.ndarray, valid: np.ndarray, request: SelfTrainRequest, threshold: float
) -> np.ndarray:
    """What a model is sure of, uint8: `LANDSLIDE`, `NOT` or `UNKNOWN`.

    Args:
        probability: Float32, any shape.
        valid: Where there are data, likewise.
        request: How they are chosen.
        threshold: The model's own, which divides the classes where shares of them are taken.
    """
    high, low = request.sure, 1 - request.sure
    if request.selection == "share":
        high, low = _quantiles(probability[valid], threshold, request.share)
    labels = np.full(probability.shape, UNKNOWN, np.uint8)
    labels[probability <= np.float32(low)] = NOT
    labels[probability >= np.float32(high)] = LANDSLIDE
    labels[~valid] = UNKNOWN
    return labels


def _quantiles(probability: np.ndarray, threshold: float, share: float) -> tuple[float, float]:
    """Probabilities above and below which the surest share of each class lies."""
    slides = probability >= np.float32(threshold)
    high = np.quantile(probability[slides], 1 - share) if slides.any() else 1.0
    low = np.quantile(probability[~slides], share) if not slides.all() else 0.0
    return float(high), float(low)


class _Run:
    """One run, round by round."""

    def __init__(
        self, request: SelfTrainRequest, progress: Progress, cancelled: Check, warn: Warn
    ) -> None:
        self.started = time.monotonic()
        self.request = request
        self.progress, self.cancelled, self.warn = progress, cancelled, warn
        self.rng = np.random.default_rng(request.seed)
        self.folder = work_folder_of(request.output)
        self.model = Model(request.model, "cpu", request.threads)
        self.card = self.model.card
        self.scene = open_scene(
            request.stack, request.dem, request.band_mapping, self.card, warn, cancelled
        )
        self.patches = self._patches()
        self.known, self.held_out = self._labels()

    def _patches(self) -> ScenePatches:
        self.drawn = None
        blocks: list[Window] = []
        if self.request.labels:
            self.drawn = on_image(
                self.request.labels,
                self.request.stack,
                self.scene.stack.grid,
                self.warn,
                self.cancelled,
            )
            blocks = list(self.drawn.blocks())
        windows = scene_windows(self.scene, LOOKED_AT, self.rng, blocks)
        return read_patches(self.scene, windows, self._part(0, 0.03), self.cancelled)

    def _labels(self) -> tuple[np.ndarray | None, np.ndarray]:
        """Labels of the patches, and which patches are held out for judging.

        Raises:
            ParameterError: The labels lie too close together to be parted.
        """
        blocks = np.array([_block(window) for window in self.patches.windows])
        held_out = blocks.sum(axis=1) % 2 == 1
        if self.drawn is None:
            return None, held_out
        known = labels_of(self._read_labels, self.patches)
        slides = (known == LANDSLIDE).any(axis=(1, 2))
        if not (slides & held_out).any() or not (slides & ~held_out).any():
            raise ParameterError(
                "The labels lie too close together: every second block of "
                f"{BLOCK * self.scene.side} pixels is held out to judge the new model, and "
                "landslides lie in one kind of block only. Give labels from more of the scene, or "
                "leave LABELS empty."
            )
        return known, held_out

    def _read_labels(self, window: Window) -> np.ndarray:
        labels = self.drawn.read(window)[0]
        return np.where(labels == NEAR, np.uint8(NOT), labels)

    def result(self) -> SelfTraining:
        """Do it."""
        request = self.request
        first = probabilities(
            self.model, self.scene, self.patches.windows, self._part(0.03, 0.1), self.cancelled
        )
        identity, rounds, now = self._resumed(first)
        content = b""
        for number in range(len(rounds), request.rounds):
            begin = 0.1 + 0.85 * number / request.rounds
            labels = self._round_labels(now, number)
            content = self._trained(labels, number, begin)
            now = self._answers(content, begin)
            rounds.append(self._facts(labels, first, now))
            self.progress(begin + 0.85 / request.rounds, rounds[-1].sentence(number + 1))
            self._keep(identity, rounds, content)
        content = content or self._round_file(len(rounds)).read_bytes()
        judged = self._judged(first, now)
        card = self._card(rounds, judged)
        written = judged is None or judged.gain >= 0 or request.force
        if written:
            write_model(content, card, request.output)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.progress(1.0, "")
        seconds = time.monotonic() - self.started
        return SelfTraining(card, tuple(rounds), judged, written, seconds)

    def _part(self, begin: float, end: float) -> Progress:
        """Progress of a part of the work."""
        return lambda share, text: self.progress(begin + share * (end - begin), text)

    def _round_labels(self, probability: np.ndarray, number: int) -> np.ndarray:
        """What a round learns: what the model is sure of, and the labels that do not judge.

        Raises:
            ParameterError: The model is sure of no landslide.
        """
        valid = self.patches.valid
        labels = pseudo_labels(probability, valid, self.request, self.card.threshold)
        if self.known is not None:
            labels[self.held_out] = UNKNOWN  # what judges has no part in what it judges
            teaches = (self.known != UNKNOWN) & (self.known != BORDER)
            told = teaches & ~self.held_out[:, None, None]
            labels[told] = self.known[told]
        slides = int((labels == LANDSLIDE).sum())
        if slides < FEWEST:
            raise ParameterError(
                f"In round {number + 1} the model is sure of {slides} pixels of landslides "
                f"(highest probability {probability[valid].max():.2f}); expected {FEWEST} or more "
                "to learn "
                "from. Lower SURE, or adapt the model with labels first."
            )
        return labels

    def _trained(self, labels: np.ndarray, number: int, begin: float) -> bytes:
        """The first model, trained on labels; the bytes of its file."""
        request = self.request
        rng = np.random.default_rng((request.seed, number))
        slides = (labels == LANDSLIDE).any(axis=(1, 2))
        some = (labels != UNKNOWN).any(axis=(1, 2)) & ~slides
        chosen = [
            rng.permutation(np.flatnonzero(kind))[: LEARNT_FROM // 2] for kind in (slides, some)
        ]
        places = np.sort(np.concatenate(chosen))
        return fine_tune(
            FineTuneRequest(
                Path(request.model),
                self.patches.images[places],
                labels[places],
                self.scene.mean,
                self.scene.std,
                method=request.method,
                steps=request.steps,
                seed=request.seed + number,
                device=request.device,
                threads=request.threads,
                folder=self.folder,
            ),
            self._part(begin, begin + 0.7 / request.rounds),
            self.cancelled,
        )

    def _answers(self, content: bytes, begin: float) -> np.ndarray:
        """What a model that is not yet written says of the patches."""
        path = self.folder / "now.onnx"
        write_whole(path, content)
        model = Model(str(path), "cpu", self.request.threads)
        share = 0.85 / self.request.rounds
        part = self._part(begin + 0.7 / self.request.rounds, begin + share)
        return probabilities(model, self.scene, self.patches.windows, part, self.cancelled)

    def _facts(self, labels: np.ndarray, first: np.ndarray, now: np.ndarray) -> Round:
        valid = self.patches.valid
        old, new = (each[valid] >= np.float32(self.card.threshold) for each in (first, now))
        shares = (
            labels[valid] == LANDSLIDE,
            labels[valid] == NOT,
            old,
            new,
            new & ~old,
            old & ~new,
        )
        return Round(*(float(each.mean()) for each in shares))

    # --- judging ---------------------------------------------------------------------------------

    def _judged(self, first: np.ndarray, now: np.ndarray) -> Verdict | None:
        """Before and after on the labels that were held out."""
        if self.known is None:
            return None
        blocks: dict[tuple[int, int], list[int]] = {}
        for index in np.flatnonzero(self.held_out & (self.known != UNKNOWN).any(axis=(1, 2))):
            blocks.setdefault(_block(self.patches.windows[index]), []).append(int(index))
        slides = (self.known == LANDSLIDE).any(axis=(1, 2))
        groups = {place: members for place, members in blocks.items() if slides[members].any()}
        side = BLOCK * self.scene.side
        middles = [((row + 0.5) * side, (col + 0.5) * side) for row, col in groups]
        old, new = (np.array([self._ground(p, m) for m in groups.values()]) for p in (first, now))
        owners = [int(slides[members].sum()) for members in groups.values()]
        return verdict(old, new, middles, owners, self.rng)

    def _ground(self, probability: np.ndarray, members: list[int]) -> tuple[float, float, float]:
        """Pixels right, detected, and landslide in some patches."""
        known = self.known[members]
        truth = known == LANDSLIDE
        found = (probability[members] >= np.float32(self.card.threshold)) & (known != UNKNOWN)
        return float((found & truth).sum()), float(found.sum()), float(truth.sum())

    def _card(self, rounds: list[Round], judged: Verdict | None) -> ModelCard:
        request, last = self.request, rounds[-1]
        told = "labels judged it" if judged else "no labels: nobody knows whether it is better"
        text = (
            f"{self.card.name} {self.card.version}, self-trained on {Path(request.stack).name} in "
            f"{len(rounds)} rounds ({request.method}, {request.selection}); {told}. Detected "
            f"ground went from {_percent(last.before)} to {_percent(last.after)}."
        )
        if judged:
            before, after = judged.before.f1, judged.after.f1
            text += f" F1 on held-out labels {before:.2f} before, {after:.2f} after."
        weakness = "It was trained on its own answers for one place."
        what = f"{self.card.name}, trained further for one place."
        return card_for_one_place(self.card, request.output, what, text, weakness)

    # --- going on after a kill -------------------------------------------------------------------

    def _identity(self, first: np.ndarray) -> str:
        """What decides a run: the model, the scene as it was read, and the settings."""
        request = self.request
        digest = hashlib.sha256(Path(request.model).read_bytes())
        settings = request.selection, request.sure, request.share, request.method, request.steps
        digest.update(repr((*settings, request.seed)).encode())
        for values in (self.patches.images[:, :, ::16, ::16], first.astype(np.float16), self.known):
            digest.update(np.ascontiguousarray(0 if values is None else values))
        return digest.hexdigest()

    def _round_file(self, number: int) -> Path:
        return self.folder / f"round_{number}.onnx"

    def _keep(self, identity: str, rounds: list[Round], content: bytes) -> None:
        write_whole(self._round_file(len(rounds)), content)
        state = {"identity": identity, "rounds": [asdict(each) for each in rounds]}
        write_whole(self.folder / STATE, json.dumps(state).encode())

    def _resumed(self, first: np.ndarray) -> tuple[str, list[Round], np.ndarray]:
        """The rounds that a run like this one had done, and what its model says of the patches."""
        identity = self._identity(first)
        try:
            state = json.loads((self.folder / STATE).read_text(encoding="utf-8"))
            rounds = [Round(**each) for each in state["rounds"]][: self.request.rounds]
            content = self._round_file(len(rounds)).read_bytes()
        except (OSError, ValueError, TypeError, KeyError):
            return identity, [], first
        if state.get("identity") != identity:
            return identity, [], first
        try:
            now = self._answers(content, 0.1)
        except ModelError:
            return identity, [], first
        self.progress(0.1, f"Resumed after {len(rounds)} of {self.request.rounds} rounds")
        return identity, rounds, now


def _block(window: Window) -> tuple[int, int]:
    """Row and column of the block of patches that a window lies in."""
    return window.row // (BLOCK * window.height), window.col // (BLOCK * window.width)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
