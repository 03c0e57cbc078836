"""YAML from untrusted files as plain values, with a bound on what its aliases expand to. Imports nothing of the package.

A few lines of aliases to aliases stand for billions of values: harmless while they are shared, but merge keys (`<<`), and
any code that walks the document, expand them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

MOST = 200_000  # values of a document, each counted wherever an alias repeats it


def documents(text: str | bytes, most: int = MOST) -> Iterator[object]:
    """The documents of a stream: mappings, lists, texts, numbers, dates. Raises `ValueError` for one that unfolds to more
    than `most` values, and what the parser raises: `yaml.YAMLError`, `ValueError`, `RecursionError`."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if ("*" in text) if isinstance(text, str) else (b"*" in text):  # without an alias it holds what is written
        _refuse_more(yaml, yaml.parse(text, Loader=loader), most)
    return yaml.load_all(text, Loader=loader)


def document(text: str | bytes) -> object:
    """The one document of a text, None where there is none. Raises as `documents`, and `ValueError` where there are more."""
    found = list(islice(documents(text), 2))
    if len(found) > 1:
        raise ValueError("more than one document")
    return found[0] if found else None


def _refuse_more(yaml: Any, events: Iterator[Any], most: int) -> None:
    """Count every value below the one it stands in; an alias counts as much as what it repeats, so far as that is known."""
    sizes: dict[str, int] = {}
    below: list[tuple[str | None, int]] = [(None, 0)]
    for event in events:
        size, anchor = 0, getattr(event, "anchor", None)
        if isinstance(event, yaml.CollectionStartEvent):
            below.append((anchor, 1))
            continue
        if isinstance(event, yaml.AliasEvent):
            size, anchor = sizes.get(event.anchor, 1), None
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = below.pop()
        if anchor is not None:
            sizes[anchor] = size
        parent, held = below[-1]
        below[-1] = (parent, held + size)
        if held + size > most:
            raise ValueError(f"more than {most:,} values")
