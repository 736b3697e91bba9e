"""Everything that decides a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..engine.common.errors import ParameterError
from .augmentation import Augmentation
from .bands import RGB
from .data import Block
from .pseudo_labels import Pseudo
from .sources import Source

#: Smallest values of what else nobody would check.
LEAST = {"mixup": 0, "iterations": 0, "components": 0, "promotion": 1}


@dataclass(frozen=True)
class Config:
    """Everything that decides a run; a recipe file sets any of it.

    Attributes:
        name: Name of the model and of its file.
        description: One sentence for the list of models.
        sources: Where the patches come from.
        bands: Channels, in order, terrain last; or the name of a set (`bands.BAND_SETS`).
        network: A key of `models.MODELS`.
        options: What that network's constructor takes besides the number of bands.
        loss: Registered losses and their weights.
        auxiliary: Losses that look inside the network (`auxiliary.AUXILIARY`) and their weights.
        mixup: Both parameters of the beta distribution by which every batch is mixed with itself,
            moved on by one patch (competition, Eq. 8-9); 0 mixes nothing.
        sampler: How the patches of an epoch are drawn (`samples.SAMPLERS`).
        epochs: Passes over the training patches.
        batch: Patches per step.
        learning_rate: Adam's; the peak of a one-cycle schedule.
        schedule: A key of `schedules.SCHEDULES`, such as ``exponential`` (x `decay` after every
            epoch) or ``onecycle`` (rise over the first tenth, cosine to nothing).
        decay: Factor per epoch of the exponential schedule.
        warm_up: Epochs of warm-up before cosine restarts.
        cycle: Epochs of the first cycle of cosine restarts; each next one has twice as many.
        iterations: Steps of the whole run, instead of `epochs`; 0 for those.
        optimiser: ``adamw``, or ``sgd`` with `momentum`.
        momentum: Of ``sgd``.
        weight_decay: Decoupled (AdamW); 0 is plain Adam.
        clip: Largest gradient norm.
        smoothing: Labels become this and 1 minus this: their borders are imperfect.
        ema: Share that the averaged weights keep at every step; 0 turns averaging off.
        settle: Share of the epochs after which checkpoints compete for the best. Early ones, still
            at a high learning rate, can win on one region by luck and transfer badly.
        enlarge: How much the trained network enlarges its image before it looks (scale promotion).
            It takes effect in the model file, by `recalibrate`; training itself zooms by chance.
        promotion: How much the network enlarges its image in training and ever after: 2 makes 256
            pixels of 128 (competition, section IV-B1).
        norm: ``batch``, or ``cross_sensor``: statistics of its own for the region that has
            pseudo-labels, in every layer.
        components: How many principal components of the bands the network sees; 0 for the bands.
        seed: Of weights, order and augmentation.
        validation: Tile rows that choose checkpoint and threshold.
        test: Tile rows that are reported and used for nothing else.
        guard: Tile rows left out on either side of both.
        normalisation: ``scene`` (separated: every scene by its own statistics) or ``fixed``
            (all by those of the training patches).
        repeat: How often the patches of a scene (by number, as text) come up in an epoch.
        augmentation: How much patches vary.
        encoder: ``encoder.pt`` of a pre-training run to start from; empty for random weights.
        freeze_encoder: Whether the encoder's weights and BatchNorm statistics stay as they are.
        measure_encoder: Whether the encoder's BatchNorm statistics are first measured on all
            training patches, which needs no labels; without it, a random encoder cannot be frozen.
        labelled: How many labelled training patches may be used; 0 for all. Which ones, `seed`
            decides.
        labelled_pixels: Landslide pixels that each of those must have.
        spread: Share of a scene's standard deviation that counts as one when the network is used:
            below 1 a scene is stretched. It takes effect in the model file (`export.Stretched`).
        pixel_size: Side of a pixel in metres that the network is made for.
        overlap: Share of a patch that the next one repeats in use, where nothing else is asked for.
        floor: Smallest standard deviation of an optical band, as a share of its mean: a plain
            without contrast is not stretched until its fields look like landslides.
        teachers: Run of the same experiment whose networks teach this one, or several with ``+``
            between; with no epochs, they are judged themselves. Teachers of a fold saw what the
            fold saw.
        members: How many of its seeds, from this run's own seed on.
        labels: Share of the labels in what is taught; the rest is what the teachers say.
        pseudo: How the teachers label patches that have no labels, which then make up half of every
            batch (`pseudo_labels.Pseudo`): of the region left out, in the judge's folds.
        unlabelled: Where those patches come from otherwise.
        start: Run of the same experiment whose weights this one starts from; with
            `freeze_encoder`, the second stage of balanced training (competition, Eq. 4).
        refine: Whether probabilities are drawn to the edges of the image before they are judged
            (dense conditional random field by mean field; competition, section VI-E).
        quiet: Share of an epoch that comes from land without landslides (`fit` alone).
    """

    name: str = "resunet_rgb"
    description: str = "ResU-Net on B04, B03, B02 of one post-event Sentinel-2 scene."
    sources: tuple[Source, ...] = (Source(),)
    bands: tuple[str, ...] = RGB
    network: str = "resunet"
    options: dict[str, Any] = field(default_factory=lambda: {"width": 32, "depth": 4})
    loss: dict[str, float] = field(default_factory=lambda: {"bce": 1.0, "dice": 1.0})
    auxiliary: dict[str, float] = field(default_factory=dict)
    mixup: float = 0.0
    sampler: str = "each"
    epochs: int = 40
    batch: int = 32
    learning_rate: float = 1e-3
    schedule: str = "exponential"
    decay: float = 0.95
    warm_up: float = 2.0
    cycle: int = 10
    iterations: int = 0
    optimiser: str = "adamw"
    momentum: float = 0.9
    weight_decay: float = 0.0
    clip: float = 1.0
    smoothing: float = 0.0
    ema: float = 0.99
    settle: float = 0.5
    enlarge: float = 1.0
    promotion: float = 1.0
    norm: str = "batch"
    components: int = 0
    seed: int = 0
    validation: Block = field(default_factory=lambda: Block(1, 20, 25))
    test: Block = field(default_factory=lambda: Block(1, 49, 55))
    guard: int = 1
    normalisation: str = "scene"
    repeat: dict[str, int] = field(default_factory=dict)
    augmentation: Augmentation = field(default_factory=Augmentation)
    encoder: str = ""
    freeze_encoder: bool = False
    measure_encoder: bool = False
    labelled: int = 0
    labelled_pixels: int = 50
    spread: float = 1.0
    pixel_size: float = 10.0
    overlap: float = 0.5
    floor: float = 0.0
    quiet: float = 0.0
    teachers: str = ""
    members: int = 1
    labels: float = 0.5
    pseudo: Pseudo = field(default_factory=Pseudo)
    unlabelled: tuple[Source, ...] = ()
    start: str = ""
    refine: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers that would end in an error of PyTorch's, or in no training at all."""
        for name, least in LEAST.items():
            if getattr(self, name) < least:
                raise ParameterError(
                    f"The recipe {self.name} has {name} = {getattr(self, name)}. It must be at "
                    f"least {least}."
                )
