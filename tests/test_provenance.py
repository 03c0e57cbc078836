"""Provenance: what an index claims of publishers, and what the optional library makes of it.

The public Sigstore is not asked: `local_sigstore` is one of our own, whose trust root MLSUPPLY_TRUSTED_ROOT names.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsupply.cli import main
from mlsupply.evidence import attestations
from mlsupply.evidence.attestations import Verdict, Verifier
from mlsupply.evidence.provenance import Publisher, Standing, publisher_in
from mlsupply.report import FORMATS
from mlsupply.world import Failure, World
from tests.loopback_index import File, LoopbackIndex
from tests.loopback_index import provenance as shell

pytest.importorskip("pypi_attestations", reason="the extra provenance is not installed")
from tests.local_sigstore import LocalSigstore

WHEEL, SHA = "demo-1.0-py3-none-any.whl", "ab" * 32


@pytest.fixture(scope="module")
def sigstore() -> LocalSigstore:
    return LocalSigstore()


@pytest.fixture
def root(sigstore: LocalSigstore, tmp_path: Path) -> Path:
    path = tmp_path / "trusted_root.json"
    path.write_bytes(sigstore.trust_root())
    return path


def verifying(world: World, root: Path) -> Verifier:
    found = attestations.verifier(replace(world, environ={attestations.VARIABLE: str(root)}))
    assert found is not None
    assert not isinstance(found, Failure), found
    return found


@pytest.fixture
def verifier(world: World, root: Path) -> Verifier:
    return verifying(world, root)


def judged(verifier: Verifier, document: object, filename: str = WHEEL, sha256: str = SHA) -> Verdict:
    return verifier.verdict(json.dumps(document).encode(), filename, sha256)


# --- the verifier -------------------------------------------------------------------------------------------------------


def test_an_attestation_whose_every_part_holds_is_verified(verifier: Verifier, sigstore: LocalSigstore) -> None:
    assert judged(verifier, sigstore.provenance(WHEEL, SHA)) == (Standing.VERIFIED, "")
    assert judged(verifier, sigstore.provenance("demo-1.0.tar.gz", SHA), "demo-1.0.tar.gz") == (Standing.VERIFIED, "")


def stranger(own: LocalSigstore) -> LocalSigstore:
    return LocalSigstore(log=own.log, certificate_log=own.certificate_log)


def unsigned(own: LocalSigstore) -> LocalSigstore:
    return LocalSigstore(self_signed=True, log=own.log, certificate_log=own.certificate_log)


def unlogged(own: LocalSigstore) -> LocalSigstore:
    return LocalSigstore(authority=own.authority, log=own.log)


FORGERIES: Sequence[tuple[str, Callable[[LocalSigstore], Any], str]] = (
    ("for another sha256", lambda own: own.provenance(WHEEL, "cd" * 32), "a file of another sha256"),
    ("for another version", lambda own: own.provenance("demo-1.1-py3-none-any.whl", SHA), "made for demo-1.1-py3-none-any"),
    ("for another kind of file", lambda own: own.provenance("demo-1.0.tar.gz", SHA), "filename"),
    ("by another repository", lambda own: own.provenance(WHEEL, SHA, repository="mallory/demo", claimed="acme/demo"), "URI"),
    ("of an unknown type", lambda own: own.provenance(WHEEL, SHA, predicate="https://example.org/other"), "AttestationType"),
    ("by a self-signed certificate", lambda own: unsigned(own).provenance(WHEEL, SHA), "certificate chain"),
    ("by another authority", lambda own: stranger(own).provenance(WHEEL, SHA), "certificate chain"),
    ("by a certificate nobody logged", lambda own: unlogged(own).provenance(WHEEL, SHA), "SCT"),
)


@pytest.mark.parametrize(("forgery", "words"), [row[1:] for row in FORGERIES], ids=[row[0] for row in FORGERIES])
def test_a_forged_attestation_is_refused_and_says_what_does_not_hold(
    forgery: Callable[[LocalSigstore], Any], words: str, verifier: Verifier, sigstore: LocalSigstore
) -> None:
    standing, why = judged(verifier, forgery(sigstore))
    assert standing is Standing.REFUSED
    assert words in why


def attestation_of(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["attestation_bundles"][0]["attestations"][0]
    return found


def test_a_signature_or_log_entry_of_another_file_does_not_serve(verifier: Verifier, sigstore: LocalSigstore) -> None:
    mine, other = sigstore.provenance(WHEEL, SHA), sigstore.provenance(WHEEL, "cd" * 32)
    for part in ("verification_material", "envelope"):
        mixed = json.loads(json.dumps(mine))
        attestation_of(mixed)[part] = attestation_of(other)[part]
        assert judged(verifier, mixed).standing is Standing.REFUSED


def test_one_forged_attestation_among_good_ones_is_enough_to_refuse(verifier: Verifier, sigstore: LocalSigstore) -> None:
    document = sigstore.provenance(WHEEL, SHA)
    document["attestation_bundles"] += sigstore.provenance(WHEEL, "cd" * 32)["attestation_bundles"]
    assert judged(verifier, document).standing is Standing.REFUSED


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (shell(), "cannot read it"),
        ({"version": 1, "attestation_bundles": []}, "0 attestations"),
        ({"version": 2, "attestation_bundles": []}, "cannot read it"),
        ([], "cannot read it"),
        ({"attestation_bundles": [{"publisher": {"kind": "ActiveState"}, "attestations": []}]}, "'ActiveState'"),
    ],
)
def test_what_the_library_cannot_read_stays_claimed_and_says_so(document: object, words: str, verifier: Verifier) -> None:
    standing, why = judged(verifier, document)
    assert standing is Standing.CLAIMED
    assert words in why


def test_a_log_the_trust_root_does_not_know_leaves_it_open(verifier: Verifier) -> None:
    standing, why = judged(verifier, LocalSigstore().provenance(WHEEL, SHA))
    assert standing is Standing.CLAIMED
    assert re.fullmatch(r"the trust root .+trusted_root.json does not know its transparency log \S{44}", why)


def test_the_same_is_said_as_the_library_itself_says(
    world: World, root: Path, sigstore: LocalSigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`Attestation.verify` chooses its trust root by itself; given ours, it must agree on every case."""
    from pypi_attestations import AttestationError, Distribution, Provenance
    from sigstore.verify import Verifier as Theirs

    ours = verifying(world, root)
    assert isinstance(ours, attestations.SigstoreVerifier)
    monkeypatch.setattr(Theirs, "production", lambda **_: ours._verifier)
    for make in (lambda own: own.provenance(WHEEL, SHA), *(row[1] for row in FORGERIES)):
        document = make(sigstore)
        bundle = Provenance.model_validate(document).attestation_bundles[0]
        try:
            bundle.attestations[0].verify(bundle.publisher, Distribution(name=WHEEL, digest=SHA), offline=True)
            theirs = Standing.VERIFIED
        except AttestationError:
            theirs = Standing.REFUSED
        assert judged(ours, document).standing is theirs


