"""What to do after a known bad release, in order: the record's own steps, those of its wave, or steps made from its facts.
Pure but for reading the record of the wave.

The order is that of incident responders: stop it, remove what waits for a revoked token, rotate from a clean machine what
opens most doors first, rebuild, then look at what may have been published in your name.
"""

from __future__ import annotations

from mlsupply.advisories.incident_records import Incident, incident

ROTATION = {
    "package-indexes": "upload tokens of package indexes",
    "source-hosts": "tokens and keys of source hosts",
    "ci-secrets": "secrets of CI jobs",
    "cloud": "cloud keys and sessions",
    "kubernetes": "service accounts and kubeconfigs of clusters",
    "secret-stores": "everything readable in secret stores",
    "llm-keys": "keys of model providers and agent tools",
    "data-warehouses": "accounts of databases and warehouses",
    "ssh-keys": "SSH keys",
    "environment": "whatever stood in environment variables and .env files",
    "messaging": "bot and payment tokens",
    "browsers": "passwords and sessions kept in browsers",
    "wallets": "wallets: move the funds to new keys",
    "shell-history": "secrets that stand in shell histories",
    "files": "secrets in files of the user",
}
"""Classes of credentials, in the order to rotate them: what lets an attacker publish, then what opens further doors."""

_ANY = "every credential the host, its cloud role and its cluster could read"


def steps(record: Incident) -> tuple[str, ...]:
    """Sentences, in the order to follow them; none for what is told as context only."""
    family = incident(record.family) if record.family else None
    own = record.response or (family.response if family else ())
    return own or (() if record.verdict == "context" else _made(record))


def rotation(credentials: tuple[str, ...]) -> tuple[str, ...]:
    """What to rotate, in order; everything where nobody described what was within reach."""
    return tuple(words for name, words in ROTATION.items() if name in credentials) or (_ANY,)


def _made(record: Incident) -> tuple[str, ...]:
    found = record.indicators
    traces = [*found.get("services", ()), *found.get("files", ())]
    made = ["Isolate every host, container and CI runner that installed it; keep images and installer logs."]
    if traces:
        made.append(f"Look for and remove before anything is revoked: {', '.join(traces)}.")
    if "start" in record.runs_at:
        made.append("Look for .pth and .start files it left in any site-packages: they run at every start of Python.")
    order = ", in this order:" if record.credentials else ""
    made.append(f"From a clean machine revoke and reissue{order} {'; '.join(rotation(record.credentials))}.")
    if {"package-indexes", "source-hosts"} & set(record.credentials):
        made.append("Check your own projects for releases, commits and workflows that you did not make.")
    if record.affected:
        made.append(f"Rebuild from a clean image {_clean(record)}; purge wheel caches, mirrors and image layers.")
    return tuple(made)


def _clean(record: Incident) -> str:
    versions = [record.safe[side] for side in ("before", "after") if side in record.safe]
    return f"with {' or '.join(versions)}" if versions else f"without {record.subject}"


def clean_releases(record: Incident) -> list[str]:
    """`before: 1.2 (the note)` and `after: 1.5`, as far as the record tells."""
    lines = []
    for side in ("before", "after"):
        version, note = record.safe.get(side, ""), record.safe.get(f"{side}_note", "")
        begun = note.startswith(f"{version} ")  # many notes name the version themselves
        if version or note:
            lines.append(f"{side}: {version} ({note})" if version and note and not begun else f"{side}: {note or version}")
    return lines
