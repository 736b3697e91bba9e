"""Reading from the network: what is asked, asked again, refused, and how much is taken.

A *carrier* sends one request and follows no redirect. All else is here, the same for QGIS and the
command line: redirects and tokens (`addresses`), signatures, waiting where a server asks for it,
limits of size and time, and the wish to stop.
"""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from threading import Lock
from typing import Any, Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

from ..common.archive import MAX_TEXT_BYTES
from ..common.errors import Cancelled, CatalogueError
from ..common.hooks import Check, Warn
from .addresses import check_address, matches, may_have_token, shown_address
from .catalogues import Catalogue

Result = TypeVar("Result")
#: Gives the headers that let a user in at an address.
Credentials = Callable[[str], Mapping[str, str]]

#: Seconds without a byte after which a server is given up, and for a whole text.
SILENCE, LONGEST_TEXT = 30.0, 180.0
#: How often a request is tried, and the longest wait that a server may ask for, seconds.
ATTEMPTS, LONGEST_WAIT = 5, 120.0
_REDIRECTS, _MOST_REDIRECTS = (301, 302, 303, 307, 308), 5
_LATER = (408, 429, 500, 502, 503, 504)
_REFUSED = (401, 403)
#: Seconds before its end at which a signature is renewed.
_EARLY = 60.0


@dataclass
class Answer:
    """What a server answers.

    Attributes:
        status: HTTP status.
        headers: By their names in small letters.
        body: Its bytes as they come; closing it ends the request. It raises `NoAnswer` where the
            connection breaks.
    """

    status: int
    headers: Mapping[str, str]
    body: Iterator[bytes]

    def close(self) -> None:
        """End the request."""
        end = getattr(self.body, "close", None)
        if end:
            end()


class Carrier(Protocol):
    """Sends requests. `threads` says how many at a time."""

    threads: int

    def get(self, url: str, headers: Mapping[str, str], timeout: float, cancelled: Check) -> Answer:
        """Send one request and follow no redirect.

        Raises:
            NoAnswer: No server answered.
            Cancelled: The user stopped the run.
        """
        ...


class NoAnswer(Exception):  # noqa: N818 - it is how many requests end
    """No server answers, or the connection breaks; the message says why."""


class RefusedError(CatalogueError):
    """The server wants to know who asks."""


