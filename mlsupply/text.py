"""Hostile text made safe, once, where it enters: names, versions, descriptions, paths and code from packages, lock files,
indexes and models pass through `safe` before they become part of any value."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlsupply.lazy import expression

MAX_QUOTE = 240  # characters kept of a quote
MAX_WORD = 200  # characters kept of a name, a version or a path

# CSI and OSC sequences (ECMA-48), then any other escape pair.
_ANSI = expression(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)|.)", re.DOTALL)
_SPACE = expression(r"[ \t\r\n\f\v]+")
_CREDENTIALS = expression(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30}://)[^/\s?#]{1,2048}@")  # a password may hold an @ itself
_SECRET_PARAMETER = expression(r"(?i)([?&;](?:[a-z_-]{0,20}(?:token|secret|password|passwd|signature|sig|key))=)[^&#\s]+")


def safe(text: str, limit: int = MAX_QUOTE) -> str:
    """One line of printable text, at most `limit` characters: escape sequences dropped, control, bidi and invisible
    characters replaced by U+FFFD, runs of white space folded. Idempotent."""
    if len(text) <= limit and text.isprintable():
        return text
    text = text[: limit * 16]
    text = _ANSI.sub("\ufffd", text)
    # not printable (str.isprintable): control, format (bidi, zero-width, tags), surrogate, private and unassigned
    # characters and every separator but the space
    text = "".join(c if c.isprintable() else "\ufffd" for c in _SPACE.sub(" ", text)).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def canonical(name: str) -> str:
    """The PEP 503 form of a project name, made safe. `Foo_.Bar` -> `foo-bar`."""
    found = safe(name, MAX_WORD).replace("_", "-").replace(".", "-").lower()
    while "--" in found:  # runs are rare
        found = found.replace("--", "-")
    return found


def without_credentials(url: str) -> tuple[str, bool]:
    """(the URL made safe and without user, password or secret query values, whether there were any). The user name
    `git` of an ssh URL is no secret and stays."""
    if "@" not in url and "=" not in url:  # as nearly all are; an index page holds thousands
        return safe(url, 2000), False
    cleaned = _CREDENTIALS.sub(lambda m: m[0] if m[0].endswith("://git@") else m["scheme"], url)
    cleaned = _SECRET_PARAMETER.sub(r"\1REDACTED", cleaned)
    return safe(cleaned, 2000), cleaned != url


def host_of(url: str) -> str:
    """Host and port of an address, without credentials, made safe; "" where it has none."""
    rest = url.partition("://")[2].partition("/")[0].partition("?")[0].partition("#")[0]
    return safe(rest.rpartition("@")[2].lower(), MAX_WORD)


def is_loopback(host: str) -> bool:
    """Whether a host, with or without a port, is this machine by its name or address."""
    in_brackets = host[1:].partition("]")[0] if host.startswith("[") else ""
    name = in_brackets or (host.partition(":")[0] if host.count(":") == 1 else host)
    if not (name[:1].isdigit() or ":" in name):
        return name == "localhost"
    import ipaddress

    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def some(words: Sequence[str], most: int = 0) -> str:
    """The first `most` of the words (0: all), and how many are left out: `a, b and 3 more`."""
    shown = words[:most] if most else words
    more = f" and {len(words) - len(shown):,} more" if len(shown) < len(words) else ""
    return ", ".join(shown) + more


def count(number: int, noun: str) -> str:
    """`1 package`, `2 packages`, `1,200 repositories`."""
    several = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else several}"
