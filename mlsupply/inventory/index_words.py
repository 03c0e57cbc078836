"""Settings of installers that stand beside install commands: indexes, files of requirements and constraints in variables of
pip and uv (`ENV PIP_INDEX_URL=…`, `UV_INDEX=… uv sync`), by `pip config set`, and in pip's own files. Pure.

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
    "requirement": "--requirement",
    "constraint": "--constraint",
    "build-constraint": "--build-constraint",
    "override": "--override",
    "editable": "--editable",
}
_ONLY_UV = frozenset({"default-index", "index", "insecure-host", "override"})
_ONLY_PIP = frozenset({"requirement", "editable", "trusted-host"})
_SETTINGS = {"PIP_CONFIG_FILE": "pip settings", "UV_CONFIG_FILE": "uv.toml"}
"""Variable -> the format of the file it names."""


def is_set(words: Sequence[Word]) -> Iterator[tuple[str, Word]]:
    """(option of pip, value) of each that a command sets for those after it. Several values stand between blanks."""
    for at, word in enumerate(words):
        name, equals, value = word.text.partition("=")
        if equals and name.startswith(("PIP_", "UV_")):
            yield from variable(name, word._replace(text=value))
        elif word.text == "set" and at + 2 < len(words) and any(one.text == "config" for one in words[max(0, at - 4) : at]):
            yield from of_pip(words[at + 1].text.rpartition(".")[2], words[at + 2])


def variable(name: str, value: Word) -> Iterator[tuple[str, Word]]:
    """The same of one variable of the environment; of one that names a file of settings, the format of that file."""
    program, _, key = name.partition("_")
    key = key.lower().replace("_", "-")
    if name in _SETTINGS:
        yield _SETTINGS[name], value
    elif program == "PIP":
        yield from of_pip(key, value)
    elif program == "UV" and key in _KEYS and key not in _ONLY_PIP and value.text:
        yield from _each(_KEYS[key], value)


def of_pip(name: str, value: Word) -> Iterator[tuple[str, Word]]:
    """The same of one option in a settings file of pip."""
    key = name.lower().replace("_", "-")
    if key in _KEYS and key not in _ONLY_UV and value.text:
        yield from _each(_KEYS[key], value)


def _each(option: str, value: Word) -> Iterator[tuple[str, Word]]:
    for text in [value.text] if value.open else value.text.replace(",", " ").split():
        yield option, value._replace(text=text)
