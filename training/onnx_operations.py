"""The operations of ONNX graphs in PyTorch: what exported convolutional networks are made of.

Each takes its inputs, None for one that was left out, and its attributes, and gives its first
output. Whole numbers are shapes and indices and lie on the processor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own custom
from torch import Tensor

Inputs = Sequence[Any]
Attributes = dict[str, Any]

#: By ONNX's number of a type.
TYPES = {
    1: torch.float32,
    2: torch.uint8,
    3: torch.int8,
    6: torch.int32,
    7: torch.int64,
    9: torch.bool,
    10: torch.float32,  # half precision: a matter of storage, computed in float32
    11: torch.float64,
    16: torch.float32,
}


class Unsupported(Exception):  # noqa: N818 - says what is not supported
    """An operation is used in a way that is not known here."""


def _plain(function: Callable[..., Tensor]) -> Callable[[Inputs, Attributes], Tensor]:
    """An operation without settings."""
    return lambda inputs, _: function(*inputs)


def _pair(function: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Inputs, Attributes], Tensor]:
    """An operation on two values, of which a shape may lie on another device."""

    def run(inputs: Inputs, _: Attributes) -> Tensor:
        return function(*_together(*inputs))

    return run


def _together(*values: Tensor) -> tuple[Tensor, ...]:
    device = next((each.device for each in values if each.device.type != "cpu"), None)
    return tuple(each.to(device) for each in values) if device else values


def _whole(value: Tensor) -> list[int]:
    return [int(each) for each in value.reshape(-1).tolist()]


def _divide(a: Tensor, b: Tensor) -> Tensor:
    return a / b if a.is_floating_point() else torch.div(a, b, rounding_mode="trunc")


def _mod(inputs: Inputs, attributes: Attributes) -> Tensor:
    return (torch.fmod if attributes.get("fmod") else torch.remainder)(*inputs)


# --- layers --------------------------------------------------------------------------------------


def _padding(attributes: Attributes, axes: int) -> tuple[list[int], list[int]]:
    """Pixels before and behind each axis."""
    if attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise Unsupported(f"auto_pad {attributes['auto_pad']}")
    pads = list(attributes.get("pads", [0] * (2 * axes)))
    return pads[:axes], pads[axes:]


def _padded(x: Tensor, attributes: Attributes, value: float) -> tuple[Tensor, list[int]]:
    """The image padded as far as the layer cannot do that itself, and what is left to it."""
    before, behind = _padding(attributes, x.ndim - 2)
    if before == behind:
        return x, before
    around = [each for pair in zip(before[::-1], behind[::-1]) for each in pair]
    return F.pad(x, around, value=value), [0] * len(before)


def _convolution(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, weight, bias = [*inputs, None][:3]
    if weight.ndim != 4:
        raise Unsupported(f"{weight.ndim - 2} axes")
    x, padding = _padded(x, attributes, 0.0)
    return F.conv2d(
        x,
        weight,
        bias,
        attributes.get("strides", 1),
        padding,
        attributes.get("dilations", 1),
        attributes.get("group", 1),
    )


def _transposed(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, weight, bias = [*inputs, None][:3]
    before, behind = _padding(attributes, x.ndim - 2)
    if weight.ndim != 4 or before != behind or "output_shape" in attributes:
        raise Unsupported("uneven padding, or another number of axes than two")
    return F.conv_transpose2d(
        x,
        weight,
        bias,
        attributes.get("strides", 1),
        before,
        attributes.get("output_padding", 0),
        attributes.get("group", 1),
        attributes.get("dilations", 1),
    )


def _normalised(inputs: Inputs, attributes: Attributes) -> Tensor:
    # A file may store numbers once that are statistics here and weights elsewhere.
    x, scale, bias, mean, variance = (
        each.detach() if place else each for place, each in enumerate(inputs)
    )
    return F.batch_norm(x, mean, variance, scale, bias, eps=attributes.get("epsilon", 1e-5))


def _instance_normalised(inputs: Inputs, attributes: Attributes) -> Tensor:
    return F.instance_norm(
        *inputs[:1], None, None, *inputs[1:], eps=attributes.get("epsilon", 1e-5)
    )


def _layer_normalised(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, scale, bias = [*inputs, None][:3]
    shape = x.shape[attributes.get("axis", -1) :]
    return F.layer_norm(x, shape, scale, bias, attributes.get("epsilon", 1e-5))


def _matrix(inputs: Inputs, attributes: Attributes) -> Tensor:
    a, b, c = [*inputs, None][:3]
    a = a.T if attributes.get("transA") else a
    b = b.T if attributes.get("transB") else b
    product = attributes.get("alpha", 1.0) * (a @ b)
    return product if c is None else product + attributes.get("beta", 1.0) * c


def _largest(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, padding = _padded(inputs[0], attributes, -torch.inf)
    settings = attributes.get("strides", 1), padding, attributes.get("dilations", 1)
    return F.max_pool2d(x, attributes["kernel_shape"], *settings, bool(attributes.get("ceil_mode")))


def _average(inputs: Inputs, attributes: Attributes) -> Tensor:
    counted = bool(attributes.get("count_include_pad"))
    before, behind = _padding(attributes, 2)
    if before != behind and not counted:
        raise Unsupported("uneven padding that does not count")
    x, padding = _padded(inputs[0], attributes, 0.0)
    stride, ceil = attributes.get("strides", 1), bool(attributes.get("ceil_mode"))
    return F.avg_pool2d(x, attributes["kernel_shape"], stride, padding, ceil, counted)


def _reduced(function: Callable[..., Tensor]) -> Callable[[Inputs, Attributes], Tensor]:
    """Over some axes, which are an attribute or an input, by the version of ONNX."""

    def run(inputs: Inputs, attributes: Attributes) -> Tensor:
        given = _whole(inputs[1]) if len(inputs) > 1 and inputs[1] is not None else None
        axes = attributes.get("axes", given)
        if not axes and attributes.get("noop_with_empty_axes"):
            return inputs[0]
        axes = tuple(axes or range(inputs[0].ndim))
        return function(inputs[0], axes, bool(attributes.get("keepdims", 1)))

    return run


def _softmax(inputs: Inputs, attributes: Attributes) -> Tensor:
    return torch.softmax(inputs[0], attributes.get("axis", -1))


def _clip(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, low, high = [*inputs, None, None][:3]
    low = attributes.get("min") if low is None else low.to(x.device)
    high = attributes.get("max") if high is None else high.to(x.device)
    return x if low is None and high is None else torch.clamp(x, low, high)


def _elu(inputs: Inputs, attributes: Attributes) -> Tensor:
    return F.elu(inputs[0], attributes.get("alpha", 1.0))


def _leaky(inputs: Inputs, attributes: Attributes) -> Tensor:
    return F.leaky_relu(inputs[0], attributes.get("alpha", 0.01))


def _hard_sigmoid(inputs: Inputs, attributes: Attributes) -> Tensor:
    x = attributes.get("alpha", 0.2) * inputs[0] + attributes.get("beta", 0.5)
    return x.clamp(0, 1)


def _gelu(inputs: Inputs, attributes: Attributes) -> Tensor:
    return F.gelu(inputs[0], approximate=attributes.get("approximate", "none"))


def _prelu(x: Tensor, slope: Tensor) -> Tensor:
    return torch.where(x < 0, slope * x, x)


# --- sizes ---------------------------------------------------------------------------------------

_PAD_MODES = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}


def _pad(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, pads, value = [*inputs, None][:3]
    if len(inputs) > 3 and inputs[3] is not None:
        raise Unsupported("axes")
    mode = attributes.get("mode", "constant")
    if mode not in _PAD_MODES:
        raise Unsupported(f"mode {mode}")
    given = _whole(pads)
    axes = [axis for axis in range(x.ndim) if given[axis] or given[x.ndim + axis]]
    first = min(axes, default=x.ndim)
    # PyTorch starts at the last axis, and pads with the image's own values at most three.
    around = [
        n for axis in reversed(range(first, x.ndim)) for n in (given[axis], given[x.ndim + axis])
    ]
    if mode == "constant":
        return F.pad(x, around, value=0.0 if value is None else float(value))
    around += [0] * (4 - len(around))
    return F.pad(x, around, mode=_PAD_MODES[mode]) if any(around) else x


def _resize(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, _, scales, sizes = [*inputs, None, None, None][:4]
    mode = attributes.get("mode", "nearest")
    where = attributes.get("coordinate_transformation_mode", "half_pixel")
    if x.ndim != 4:
        raise Unsupported(f"{x.ndim} axes")
    if sizes is not None and sizes.numel():
        size = _whole(sizes)[-2:]
    else:
        factors = scales.reshape(-1).tolist()[-2:]
        size = [int(n * factor) for n, factor in zip(x.shape[-2:], factors)]
    if mode == "nearest":
        rounding = attributes.get("nearest_mode", "round_prefer_floor")
        if (where, rounding) == ("asymmetric", "floor"):
            return F.interpolate(x, size, mode="nearest")
        if where in ("half_pixel", "pytorch_half_pixel") and rounding == "round_prefer_floor":
            return _nearest(x, size)
        raise Unsupported(f"nearest, {where}, {rounding}")
    if where not in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        raise Unsupported(where)
    if mode == "cubic" and attributes.get("cubic_coeff_a", -0.75) != -0.75:
        raise Unsupported(f"cubic_coeff_a {attributes['cubic_coeff_a']}")
    names = {"linear": "bilinear", "cubic": "bicubic"}
    if mode not in names:
        raise Unsupported(f"mode {mode}")
    return F.interpolate(x, size, mode=names[mode], align_corners=where == "align_corners")


def _nearest(x: Tensor, size: list[int]) -> Tensor:
    """The pixel next to each new one's middle; of two that are as near, the former."""
    for axis, (new, old) in zip((-2, -1), zip(size, x.shape[-2:])):
        middles = (torch.arange(new, dtype=torch.float64) + 0.5) * (old / new) - 0.5
        places = torch.ceil(middles - 0.5).long().clamp(0, old - 1)
        x = x.index_select(axis, places.to(x.device))
    return x


