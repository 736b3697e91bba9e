"""Which key does what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..engine.inventory.fields import CONFIDENCES, MOVEMENTS


class Do(Enum):
    """What the panel can do, with its key: the letters of the review sheet, where it has them."""

    ACCEPT = "A"
    REJECT = "R"
    EDIT = "E"
    NEXT = "F"
    BACK = "B"
    UNDO = "U"
    BLINK = "I"
    ZOOM = "Z"
    NOTES = "N"
    TYPE = "T"  # followed by a number
    CONFIDENCE = "1"  # or any other number


@dataclass(frozen=True)
class Command:
    """What a key asks for.

    Attributes:
        do: What to do.
        value: Type or confidence to write; empty takes it away.
    """

    do: Do
    value: str = ""


_LETTERS = {do.value: do for do in Do if do.value.isalpha()}


class Keys:
    """Turns keys into commands. It remembers that a type was begun, and nothing else."""

    def __init__(self) -> None:
        self._type_begun = False

    def knows(self, key: str) -> bool:
        """Whether a key means something here."""
        return key.upper() in _LETTERS or (len(key) == 1 and key in "012345678")

    def press(self, key: str) -> Command | None:
        """What a key asks for; None where more is to come, or it has no meaning."""
        begun, self._type_begun = self._type_begun, False
        if not self.knows(key):
            return None
        if key.isdigit():
            do, values = (Do.TYPE, MOVEMENTS) if begun else (Do.CONFIDENCE, CONFIDENCES)
            number = int(key)
            if number > len(values):
                return None
            return Command(do, values[number - 1] if number else "")
        do = _LETTERS[key.upper()]
        self._type_begun = do is Do.TYPE
        return None if do is Do.TYPE else Command(do)
