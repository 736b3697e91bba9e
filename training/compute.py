"""What computes: the processor or a graphics card, in bfloat16 where it has that."""

from __future__ import annotations

import torch
from torch import Tensor

from ..engine.adaptation.choices import TRAINING_DEVICES as DEVICES
from ..engine.common.errors import DeviceError


def device_of(name: str) -> torch.device:
    """The device of that name; ``auto`` is the CUDA graphics card where there is one.

    Raises:
        DeviceError: Unknown, or a graphics card that is not there.
    """
    if name not in DEVICES:
        raise DeviceError(f"Unknown device '{name}'. Choose {', '.join(DEVICES)}.")
    if name == "cuda" and not torch.cuda.is_available():
        raise DeviceError(
            "PyTorch finds no CUDA graphics card. Install a CUDA build of PyTorch and the "
            "driver, or choose the device cpu."
        )
    if name == "mps":
        if not torch.backends.mps.is_available():
            raise DeviceError("PyTorch finds no graphics card of Apple's. Choose the device cpu.")
        return torch.device("mps")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def has_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 natively (on processors AMX or AVX512-BF16)."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    capability = torch.backends.cpu.get_cpu_capability()
    ask = (
        getattr(torch.cpu, f"_is_{name}_supported", None) for name in ("amx_tile", "avx512_bf16")
    )
    return "AVX512" in capability and any(f is not None and f() for f in ask)


def autocast(device: torch.device) -> torch.autocast:
    """bfloat16 where the device has it, else float32: up to 6 times faster."""
    return torch.autocast(device.type, torch.bfloat16, enabled=has_bf16(device))


def to_device(image: Tensor, device: torch.device) -> Tensor:
    """Images [N, C, H, W] on the device, in the memory layout that convolutions are fastest in."""
    return image.to(device, memory_format=torch.channels_last, non_blocking=True)


def precision_name(device: torch.device) -> str:
    """What a run computes with, for its first line."""
    return f"{'bfloat16' if has_bf16(device) else 'float32'} on {device.type}"
