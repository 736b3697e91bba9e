"""Words that messages share."""

from __future__ import annotations


def number_within(least: float | None, most: float | None, whole: bool = False) -> str:
    """What a number may be, such as "a whole number from 1 to 8"; None stands for no limit."""
    kind = "a whole number" if whole else "a number"
    if least is not None and most is not None:
        return f"{kind} from {least:.10g} to {most:.10g}"
    if least is not None:
        return f"{kind} of {least:.10g} or more"
    if most is not None:
        return f"{kind} of {most:.10g} or less"
    return kind if whole else "a finite number"


def words_of(text: str) -> tuple[str, ...]:
    """The words of a list that commas part, such as ``B02, B03``."""
    return tuple(word.strip() for word in text.split(",") if word.strip())
