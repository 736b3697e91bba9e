"""A network made of an ONNX file's own graph, to be trained on, and put back into the same file.

So any model can be adapted, not only those whose recipe is at hand. Everything of the file but the
numbers of its weights stays as it was. Arithmetic on shapes runs in PyTorch too, on the processor.
The definitions of operations are those of https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..engine.common.dependencies import require
from ..engine.common.errors import ModelError
from .onnx_operations import OPERATIONS, Unsupported

#: Inputs of an operation that are weights, by their place. Normalisation stays as it is.
WEIGHTS = {
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "Gemm": (1, 2),
    "MatMul": (0, 1),
    "PRelu": (1,),
}
#: Operations whose results have the resolution of a level of the network.
CONVOLUTIONS = ("Conv", "ConvTranspose")
#: Parts of a name that tell what a weight belongs to; else its place before or behind the deepest
#: level does.
ENCODER, DECODER = re.compile(r"encoder\b"), re.compile(r"(decoder|reduce|head)\b")
#: Side of the image on which levels are told apart, pixels.
SIDE = 128
#: Probabilities nearer to 0 or 1 have no logit of use.
EDGE = 1e-6


@dataclass(frozen=True)
class Node:
    """An operation of the graph.

    Attributes:
        kind: Which.
        name: Its name, such as ``/encoder/stem/Conv``.
        inputs: Names of values; empty for one that was left out.
        output: Name of its result.
        attributes: Its settings.
        done_with: Names of values that nothing needs after it.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Any]
    done_with: tuple[str, ...] = ()


