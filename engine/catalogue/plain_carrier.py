"""The carrier of the command line: Python's own, with the proxy that the environment names."""

from __future__ import annotations

import http.client
import os
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from ... import __version__
from ..common.errors import Cancelled, CatalogueError
from ..common.hooks import Check
from .catalogues import Catalogue
from .network import Answer, Credentials, NoAnswer

Result = TypeVar("Result")

#: Environment variable with a token, where none is named.
VARIABLE = "LANDSLIP_TOKEN"
AGENT = f"Landslip/{__version__}"
_CHUNK = 2**18
_BROKEN = (OSError, http.client.HTTPException)
_LOOK = 0.1  # seconds between questions whether to stop


class PlainCarrier:
    """Sends requests with `urllib`; knows http and https alone, and follows no redirect."""

    threads = 4

    def __init__(self) -> None:
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
        ):
            self._opener.add_handler(handler)

    def get(self, url: str, headers: Mapping[str, str], timeout: float, cancelled: Check) -> Answer:
        """Send one request.

        Raises:
            NoAnswer: No server answered.
            Cancelled: The user stopped the run.
        """
        request = urllib.request.Request(url, headers={"User-Agent": AGENT, **headers})  # noqa: S310
        response = _waited(lambda: self._opener.open(request, timeout=timeout), cancelled)
        if response is None:  # a scheme that it does not know
            raise NoAnswer("no such kind of address")
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, names, _chunks(response, cancelled))


def _chunks(response: Any, cancelled: Check) -> Iterator[bytes]:
    with response:
        while chunk := _waited(lambda: response.read1(_CHUNK), cancelled):
            yield chunk


def _waited(work: Callable[[], Result], cancelled: Check) -> Result:
    """Wait for something on a thread of its own, so that the wish to stop is heard meanwhile."""
    done: queue.SimpleQueue[tuple[Result | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except BaseException as err:  # handed on below
            done.put((None, err))

    threading.Thread(target=run, daemon=True, name="landslip-network").start()
    while True:
        try:
            result, failure = done.get(timeout=_LOOK)
        except queue.Empty:
            if cancelled():
                raise Cancelled("Stopped on request.") from None
            continue
        if failure is None:
            return result  # type: ignore[return-value]
        if isinstance(failure, _BROKEN):
            raise NoAnswer(_reason(failure)) from None
        raise failure


def _reason(err: BaseException) -> str:
    """Why there is no answer; no address is in it, as that may hold a signature."""
    inner = getattr(err, "reason", None)
    if isinstance(inner, BaseException):
        return _reason(inner)
    return getattr(err, "strerror", None) or str(inner or type(err).__name__)


def token_for(catalogue: Catalogue, variable: str = "") -> Credentials | None:
    """The token for a catalogue: in the variable that the user names.

    That in `VARIABLE` is for presets that want one: it stays for long in an environment, and is for
    nobody else.

    Args:
        catalogue: The catalogue.
        variable: The variable's name; empty for none.

    Raises:
        CatalogueError: As `token_of_environment`.
    """
    return token_of_environment(variable) if variable or catalogue.token_hosts else None


def token_of_environment(variable: str) -> Credentials | None:
    """The token in an environment variable.

    Args:
        variable: Its name; empty for `VARIABLE`, which need not be there.

    Raises:
        CatalogueError: The one that was named is empty.
    """
    token = os.environ.get(variable or VARIABLE, "").strip()
    if not token:
        if variable:
            raise CatalogueError(
                f"The environment variable {variable} is empty; expected a token. Set it, and "
                "leave the token itself out of the command line, which others can read."
            )
        return None
    if not token.isprintable():
        raise CatalogueError(
            f"The token in {variable or VARIABLE} holds a line end or another sign that no token "
            "has. Set it again."
        )
    value = token if token.lower().startswith(("bearer ", "basic ")) else f"Bearer {token}"
    return lambda _url: {"Authorization": value}
