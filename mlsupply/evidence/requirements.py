"""What a release requires, from its Requires-Dist values. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from mlsupply.text import canonical, safe

_LONGEST = 2000  # characters of a requirement
MOST = 5000  # requirements of a release


def specifiers_in(values: Iterable[str]) -> dict[str, list[str]]:
    """Canonical name to the specifiers, each once and in order, under whatever conditions. What is no requirement, or one at
    an address, is left out."""
    from packaging.requirements import InvalidRequirement, Requirement

    found: dict[str, list[str]] = {}
    for text in islice(values, MOST):
        try:
            asked = Requirement(text[:_LONGEST])
        except InvalidRequirement:
            continue
        known = found.setdefault(canonical(asked.name), [])
        specifier = safe(str(asked.specifier), 300)
        if not asked.url and specifier not in known:
            known.append(specifier)
    return found
