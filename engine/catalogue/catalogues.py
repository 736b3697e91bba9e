"""The catalogues that there are, and where each may send a run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..common.errors import CatalogueError

#: What all of them call Sentinel-2 with surface reflectance.
COLLECTION = "sentinel-2-l2a"


@dataclass(frozen=True)
class Catalogue:
    """A STAC API, or a file or folder of items. Pickles.

    Attributes:
        name: What users call it: a name of `CATALOGUES`, or its address.
        address: Of the API's landing page, or a path.
        collection: The collection to search.
        hosts: Hosts besides its own where files of its items may lie, ``*.`` for all below; empty
            for any public one.
        token_hosts: Hosts besides its own that a user's token may be sent to.
        signer: Address that gives the signature for a collection; empty where none is needed.
        signed_hosts: Hosts whose addresses the signature is for.
    """

    name: str
    address: str
    collection: str = COLLECTION
    hosts: tuple[str, ...] = ()
    token_hosts: tuple[str, ...] = ()
    signer: str = ""
    signed_hosts: tuple[str, ...] = ()

    @property
    def own_token_hosts(self) -> tuple[str, ...]:
        """Hosts that may have a token for it: those that a preset names, else its own."""
        if self.name in CATALOGUES or self.is_local:
            return self.token_hosts
        return (urlsplit(self.address).netloc.lower(), *self.token_hosts)

    @property
    def is_local(self) -> bool:
        """Whether it is a file or a folder."""
        return urlsplit(self.address).scheme not in ("http", "https")


#: By the names that users give.
CATALOGUES = {
    catalogue.name: catalogue
    for catalogue in (
        Catalogue(
            "earth_search",
            "https://earth-search.aws.element84.com/v1",
            hosts=(
                "sentinel-cogs.s3.us-west-2.amazonaws.com",
                "e84-earth-search-sentinel-data.s3.us-west-2.amazonaws.com",
            ),
        ),
        Catalogue(
            "planetary_computer",
            "https://planetarycomputer.microsoft.com/api/stac/v1",
            hosts=("*.blob.core.windows.net",),
            signer="https://planetarycomputer.microsoft.com/api/sas/v1/token",
            signed_hosts=("*.blob.core.windows.net",),
        ),
        Catalogue(
            "copernicus",
            "https://stac.dataspace.copernicus.eu/v1",
            hosts=("*.dataspace.copernicus.eu", "datahub.creodias.eu"),
            token_hosts=("*.dataspace.copernicus.eu",),
        ),
    )
}


def catalogue_of(name: str, address: str = "", collection: str = "") -> Catalogue:
    """The catalogue that a user means.

    Args:
        name: One of `CATALOGUES`, or an address or path.
        address: An address or path that counts instead; empty for none.
        collection: Collection to search instead of the usual one.

    Raises:
        CatalogueError: There is no such catalogue.
    """
    wanted = address.strip() or name.strip()
    found = CATALOGUES.get(wanted) or _other(wanted)
    if not collection.strip():
        return found
    return Catalogue(**{**vars(found), "collection": collection.strip()})


def _other(address: str) -> Catalogue:
    parts = urlsplit(address)
    if parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.username):
        return Catalogue(address.rstrip("/"), address.rstrip("/"))
    try:
        there = os.path.exists(address)
    except ValueError:  # a null character
        there = False
    if not there or address.startswith(("/vsi", "//", "\\\\")):
        raise CatalogueError(
            f"There is no catalogue '{address[:100]}'; expected one of {', '.join(CATALOGUES)}, "
            "the address of a STAC API (https://..., without a token in it), or a file or folder "
            "of STAC items."
        )
    return Catalogue(os.path.abspath(address), os.path.abspath(address))