def _slice(inputs: Inputs, _: Attributes) -> Tensor:
    x, starts, ends, axes, steps = [*inputs, None, None][:5]
    begin, end = _whole(starts), _whole(ends)
    places = _whole(axes) if axes is not None else list(range(len(begin)))
    strides = _whole(steps) if steps is not None else [1] * len(begin)
    for axis, first, stop, step in zip(places, begin, end, strides):
        size = x.shape[axis]
        if step > 0:
            x = x[(slice(None),) * (axis % x.ndim) + (slice(first, stop, step),)]
            continue
        # Backwards, which PyTorch's own slices do not go.
        chosen = range(size)[slice(first, None if stop < -size else stop, step)]
        x = x.index_select(axis, torch.tensor(list(chosen), device=x.device))
    return x


def _reshape(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, shape = inputs
    zero = not attributes.get("allowzero")
    return x.reshape([x.shape[i] if n == 0 and zero else n for i, n in enumerate(_whole(shape))])


def _flatten(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, axis = inputs[0], attributes.get("axis", 1)
    return x.reshape(int(torch.tensor(x.shape[:axis]).prod()), -1)


def _axes(inputs: Inputs, attributes: Attributes) -> list[int] | None:
    if len(inputs) > 1 and inputs[1] is not None:
        return _whole(inputs[1])
    return attributes.get("axes")


def _unsqueeze(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, axes = inputs[0], _axes(inputs, attributes) or []
    for axis in sorted(axis % (x.ndim + len(axes)) for axis in axes):
        x = x.unsqueeze(axis)
    return x


def _squeeze(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, axes = inputs[0], _axes(inputs, attributes)
    return x.squeeze() if axes is None else x.squeeze(tuple(axes))


def _shape(inputs: Inputs, attributes: Attributes) -> Tensor:
    shape = list(inputs[0].shape)
    return torch.tensor(shape[attributes.get("start", 0) : attributes.get("end")])


def _gather(inputs: Inputs, attributes: Attributes) -> Tensor:
    x, index = inputs
    axis = attributes.get("axis", 0) % x.ndim
    index = index.to(x.device) % x.shape[axis]
    taken = x.index_select(axis, index.reshape(-1))
    return taken.reshape([*x.shape[:axis], *index.shape, *x.shape[axis + 1 :]])


def _transpose(inputs: Inputs, attributes: Attributes) -> Tensor:
    x = inputs[0]
    return x.permute(attributes.get("perm", list(range(x.ndim))[::-1]))


def _expand(x: Tensor, shape: Tensor) -> Tensor:
    return x.expand(torch.broadcast_shapes(x.shape, tuple(_whole(shape))))


def _filled(inputs: Inputs, attributes: Attributes) -> Tensor:
    value = attributes.get("value", torch.zeros(1))
    return torch.full(_whole(inputs[0]), value.item(), dtype=value.dtype)


def _range(start: Tensor, stop: Tensor, step: Tensor) -> Tensor:
    return torch.arange(start.item(), stop.item(), step.item(), dtype=start.dtype)


def _cast(inputs: Inputs, attributes: Attributes) -> Tensor:
    if attributes["to"] not in TYPES:
        raise Unsupported(f"type {attributes['to']}")
    return inputs[0].to(TYPES[attributes["to"]])


def _concat(inputs: Inputs, attributes: Attributes) -> Tensor:
    return torch.cat(_together(*inputs), attributes["axis"])


#: By name: a function of inputs and attributes.
OPERATIONS: dict[str, Callable[[Inputs, Attributes], Tensor]] = {
    **{
        name: _pair(function)
        for name, function in {
            "Add": torch.add,
            "Sub": torch.sub,
            "Mul": torch.mul,
            "Div": _divide,
            "Pow": torch.pow,
            "Equal": torch.eq,
            "Greater": torch.gt,
            "GreaterOrEqual": torch.ge,
            "Less": torch.lt,
            "LessOrEqual": torch.le,
            "And": torch.logical_and,
            "Or": torch.logical_or,
            "Xor": torch.logical_xor,
            "Where": torch.where,
            "MatMul": torch.matmul,
            "PRelu": _prelu,
            "Max": lambda *values: torch.stack(torch.broadcast_tensors(*values)).amax(0),
            "Min": lambda *values: torch.stack(torch.broadcast_tensors(*values)).amin(0),
        }.items()
    },
    **{
        name: _plain(function)
        for name, function in {
            "Abs": torch.abs,
            "Ceil": torch.ceil,
            "Erf": torch.erf,
            "Exp": torch.exp,
            "Expand": _expand,
            "Floor": torch.floor,
            "GlobalAveragePool": lambda x: x.mean((2, 3), keepdim=True),
            "GlobalMaxPool": lambda x: x.amax((2, 3), keepdim=True),
            "HardSwish": F.hardswish,
            "Identity": lambda x: x,
            "Log": torch.log,
            "Neg": torch.neg,
            "Not": torch.logical_not,
            "Range": _range,
            "Reciprocal": torch.reciprocal,
            "Relu": F.relu,
            "Round": torch.round,
            "Sigmoid": torch.sigmoid,
            "Softplus": F.softplus,
            "Sqrt": torch.sqrt,
            "Tanh": torch.tanh,
        }.items()
    },
    "AveragePool": _average,
    "BatchNormalization": _normalised,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": _concat,
    "ConstantOfShape": _filled,
    "Conv": _convolution,
    "ConvTranspose": _transposed,
    "Dropout": lambda inputs, _: inputs[0],
    "Elu": _elu,
    "Flatten": _flatten,
    "Gather": _gather,
    "Gelu": _gelu,
    "Gemm": _matrix,
    "HardSigmoid": _hard_sigmoid,
    "InstanceNormalization": _instance_normalised,
    "LayerNormalization": _layer_normalised,
    "LeakyRelu": _leaky,
    "MaxPool": _largest,
    "Mod": _mod,
    "Pad": _pad,
    "ReduceMax": _reduced(torch.amax),
    "ReduceMean": _reduced(torch.mean),
    "ReduceMin": _reduced(torch.amin),
    "ReduceSum": _reduced(torch.sum),
    "Reshape": _reshape,
    "Resize": _resize,
    "Shape": _shape,
    "Slice": _slice,
    "Softmax": _softmax,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
