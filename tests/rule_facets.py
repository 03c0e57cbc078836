"""A facet for tests of the rule language, with a field of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

import pytest

from mlsupply.ruleset import facets
from mlsupply.ruleset.facets import VersionText


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrateFacet:
    """A crate on a shelf."""

    label: str
    fragile: bool = False
    weight: float | None = None
    colour: Colour = Colour.GREEN
    shape: Literal["box", "tube"] = "box"
    version: VersionText | None = None
    packed: datetime | None = None
    tags: tuple[str, ...] | None = ()
    moment: str = ""


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rules look at a `crate`, for one test."""
    monkeypatch.setattr(facets, "FACETS", (facets.Facet("crate", __name__, "CrateFacet"), *facets.FACETS))


RULE = """\
id: ACME-C001
title: A crate is too heavy
looks_at: crate
when: {weight: {more_than: 20}}
severity: high
confidence: medium
kind: content
message: "{label} weighs {weight} kg"
remedy: "Repack {label}"
references: [https://example.org/crates]
samples:
  fires:
    - {label: anvil, weight: 80}
  quiet:
    - {label: feather, weight: 0.1}
"""