class OnnxNetwork(nn.Module):
    """The graph of an ONNX file with inputs ``stack`` and perhaps ``mean`` and ``std``.

    Args:
        path: The file.

    Raises:
        ModelError: It is no such model, or has an operation that is not known here.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.file = path.name
        self.proto = _loaded(path)
        graph = self.proto.graph
        self.inputs = [item.name for item in graph.input]
        if "stack" not in self.inputs or "probability" not in {o.name for o in graph.output}:
            raise ModelError(
                f"{self.file} has inputs {', '.join(self.inputs)}; expected a model of Landslip, "
                "with the input stack and the output probability."
            )
        kinds = {".".join(filter(None, (node.domain, node.op_type))) for node in graph.node}
        unknown = sorted(kinds - set(OPERATIONS) - {"Constant"})
        if unknown:
            raise ModelError(
                f"{self.file} has operations that cannot be trained here: {', '.join(unknown)}. "
                "Use METHOD=quick, which leaves them as they are, or another model."
            )
        self._origin, stored = _stored(graph)
        trained = _weight_names(graph, self._origin)
        self.names = [name for name in stored if name in trained]
        self.weights = nn.ParameterList(
            torch.from_numpy(stored[name].astype(np.float32)) for name in self.names
        )
        self._places = {name: place for place, name in enumerate(self.names)}
        self._whole: dict[str, Tensor] = {}
        self._buffers_of: dict[str, str] = {}
        for name, value in stored.items():
            if name not in trained:
                self._keep(name, torch.from_numpy(np.array(value)))
        self._nodes = self._folded(graph)
        self._paths: dict[str, list[Node]] = {}
        self._divide()

    # --- what is computed ------------------------------------------------------------------------

    def forward(
        self, stack: Tensor, mean: Tensor | None = None, std: Tensor | None = None
    ) -> Tensor:
        """Physical units [N, C, H, W] -> landslide probability [N, 1, H, W]."""
        return self.value("probability", stack, mean, std)

    def logits(
        self, stack: Tensor, mean: Tensor | None = None, std: Tensor | None = None
    ) -> Tensor:
        """The same before the sigmoid."""
        by_output = {node.output: node for node in self._nodes}
        node = by_output["probability"]
        while node.kind == "Identity":
            node = by_output[node.inputs[0]]
        if node.kind == "Sigmoid":
            return self.value(node.inputs[0], stack, mean, std)
        return torch.logit(self(stack, mean, std).float().clamp(EDGE, 1 - EDGE))

    def deepest(
        self, stack: Tensor, mean: Tensor | None = None, std: Tensor | None = None
    ) -> Tensor:
        """What the encoder makes of an image at its deepest level [N, K, h, w]."""
        return self.value(self.bottleneck, stack, mean, std)

    def value(
        self, name: str, stack: Tensor, mean: Tensor | None = None, std: Tensor | None = None
    ) -> Tensor:
        """Any value of the graph by its name."""
        given = {"stack": stack, "mean": mean, "std": std}
        missing = [key for key in self.inputs if given.get(key) is None]
        if missing:
            raise ModelError(f"{self.file} also reads {', '.join(missing)}, which was not given.")
        return self._run(name, {key: given[key] for key in self.inputs})

    def _run(
        self, name: str, values: dict[str, Any], seen: Callable[[Node, Tensor], None] | None = None
    ) -> Tensor:
        """Compute a value of the graph from its inputs; tell what was seen on the way."""
        path = self._path(name)
        for node in path:
            arguments = [self._known(each, values) for each in node.inputs]
            result = self._computed(node, arguments)
            values[node.output] = result
            if seen:
                seen(node, result)
            for each in node.done_with:
                values.pop(each, None)
        return values[name]

    def _known(self, name: str, values: dict[str, Any]) -> Tensor | None:
        """A value by its name; None for an input that was left out."""
        if not name:
            return None
        if name in values:
            return values[name]
        origin = self._origin.get(name, name)
        if origin in self._whole:
            return self._whole[origin]
        if origin in self._buffers_of:
            return getattr(self, self._buffers_of[origin])
        return self.weights[self._places[origin]]

    def _computed(self, node: Node, arguments: list[Tensor | None]) -> Tensor:
        try:
            return OPERATIONS[node.kind](arguments, node.attributes)
        except Unsupported as err:
            raise ModelError(
                f"{self.file} uses the operation {node.kind} in a way that cannot be trained here "
                f"({err}). Use METHOD=quick, which leaves it as it is, or another model."
            ) from err

    def _path(self, name: str) -> list[Node]:
        """The nodes that a value needs, in order, each with what nobody asks for after it."""
        if name not in self._paths:
            needed, chosen = {name}, []
            for node in reversed(self._nodes):
                if node.output in needed:
                    done = {each for each in node.inputs if each and each not in needed}
                    chosen.append(replace(node, done_with=tuple(done)))
                    needed.update(node.inputs)
            self._paths[name] = chosen[::-1]
        return self._paths[name]

    # --- how it is made --------------------------------------------------------------------------

    def _keep(self, name: str, value: Tensor) -> None:
        """Keep a constant: whole numbers, which are shapes, stay on the processor."""
        if value.is_floating_point() or value.dtype == torch.bool:
            self._buffers_of[name] = f"constant_{len(self._buffers_of)}"
            half = value.dtype in (torch.float16, torch.bfloat16)
            self.register_buffer(self._buffers_of[name], value.float() if half else value)
        else:
            self._whole[name] = value

    @torch.no_grad()
    def _folded(self, graph: Any) -> list[Node]:
        """The nodes that are not known before the image is; what is known is kept."""
        left = []
        for item in graph.node:
            if item.op_type == "Constant" or self._origin.get(item.output[0]) in self._places:
                continue  # a constant, or a weight in another format
            node = Node(
                item.op_type, item.name, tuple(item.input), item.output[0], _attributes(item)
            )
            if all(self._is_constant(name) for name in node.inputs):
                arguments = [self._known(name, {}) for name in node.inputs]
                self._keep(node.output, self._computed(node, arguments))
            else:
                left.append(node)
        return left

    def _is_constant(self, name: str) -> bool:
        origin = self._origin.get(name, name)
        return not name or origin in self._whole or origin in self._buffers_of

    # --- encoder and decoder ---------------------------------------------------------------------

    @torch.no_grad()
    def _divide(self) -> None:
        """Tell the weights of the decoder from those of the encoder, and find the deepest level."""
        sizes: dict[str, int] = {}

        def seen(node: Node, result: Tensor) -> None:
            if node.kind in CONVOLUTIONS and result.ndim == 4:
                sizes[node.output] = result.shape[-1] * result.shape[-2]

        bands = self.bands
        image = torch.zeros(1, bands, SIDE, SIDE)
        given = {"stack": image, "mean": torch.zeros(bands), "std": torch.ones(bands)}
        self._run("probability", {key: given[key] for key in self.inputs}, seen)
        path = self._path("probability")
        least = min((size for size in sizes.values() if size > 1), default=0)
        deep = [node for node in path if sizes.get(node.output) == least]
        last = _last(deep, path, self._part)
        behind = _reached(path, {node.output for node in last})
        self.bottleneck = _activated(last[-1], path) if last else "probability"
        self.decoder = {
            self._origin[name]
            for node in path
            if (self._part(node) or ("decoder" if set(node.inputs) & behind else "")) == "decoder"
            for name in node.inputs
            if self._origin.get(name) in self._places
        }

    @staticmethod
    def _part(node: Node) -> str:
        """What the name of a node says it belongs to; empty where it says nothing."""
        if ENCODER.search(node.name):
            return "encoder"
        return "decoder" if DECODER.search(node.name) else ""

    @property
    def bands(self) -> int:
        """Channels of the stack."""
        (item,) = [item for item in self.proto.graph.input if item.name == "stack"]
        return item.type.tensor_type.shape.dim[1].dim_value or self._first_channels()

    def _first_channels(self) -> int:
        """Channels of the first weights with four axes, where the input does not say."""
        return next(int(weight.shape[1]) for weight in self.weights if weight.ndim == 4)

    def parts(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """The weights of the encoder, and those of the decoder."""
        pairs = list(zip(self.names, self.weights))
        return (
            [weight for name, weight in pairs if name not in self.decoder],
            [weight for name, weight in pairs if name in self.decoder],
        )

    # --- back into the file ----------------------------------------------------------------------

    def to_bytes(self) -> bytes:
        """The file with the weights as they are now; nothing else of it has changed.

        Raises:
            ModelError: A weight is no number.
        """
        onnx = require("onnx")
        proto = onnx.ModelProto()
        proto.CopyFrom(self.proto)
        values = dict(zip(self.names, self.weights))
        for tensor in proto.graph.initializer:
            if tensor.name in values:
                _replace(tensor, values[tensor.name].detach().cpu().numpy(), self.file)
        return proto.SerializeToString()


def _loaded(path: Path) -> Any:
    onnx = require("onnx")
    from google.protobuf.message import DecodeError  # which comes with onnx

    try:
        return onnx.load(path)
    except (DecodeError, OSError) as err:
        raise ModelError(
            f"{path} cannot be opened as an ONNX model ({err}). Copy or download it again."
        ) from err


def _attributes(node: Any) -> dict[str, Any]:
    helper, numpy_helper = require("onnx.helper"), require("onnx.numpy_helper")
    found = {item.name: helper.get_attribute_value(item) for item in node.attribute}
    return {
        name: value.decode()
        if isinstance(value, bytes)
        else torch.from_numpy(np.array(numpy_helper.to_array(value)))
        if hasattr(value, "raw_data")
        else value
        for name, value in found.items()
    }


def _stored(graph: Any) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """For names of values those of the tensors that they are stored as; and these tensors."""
    numpy_helper = require("onnx.numpy_helper")
    stored = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            stored[node.output[0]] = _constant(node)
    origin = {name: name for name in stored}
    for node in graph.node:
        source = origin.get(node.input[0], "") if node.input else ""
        floating = source and np.issubdtype(stored[source].dtype, np.floating)
        as_float = node.op_type == "Cast" and _attributes(node)["to"] == 1
        if floating and (node.op_type == "Identity" or as_float):
            origin[node.output[0]] = source
    return origin, stored


def _constant(node: Any) -> np.ndarray:
    """A constant: a tensor, or a plain number or list of them."""
    ((name, value),) = _attributes(node).items()
    if isinstance(value, Tensor):
        return value.numpy()
    return np.array(value, np.float32 if name.startswith("value_float") else np.int64)


def _weight_names(graph: Any, origin: dict[str, str]) -> set[str]:
    """Names of the initialisers that operations use as weights.

    What is a constant of the graph, such as the filter of an antialiased step, is none.
    """
    initialisers = {tensor.name for tensor in graph.initializer}
    return initialisers & {
        origin[node.input[place]]
        for node in graph.node
        for place in WEIGHTS.get(node.op_type, ())
        if place < len(node.input) and node.input[place] in origin
    }


def _last(deep: list[Node], path: list[Node], part: Callable[[Node], str]) -> list[Node]:
    """Of the convolutions at the deepest level, those that lead to no other there.

    Those that are the decoder's by name do not count, unless all are.
    """
    deep = [node for node in deep if part(node) != "decoder"] or deep
    inputs = {name for node in deep for name in node.inputs}
    return [node for node in deep if not inputs & _reached(path, {node.output})]


def _reached(path: list[Node], names: set[str]) -> set[str]:
    """Names of all values that some of these values have a part in, and these."""
    reached = set(names)
    for node in path:
        if reached.intersection(node.inputs):
            reached.add(node.output)
    return reached


def _activated(node: Node, path: list[Node]) -> str:
    """Name of a convolution's result behind its normalisation, activation and shortcut."""
    name = node.output
    while True:
        users = [other for other in path if name in other.inputs]
        kinds = ("BatchNormalization", "Relu", "Clip", "Add", "Elu", "Identity")
        if len(users) != 1 or users[0].kind not in kinds:
            return name
        name = users[0].output


def _replace(tensor: Any, value: np.ndarray, file: str) -> None:
    """Put other numbers of the same kind into a stored tensor."""
    numpy_helper = require("onnx.numpy_helper")
    kind = numpy_helper.to_array(tensor).dtype
    if not np.isfinite(value).all():
        raise ModelError(
            f"A weight of {file} ({tensor.name}) became no number in training. Lower the learning "
            "rate."
        )
    if kind == np.float16:
        value = value.clip(np.finfo(kind).min, np.finfo(kind).max)
    tensor.CopyFrom(numpy_helper.from_array(value.astype(kind), tensor.name))
