"""The card in a model's file, read and replaced without opening the network.

A list of models is shown before ONNX Runtime is loaded, and where it is missing. An ONNX file is a
protocol buffer: fields one after the other, each with its number and its length, so that all but
the metadata is passed over (https://protobuf.dev/programming-guides/encoding/).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Union

from ..common.errors import ModelError
from .card import METADATA_KEY, ModelCard, card_from_metadata

Content = Union[bytes, mmap.mmap]
#: Numbers of fields: a model's description and metadata, and the key and the value in an entry.
_DESCRIPTION, _METADATA, _KEY, _VALUE = 6, 14, 1, 2
#: Most fields of a message that are read: a model has some dozens.
_MOST_FIELDS = 100_000
#: How a field's length is told: a number, 8 bytes, a length before it, 4 bytes.
_NUMBER, _EIGHT, _SIZED, _FOUR = 0, 1, 2, 5


def read_card(path: str | Path) -> ModelCard:
    """The card of a model file.

    Raises:
        ModelError: It cannot be read, is damaged, or has no valid card.
    """
    name = Path(path).name
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as all_:
            return card_from_metadata(_metadata(all_), name)
    except OSError as err:
        raise ModelError(f"{name} cannot be read ({err.strerror}). Check your rights.") from err
    except ValueError as err:  # of an empty file, of lengths beyond the end, of texts that are none
        raise _damaged(name) from err


def with_card(content: bytes, card: ModelCard) -> bytes:
    """A model's file with another card, and its description.

    Raises:
        ModelError: It is damaged.
    """
    kept = []
    try:
        for number, start, at, stop in _fields(content):
            is_card = number == _METADATA and _entry(content[at:stop])[0] == METADATA_KEY
            if not is_card and number != _DESCRIPTION:
                kept.append(content[start:stop])
    except ValueError as err:
        raise _damaged(f"The file of {card.name}") from err
    pair = _sized(_KEY, METADATA_KEY.encode()) + _sized(_VALUE, card.to_json().encode())
    description = _sized(_DESCRIPTION, card.description.encode())
    return b"".join([*kept, description, _sized(_METADATA, pair)])


def _damaged(name: str) -> ModelError:
    return ModelError(
        f"{name} is damaged, or no ONNX model; expected one file with a Landslip model card. Get "
        "it again."
    )


def _metadata(content: Content) -> dict[str, str]:
    """Keys and values of the metadata."""
    return dict(
        _entry(content[at:stop]) for number, _, at, stop in _fields(content) if number == _METADATA
    )


def _entry(content: bytes) -> tuple[str, str]:
    parts = {number: content[at:stop] for number, _, at, stop in _fields(content)}
    return parts.get(_KEY, b"").decode(), parts.get(_VALUE, b"").decode()


def _fields(content: Content) -> Iterator[tuple[int, int, int, int]]:
    """Number of each field, where it starts, where its content does, and where both end.

    Raises:
        ValueError: It is no protocol buffer, or was cut off.
    """
    at = count = 0
    while at < len(content):
        start, count = at, count + 1
        tag, at = _varint(content, at)
        kind = tag & 7
        if not tag >> 3 or count > _MOST_FIELDS:
            raise ValueError(f"field number {tag >> 3}, the {count}th")
        if kind == _NUMBER:
            _, stop = _varint(content, at)
        elif kind == _SIZED:
            size, at = _varint(content, at)
            stop = at + size
        elif kind in (_EIGHT, _FOUR):
            stop = at + (8 if kind == _EIGHT else 4)
        else:
            raise ValueError(f"a field of kind {kind}")
        if stop > len(content):
            raise ValueError("it was cut off")
        yield tag >> 3, start, at, stop
        at = stop


def _varint(content: Content, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = 0
    for place in range(10):
        if at >= len(content):
            raise ValueError("it was cut off")
        byte, at = content[at], at + 1
        value |= (byte & 127) << (7 * place)
        if byte < 128:
            return value, at
    raise ValueError("a number of more than ten bytes")


def _sized(number: int, content: bytes) -> bytes:
    return _written(number << 3 | _SIZED) + _written(len(content)) + content


def _written(value: int) -> bytes:
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])
