"""Data documents (JSON, TOML, YAML, CSV, INI, literals) parsed into values, by parsers that run nothing, and values written
as such documents or as a command line."""

from __future__ import annotations

import json
from typing import Any

from mlsupply.evidence.python.syntax import quietly
from mlsupply.evidence.python.values.folding import items_of
from mlsupply.evidence.python.values.value import (
    HOLE,
    MAX_TEXT,
    NOTHING,
    Value,
    constant,
    layers_of,
    taint_of,
    text_of,
    unknown,
)

_MAX = 1 << 17  # characters or bytes, for all parsers but the fast ones (`json`, `ast`)
READS = frozenset(
    {
        "json.load", "json.loads", "tomllib.load", "tomllib.loads", "tomli.load", "tomli.loads", "toml.load", "toml.loads",
        "yaml.safe_load", "orjson.loads", "ujson.loads", "ujson.load", "simplejson.loads",
        "simplejson.load", "json5.load", "json5.loads", "rtoml.load", "rtoml.loads", "tomlkit.parse", "tomlkit.load",
        "ast.literal_eval", "csv.reader", "csv.DictReader",
    }
)  # fmt: skip
# Functions that write a value as such a document.
WRITES = frozenset(
    {
        "json.dumps", "orjson.dumps", "ujson.dumps", "simplejson.dumps", "json5.dumps", "tomli_w.dumps", "toml.dumps",
        "rtoml.dumps", "tomlkit.dumps", "yaml.dump", "yaml.safe_dump", "pprint.pformat",
    }
)  # fmt: skip
BEGIN = ("{", "[")  # of what `rendered` gives for a container that is not wholly known
_MOST_WRITTEN = 256  # entries of one container


def rendered(value: Value, depth: int = 6) -> str:
    """A value as JSON, nearly so, with HOLE for what is not known. What is wholly known stands in one line, and apart from
    what is not: a line without HOLE can be judged by itself."""
    if isinstance(value.const, dict | list | tuple | str) and not value.keys:
        return json.dumps(value.const, default=str, ensure_ascii=False)
    if depth and value.keys:
        held = list(value.keys.items())[:_MOST_WRITTEN]
        parts = [f"{json.dumps(name) if name != HOLE else HOLE}: {rendered(one, depth - 1)}" for name, one in held]
        return "{" + _apart(parts) + "}"
    if depth and value.items:
        return "[" + _apart([rendered(one, depth - 1) for one in value.items[:_MOST_WRITTEN]]) + "]"
    return text_of(value)


def _apart(parts: list[str]) -> str:
    """The parts of a container in one line, or each in its own where one of them is not known."""
    return "\n" + ",\n".join(parts) + "\n" if any(HOLE in one for one in parts) else ", ".join(parts)


def ini_sections(text: str) -> dict[str, dict[str, str]]:
    """The sections of an INI file, as `configparser` reads them without interpolation; {} where it cannot."""
    import configparser

    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text[:_MAX])
    except (configparser.Error, ValueError):
        return {}
    return {name: dict(parser[name]) for name in parser}


def _table(ref: str, text: str) -> list[Any]:
    """The rows of a CSV file, as lists or dicts. Raises ValueError."""
    import csv

    lines = text[:_MAX].splitlines()
    try:
        return list(csv.DictReader(lines) if ref.endswith("DictReader") else csv.reader(lines))
    except csv.Error as error:
        raise ValueError("not a table") from error


def parsed(ref: str, text: Value) -> Value | None:
    """The result of parsing `text` by the function of this dotted name; an unknown where that fails. None where the function
    is not one of `READS` or the text is not a constant."""
    if ref not in READS or not isinstance(text.const, str | bytes):
        return None
    if len(text.const) > _MAX and not ref.startswith(("json.", "ast.")):
        return unknown(text)
    try:
        found = _parsed(ref, text.const)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return unknown(text)
    return constant(found, text.layers, text.taint)


def _parsed(ref: str, text: str | bytes) -> Any:
    """The document in a text. Raises what the parser does, YAML and CSV errors as ValueError."""
    if ref == "ast.literal_eval":
        return quietly.literal(text.decode("utf-8") if isinstance(text, bytes) else text)
    if "json" in ref:
        return json.loads(text)
    if ref.startswith("csv."):
        return _table(ref, text.decode("utf-8", "replace") if isinstance(text, bytes) else text)
    if ref.startswith("yaml."):
        import yaml

        from mlsupply.yaml_values import document as yaml_document

        try:
            return yaml_document(text)
        except yaml.YAMLError as error:
            raise ValueError("not YAML") from error
    import tomllib

    return tomllib.loads(text.decode("utf-8") if isinstance(text, bytes) else text)


def shell_joined(parts: Value) -> Value:
    """`shlex.join(parts)`, where a part that is not known counts as one word."""
    import shlex

    items = items_of(parts)
    texts = [text if HOLE in (text := text_of(item)) else shlex.quote(text) for item in items]
    known = bool(items) and all(item.known for item in items)
    text = " ".join(texts)[:MAX_TEXT]
    return constant(text, layers_of(parts), taint_of(parts)) if known else Value("", NOTHING, taint_of(parts), text or HOLE)
