"""XML as plain elements, read without the parts of XML that can do harm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

# Safe here, as document types, and with them all entities, are refused below.
from xml.parsers import expat  # nosec B407

from .errors import ProductError

#: Metadata nests about ten deep and has some thousand elements; masks have up to some 100,000.
MAX_DEPTH = 64
MAX_ELEMENTS = 500_000


@dataclass
class Element:
    """An XML element. Names are without namespace, as these change with every schema version.

    Attributes:
        name: Tag.
        attributes: By name.
        text: Its own text, without that of its children, stripped.
        children: Elements right inside it.
    """

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def every(self, *names: str) -> Iterator[Element]:
        """All elements of these names in it, at any depth, in document order; also itself."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            if element.name in names:
                yield element
            waiting.extend(reversed(element.children))

    def text_of(self, *names: str) -> str:
        """Text of the first element of these names in it; empty where there is none."""
        return next((element.text for element in self.every(*names)), "")


def parse_xml(content: bytes, path: str) -> Element:
    """Parse a whole XML document.

    Documents with a document type are refused: no Sentinel-2 file has one, and entities, which
    can swell without end or name other files, need one.

    Args:
        content: The document.
        path: Where it came from, for messages.

    Raises:
        ProductError: It is not well-formed, has a document type, or is nested or numerous beyond
            what a product has.
    """
    builder = _Builder(path)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    parser.ExternalEntityRefHandler = builder.refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as err:  # the latter two: its encoding
        raise ProductError(
            f"{path} is not well-formed XML ({str(err)[:80]}). The product is damaged: download it "
            "again."
        ) from err
    return builder.root


class _Builder:
    """Collects what expat reports."""

    def __init__(self, path: str) -> None:
        self.root = Element("", {})
        self._path = path
        self._open: list[tuple[Element, list[str]]] = []
        self._count = 0

    def refuse(self, *_: Any) -> NoReturn:
        raise ProductError(
            f"{self._path} declares a document type or an entity, which no Sentinel-2 product "
            "does and which can be used to attack a reader. Download the product from its origin."
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise ProductError(
                f"{self._path} has elements nested deeper than {MAX_DEPTH} or more than "
                f"{MAX_ELEMENTS} of them, which no Sentinel-2 product has. Download the product "
                "from its origin."
            )
        element = Element(_local(tag), {_local(key): text for key, text in attributes.items()})
        if self._open:
            self._open[-1][0].children.append(element)
        else:
            self.root = element
        self._open.append((element, []))

    def characters(self, text: str) -> None:
        self._open[-1][1].append(text)

    def end(self, _: str) -> None:
        element, pieces = self._open.pop()
        element.text = "".join(pieces).strip()


def _local(name: str) -> str:
    return name.rpartition(":")[2]
