"""What a model's graph looks like from behind: its feature maps, and a new last layer.

Any model that Landslip exported can be adapted, because the feature maps are found in its graph and
need no output of their own in its file: a detection costs what it did, and older files serve too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.dependencies import require
from ..common.errors import DependencyError, ModelError

#: Factors by which feature maps may be smaller than the image. Deeper ones describe a whole
#: neighbourhood, and few labels do not tell its hundreds of channels apart.
SCALES = (1, 2, 4, 8)
#: What an added layer's nodes are called, with its number.
_ADDED = "adapted_{}/"
_SUM = re.compile(r"^adapted_(\d+)/sum$")
_UPSAMPLING = ("Resize", "ConvTranspose", "Upsample")


@dataclass(frozen=True)
class Ending:
    """How a graph ends: ``probability = sigmoid(slope * head + offset)``, perhaps cropped.

    Attributes:
        head: Name of the tensor [N, 1, H, W] that the last convolution gives, before calibration.
        slope: Factor of the calibration.
        offset: Its offset.
        maps: Names of the feature maps [N, K, H/s, W/s], the finest first.
        added: How many layers were added before.
    """

    head: str
    slope: float
    offset: float
    maps: tuple[str, ...]
    added: int


class Graph:
    """An ONNX graph that is read, and may be changed.

    Args:
        path: The file.

    Raises:
        DependencyError: The package onnx is not installed.
        ModelError: It is no ONNX file, or does not end as a segmentation network does.
    """

    def __init__(self, path: str) -> None:
        onnx = _onnx()
        try:
            self.model = onnx.load(path, load_external_data=False)
        except Exception as err:
            raise ModelError(
                f"{path} cannot be read as an ONNX model ({type(err).__name__}). Copy or export it "
                "again."
            ) from err
        self._path = path
        self._read()
        self.ending = self._ending()

    def _read(self) -> None:
        nodes = self.model.graph.node
        self._maker = {name: node for node in nodes for name in node.output}
        to_array = require("onnx.numpy_helper", "onnx").to_array
        self._values = {item.name: to_array(item) for item in self.model.graph.initializer}
        for node in nodes:
            if node.op_type == "Constant":
                self._values[node.output[0]] = to_array(node.attribute[0].t)

    def _ending(self) -> Ending:
        node = self._maker.get("probability")
        if node is None or node.op_type != "Sigmoid":
            raise self._unfit("its output 'probability' does not come from a sigmoid")
        name, slope, offset = node.input[0], 1.0, 0.0
        while True:
            node = self._maker.get(name)
            if node is None:
                raise self._unfit("no convolution stands before its sigmoid")
            if node.op_type == "Conv" or _SUM.match(node.name):
                break
            kind, factor = node.op_type, self._scalar(node)
            if kind == "Mul" and factor is not None:
                slope *= factor
            elif kind == "Add" and factor is not None:
                offset += slope * factor
            elif kind not in ("Slice", "Identity"):
                raise self._unfit(f"between its last convolution and its sigmoid is a {kind}")
            name = next(each for each in node.input if each not in self._values)
        head, added = name, 0
        while match := _SUM.match(node.name):
            added = max(added, int(match[1]))
            while node.op_type == "Add":
                node = self._maker[node.input[0]]
            node = self._maker[node.input[0]]  # what the added layer scales
        return Ending(head, slope, offset, (node.input[0], *self._coarse(node.input[0])), added)

    def _scalar(self, node: Any) -> float | None:
        """The one number that a node multiplies by or adds; None where there is none."""
        known = [self._values[name] for name in node.input if name in self._values]
        return float(known[0].ravel()[0]) if len(known) == 1 and known[0].size == 1 else None

    def _coarse(self, start: str) -> list[str]:
        """What is upsampled on the way to a tensor, the nearest first."""
        found, queue, seen = [], [start], set()
        while queue:
            name = queue.pop(0)
            node = self._maker.get(name)
            if node is None or name in seen:
                continue
            seen.add(name)
            if node.op_type in _UPSAMPLING:
                found.append(self._before_reduction(node.input[0]))
            queue += [each for each in node.input if each not in self._values]
        return list(dict.fromkeys(found))

    def _before_reduction(self, name: str) -> str:
        """The map before its channels were reduced for upsampling, which holds more."""
        node = self._maker.get(name)
        while node is not None and node.op_type in ("Relu", "Clip"):
            node = self._maker.get(node.input[0])
        if node is not None and node.op_type == "Conv":
            kernel = self._values.get(node.input[1])
            shape = kernel.shape if kernel is not None else self._stored_shape(node.input[1])
            if tuple(shape[2:]) == (1, 1):
                return str(node.input[0])
        return name

    def _stored_shape(self, name: str) -> tuple[int, ...]:
        """Shape of a weight that is stored as float16 behind a Cast."""
        node = self._maker.get(name)
        return self._values[node.input[0]].shape if node and node.input[0] in self._values else ()

    def _unfit(self, why: str) -> ModelError:
        return ModelError(
            f"{self._path} cannot be adapted: {why}. Choose a single network, such as the shipped "
            "models; an enlarging one or an ensemble is not supported."
        )

    def with_outputs(self, names: Sequence[str]) -> bytes:
        """The file's bytes with more tensors as outputs; the graph itself stays as it is."""
        onnx = require("onnx")
        copy = onnx.ModelProto()
        copy.CopyFrom(self.model)
        there = {item.name for item in copy.graph.output}
        for name in names:
            if name not in there:
                info = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
                copy.graph.output.append(info)
        return bytes(copy.SerializeToString())

    def add_layer(self, layer: Layer) -> None:
        """Make the graph say ``sigmoid(layer.factor * old + layer.shift + sum of maps * weights)``.

        ``old`` is the logit of the probability that it gave so far. Maps are brought to the head's
        size by bilinear interpolation, after their channels have become one.
        """
        helper = require("onnx.helper", "onnx")
        ending, prefix = self.ending, _ADDED.format(self.ending.added + 1)
        maker = self._maker[ending.head]
        place = list(self.model.graph.node).index(maker) + 1
        before = f"{prefix}before"
        maker.output[list(maker.output).index(ending.head)] = before
        # slope * new + offset = factor * (slope * old + offset) + shift + sides
        shift = (layer.factor - 1) * ending.offset / ending.slope + layer.shift / ending.slope
        factor = self._number(f"{prefix}factor", layer.factor)
        nodes = [helper.make_node("Mul", [before, factor], [f"{prefix}scaled"])]
        terms = [self._number(f"{prefix}shift", shift)]
        for number, (name, weights) in enumerate(layer.sides):
            side = self._weights(f"{prefix}weights_{number}", weights / ending.slope)
            out, size, large = (f"{prefix}{part}_{number}" for part in ("side", "size", "large"))
            nodes.append(helper.make_node("Conv", [name, side], [out]))
            nodes.append(helper.make_node("Shape", [before], [size]))
            nodes.append(
                helper.make_node(
                    "Resize",
                    [out, "", "", size],
                    [large],
                    mode="linear",
                    coordinate_transformation_mode="half_pixel",
                )
            )
            terms.append(large)
        total = f"{prefix}scaled"
        for number, term in enumerate(terms):
            last = number == len(terms) - 1
            result = ending.head if last else f"{prefix}sum_{number}"
            # The name marks the last sum, where the next layer begins.
            name = f"{prefix}sum" if last else ""
            nodes.append(helper.make_node("Add", [total, term], [result], name=name))
            total = result
        for number, node in enumerate(nodes):
            self.model.graph.node.insert(place + number, node)
        self._read()

    def _number(self, name: str, value: float) -> str:
        return self._initializer(name, np.array(value, np.float32))

    def _weights(self, name: str, weights: np.ndarray) -> str:
        return self._initializer(name, weights.astype(np.float32).reshape(1, -1, 1, 1))

    def _initializer(self, name: str, value: np.ndarray) -> str:
        from_array = require("onnx.numpy_helper", "onnx").from_array
        self.model.graph.initializer.append(from_array(value, name))
        return name

    def content(self) -> bytes:
        """The file's bytes, with the card that it had."""
        return bytes(self.model.SerializeToString())


def _onnx() -> Any:
    try:
        return require("onnx")
    except DependencyError as err:
        raise DependencyError(
            "onnx",
            f"{err.reason}; 'Check and set up' installs it where 'what adapting models needs' is "
            "ticked, too",
            err.outdated,
        ) from err


@dataclass(frozen=True)
class Layer:
    """A last layer on top of the old one.

    Attributes:
        factor: Of the old logit.
        shift: Added to it.
        sides: Names of feature maps, and weights [K] of each one's channels.
    """

    factor: float
    shift: float
    sides: tuple[tuple[str, np.ndarray], ...] = ()
