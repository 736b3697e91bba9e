"""From a checkpoint to one `.onnx` file that carries its own scaling and its own model card.

The file's contract: input ``stack`` float32 [N, C, H, W] in physical units; for normalisation
``scene`` also ``mean`` [C] and ``std`` [C] of the scene; output ``probability`` float32
[N, 1, H, W] in 0..1. N, H and W are free.
"""

from __future__ import annotations

import copy
import math
import os
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..engine.common.errors import ModelError
from ..engine.models.card import METADATA_KEY, Accuracy, ModelCard, card_from_metadata
from .bands import TERRAIN_SCALE, optical, terrain
from .config import Config
from .data import PATCH, normalise
from .models import TITLES
from .models.wrappers import Enlarged
from .network import network_of
from .recipe import from_values
from .sources import SCENE_NAMES, Source

OPSET = 17  # read by onnxruntime 1.16, the oldest that the plugin supports
#: Largest allowed difference of a probability between torch and the file, by kind of storage.
TOLERANCE = {"float32": 1e-4, "float16": 5e-3}
#: Weights of fewer numbers stay float32.
SMALL_WEIGHTS = 16_384
#: Sizes of the parity check: the patch, odd sides, not square, smaller than the receptive field.
PARITY_SHAPES = ((1, 128, 128), (3, 64, 96), (2, 77, 53), (1, 131, 9))

ATTRIBUTION = (
    "Landslide4Sense 2022 (IARAI), doi:10.1109/TGRS.2022.3215209; "
    "contains modified Copernicus Sentinel data"
)
TERRAIN_ATTRIBUTION = "; 20 m digital terrain model of the Ministry of the Interior, Taiwan"
LICENCE = "CC-BY-4.0"


