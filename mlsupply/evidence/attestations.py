"""Attestations verified with the optional library `pypi-attestations` (the extra `provenance`).

What is held to: the certificate of the signing key chains to Sigstore's authority and was logged; the signature and its
entry in the transparency log are whole; the certificate names the publisher the index names; the signed statement is of
this file name and this sha256. The library and sigstore do the cryptography; what is decided here is which trust root they
use, and what follows where they cannot tell.

Nothing leaves the machine for it but the question to the index. Sigstore's own client would refresh its trust root over
the network (TUF: the metadata and the target `trusted_root.json` of tuf-repo-cdn.sigstore.dev, into a folder in the user's
home). It is not used: the trust root is the one inside the installed sigstore package, or the file that
MLSUPPLY_TRUSTED_ROOT names (never the configuration of the project under audit, which may be hostile). A log that this root
does not know leaves the publisher claimed, and that is a gap.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from mlsupply.evidence.provenance import Standing
from mlsupply.model import DataSource, Reason
from mlsupply.named import NamedTuple
from mlsupply.text import safe
from mlsupply.world import Failure, World

if TYPE_CHECKING:
    import sigstore.verify

VARIABLE = "MLSUPPLY_TRUSTED_ROOT"
LIBRARY = "pypi_attestations"
_TUF = "https://tuf-repo-cdn.sigstore.dev"  # names the folder of the trust root in the sigstore package; never asked
_MAX_ROOT = 4 << 20
_MAX_ATTESTATIONS = 20  # of one file; there are one or two


class Verdict(NamedTuple):
    """standing: `verified`, `refused`, or `claimed` where it could not be decided; why: one clause for the last two."""

    standing: Standing
    why: str = ""


class Verifier(Protocol):
    """Holds a file's provenance against its signatures. label: the library and trust root, also the key under which a
    verdict is kept; source: the trust root, for the report."""

    label: str
    source: DataSource

    def verdict(self, body: bytes, filename: str, sha256: str) -> Verdict:
        """body: the index's provenance document. Must be callable from several threads."""


def verifier(world: World) -> Verifier | Failure | None:
    """What verifies in this run: None where the library is not installed, a `Failure` where its trust root cannot be had."""
    if find_spec(LIBRARY) is None:
        return None
    root = _trust_root(world)
    if isinstance(root, Failure):
        return root
    try:
        return SigstoreVerifier(root)
    except Exception as error:  # the libraries raise what they like on a document that is no trust root
        return Failure(Reason.MALFORMED, f"the {root.name} cannot be used: {_words(error)}")


class _Root(NamedTuple):
    """A trust root as it was read. name: for the reader."""

    name: str
    data: bytes


def _trust_root(world: World) -> _Root | Failure:
    if chosen := world.environ.get(VARIABLE):
        return _read(Path(chosen), f"trust root {safe(chosen)}")
    found = find_spec("sigstore._store")
    folders = list(found.submodule_search_locations or ()) if found else []
    path = Path(folders[0] if folders else "", quote(_TUF, safe=""), "trusted_root.json")
    return _read(path, f"trust root of sigstore {_version('sigstore')}")


def _read(path: Path, name: str) -> _Root | Failure:
    try:
        with open(path, "rb") as handle:
            data = handle.read(_MAX_ROOT + 1)
    except OSError as error:
        return Failure(Reason.NOT_FOUND, f"the {name} could not be read: {error.strerror}")
    return _Root(name, data) if len(data) <= _MAX_ROOT else Failure(Reason.TOO_LARGE, f"the {name} is too large")


def _version(project: str) -> str:
    try:
        return version(project)
    except PackageNotFoundError:
        return "of unknown version"


