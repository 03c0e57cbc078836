"""`mlsupply models lock` and `verify`: which weights the caches hold, and weights on disk held against what was recorded."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlsupply.cli.common import no_device, shows_errors
from mlsupply.cli.options import RESOLVING, RUN, with_options, with_output
from mlsupply.errors import EXIT_CLEAN, EXIT_FINDINGS, EXIT_INCOMPLETE, EXIT_NOTHING, MlsupplyError
from mlsupply.text import count, safe

if TYPE_CHECKING:
    from mlsupply.evidence.models.locking import Checked
    from mlsupply.evidence.models.signing import Proved, Trust

cache_option = click.option(
    "--cache",
    "caches",
    multiple=True,
    metavar="REGISTRY=DIR",
    help="Cache to read, e.g. huggingface=DIR (or ollama, torch.hub); repeatable. Default: where the libraries keep theirs.",
)


def roots_of(caches: tuple[str, ...]) -> dict[str, Path]:
    """The caches to read, by the name of their library: those given as `NAME=DIR`, or the libraries' own. Raises
    `click.BadParameter` for one that is not known."""
    from mlsupply.evidence.models.caches import default_roots

    known = default_roots(os.environ, Path.home())
    if not caches:
        return known
    roots = {}
    for text in caches:
        registry, equals, folder = text.partition("=")
        if registry not in known or not equals:
            raise click.BadParameter(
                f"{text} is not one of {', '.join(f'{name}=DIR' for name in known)}", param_hint="--cache"
            )
        roots[registry] = Path(folder)
    return roots


@click.command(name="lock", short_help="Write which weights the caches hold.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@cache_option
@click.option(
    "-o", "--output", default="mlsupply-models.lock", metavar="FILE", help="Where to write. Default: mlsupply-models.lock."
)
@shows_errors
def lock_weights(names: tuple[str, ...], caches: tuple[str, ...], output: str) -> None:
    """Write which models the local caches hold, with revision, size and sha256 of every file.

    NAME: only these (owner/name); by default all.
    """
    from mlsupply.evidence.models.caches import cached
    from mlsupply.evidence.models.locking import lock, written

    found = [one for one in cached(roots_of(caches)) if not names or one.name in names]
    try:
        models = lock(found)
        if models:
            Path(output).write_bytes(written(models))
    except OSError as error:
        raise MlsupplyError("output-not-written", f"{error.filename}: {error.strerror}") from error
    files = sum(len(model.files) for model in models)
    if models:
        click.echo(f"{output}: {count(len(models), 'model')}, {count(files, 'file')}", err=True)
    else:
        listed = ", ".join(map(str, roots_of(caches).values()))
        wanted = "none of these models" if names else "no model"
        click.echo(f"the caches hold {wanted}, so {output} was not written: {listed}", err=True)
    for name in set(names) - {model.name for model in models}:
        click.echo(f"not checked: {name} is in no cache", err=True)
    missing = set(names) - {model.name for model in models}
    sys.exit(EXIT_INCOMPLETE if missing else EXIT_CLEAN if models else EXIT_NOTHING)


_FILE = click.Path(path_type=Path)
_OF_THE_NETWORK = ("offline", "index_url", "feed", "feed_url", "no_progress")  # which nothing here asks


@click.command(name="verify", short_help="Prove the weights on disk.")
@click.argument("lock_file", default="mlsupply-models.lock", metavar="[LOCK]")
@cache_option
@click.option("--signature", metavar="FILE", default="", help="Check a folder against an OpenSSF model signature instead.")
@click.option("--folder", metavar="DIR", default=".", help="The folder that was signed.", show_default=True)
@click.option("--key", type=_FILE, metavar="FILE", help="Public key (PEM) the signature must verify with.")
@click.option(
    "--certificate",
    "certificates",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="Certificate (PEM) the signer's chain must end at; repeatable.",
)
@click.option("--identity", default="", metavar="NAME", help="Identity that must have signed, without a key (sigstore).")
@click.option("--issuer", default="", metavar="URL", help="Issuer of that identity (OpenID Connect).")
@click.option(
    "--trust-root", "root", type=_FILE, metavar="FILE", help="Sigstore's client trust configuration (JSON), for --identity."
)
@with_output("As in scan. Default: text.")
@with_options(RUN, (*RESOLVING, *_OF_THE_NETWORK))
@shows_errors
def verify_weights(
    lock_file: str, caches: tuple[str, ...], signature: str, folder: str, outputs: tuple[str, ...], **options: object
) -> None:
    """Prove the weights on disk against mlsupply-models.lock, or against a signature.

    Exit codes: 0 all the same (and the signer is proven), 1 a file changed or the signature does not hold, 3 something
    could not be compared (missing, unlisted or unreadable; the signer not checked).
    """
    from mlsupply.evidence.models.signing import Trust

    trust = Trust(*(options.pop(name) for name in ("key", "certificates", "identity", "issuer", "root")))  # type: ignore[arg-type]  # as click made them
    if not signature and trust != Trust():
        raise click.UsageError(
            "--key, --certificate, --identity, --issuer and --trust-root prove who made a --signature: name it"
        )
    source = Path(signature or lock_file)
    rows, proof = _signed(source, Path(folder), trust) if signature else (_locked(source, caches), None)
    code = _code(rows, proof)
    if outputs:
        _report(rows, proof, source, code, outputs, options)
    else:
        _tell(rows, proof)
    sys.exit(code)


def _read(source: Path, hint: str) -> bytes:
    from mlsupply.evidence.models.locking import SIGNATURE_MOST

    no_device(source)
    try:
        with open(source, "rb") as handle:
            data = handle.read(SIGNATURE_MOST + 1)
    except OSError as error:
        message = f"{source} could not be read: {error.strerror}"
        raise MlsupplyError("file-not-read", message, hint) from error
    if len(data) > SIGNATURE_MOST:
        raise MlsupplyError(
            "file-not-read", f"{source} is larger than {SIGNATURE_MOST:,} bytes", "name the lock or signature"
        )
    return data


def _locked(source: Path, caches: tuple[str, ...]) -> list[Checked]:
    from mlsupply.evidence.models.caches import cached
    from mlsupply.evidence.models.locking import read, verify

    return list(verify(read(_read(source, "write it with mlsupply models lock")), cached(roots_of(caches))))


def _signed(source: Path, folder: Path, trust: Trust) -> tuple[list[Checked], Proved]:
    from mlsupply.evidence.models.locking import Checked, Outcome, signed_files, verify_signed
    from mlsupply.evidence.models.signing import proved

    files = signed_files(_read(source, "name the signature that came with the model"))
    proof = proved(source, trust)
    if not files:
        words = "the signature lists no sha256 of whole files; check the folder with model_signing"
        return [Checked(folder.name, source.name, Outcome.UNREADABLE, words)], proof
    return list(verify_signed(files, folder, source.name)), proof


def _code(rows: list[Checked], proof: Proved | None) -> int:
    from mlsupply.evidence.models.locking import Outcome
    from mlsupply.evidence.models.signing import Proof

    outcomes = {row.outcome for row in rows}
    if Outcome.CHANGED in outcomes or (proof and proof.proof is Proof.REFUSED):
        return EXIT_FINDINGS
    if outcomes - {Outcome.SAME} or (proof and proof.proof is Proof.UNPROVEN):
        return EXIT_INCOMPLETE
    return EXIT_CLEAN if rows else EXIT_NOTHING


def _tell(rows: list[Checked], proof: Proved | None) -> None:
    from mlsupply.evidence.models.locking import Outcome
    from mlsupply.evidence.models.signing import Proof

    for row in rows:
        if row.outcome is not Outcome.SAME:
            click.echo(f"{row.outcome.value:<10}  {safe(row.model)}  {safe(row.path, 1000)}: {row.detail}")
    if proof and proof.proof is Proof.REFUSED:
        click.echo(f"refused     {proof.detail}")
    same = sum(row.outcome is Outcome.SAME for row in rows)
    found = f"{same:,} of {count(len(rows), 'file')} the same"
    click.echo(found if rows else "nothing to verify: no file is listed", err=True)
    if proof and proof.proof is not Proof.REFUSED:
        word = "signed: " if proof.proof is Proof.PROVEN else "not checked: "
        click.echo(word + proof.detail + (f"; {proof.hint}" if proof.hint else ""), err=True)


def _report(
    rows: list[Checked],
    proof: Proved | None,
    source: Path,
    code: int,
    outputs: tuple[str, ...],
    options: dict[str, object],
) -> None:
    """The same as a report in the formats `outputs`; a changed file is a critical finding."""
    from mlsupply.cli.models_report import write_report
    from mlsupply.evidence.references.integrity import integrity_facts, integrity_gaps
    from mlsupply.model import Inventory

    file = str(source)
    facts, gaps = integrity_facts(rows, proof, file), integrity_gaps(rows, proof, file)
    write_report(
        [Inventory(path=file, format="models", complete=True)],
        lambda rules: [rules.judge("models", facts, gaps=gaps)],
        (code, f"{len(rows)} model files checked against {source.name}"),
        outputs,
        options,
    )