def test_verifying_opens_no_connection(
    world: World, root: Path, sigstore: LocalSigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a socket was opened")

    document = sigstore.provenance(WHEEL, SHA)
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert judged(verifying(world, root), document).standing is Standing.VERIFIED


def test_without_a_root_of_the_users_the_one_inside_sigstore_is_used(world: World, sigstore: LocalSigstore) -> None:
    found = attestations.verifier(world)
    assert found is not None
    assert not isinstance(found, Failure), found
    assert re.fullmatch(r"trust root of sigstore [\d.]+", found.source.name)
    assert len(found.source.digest) == 64
    assert found.source.as_of.endswith("Z")
    assert judged(found, sigstore.provenance(WHEEL, SHA)).standing is Standing.CLAIMED  # of a log the public one is not


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"tlogs": []}', b"\x00" * 100])
def test_a_trust_root_that_is_none_is_a_failure_with_its_name(content: bytes, world: World, tmp_path: Path) -> None:
    (tmp_path / "root.json").write_bytes(content)
    found = attestations.verifier(replace(world, environ={attestations.VARIABLE: str(tmp_path / "root.json")}))
    assert isinstance(found, Failure)
    assert "root.json" in found.detail
    missing = attestations.verifier(replace(world, environ={attestations.VARIABLE: str(tmp_path / "nothing.json")}))
    assert isinstance(missing, Failure)
    assert "could not be read" in missing.detail


