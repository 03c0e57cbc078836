"""Hosts whose certificates are not checked (pip's `--trusted-host`, uv's `allow-insecure-host`), on the indexes they serve.
Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mlsupply.model import Index, Place
from mlsupply.text import safe
from mlsupply.value import replace

ROLE = "trusted"


def with_trusted(indexes: Iterable[Index], hosts: Mapping[str, Place]) -> Iterator[Index]:
    """The indexes, those on such a host marked, and an entry for each host that serves none of them: mostly the public
    index, which no file needs to name. hosts: with or without a port -> the line that trusts it."""
    left = {host.lower(): place for host, place in hosts.items() if host}
    used = set[str]()
    for index in indexes:
        host = index.url.partition("://")[2].partition("/")[0].lower()
        by = {host, host.partition(":")[0]} & left.keys()
        used |= by
        yield replace(index, trusted_host=True) if by else index
    for host, place in left.items():
        if host not in used:
            yield Index(url=f"https://{safe(host, 300)}", role=ROLE, trusted_host=True, place=place)
