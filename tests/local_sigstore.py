"""A Sigstore of our own, in memory: certificate authority, certificate log and transparency log, and a trust root that names
them. It signs attestations as the public one does, so that accepting one can be shown without asking anybody.

    sigstore = LocalSigstore()
    sigstore.trust_root()                                   # what MLSUPPLY_TRUSTED_ROOT would name
    sigstore.provenance("demo-1.0-py3-none-any.whl", sha)   # what an index's Integrity API would answer
    LocalSigstore(self_signed=True).provenance(...)         # by a key nobody vouches for

Formats: RFC 6962 (certificate log), https://github.com/secure-systems-lab/dsse, the C2SP signed note of Rekor's checkpoints.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

SIGNED = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
_FULCIO = "1.3.6.1.4.1.57264.1"
_SCT_LIST = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_ISSUER = "https://token.actions.githubusercontent.com"
PUBLISH = "https://docs.pypi.org/attestations/publish/v1"


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _public(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _id(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(_public(key)).digest()


def _sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass(slots=True, kw_only=True)
class LocalSigstore:
    """See the module. self_signed: its certificates are signed by the key they are for."""

    self_signed: bool = False
    authority: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    certificate_log: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    log: ec.EllipticCurvePrivateKey = field(default_factory=_key)

    @property
    def _name(self) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "local-sigstore")])

    def _root(self) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self.authority.public_key())
            .serial_number(1)
            .not_valid_before(SIGNED - timedelta(days=400))
            .not_valid_after(SIGNED + timedelta(days=4000))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.authority.public_key()), critical=False)
            .sign(self.authority, hashes.SHA256())
        )

    def trust_root(self) -> bytes:
        """As sigstore writes `trusted_root.json`."""
        since = {"start": "2025-01-01T00:00:00Z"}

        def log(key: ec.EllipticCurvePrivateKey, url: str) -> dict[str, Any]:
            public = {"rawBytes": b64(_public(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": since}
            return {"baseUrl": url, "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": {"keyId": b64(_id(key))}}

        chain = {"certificates": [{"rawBytes": b64(self._root().public_bytes(serialization.Encoding.DER))}]}
        subject = {"organization": "local", "commonName": "local-sigstore"}
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [log(self.log, "https://log.example")],
                "certificateAuthorities": [
                    {"subject": subject, "uri": "https://ca.example", "certChain": chain, "validFor": since}
                ],
                "ctlogs": [log(self.certificate_log, "https://ct.example")],
                "timestampAuthorities": [],
            }
        ).encode()

    def provenance(
        self,
        filename: str,
        sha256: str,
        *,
        repository: str = "acme/demo",
        workflow: str = "release.yml",
        claimed: str = "",
        predicate: str = PUBLISH,
    ) -> dict[str, Any]:
        """What the Integrity API answers for a file. claimed: the repository the index names, where it is not the one in the
        certificate."""
        statement = json.dumps(
            {
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{"name": filename, "digest": {"sha256": sha256}}],
                "predicateType": predicate,
                "predicate": None,
            }
        ).encode()
        publisher = {"kind": "GitHub", "repository": claimed or repository, "workflow": workflow, "environment": None}
        attestation = self._attestation(statement, repository, workflow)
        return {"version": 1, "attestation_bundles": [{"publisher": publisher, "attestations": [attestation]}]}

    def _attestation(self, statement: bytes, repository: str, workflow: str) -> dict[str, Any]:
        key = _key()
        certificate = self._certificate(key, repository, workflow)
        kind = "application/vnd.in-toto+json"
        signature = _sign(key, f"DSSEv1 {len(kind)} {kind} {len(statement)} ".encode() + statement)
        return {
            "version": 1,
            "verification_material": {
                "certificate": b64(certificate.public_bytes(serialization.Encoding.DER)),
                "transparency_entries": [self._entry(statement, signature, certificate)],
            },
            "envelope": {"statement": b64(statement), "signature": b64(signature)},
        }

    def _entry(self, statement: bytes, signature: bytes, certificate: x509.Certificate) -> dict[str, Any]:
        """The only entry of a log of one."""
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        spec = {
            "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(statement).hexdigest()},
            "signatures": [{"signature": b64(signature), "verifier": b64(pem)}],
        }
        body = json.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec}, separators=(",", ":"), sort_keys=True)
        root, at = hashlib.sha256(b"\0" + body.encode()).digest(), int(SIGNED.timestamp())
        note = f"log.example - 1\n1\n{b64(root)}\n"
        signed_note = b64(_id(self.log)[:4] + _sign(self.log, note.encode()))
        promise = {"body": b64(body.encode()), "integratedTime": at, "logID": _id(self.log).hex(), "logIndex": 0}
        promised = _sign(self.log, json.dumps(promise, separators=(",", ":"), sort_keys=True).encode())
        return {
            "logIndex": "0",
            "logId": {"keyId": b64(_id(self.log))},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(at),
            "inclusionPromise": {"signedEntryTimestamp": b64(promised)},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": b64(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": f"{note}\n— log.example {signed_note}\n"},
            },
            "canonicalizedBody": b64(body.encode()),
        }

    def _certificate(self, key: ec.EllipticCurvePrivateKey, repository: str, workflow: str) -> x509.Certificate:
        """A certificate for ten minutes that says which workflow of which repository asked for it, logged before."""
        source, ref = f"https://github.com/{repository}", "refs/tags/v1.0"
        build = f"{source}/.github/workflows/{workflow}@{ref}"
        claims = {8: _ISSUER, 12: source, 13: "a" * 40, 14: ref, 18: build}
        signer = key if self.self_signed else self.authority
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(SIGNED - timedelta(minutes=1))
            .not_valid_after(SIGNED + timedelta(minutes=9))
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(build)]), critical=True)
        )
        for number, text in claims.items():
            oid = ObjectIdentifier(f"{_FULCIO}.{number}")
            builder = builder.add_extension(x509.UnrecognizedExtension(oid, _utf8(text)), critical=False)
        draft = builder.sign(signer, hashes.SHA256())
        stamp = self._stamp(draft.tbs_certificate_bytes, hashlib.sha256(_public(signer)).digest())
        return builder.add_extension(x509.UnrecognizedExtension(_SCT_LIST, stamp), critical=False).sign(
            signer, hashes.SHA256()
        )

    def _stamp(self, draft: bytes, issuer: bytes) -> bytes:
        """The certificate log's signed timestamp, as the extension holds it (RFC 6962, 3.2 and 3.3)."""
        at = int(SIGNED.timestamp() * 1000)
        entry = issuer + len(draft).to_bytes(3, "big") + draft
        signature = _sign(self.certificate_log, struct.pack("!BBQH", 0, 0, at, 1) + entry + b"\0\0")
        stamp = struct.pack("!B32sQHBBH", 0, _id(self.certificate_log), at, 0, 4, 3, len(signature)) + signature
        stamps = struct.pack("!HH", len(stamp) + 2, len(stamp)) + stamp
        return b"\x04" + _length(len(stamps)) + stamps


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _utf8(text: str) -> bytes:
    data = text.encode()
    return b"\x0c" + _length(len(data)) + data


def _length(count: int) -> bytes:
    """A DER length."""
    return bytes([count]) if count < 128 else b"\x81" + bytes([count]) if count < 256 else b"\x82" + count.to_bytes(2, "big")