@settings(max_examples=80)
@given(per_mille=st.integers(0, 999), text=st.text(alphabet='{}[]":,0aZ/\x00é', min_size=1, max_size=6))
def test_no_damage_to_an_attestation_is_ever_verified_or_breaks_off(per_mille: int, text: str) -> None:
    body = json.dumps(_ONE.provenance(WHEEL, SHA))
    start = body.index('"attestations"')
    at = start + (len(body) - start) * per_mille // 1000
    damaged = body[:at] + text + body[at + len(text) :]
    verdict = _VERIFIER.verdict(damaged.encode(), WHEEL, SHA)
    assert verdict.standing is not Standing.VERIFIED or _says_the_same(damaged, body)


def _says_the_same(one: str, other: str) -> bool:
    """Whether what is signed for is the same: of a log entry some fields are of no consequence."""
    try:
        parts = [attestation_of(json.loads(text)) for text in (one, other)]
    except (ValueError, KeyError, IndexError, TypeError):
        return False
    return bool(parts[0]["envelope"] == parts[1]["envelope"])


_ONE = LocalSigstore()
_VERIFIER = attestations.SigstoreVerifier(attestations._Root("trust root of this test", _ONE.trust_root()))


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ({"kind": "GitHub", "repository": "acme/demo", "workflow": "r.yml"}, Publisher("GitHub", "acme/demo", "r.yml")),
        ({"kind": "GitLab", "repository": "a/b/c", "workflow_filepath": "ci.yml"}, Publisher("GitLab", "a/b/c", "ci.yml")),
        ({"kind": "Google", "email": "build@acme.example"}, Publisher("Google", account="build@acme.example")),
        ({"kind": "CircleCI", "project_id": "1234"}, Publisher("CircleCI", account="1234")),
        ({"kind": "ActiveState", "organization": "acme", "project": "demo"}, Publisher("ActiveState", account="acme/demo")),
        ({"kind": "GitHub\x1b[31m", "repository": 7}, Publisher("GitHub\ufffd")),
        ({"repository": "acme/demo"}, None),
        ("GitHub", None),
    ],
)
def test_each_kind_of_publisher_is_read_as_the_index_claims_it(claim: object, expected: Publisher | None) -> None:
    assert publisher_in(json.dumps({"attestation_bundles": [{"publisher": claim}]}).encode()) == expected


def test_a_publisher_is_found_behind_however_many_bundles_that_name_none() -> None:
    claims: list[object] = [{"publisher": {"kind": ""}}] * 40
    named = {"publisher": {"kind": "GitHub", "repository": "acme/demo"}}
    found = publisher_in(json.dumps({"attestation_bundles": [*claims, named]}).encode())
    assert found == Publisher("GitHub", "acme/demo")


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'{"attestation_bundles": 3}', b'{"attestation_bundles": [4]}', b"[" * 99_999]
)
def test_what_is_no_provenance_names_nobody(body: bytes) -> None:
    assert publisher_in(body) is None


# --- through the command ------------------------------------------------------------------------------------------------


class Bench:
    """A project that pins the last release of `demo`, an index on loopback, and the command over both."""

    def __init__(self, index: LoopbackIndex, folder: Path, root: Path | None) -> None:
        self.index, self.folder, self.root = index, folder, root

    def release(self, version: str, sign: Callable[[File], Any], uploaded: str = "2025-06-01T00:00:00Z") -> File:
        """One release with one wheel; sign: what the index answers for its provenance, None for none."""
        (file,) = self.index.add("demo", version, uploaded=uploaded)
        file.provenance = sign(file)
        return file

    def scan(self, *arguments: str, version: str = "1.1") -> Result:
        (self.folder / "requirements.txt").write_text(f"demo=={version}\n", encoding="utf-8")
        environ = {"MLSUPPLY_CACHE_DIR": str(self.folder / "cache"), attestations.VARIABLE: str(self.root or "")}
        command = [
            "scan",
            str(self.folder),
            "--index-url",
            self.index.simple,
            "--check",
            "release",
            "--no-resolve",
            "--no-progress",
        ]
        return CliRunner().invoke(main, [*command, *arguments], env=environ)

    def report(self, **more: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.scan("-o", "json", **more).stdout)
        return found

    def messages(self) -> dict[str, str]:
        return {finding["id"]: finding["message"] for finding in self.report()["findings"]}


