"""Indexes that are set beside install commands: in variables of pip and uv (`ENV PIP_INDEX_URL=…`, `UV_INDEX=… uv sync`) and
by `pip config set`. Pure.

Sources: https://pip.pypa.io/en/stable/topics/configuration/ and https://docs.astral.sh/uv/reference/environment/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlsupply.inventory.shell import Word

_KEYS = {
    "index-url": "--index-url",
    "default-index": "--index-url",
    "extra-index-url": "--extra-index-url",
    "index": "--extra-index-url",
    "find-links": "--find-links",
    "trusted-host": "--trusted-host",
    "insecure-host": "--trusted-host",
}
_ONLY_UV = frozenset({"default-index", "index", "insecure-host"})


def is_set(words: Sequence[Word]) -> Iterator[tuple[str, Word]]:
    """(option of pip, value) of each index or trusted host that a command sets for those after it. Several stand between
    blanks."""
    for at, word in enumerate(words):
        name, equals, value = word.text.partition("=")
        if equals and name.startswith(("PIP_", "UV_")):
            yield from variable(name, word._replace(text=value))
        elif word.text == "set" and at + 2 < len(words) and any(one.text == "config" for one in words[max(0, at - 4) : at]):
            key = words[at + 1].text.rpartition(".")[2].replace("_", "-")
            if key in _KEYS and key not in _ONLY_UV:
                yield from _each(_KEYS[key], words[at + 2])


def variable(name: str, value: Word) -> Iterator[tuple[str, Word]]:
    """The same of one variable of the environment."""
    program, _, key = name.partition("_")
    key = key.lower().replace("_", "-")
    if key in _KEYS and value.text and (program == "UV" or (program == "PIP" and key not in _ONLY_UV)):
        yield from _each(_KEYS[key], value)


def _each(option: str, value: Word) -> Iterator[tuple[str, Word]]:
    for text in [value.text] if value.open else value.text.replace(",", " ").split():
        yield option, value._replace(text=text)
