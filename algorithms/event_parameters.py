"""The advanced parameters that tell of the event: its dates, its trigger, the type of movement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingParameterEnum,
    QgsProcessingParameterString,
)

from ..engine.inventory.event import EventFacts
from ..engine.inventory.fields import MOVEMENTS, TRIGGERS
from .base import LandslipAlgorithm

#: What the parameters mean, for the help text.
EVENT_HELP = """
<h3>Advanced: the event</h3>
<p><b>Date of the event</b>, as 2018-09-06, 2018-09 or 2018, with a time if you like; <b>date of the
image</b> and <b>of the image before</b>, each a day; <b>trigger</b>; <b>type of movement</b>. Each
fills the field of that name. {}</p>
"""


def event_parameters(tr: Callable[[str], str]) -> list[Any]:
    """The parameters, all for the advanced ones."""

    def date(name: str, label: str) -> Any:
        return QgsProcessingParameterString(name, label, optional=True)

    def choice(name: str, label: str, words: tuple[str, ...]) -> Any:
        return QgsProcessingParameterEnum(
            name, label, options=list(words), usesStaticStrings=True, optional=True
        )

    return [
        date("EVENT_DATE", tr("Date of the event, such as 2018-09-06")),
        date("IMAGE_DATE", tr("Date of the image (empty: as its file says)")),
        date("PRE_DATE", tr("Date of the image before (empty: as its file says)")),
        choice("TRIGGER", tr("Trigger of the landslides"), TRIGGERS),
        choice("LS_TYPE", tr("Type of movement"), MOVEMENTS),
    ]


def event_facts(
    algorithm: LandslipAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> EventFacts:
    """What these parameters say.

    Raises:
        ParameterError: A date is none.
    """
    texts = ("EVENT_DATE", "IMAGE_DATE", "PRE_DATE")
    given = {name: algorithm.parameterAsString(parameters, name, context) for name in texts}
    for name in ("TRIGGER", "LS_TYPE"):
        given[name] = algorithm.choice(parameters, name, context)
    return EventFacts.of(given)