@pytest.fixture
def bench(tmp_path: Path, root: Path) -> Iterator[Bench]:
    (tmp_path / "here").mkdir()
    with LoopbackIndex("pypi") as index:
        index.project("demo").info = {"project_urls": {"Source": "https://github.com/acme/demo"}}
        yield Bench(index, tmp_path / "here", root)


def signed(sigstore: LocalSigstore, **more: str) -> Callable[[File], Any]:
    return lambda file: sigstore.provenance(file.filename, file.sha256, **more)


def test_a_verified_release_after_a_verified_one_is_clean_and_the_report_says_on_what_it_rests(
    bench: Bench, sigstore: LocalSigstore
) -> None:
    bench.release("1.0", signed(sigstore))
    bench.release("1.1", signed(sigstore), "2025-07-01T00:00:00Z")
    report = bench.report()
    assert (report["findings"], report["gaps"]) == ([], [])
    names = {source["name"]: source["records"] for source in report["sources"]}
    assert names[f"publishers at {bench.index.simple.split('/')[2]}, verified"] == 2
    assert any(name.startswith("trust root ") for name in names)


def test_links_that_are_more_than_are_compared_leave_open_whether_the_publisher_is_among_them(
    bench: Bench, sigstore: LocalSigstore
) -> None:
    bench.release("1.0", signed(sigstore, repository="mallory/demo"))
    links = {f"link {number}": f"https://github.com/acme/demo-{number}" for number in range(60)}
    bench.index.project("demo").info = {"project_urls": links}
    (gap,) = bench.report(version="1.0")["gaps"]
    assert (gap["reason"], gap["cause"]) == ("limit", "failed")
    assert gap["detail"].startswith("MLS-R018 could not be decided: ")
    assert gap["detail"].endswith("gives more than 50 links for it; the rest were not compared")


def test_another_repository_is_told_as_verified_where_it_is(bench: Bench, sigstore: LocalSigstore) -> None:
    bench.release("1.0", signed(sigstore))
    bench.release("1.1", signed(sigstore, repository="mallory/demo"), "2025-07-01T00:00:00Z")
    told = bench.messages()
    assert told["MLS-R017"] == (
        "demo 1.1 was published by GitHub mallory/demo release.yml (verified),"
        " the release before it by GitHub acme/demo release.yml (verified)"
    )
    assert (
        told["MLS-R018"]
        == "demo 1.1 was published by GitHub mallory/demo release.yml (verified), and its links name other repositories"
    )


def test_an_attestation_for_another_file_fails_the_run(bench: Bench, sigstore: LocalSigstore) -> None:
    bench.release("1.0", signed(sigstore))
    bench.release("1.1", lambda file: sigstore.provenance(file.filename, "cd" * 32), "2025-07-01T00:00:00Z")
    result = bench.scan("-o", "json")
    assert result.exit_code == 1
    (finding,) = json.loads(result.stdout)["findings"]
    assert (finding["id"], finding["kind"], finding["severity"]) == ("MLS-R020", "integrity", "high")
    assert finding["message"].endswith(
        "which names GitHub acme/demo release.yml, does not hold: it was made for a file of another sha256"
    )


def test_the_locks_own_hash_is_what_an_attestation_is_held_to(bench: Bench, sigstore: LocalSigstore) -> None:
    """An index that swaps a file and its page's hash together does not swap the lock's."""
    file = bench.release("1.1", signed(sigstore))
    hashes = f'{{sha256 = "{"cd" * 32}"}}'
    (bench.folder / "pylock.toml").write_text(
        'lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "demo"\nversion = "1.1"\n'
        f'wheels = [{{name = "{file.filename}", url = "{bench.index.file_url(file)}", hashes = {hashes}}}]\n',
        encoding="utf-8",
    )
    environ = {"MLSUPPLY_CACHE_DIR": str(bench.folder / "cache"), attestations.VARIABLE: str(bench.root)}
    command = [
        "scan",
        str(bench.folder / "pylock.toml"),
        "--index-url",
        bench.index.simple,
        "--check",
        "release",
        "-o",
        "json",
    ]
    result = CliRunner().invoke(main, command, env=environ)
    assert {finding["id"] for finding in json.loads(result.stdout)["findings"]} == {"MLS-R014", "MLS-R020"}


