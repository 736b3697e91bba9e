"""Where a run may go: what a catalogue's items say is not to be trusted.

- ``https`` alone; ``http`` only to the catalogue's own host, where it is itself reached so.
- A preset's hosts are the catalogue's own and those that the preset names. Any other catalogue
  may point to any public host.
- Addresses inside a network (loopback, private, link-local) only where the catalogue itself is, by
  the same name.
- Never a file, never one of GDAL's own schemes (``/vsi...``), never a user's name in an address.

Redirects go by the same rule. A token goes to the hosts that a preset names for it, to the address
of the catalogue that the user gave, and to hosts that the user names.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from ..common.errors import CatalogueError
from .catalogues import Catalogue

_LONGEST = 8000


def shown_address(url: str) -> str:
    """An address for messages: without what may be secret in it, and not too long."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    text = f"{parts.scheme}://{host}{parts.path}" if parts.scheme else parts.path
    return "".join(c if c.isprintable() else "?" for c in text)[:200]


def check_address(url: str, catalogue: Catalogue, resolve: bool = True) -> None:
    """Check that a run may go to an address.

    Args:
        url: The address.
        catalogue: Whose item or answer names it.
        resolve: Whether to ask where the host's name leads; without it nothing is sent.

    Raises:
        CatalogueError: It may not.
    """
    reason = refusal(url, catalogue, resolve)
    if reason:
        raise CatalogueError(
            f"{catalogue.name} points to {shown_address(url) or 'nothing'}, {reason}. Nothing was "
            "read from there. Take another scene, or tell those who run the catalogue."
        )


def refusal(url: str, catalogue: Catalogue, resolve: bool = True) -> str:
    """Why a run may not go to an address; empty where it may."""
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "which is no address"
    home = urlsplit(catalogue.address) if not catalogue.is_local else urlsplit("")
    at_home = bool(host) and host == (home.hostname or "").lower()
    if len(url) > _LONGEST or not host or any(c.isspace() or ord(c) < 32 for c in url):
        return "which is no address of the web; expected https://"
    if parts.username is not None or parts.password is not None:
        return "with a user's name in the address"
    plain_home = at_home and home.scheme == "http"
    if parts.scheme != "https" and not (parts.scheme == "http" and plain_home):
        return f"with the scheme '{parts.scheme[:20]}'; expected https"
    if at_home:
        return ""
    if catalogue.hosts and not matches(host, catalogue.hosts):
        return f"which is none of its hosts ({', '.join(catalogue.hosts)})"
    return "which lies inside of a network" if _is_inside(host, resolve) else ""


def may_have_token(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether a user's token may be sent to an address.

    Args:
        url: The address, which `check_address` has let pass.
        hosts: Those that may have it: names, names with a port, or ``*.`` for all below.
    """
    parts = urlsplit(url)
    if parts.netloc.lower() in hosts:
        return True
    return parts.scheme == "https" and matches((parts.hostname or "").lower(), hosts)


def matches(host: str, patterns: tuple[str, ...]) -> bool:
    """Whether a host is one of some; ``*.example.org`` stands for all below it."""
    return any(
        host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern.lower()
        for pattern in patterns
    )


def _is_inside(host: str, resolve: bool) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        pass
    if "." not in host or host.endswith((".local", ".localhost", ".internal")):
        return True
    return resolve and any(not ipaddress.ip_address(a).is_global for a in _addresses(host))


@lru_cache(maxsize=256)
def _addresses(host: str) -> tuple[str, ...]:
    """Where a name leads; nothing where that is not known here, but to a proxy."""
    look_up: Callable[..., list] = socket.getaddrinfo
    try:
        found = look_up(host, None, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        return ()
    return tuple({str(entry[4][0]).partition("%")[0] for entry in found})
