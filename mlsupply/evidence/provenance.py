"""Provenance of a file (PEP 740): whom the index names as its publisher, and how far that may be believed. Pure.

Source: https://docs.pypi.org/api/integrity/. What is read here is what the index *claims*; `attestations` may make it
*verified*, where the optional library is installed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from mlsupply.named import NamedTuple
from mlsupply.text import safe

MAX_BYTES = 4 << 20  # of one provenance document; an attestation is about 8 KB


class Standing(StrEnum):
    """How far a publisher may be believed."""

    NONE = "none"  # the file has no provenance
    CLAIMED = "claimed"  # the index says so
    VERIFIED = "verified"  # its signature, its log entry, the file's sha256 and the publisher's identity all hold
    REFUSED = "refused"  # one of them does not


class Publisher(NamedTuple):
    """Who an attestation names as publisher. kind: `GitHub`, `GitLab`, `Google`, ...; repository: `owner/name`, "" for kinds
    without one; workflow: file of the pipeline; account: the e-mail address or project id of kinds without a repository."""

    kind: str
    repository: str = ""
    workflow: str = ""
    account: str = ""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What must stay the same from one release to the next: a renamed workflow is the same publisher."""
        return self.kind, self.repository.lower(), self.account

    def __str__(self) -> str:
        return " ".join(part for part in (self.kind, self.repository, self.workflow, self.account) if part)


class Provenance(NamedTuple):
    """What is known of a file's origin. filename: the file; why: for `refused`, what does not hold; open: why it could not
    be verified though the library is there, "" otherwise."""

    publisher: Publisher
    standing: Standing = Standing.CLAIMED
    filename: str = ""
    why: str = ""
    open: str = ""


def publisher_in(body: bytes) -> Publisher | None:
    """The publisher of the first bundle that names one in a provenance document, None where it is no such document."""
    try:
        bundles = json.loads(body)["attestation_bundles"]
        publishers = [bundle["publisher"] for bundle in bundles]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    found = [_publisher(one) for one in publishers if isinstance(one, Mapping)]
    return next((one for one in found if one.kind), None)


def _publisher(claim: Mapping[str, Any]) -> Publisher:
    def text(*names: str) -> str:
        return next((safe(value, 200) for name in names if isinstance(value := claim.get(name), str) and value), "")

    repository, account = text("repository"), text("email", "project_id")
    if not repository and (organization := text("organization")):  # ActiveState names a project of an organization
        account = "/".join(part for part in (organization, text("project")) if part)
    return Publisher(text("kind"), repository, text("workflow", "workflow_filepath"), account)


def kept_provenance(kept: Mapping[str, Any], filename: str) -> Provenance | None:
    """What was kept of a file's provenance; None where that cannot be read, and the index is asked again."""
    try:
        publisher = Publisher(*(safe(str(part), 200) for part in kept["publisher"]))
        verdict = (Standing(kept["verdict"][0]), safe(str(kept["verdict"][1]))) if kept["verdict"] else None
    except (KeyError, TypeError, ValueError, IndexError):
        return None
    return with_verdict(publisher, filename, verdict)


def with_verdict(publisher: Publisher, filename: str, verdict: tuple[Standing, str] | None) -> Provenance:
    """verdict: of who verified it and why, None where nobody did."""
    standing, why = verdict or (Standing.CLAIMED, "")
    if standing is Standing.CLAIMED:
        return Provenance(publisher, filename=filename, open=why)
    return Provenance(publisher, standing, filename, why)
