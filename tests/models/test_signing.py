"""Models are signed with the OpenSSF library and verified by key or certificate; where that cannot be, a gap says so."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mlsupply.cli.models import command

signing = pytest.importorskip("model_signing.signing")
from cryptography import x509  # noqa: E402  comes with the library that may be absent
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402  the same
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402  the same

Sign = Callable[[], Path]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "sub" / "config.json").write_bytes(b"{}")
    return folder


def new_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """A key pair, `path`.pem and `path`.pub."""
    key = ec.generate_private_key(ec.SECP256R1())
    plain = serialization.NoEncryption()
    path.with_suffix(".pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    shape = serialization.PublicFormat.SubjectPublicKeyInfo
    path.with_suffix(".pub").write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, shape))
    return key


def new_certificate(
    path: Path,
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    root: bool,
) -> None:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(True, False, False, False, False, root, root, False, False)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(issuer_key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))


@pytest.fixture
def signed(model: Path, tmp_path: Path) -> Path:
    """The model, signed with a key; gives the signature."""
    new_key(tmp_path / "key")
    new_key(tmp_path / "other")
    signature = tmp_path / "model.sig"
    signing.Config().use_elliptic_key_signer(private_key=tmp_path / "key.pem").sign(model, signature)
    return signature


def verify(model: Path, signature: Path, *more: str) -> Result:
    return CliRunner().invoke(command, ["verify", "--signature", str(signature), "--folder", str(model), *more])


def test_by_key(model: Path, signed: Path, tmp_path: Path) -> None:
    result = verify(model, signed, "--key", str(tmp_path / "key.pub"))
    assert result.exit_code == 0
    assert "signed: " in result.output


def test_a_changed_weight_is_a_critical_finding(model: Path, signed: Path, tmp_path: Path) -> None:
    (model / "model.safetensors").write_bytes(b"weightZ")
    result = verify(model, signed, "--key", str(tmp_path / "key.pub"), "-o", "json")
    (found,) = json.loads(result.output)["findings"]
    assert (result.exit_code, found["id"], found["severity"]) == (1, "MLS-M070", "critical")


def test_another_key_did_not_sign_it(model: Path, signed: Path, tmp_path: Path) -> None:
    result = verify(model, signed, "--key", str(tmp_path / "other.pub"), "-o", "json")
    (found,) = json.loads(result.output)["findings"]
    assert (result.exit_code, found["id"], found["severity"]) == (1, "MLS-M071", "critical")


def test_a_statement_that_was_rewritten(model: Path, signed: Path, tmp_path: Path) -> None:
    """The file list is changed to fit changed weights: the files fit, the signature does not."""
    import base64
    import hashlib

    (model / "model.safetensors").write_bytes(b"evil")
    bundle = json.loads(signed.read_text())
    statement = base64.b64decode(bundle["dsseEnvelope"]["payload"]).decode()
    old, new = (hashlib.sha256(data).hexdigest() for data in (b"weights", b"evil"))
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(statement.replace(old, new).encode()).decode()
    signed.write_text(json.dumps(bundle))
    result = verify(model, signed, "--key", str(tmp_path / "key.pub"))
    assert result.exit_code == 1
    assert "refused" in result.output


def test_a_file_beside_those_signed_is_not_verified(model: Path, signed: Path, tmp_path: Path) -> None:
    (model / "extra.bin").write_bytes(b"x")
    result = verify(model, signed, "--key", str(tmp_path / "key.pub"))
    assert result.exit_code == 3
    assert "unlisted" in result.output


def test_by_certificate(model: Path, tmp_path: Path) -> None:
    root_key, other_key, key = (new_key(tmp_path / name) for name in ("root", "elsewhere", "signer"))
    new_certificate(tmp_path / "root.crt", "Root", root_key, "Root", root_key, root=True)
    new_certificate(tmp_path / "other.crt", "Other", other_key, "Other", other_key, root=True)
    new_certificate(tmp_path / "signer.crt", "Signer", key, "Root", root_key, root=False)
    signature = tmp_path / "model.sig"
    signing.Config().use_certificate_signer(
        private_key=tmp_path / "signer.pem",
        signing_certificate=tmp_path / "signer.crt",
        certificate_chain=[tmp_path / "root.crt"],
    ).sign(model, signature)
    assert verify(model, signature, "--certificate", str(tmp_path / "root.crt")).exit_code == 0
    assert verify(model, signature, "--certificate", str(tmp_path / "other.crt")).exit_code == 1
    (model / "model.safetensors").write_bytes(b"weightZ")
    assert verify(model, signature, "--certificate", str(tmp_path / "root.crt")).exit_code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give --key, --certificate, or --identity"),
        (("--identity", "release@acme.example"), "the trust root is not fetched"),
        (("--identity", "release@acme.example", "--issuer", "https://idp.example"), "the trust root is not fetched"),
    ],
)
def test_what_cannot_be_proven_is_a_gap(model: Path, signed: Path, words: tuple[str, ...], said: str) -> None:
    result = verify(model, signed, *words)
    assert result.exit_code == 3
    assert said in result.output


def test_without_the_extra_the_gap_names_it(
    model: Path, signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "model_signing", None)
    result = verify(model, signed, "--key", str(tmp_path / "key.pub"))
    assert result.exit_code == 3
    assert 'pip install "mlsupply[signing]"' in result.output
    gaps = json.loads(verify(model, signed, "--key", str(tmp_path / "key.pub"), "-o", "json").output)["gaps"]
    assert any("is not installed" in gap["detail"] for gap in gaps)


def test_a_key_that_is_not_there_is_a_mistake_of_the_command(model: Path, signed: Path) -> None:
    assert verify(model, signed, "--key", "gone.pub").exit_code == 2


def test_digests_of_parts_of_files_are_left_to_the_library(model: Path, tmp_path: Path) -> None:
    import model_signing.hashing as hashing

    new_key(tmp_path / "key")
    signature = tmp_path / "model.sig"
    shards = hashing.Config().use_shard_serialization()
    signer = signing.Config().use_elliptic_key_signer(private_key=tmp_path / "key.pem")
    signer.set_hashing_config(shards).sign(model, signature)
    result = verify(model, signature, "--key", str(tmp_path / "key.pub"))
    assert result.exit_code == 3
    assert "no sha256 of whole files" in result.output
