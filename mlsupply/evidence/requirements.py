"""What a release asks of others, from its core metadata. Pure."""

from __future__ import annotations

from mlsupply.headers import headers
from mlsupply.text import canonical, safe


def requires_in(metadata: bytes) -> dict[str, list[str]]:
    """Canonical name to the specifiers, each once and in order. What is no requirement, or one at an address, is left
    out. metadata: as METADATA has it."""
    from packaging.requirements import InvalidRequirement, Requirement

    found: dict[str, list[str]] = {}
    for text in headers(metadata).get("requires-dist", ()):
        try:
            asked = Requirement(text[:_LONGEST])
        except InvalidRequirement:
            continue
        specifier = safe(str(asked.specifier), 300)
        if not asked.url and specifier not in found.setdefault(canonical(asked.name), []):
            found[canonical(asked.name)].append(specifier)
    return found


_LONGEST = 2000  # characters of a requirement
