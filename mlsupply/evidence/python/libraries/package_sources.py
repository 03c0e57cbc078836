"""Where packages come from that an agent or editor is made to start: `npx --registry=…`, `uvx --index-url …`, variables."""

from __future__ import annotations

from mlsupply.evidence.python import places
from mlsupply.evidence.python.network import addresses
from mlsupply.lazy import expression

_URL = r"(?:git\+)?(?P<url>(?:https?|wss?)://[^\s\"'\\\0]{4,200})"
# An option or variable of an installer and its value, as in a command line or in JSON.
_INDEX = expression(rf"(?i)(?:registry|index(?:[-_]url)?|find[-_]links|--from|--with)[\"']?[\s\"',:=]{{1,6}}{_URL}")
# What is fetched to be run, and servers that an agent asks.
_STARTED = expression(
    rf"(?:\b(?:npx|bunx|uvx|uv|pipx|pnpm|npm|deno)\b[^\n\0]{{0,200}}?|\"(?:url|serverUrl|httpUrl)\": \"){_URL}"
)
# A host of which nothing is written but its number, and that is on no private network.
_NUMBER = expression(
    r"(?:git\+)?\w+://(?:[^/@]{0,100}@)?(?!(?:0|10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.)(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"
)
_USUAL = expression(
    r"https?://(?:registry\.(?:npmjs\.org|yarnpkg\.com|npmmirror\.com)|npm\.pkg\.github\.com|npm\.jsr\.io|(?:www\.)?github\.com|"
    r"gitlab\.com|[\w.-]{1,100}\.(?:jfrog\.io|pkg\.dev|amazonaws\.com|cloudsmith\.io|visualstudio\.com)|pkgs\.dev\.azure\.com|"
    r"[\w.-]{1,100}\.(?:local|lan|internal|localdomain|corp|intranet))(?::\d{1,5})?(?:/|$)"
)


def is_elsewhere(text: str) -> bool:
    """Does a setting make packages come from a host that is not known for that, or start what a bare number serves?"""
    if any(_NUMBER.match(found["url"]) for found in _STARTED.finditer(text)):
        return True
    places_of = (found["url"] for found in _INDEX.finditer(text))
    return any(addresses.destination(url) == "fixed" and not _is_usual(url) for url in places_of)


def _is_usual(url: str) -> bool:
    return _USUAL.match(url) is not None or places.USUAL_HOST.match(url) is not None