class PhysicalModel(nn.Module):
    """A network behind the scaling of its input and in front of the sigmoid.

    Args:
        network: Normalised bands -> logits.
        mean: [C] for normalisation ``fixed``; left out for ``scene``.
        std: [C], likewise.
        bands: Names of the channels, where some are terrain.
    """

    def __init__(
        self,
        network: nn.Module,
        mean: Tensor | None = None,
        std: Tensor | None = None,
        bands: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.network = network
        # Terrain has scales of its own: there the scene's statistics are passed over.
        scales = [TERRAIN_SCALE.get(band) for band in bands]
        levels = [scale.level if scale else None for scale in scales]
        spreads = [scale.spread if scale else None for scale in scales]
        self.has_terrain = any(scales)
        for name, values in (("level", levels), ("spread", spreads)):
            known = torch.tensor([value is not None for value in values])
            self.register_buffer(f"own_{name}", known)
            self.register_buffer(name, torch.tensor([value or 0.0 for value in values]))
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(
        self, stack: Tensor, mean: Tensor | None = None, std: Tensor | None = None
    ) -> Tensor:
        """Physical units [N, C, H, W] -> landslide probability [N, 1, H, W]."""
        mean = self.mean if mean is None else mean
        std = self.std if std is None else std
        if self.has_terrain:
            mean = torch.where(self.own_level, self.level, mean)
            std = torch.where(self.own_spread, self.spread, std)
        # A band that is constant over the scene says nothing: it becomes 0, not infinity.
        std = torch.where(std > 0, std, torch.ones_like(std))
        return torch.sigmoid(self.network(normalise(stack, mean, std)))


class Stretched(nn.Module):
    """A network that sees the reflectances of a scene stretched about their mean.

    Slides stand out less from the forests of other regions than from Taiwan's, measured in the
    scene's standard deviations; `docs/accuracy.md` has what stretching does.

    Args:
        network: The network.
        factor: Above 1 stretches.
        optical: How many of the bands, the first ones, are reflectances.
    """

    def __init__(self, network: nn.Module, factor: float, optical: int) -> None:
        super().__init__()
        self.network, self.factor, self.optical = network, factor, optical

    def forward(self, x: Tensor) -> Tensor:
        """Normalised bands [N, C, H, W] -> logits [N, 1, H, W]."""
        light, rest = x[:, : self.optical] * self.factor, x[:, self.optical :]
        return self.network(torch.cat([light, rest], dim=1) if rest.shape[1] else light)


class Calibrated(nn.Module):
    """A network whose logits are stretched and shifted so that probabilities are honest."""

    def __init__(self, network: nn.Module, slope: float, offset: float) -> None:
        super().__init__()
        self.network, self.slope, self.offset = network, slope, offset

    def forward(self, x: Tensor) -> Tensor:
        """Normalised bands [N, C, H, W] -> calibrated logits [N, 1, H, W]."""
        return self.slope * self.network(x) + self.offset


class Ensemble(nn.Module):
    """Networks that answer together: the mean of their logits, each reading bands of its own.

    A very sure member moves this mean far; in the mean of probabilities it has no more than its
    share (as `teachers.Ensemble`, and the competition's first place, section IV-B3).

    Args:
        members: The networks.
        channels: Which bands each of them reads.
        probabilities: Whether the mean is that of probabilities.
    """

    def __init__(
        self,
        members: Sequence[nn.Module],
        channels: Sequence[list[int]],
        probabilities: bool = False,
    ) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.channels = list(channels)
        self.probabilities = probabilities

    def forward(self, x: Tensor) -> Tensor:
        """Normalised bands [N, C, H, W] -> logits [N, 1, H, W]."""
        pairs = zip(self.members, self.channels, strict=True)
        said = torch.stack([member(x[:, channels]) for member, channels in pairs])
        if self.probabilities:
            # No closer to 0 and 1 than float32 tells logits apart.
            return torch.logit(torch.sigmoid(said).mean(0).clamp(1e-6, 1 - 1e-6))
        return said.mean(0)


def network_from_checkpoint(state: dict[str, Any]) -> nn.Module:
    """The averaged, calibrated network of a checkpoint, in evaluation mode."""
    return Calibrated(bare_network(state), *state["calibration"]).eval()


def bare_network(state: dict[str, Any]) -> nn.Module:
    """The averaged network of a checkpoint, enlarging if its recipe says so, not calibrated.

    Of an ensemble, all members, each calibrated by itself so that they speak on one scale.
    """
    config = from_values(Config, state["config"])
    if "members" in state:
        members = [network_from_checkpoint(member) for member in state["members"]]
        places = [[state["bands"].index(b) for b in m["bands"]] for m in state["members"]]
        together = state.get("mean", "logits") == "probabilities"
        network: nn.Module = Ensemble(members, places, together)
    else:
        network = with_weights(config, len(state["bands"]), state["average"])
    if config.enlarge != 1:
        network = Enlarged(network, config.enlarge)
    if config.spread != 1:
        network = Stretched(network, 1 / config.spread, len(optical(state["bands"])))
    return network.eval()


def with_weights(config: Config, bands: int, weights: dict[str, Tensor]) -> nn.Module:
    """The network of a recipe with the weights of a checkpoint.

    The published weights that a recipe may start from are not loaded: these take their place.
    """
    network = network_of(config, bands, imagenet=False)
    network.load_state_dict(weights)
    return network


def card_from_checkpoint(
    state: dict[str, Any], version: str, accuracy: tuple[Accuracy, ...]
) -> ModelCard:
    """The model card of a checkpoint; the threshold is the one validation chose."""
    members = state.get("members", [state])
    configs = [from_values(Config, member["config"]) for member in members]
    config = from_values(Config, state["config"])
    return ModelCard(
        name=config.name,
        version=version,
        architecture=" + ".join(TITLES[member.network] for member in configs),
        description=config.description,
        bands=tuple(state["bands"]),
        patch_size=PATCH,
        overlap=config.overlap,
        threshold=round(float(state["threshold"]), 3),
        normalisation=config.normalisation,
        pixel_size=config.pixel_size,
        training_data=_training_data(state, config),
        accuracy=accuracy,
        licence=LICENCE,
        attribution=ATTRIBUTION + (TERRAIN_ATTRIBUTION if terrain(state["bands"]) else ""),
    )


def _training_data(state: dict[str, Any], config: Config) -> str:
    """What a network was trained on, and what was held out, in whole sentences."""
    held = " and ".join(
        f"rows {block.first_row}-{block.last_row} of scene {block.scene} for {purpose}"
        for purpose, block in (("validation", config.validation), ("test", config.test))
    )
    used = sorted(set().union(*map(_scenes, state.get("members", [state]))))
    names = {str(number): f"{number} ({name})" for number, name in SCENE_NAMES.items()}
    scenes = ", ".join(names.get(scene, scene) for scene in used)
    origin = ", ".join(_origin(source) for source in config.sources)
    few = (
        f"{config.labelled} patches with {config.labelled_pixels} or more landslide pixels out of "
        if config.labelled
        else ""
    )
    farmland = ", with pieces of one landslide-free farmland scene of SSL4EO-S12 pasted in"
    frozen = " and then frozen" if config.freeze_encoder else ""
    encoder = ""
    if config.encoder:
        encoder = f" The encoder was pre-trained by SwAV on patches without labels{frozen}."
    elif config.freeze_encoder:
        encoder = " The encoder is random and frozen: a control."
    return (
        f"Trained on {few}{origin}, scene{'s' * (len(used) > 1)} {scenes}"
        f"{farmland if config.augmentation.paste else ''}. Held out: {held}, with "
        f"{config.guard} unused tile row(s) on either side.{encoder}"
    )


def _scenes(state: dict[str, Any]) -> set[str]:
    """Numbers of the scenes that a network was trained on."""
    repeat = from_values(Config, state["config"]).repeat
    return {scene for scene in state["statistics"] if repeat.get(scene, 1)}


def _origin(source: Source) -> str:
    if source.kind == "stack":
        return f"the labelled stack {Path(source.path).name}"
    return "the Landslide4Sense training patches"


def export_checkpoint(
    state: dict[str, Any],
    path: Path,
    version: str,
    accuracy: tuple[Accuracy, ...],
    storage: str = "float16",
    description: str = "",
) -> float:
    """`export` of a checkpoint with its card, whichever normalisation it was trained with.

    The model is called as its file. A description replaces the recipe's.
    """
    card = card_from_checkpoint(state, version, accuracy)
    card = replace(card, name=path.stem, description=description or card.description)
    statistics = None
    if card.normalisation == "fixed":  # every scene has the same
        mean, std = next(iter(state["statistics"].values()))
        statistics = np.array(mean, np.float32), np.array(std, np.float32)
    return export(network_from_checkpoint(state), card, path, storage, statistics)


def export(
    network: nn.Module,
    card: ModelCard,
    path: Path,
    storage: str = "float16",
    statistics: tuple[np.ndarray, np.ndarray] | None = None,
) -> float:
    """Write the file, check it, compare it with the network, and only then put it in place.

    Args:
        network: Normalised bands [N, C, H, W] -> logits [N, 1, H, W]; in evaluation mode.
        card: What the file says about itself.
        path: Target, ending in ``.onnx``.
        storage: ``float16`` halves the file; the graph computes in float32 either way.
        statistics: Mean [C] and std [C] that the graph holds, for normalisation ``fixed``.

    Returns:
        Largest difference of a probability between torch and the file.

    Raises:
        ModelError: The card is wrong, or the file and the network disagree.
    """
    import onnx

    network = network.eval()
    if (statistics is None) != (card.normalisation == "scene"):
        raise ModelError(
            f"Normalisation '{card.normalisation}' {'takes no' if statistics else 'needs'} "
            "statistics in the graph."
        )
    card_from_metadata({METADATA_KEY: card.to_json()}, path.name)  # refuses a wrong card early
    constants = [torch.as_tensor(s, dtype=torch.float32) for s in statistics or ()]
    model = PhysicalModel(copy.deepcopy(network), *constants, bands=card.bands).eval()
    model = model.to(memory_format=torch.contiguous_format)
    beside = path.with_suffix(".part.onnx")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _trace(model, len(card.bands), card.normalisation == "scene", beside)
        graph = onnx.load(beside)
        if storage == "float16":
            store_as_float16(graph)
        del graph.metadata_props[:]
        graph.metadata_props.add(key=METADATA_KEY, value=card.to_json())
        graph.doc_string = card.description
        onnx.checker.check_model(graph, full_check=True)
        onnx.save(graph, beside)
        difference = parity(model, beside, card)
        if not difference <= TOLERANCE[storage]:
            raise ModelError(
                f"{path.name} and the network differ by {difference:.2g} in probability, allowed "
                f"is {TOLERANCE[storage]:g} with {storage} weights. Nothing was written."
            )
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return difference


def _trace(model: nn.Module, bands: int, scene: bool, path: Path) -> None:
    inputs = (torch.zeros(2, bands, PATCH, PATCH),)
    names = ["stack"]
    if scene:
        inputs += (torch.zeros(bands), torch.ones(bands))
        names += ["mean", "std"]
    free = {0: "N", 2: "H", 3: "W"}
    with warnings.catch_warnings():
        # The TorchScript exporter announces its successor, which needs one more package.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            inputs,
            str(path),
            input_names=names,
            output_names=["probability"],
            dynamic_axes={"stack": free, "probability": free},
            opset_version=OPSET,
            dynamo=False,
        )