class SigstoreVerifier:
    """`Verifier` by pypi-attestations and sigstore, against one trust root."""

    def __init__(self, root: _Root) -> None:
        """Raises whatever the libraries raise on a document that is no trust root."""
        import sigstore.verify
        from sigstore.models import TrustedRoot
        from sigstore_models.trustroot.v1 import TrustedRoot as Document

        document = json.loads(root.data)
        self._verifier: sigstore.verify.Verifier = sigstore.verify.Verifier(
            trusted_root=TrustedRoot(Document.from_json(root.data))
        )
        self._logs = {str(log["logId"]["keyId"]) for log in document["tlogs"]}
        self._name = root.name
        digest = hashlib.sha256(root.data).hexdigest()
        self.label = f"{LIBRARY} {_version('pypi-attestations')}, {root.name}, {digest[:16]}"
        self.source = DataSource(
            root.name,
            max(_starts(document), default=""),
            len(self._logs) + len(document["certificateAuthorities"]),
            digest,
        )

    def verdict(self, body: bytes, filename: str, sha256: str) -> Verdict:
        from pydantic import ValidationError
        from pypi_attestations import Distribution, Provenance

        try:
            provenance = Provenance.model_validate_json(body)
            distribution = Distribution(name=filename, digest=sha256)
        except (ValueError, RecursionError) as error:
            said = f"pypi-attestations {_version('pypi-attestations')} cannot read it"
            why = str(error.errors()[0]["msg"]) if isinstance(error, ValidationError) else str(error)
            return Verdict(Standing.CLAIMED, f"{said}: {safe(why, 160)}")
        pairs = [(bundle.publisher, one) for bundle in provenance.attestation_bundles for one in bundle.attestations]
        if not 0 < len(pairs) <= _MAX_ATTESTATIONS:
            return Verdict(Standing.CLAIMED, f"it holds {len(pairs)} attestations; 1 to {_MAX_ATTESTATIONS} are looked at")
        for publisher, attestation in pairs:
            if (log := _log_of(attestation)) not in self._logs:
                return Verdict(Standing.CLAIMED, f"the {self._name} does not know its transparency log {log}")
            try:
                self._hold(attestation, publisher, distribution)
            except Exception as error:  # whatever an adversary's bytes make the libraries raise is a refusal
                return Verdict(Standing.REFUSED, _words(error))
        return Verdict(Standing.VERIFIED)

    def _hold(self, attestation: Any, publisher: Any, distribution: Any) -> None:
        """Raises where anything does not hold. `Attestation.verify` does the same, but for its choice of trust root."""
        from pypi_attestations import AttestationType

        kind, payload = self._verifier.verify_dsse(attestation.to_bundle(), publisher._as_policy())
        if kind != "application/vnd.in-toto+json":
            raise ValueError(f"the signed text is {safe(kind, 80)}, not an in-toto statement")
        statement = json.loads(payload)
        AttestationType(statement["predicateType"])
        (subject,) = statement["subject"]
        if not _same_file(subject["name"], distribution.name):
            raise ValueError(f"it was made for {safe(str(subject['name']), 120)}")
        if subject["digest"].get("sha256") != distribution.digest:
            raise ValueError("it was made for a file of another sha256")


def _same_file(one: str, other: str) -> bool:
    """Whether two file names are of the same project, version, build and tags; spellings may differ. Raises `ValueError`."""
    from packaging.utils import parse_sdist_filename, parse_wheel_filename

    if one.endswith(".whl") and other.endswith(".whl"):
        return parse_wheel_filename(one) == parse_wheel_filename(other)
    return parse_sdist_filename(one) == parse_sdist_filename(other)


def _log_of(attestation: Any) -> str:
    """The id of the log its first entry is in, as trust roots write it; only that entry is looked at by the library."""
    entry: Mapping[str, Any] = attestation.verification_material.transparency_entries[0]
    log = entry.get("logId")
    return safe(str(log.get("keyId")), 80) if isinstance(log, Mapping) else ""


def _starts(document: Mapping[str, Any]) -> Iterator[str]:
    """Since when each log and authority is trusted."""
    for log in document["tlogs"]:
        yield str(log["publicKey"]["validFor"]["start"])
    for authority in document["certificateAuthorities"]:
        yield str(authority["validFor"]["start"])


def _words(error: Exception) -> str:
    """An exception in one short line."""
    return safe(str(error), 200) or type(error).__name__
