"""Who signed a model: an OpenSSF model signature (Model Signing 1.0) held against a key, certificates or an identity.

The cryptography is that of the library `model-signing`, an optional extra. Which files the signature lists, and whether
those on disk are the same, `locking.verify_signed` tells without it. Nothing is fetched: a keyless signature needs
sigstore's trust root as a file.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from mlsupply.errors import MlsupplyError
from mlsupply.text import safe

EXTRA = 'pip install "mlsupply[signing]"'


class Trust(NamedTuple):
    """What the signature is checked against: a public key (PEM), or certificates (PEM) that the signer's chain must end at,
    or the identity and issuer of a keyless signature with sigstore's trust root (its client trust configuration, JSON)."""

    key: Path | None = None
    certificates: tuple[Path, ...] = ()
    identity: str = ""
    issuer: str = ""
    root: Path | None = None


class Proof(StrEnum):
    """proven; refused: the signature does not hold, or is another's; unproven: it could not be checked."""

    PROVEN = "proven"
    REFUSED = "refused"
    UNPROVEN = "unproven"


class Proved(NamedTuple):
    """The outcome and why, in words; hint: what would prove it."""

    proof: Proof
    detail: str
    hint: str = ""


def proved(signature: Path, trust: Trust) -> Proved:
    """Verify the signature itself, not the files. Raises `MlsupplyError` (`file-not-read`) where a key or certificate
    cannot be read."""
    for file in (trust.key, *trust.certificates, trust.root):
        if file is not None and not file.is_file():
            raise MlsupplyError("file-not-read", f"{file} could not be read", "name a PEM file, or the trust root's JSON")
    if not (trust.key or trust.certificates or trust.identity):
        return Proved(Proof.UNPROVEN, "who signed was not checked", "give --key, --certificate, or --identity and --issuer")
    if trust.identity and not (trust.issuer and trust.root):
        return Proved(
            Proof.UNPROVEN,
            "a keyless signature needs its issuer and sigstore's trust root; the trust root is not fetched",
            "give --issuer, and --trust-root with the client trust configuration as a file",
        )
    try:
        from model_signing import verifying
    except ImportError as error:
        missing = safe(error.name or "model_signing", 60)
        return Proved(Proof.UNPROVEN, f"who signed was not checked: {missing} is not installed", EXTRA)
    return _asked(verifying, signature, trust)


def _asked(verifying: Any, signature: Path, trust: Trust) -> Proved:
    """Ask the library about an empty folder: it judges the signature first, and that the files differ after that."""
    said = io.StringIO()  # the library prints
    try:
        with tempfile.TemporaryDirectory() as empty, contextlib.redirect_stdout(said):
            _configured(verifying, trust).verify(Path(empty), signature)
    except Exception as error:  # the library raises whatever its parts raise, and each of them says that nothing is proven
        return _judged(error)
    return Proved(Proof.PROVEN, _by(trust))


def _configured(verifying: Any, trust: Trust) -> Any:
    config = verifying.Config()
    if trust.key:
        return config.use_elliptic_key_verifier(public_key=trust.key)
    if trust.certificates:
        return config.use_certificate_verifier(certificate_chain=trust.certificates)
    return config.use_sigstore_verifier(identity=trust.identity, oidc_issuer=trust.issuer, trust_config=trust.root)


_REFUSALS = {"InvalidSignature", "ValueError", "X509StoreContextError", "VerificationError", "InvalidCertificateError"}


def _judged(error: Exception) -> Proved:
    words = safe(str(error), 160)
    if isinstance(error, ValueError) and words.startswith("Signature mismatch"):
        return Proved(Proof.PROVEN, "the signature holds")  # the files are held against it by `locking`
    if {kind.__name__ for kind in type(error).__mro__} & _REFUSALS:
        return Proved(Proof.REFUSED, f"the signature does not hold: {words or type(error).__name__}")
    return Proved(Proof.UNPROVEN, f"the signature could not be checked: {type(error).__name__}: {words}", EXTRA)


def _by(trust: Trust) -> str:
    who = trust.identity or (f"the key {trust.key.name}" if trust.key else "the certificates given")
    return f"the signature holds for {safe(who, 120)}"