def store_as_float16(graph: Any) -> None:
    """Store large convolution weights in half the space, each behind a Cast to float32.

    onnxruntime folds the casts when it loads the file, so that speed and arithmetic stay those of
    float32. Small ones stay as they are, and vectors (biases, BatchNorm): those of depthwise
    convolutions, into which BatchNorm is folded, have a range that float16 rounds too coarsely.
    """
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in graph.graph.initializer:
        small = len(tensor.dims) < 4 or math.prod(tensor.dims) < SMALL_WEIGHTS
        if tensor.data_type != TensorProto.FLOAT or small:
            continue
        name = tensor.name
        half = numpy_helper.to_array(tensor).astype(np.float16)
        tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.float16"))
        casts.append(helper.make_node("Cast", [f"{name}.float16"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.graph.node]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)


@torch.inference_mode()
def parity(model: nn.Module, path: Path, card: ModelCard) -> float:
    """Largest difference of a probability between torch and onnxruntime, over `PARITY_SHAPES`."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    bands, worst = len(card.bands), 0.0
    for count, height, width in PARITY_SHAPES:
        # Smooth patterns of reflectance: white noise would leave most units of a network idle.
        coarse = rng.normal(size=(count, bands, height // 8 + 2, width // 8 + 2))
        smooth = np.kron(coarse, np.ones((8, 8)))[..., :height, :width]
        stack = (800 + 250 * smooth + 30 * rng.normal(size=smooth.shape)).astype(np.float32)
        feed = {"stack": stack}
        if card.normalisation == "scene":
            feed["mean"] = rng.uniform(600, 1000, bands).astype(np.float32)
            feed["std"] = rng.uniform(150, 400, bands).astype(np.float32)
        ours = model(*(torch.from_numpy(value) for value in feed.values())).numpy()
        theirs = session.run(["probability"], feed)[0]
        if theirs.shape != (count, 1, height, width):
            raise ModelError(
                f"{path.name} answered {theirs.shape} to a stack of {stack.shape}: the size is "
                "fixed somewhere in the graph."
            )
        worst = max(worst, float(np.abs(ours - theirs).max()))
    return worst


def read_card(path: Path) -> ModelCard:
    """The card inside a file on disk."""
    import onnx

    graph = onnx.load(path, load_external_data=False)
    return card_from_metadata({p.key: p.value for p in graph.metadata_props}, path.name)


def rewrite_card(path: Path, **changes: Any) -> None:
    """Change fields of the card of an existing file, such as its accuracy; the weights stay."""
    import onnx

    card = replace(read_card(path), **changes)
    card_from_metadata({METADATA_KEY: card.to_json()}, path.name)
    graph = onnx.load(path)
    for prop in graph.metadata_props:
        if prop.key == METADATA_KEY:
            prop.value = card.to_json()
    beside = path.with_suffix(".part.onnx")
    onnx.save(graph, beside)
    os.replace(beside, path)