def test_lost_attestations_say_who_published_with_them_before(bench: Bench, sigstore: LocalSigstore) -> None:
    bench.release("1.0", signed(sigstore))
    bench.release("1.1", lambda _: None, "2025-07-01T00:00:00Z")
    assert bench.messages() == {
        "MLS-R016": "demo 1.1 was uploaded without attestations;"
        " before it GitHub acme/demo release.yml published with them (verified)"
    }


def test_a_wheel_slipped_into_an_attested_release_is_named(bench: Bench, sigstore: LocalSigstore) -> None:
    bench.release("1.0", signed(sigstore))
    bench.release("1.1", signed(sigstore), "2025-07-01T00:00:00Z")
    bench.index.add("demo", "1.1", tag="cp312-cp312-linux_x86_64", uploaded="2025-07-01T00:00:00Z")
    assert bench.messages()["MLS-R021"].startswith(
        "demo-1.1-cp312-cp312-linux_x86_64.whl of demo 1.1 came without attestations"
    )


def test_a_verdict_is_kept_for_the_trust_root_it_was_made_with(
    bench: Bench, sigstore: LocalSigstore, tmp_path: Path
) -> None:
    bench.release("1.1", signed(sigstore))

    def asked() -> int:
        return sum(path.startswith("/integrity/") for path in bench.index.asked)

    assert bench.report()["gaps"] == []
    assert bench.report()["gaps"] == []
    assert asked() == 1
    bench.root = tmp_path / "other.json"
    bench.root.write_bytes(LocalSigstore().trust_root())
    assert len(bench.report()["gaps"]) == 1
    assert asked() == 2


@pytest.mark.parametrize(("name", "words"), [("nothing.json", "could not be read"), ("empty.json", "cannot be used")])
def test_a_trust_root_that_cannot_be_had_is_one_gap_and_nothing_is_verified(
    name: str, words: str, bench: Bench, sigstore: LocalSigstore, tmp_path: Path
) -> None:
    (tmp_path / "empty.json").write_text("{}", encoding="utf-8")
    bench.root = tmp_path / name
    bench.release("1.0", signed(sigstore))
    bench.release("1.1", signed(sigstore, repository="mallory/demo"), "2025-07-01T00:00:00Z")
    result = bench.scan("-o", "json")
    report = json.loads(result.stdout)
    (gap,) = report["gaps"]
    assert gap["detail"].startswith("the publishers stay claimed, not verified: the trust root")
    assert words in gap["detail"]
    assert "MLSUPPLY_TRUSTED_ROOT" in gap["hint"]
    assert "(claimed)" in bench.messages()["MLS-R017"]
    assert not calls_verified(result.output)


def test_a_page_that_promises_provenance_the_index_does_not_give_is_a_gap(bench: Bench, sigstore: LocalSigstore) -> None:
    file = bench.release("1.1", signed(sigstore))
    bench.index.broken[f"/integrity/demo/1.1/{file.filename}/provenance"] = 404
    (gap, *_) = bench.report()["gaps"]
    assert f"the provenance of {file.filename} could not be fetched" in gap["detail"]


def calls_verified(text: str) -> bool:
    """Whether anything is said to be verified. Terminals break lines anywhere."""
    return "verified" in re.sub(r"not\s+verified", "", text)


@pytest.mark.parametrize("output", [one.name for one in FORMATS])
def test_without_the_library_nothing_is_ever_called_verified(
    output: str, bench: Bench, sigstore: LocalSigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attestations, "LIBRARY", "no_such_library")
    bench.release("1.0", signed(sigstore))
    bench.release("1.1", signed(sigstore, repository="mallory/demo"), "2025-07-01T00:00:00Z")
    result = bench.scan("-o", output)
    assert result.exit_code in {0, 1, 3}, result.output
    assert not calls_verified(result.stdout)
    told = bench.messages()
    assert told["MLS-R017"].count("(claimed)") == 2
    assert any(source["name"].endswith(", claimed, not verified") for source in bench.report()["sources"])


def test_a_forgery_goes_unseen_without_the_library_and_the_report_does_not_pretend_otherwise(
    bench: Bench, sigstore: LocalSigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attestations, "LIBRARY", "no_such_library")
    bench.release("1.1", lambda file: sigstore.provenance(file.filename, "cd" * 32))
    report = bench.report()
    assert report["findings"] == []
    assert [source["name"] for source in report["sources"] if "publishers" in source["name"]] == [
        f"publishers at {bench.index.simple.split('/')[2]}, claimed, not verified"
    ]