class _Later(Exception):  # noqa: N818 - no error until it has happened often enough
    """Something that may go well later; `wait` is what the server asks for, seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True)
class Piece:
    """A piece of a remote file.

    Attributes:
        content: Its bytes.
        total: Length of the whole file.
        tag: What changes when the file does; empty where the server does not say.
    """

    content: bytes
    total: int
    tag: str


class Session:
    """Requests of one run to one catalogue and the hosts of its files. Threads may share it."""

    def __init__(
        self,
        carrier: Carrier,
        catalogue: Catalogue,
        credentials: Credentials | None = None,
        cancelled: Check = lambda: False,
        warn: Warn = lambda _message: None,
        token_hosts: tuple[str, ...] = (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            carrier: Sends the requests.
            catalogue: Where from.
            credentials: The user's, for `token_hosts` alone.
            cancelled: Asked all the time.
            warn: Told when a server makes the run wait.
            token_hosts: Hosts that may have the credentials, as in `may_have_token`.
            sleep: Waits.
        """
        self.catalogue, self.cancelled, self.carrier = catalogue, cancelled, carrier
        self.received = 0
        self._credentials, self._token_hosts = credentials, token_hosts
        self._warn, self._sleep = warn, sleep
        self._signature, self._signed_until = "", 0.0
        self._lock = Lock()

    # --- what is asked ---

    def json(self, url: str) -> Any:
        """A JSON document.

        Raises:
            CatalogueError: It cannot be had, is none, or is too large.
        """
        content = self.text(url)
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as err:
            raise CatalogueError(
                f"{shown_address(url)} answered with something that is no JSON "
                f"({str(err)[:80]}); expected a STAC catalogue. Check the address."
            ) from err

    def text(self, url: str) -> bytes:
        """A text of at most `MAX_TEXT_BYTES`."""

        def work() -> bytes:
            asked = {"Accept": "application/geo+json, application/json"}
            with closing(self._good(url, asked)) as answer:
                return b"".join(self._body(answer, url, MAX_TEXT_BYTES, LONGEST_TEXT))

        return self.insist(url, work)

    def piece(self, url: str, start: int, size: int) -> Piece | None:
        """Bytes of a remote file; fewer where it ends before.

        Returns:
            The piece; None where the server gives no pieces.

        Raises:
            CatalogueError: It cannot be had.
        """

        def work() -> Piece | None:
            asked = {"Range": f"bytes={start}-{start + size - 1}", "Accept-Encoding": "identity"}
            with closing(self._good(url, asked)) as answer:
                if answer.status != 206:
                    return None
                first, last, total = content_range(answer, url)
                if first != start or not start <= last < start + size:
                    raise _Later(f"it gave the bytes {first} to {last} instead of those asked for")
                content = b"".join(self._body(answer, url, size, None))
                if len(content) != last - first + 1:
                    raise _Later("the answer broke off")
                tag = answer.headers.get("etag") or answer.headers.get("last-modified", "")
                return Piece(content, total, tag)

        return self.insist(url, work)

    def stream(self, url: str, start: int, tag: str = "") -> tuple[Answer, Iterator[bytes]]:
        """A whole file from a byte on, or from its beginning where the server will not.

        Args:
            url: Its address.
            start: The first byte that is wanted.
            tag: What the file's tag was when the bytes before came.

        Returns:
            The answer and its bytes; the caller closes the answer. What the bytes raise is for
            `insist`.
        """
        asked = {"Accept-Encoding": "identity"}
        if start:
            asked |= {"Range": f"bytes={start}-", **({"If-Range": tag} if tag else {})}
        answer = self._good(url, asked)
        return answer, self._body(answer, url, None, None)

    # --- asking again ---

    def insist(self, url: str, work: Callable[[], Result]) -> Result:
        """Do something with the network until it goes well, some times at most.

        Raises:
            CatalogueError: It did not.
            Cancelled: The user stopped the run.
        """
        reason = ""
        for attempt in range(ATTEMPTS):
            self.check()
            try:
                return work()
            except (_Later, NoAnswer) as err:
                reason = str(err)
                asked = getattr(err, "wait", None)
                wait = 2.0**attempt if asked is None else asked
                if wait > LONGEST_WAIT:
                    raise CatalogueError(
                        f"{shown_address(url)} asks to wait for {wait:.0f} s ({reason}). Run again "
                        "then."
                    ) from err
            if attempt + 1 < ATTEMPTS:
                self._pause(url, reason, wait)
        raise CatalogueError(
            f"{shown_address(url)} did not answer as it should, {ATTEMPTS} times ({reason}). The "
            "server may be down or the network may not lead there: check the connection and the "
            "proxy, try later, or choose another catalogue."
        )

    def check(self) -> None:
        """Go on, unless the run is to stop.

        Raises:
            Cancelled: It is.
        """
        if self.cancelled():
            raise Cancelled("Stopped on request.")

    def _pause(self, url: str, reason: str, wait: float) -> None:
        if wait >= 5:
            self._warn(f"{urlsplit(url).hostname} makes us wait for {wait:.0f} s ({reason}).")
        left = wait
        while left > 0:
            self.check()
            self._sleep(min(left, 0.2))
            left -= 0.2

    # --- one request ---

    def _good(self, url: str, headers: Mapping[str, str]) -> Answer:
        """The answer to a request that went well, after redirects.

        Raises:
            _Later: It may go well later.
            CatalogueError: It will not.
        """
        answer = self._answer(url, headers)
        if answer.status in (200, 206):
            return answer
        answer.close()
        if answer.status in _LATER:
            raise _Later(f"status {answer.status}", _wait_of(answer.headers.get("retry-after", "")))
        if answer.status in _REFUSED:
            if self._is_signed(url) and self._signed_until:
                self._signed_until = 0.0
                raise _Later(f"status {answer.status}, the signature may have expired", 0.0)
            raise RefusedError(
                f"{shown_address(url)} answered with status {answer.status}: it wants a token, or "
                "the token has expired or is not for this. Choose an authentication (AUTH), renew "
                "the token, or choose another catalogue."
            )
        raise CatalogueError(
            f"{shown_address(url)} answered with status {answer.status}; expected 200. "
            + (
                "It is not there (any more): search again, or check the address."
                if answer.status in (404, 410)
                else "Check the address and the collection, or choose another catalogue."
            )
        )

    def _answer(self, url: str, headers: Mapping[str, str]) -> Answer:
        for _ in range(_MOST_REDIRECTS + 1):
            check_address(url, self.catalogue)
            target = f"{url}{self._signature_for(url)}"
            more = {**headers, **self._token_for(url)}
            answer = self.carrier.get(target, more, SILENCE, self.cancelled)
            if answer.status not in _REDIRECTS:
                return answer
            answer.close()
            url = urljoin(url, answer.headers.get("location", ""))
        raise CatalogueError(
            f"{shown_address(url)} leads from one address to the next without end; expected an "
            "answer. Check the address of the catalogue."
        )

    def _token_for(self, url: str) -> Mapping[str, str]:
        if self._credentials and may_have_token(url, self._token_hosts):
            return self._credentials(url)
        return {}

    def _body(
        self, answer: Answer, url: str, limit: int | None, longest: float | None
    ) -> Iterator[bytes]:
        """The bytes of an answer, no more than the limit, all that it announces."""
        announced = answer.headers.get("content-length", "")
        too_long = CatalogueError(
            f"{shown_address(url)} answers with more than {(limit or 0) >> 10} KiB, more than an "
            "answer of this kind has. It was not read. Check the address, or narrow the search."
        )
        if limit is not None and announced.isdecimal() and int(announced) > limit:
            raise too_long
        got, started = 0, time.monotonic()
        for chunk in answer.body:
            self.check()
            got += len(chunk)
            with self._lock:
                self.received += len(chunk)
            if limit is not None and got > limit:
                raise too_long
            if longest is not None and time.monotonic() - started > longest:
                raise _Later(f"the answer took longer than {longest:.0f} s")
            yield chunk
        plain = answer.headers.get("content-encoding", "identity") == "identity"
        if plain and announced.isdecimal() and got != int(announced):
            raise _Later(f"the answer broke off after {got} of {announced} bytes")

    # --- signatures ---

    def _is_signed(self, url: str) -> bool:
        host = (urlsplit(url).hostname or "").lower()
        if not self.catalogue.signer or url.startswith(
            (self.catalogue.signer, self.catalogue.address)
        ):
            return False
        return matches(host, self.catalogue.signed_hosts)

    def _signature_for(self, url: str) -> str:
        """What to append to an address; empty where it needs no signature, or has one."""
        if not self._is_signed(url) or "sig=" in urlsplit(url).query:
            return ""
        with self._lock:
            valid = time.time() < self._signed_until - _EARLY
            signature = self._signature
        if not valid:
            signature = self._new_signature()
        return f"{'&' if urlsplit(url).query else '?'}{signature}"

    def _new_signature(self) -> str:
        found = self.json(f"{self.catalogue.signer}/{self.catalogue.collection}")
        token = found.get("token") if isinstance(found, dict) else None
        if not isinstance(token, str) or any(c.isspace() for c in token):
            raise CatalogueError(
                f"{self.catalogue.name} gave no signature for {self.catalogue.collection}; "
                "expected a token. Try later, or choose another catalogue."
            )
        with self._lock:
            self._signature = token.lstrip("?&")
            self._signed_until = _expiry(found.get("msft:expiry")) or time.time() + 600
            return self._signature


def content_range(answer: Answer, url: str) -> tuple[int, int, int]:
    """First and last byte of a piece, and the length of the whole file.

    Raises:
        CatalogueError: The server does not say so.
    """
    text = answer.headers.get("content-range", "")
    try:
        unit, _, rest = text.partition(" ")
        span, _, total = rest.partition("/")
        first, _, last = span.partition("-")
        if unit.lower() == "bytes":
            return int(first), int(last), int(total)
    except ValueError:
        pass
    raise CatalogueError(
        f"{shown_address(url)} gives a piece of a file and says '{text[:60]}' of it; expected such "
        "as bytes 0-99/1000. Choose another catalogue."
    )


def _wait_of(text: str) -> float | None:
    """Seconds that a server asks to wait; None where it does not say."""
    if text.strip().isdecimal():
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=timezone.utc)
    return max(0.0, (when - datetime.now(timezone.utc)).total_seconds())


def _expiry(text: Any) -> float:
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0
