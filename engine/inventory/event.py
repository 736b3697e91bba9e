"""What is known of the event behind a whole inventory: its date, its images, its trigger.

People know it, or the files of the images do. What people give wins; where the two do not agree,
that is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from ..common.errors import ParameterError
from .dates import checked_date, whole_day
from .fields import MOVEMENTS, TRIGGERS
from .table import Table

#: What each fact is called in messages.
_CALLED = {
    "event_date": "date of the event",
    "image_date": "date of the image",
    "pre_date": "date of the image before",
    "trigger": "trigger",
    "ls_type": "type of movement",
}
_DATES = ("event_date", "image_date", "pre_date")
#: Facts that files know by themselves; the others each landslide may have its own of.
OF_IMAGES = ("image_date", "pre_date")
_CHOICES = {"trigger": TRIGGERS, "ls_type": MOVEMENTS}


@dataclass(frozen=True)
class EventFacts:
    """What holds for every landslide of a run; empty where unknown.

    Attributes:
        event_date: Day, month or year of the event, ISO 8601, perhaps with a time.
        image_date: Day of the image, ISO 8601, perhaps with a time.
        pre_date: The same of the image before.
        trigger: One of `TRIGGERS`.
        ls_type: One of `MOVEMENTS`.
    """

    event_date: str = ""
    image_date: str = ""
    pre_date: str = ""
    trigger: str = ""
    ls_type: str = ""

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> EventFacts:
        """What a person gave, by the names of parameters: those of the facts, in upper case.

        Raises:
            ParameterError: A date or a word is none.
        """
        given = {name: str(parameters.get(name.upper()) or "") for name in _CALLED}
        for name in _DATES:
            given[name] = checked_date(given[name], _CALLED[name], whole=name in OF_IMAGES)
        for name, words in _CHOICES.items():
            if given[name] and given[name] not in words:
                raise ParameterError(
                    f"The {_CALLED[name]} is '{given[name]}'; expected one of {', '.join(words)}."
                )
        return cls(**given)

    def known(self) -> dict[str, str]:
        """The facts that are known, by name."""
        values = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: value for name, value in values if value}

    def over(self, found: EventFacts, where: str, warn: Callable[[str], None]) -> EventFacts:
        """These facts, and where one is not known, what was found elsewhere.

        Args:
            found: What was found.
            where: Where, for messages.
            warn: Told where both know it otherwise, and dates that cannot all be true.
        """
        for name, value in self.known().items():
            other = getattr(found, name)
            if other and not _agree(name, value, other):
                warn(
                    f"The {_CALLED[name]} was given as {value}, but {where} says {other}. What was "
                    "given counts; correct it if it is a slip."
                )
        together = replace(found, **self.known())
        for sentence in together.contradictions():
            warn(sentence)
        return together

    def contradictions(self) -> list[str]:
        """Sentences on dates that cannot all be true."""
        told = []
        for earlier, later, why in (
            ("event_date", "image_date", "an image shows no landslide before it happens"),
            ("pre_date", "event_date", "the image before shows the land as it was"),
            ("pre_date", "image_date", "the image before comes first"),
        ):
            first, second = getattr(self, earlier), getattr(self, later)
            if first and second and _is_after(first, second):
                told.append(
                    f"The {_CALLED[earlier]} is {first}, after the {_CALLED[later]}, {second}; "
                    f"expected it earlier: {why}. Check both dates."
                )
        return told


#: Names of the parameters that give these facts.
PARAMETERS = tuple(name.upper() for name in _CALLED)


def with_facts(table: Table, facts: EventFacts, warn: Callable[[str], None]) -> Table:
    """An inventory whose landslides know the facts.

    What a landslide says of itself stays, as somebody has looked at it; dates of images, which came
    from files, are replaced.

    Args:
        table: The inventory.
        facts: What holds for all of it.
        warn: Told how many landslides say otherwise, and dates that cannot all be true.
    """
    for sentence in facts.contradictions():
        warn(sentence)
    for name, value in facts.known().items():
        table = _with_fact(table, name, value, warn)
    return table


def _with_fact(table: Table, name: str, value: str, warn: Callable[[str], None]) -> Table:
    own = table.own_name(name)
    replaced = name in OF_IMAGES
    records, others = [], []
    for record in table.records:
        known = record.get(own)
        differs = bool(known) and not _agree(name, value, str(known))
        others += [str(known)] if differs else []
        if not known or (differs and replaced):
            record = replace(record, values={**record.values, own: value})
        records.append(record)
    if others:
        kept = "was replaced" if replaced else "stays: what a landslide says of itself counts"
        warn(
            f"The {_CALLED[name]} was given as {value}, but {len(others)} of {len(records)} "
            f"landslides have another one in {own} (such as {others[0]}); theirs {kept}."
        )
    return replace(table, columns={own: str, **table.columns}, records=tuple(records))


def _agree(name: str, one: str, other: str) -> bool:
    """Whether two values do not contradict each other: days are in the same month, say."""
    if name not in _DATES:
        return one == other
    try:
        first, last = _day(one, False), _day(one, True)
        return first <= _day(other, True) and _day(other, False) <= last
    except ParameterError:  # what a file or somebody else's inventory calls a date
        return False


def _is_after(one: str, other: str) -> bool:
    """Whether the earliest day of one date comes after the latest of another."""
    try:
        return _day(one, False) > _day(other, True)
    except ParameterError:  # what a file calls a date
        return False


def _day(text: str, last: bool) -> str:
    return whole_day(text[:10], last, "date")
