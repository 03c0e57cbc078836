"""Addresses: how a URL is read, which service it belongs to, and whether a secret is that service's own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlsupply.evidence.python import places
from mlsupply.evidence.python.values.value import HOLE, legible
from mlsupply.lazy import expression

_WORDS = expression(r"[A-Za-z]{2,40}")
_HOST = expression(
    r"^(?:(?P<scheme>[a-z][a-z0-9+.-]{1,20})://)?(?:[^/@\s]{0,200}@)?(?P<host>[^/:?#\s]{1,255})", re.IGNORECASE
)
# Where services give tokens (RFC 6749, section 3.2).
TOKEN_PLACE = expression(r"/(?:oauth2?|tokens?|connect)(?:[/?]|$)", re.IGNORECASE)


def destination(address: str) -> str:
    """How an address reads: `chat` (a webhook), `metadata` (of a cloud or cluster), `local`, `fixed` (its host is written
    here) or `given` (somebody says it)."""
    if not address or address == HOLE or places.ACCOUNT.match(address):
        return "given"
    if places.CHAT_HOOK.search(address):
        return "chat"
    if places.METADATA.search(address) or places.CLUSTER.search(address):
        return "metadata"
    if places.LOCAL.match(address):
        return "local"
    host = host_of(address)
    known = host.replace(HOLE, "")
    if address.startswith(HOLE):
        return "given"
    return "fixed" if "." in known.strip(".") and len(known) >= 4 else "given"


_IDENTITY = expression(r"cloud-metadata:(?:.*\.actions\.githubusercontent\.com|.*/distributedtask/|id\.detect_credential)")


def takes_identity(labels: list[str], address: str) -> bool:
    """Is this the label of a token by which a run of continuous integration says who it is, for the service at the address?
    Elsewhere than there, or where such tokens are exchanged for others, it opens nothing."""
    tokens = [one for one in labels if one.startswith("cloud-metadata:")]
    if not tokens or not all(map(_IDENTITY.match, tokens)):
        return False
    name = places.registered_name(host_of(address))
    named = [found["whom"] for one in tokens if (found := places.AUDIENCE.search(one)) is not None]
    meant = len(named) == len(tokens) and len(name) >= 4 and all(name in one.lower() for one in named)
    return meant or places.TOKEN_EXCHANGES.match(address) is not None


def host_of(address: str) -> str:
    """The host of a URL; "" where it has none."""
    found = _HOST.match(address)
    return found["host"] if found else ""


def foreign(variable: str, address: str) -> bool:
    """Does this secret belong to a service other than the one at the address? False where its service is not known."""
    owner = places.owner_of(variable)
    return owner is not None and not any(part in address.lower() for part in owner)


def are_at_home(kind: str, variables: Iterable[str], address: str) -> bool:
    """Do all these secrets belong to the service at the address, told by its whole host name? A service where anybody may
    run a program does not count. kind: of the most sensitive thing that is sent."""
    service = places.SERVICE_OF.get(host_of(address).lower().partition(":")[0]) if kind == "secret-variable" else None
    return service is not None and all(service in (places.owner_of(name) or ()) for name in variables)


def of_cloud(label: str, address: str) -> bool:
    """Is this the label of a file of credentials of the service at the address?"""
    owner = places.file_owner(label) if label.startswith("credential-file:") else None
    return owner is not None and any(part in address.lower() for part in owner)


def own_file(labels: list[str], host: str) -> bool:
    """Do all files of credentials among the labels belong to the service of this host, told by its whole name? One where
    anybody may have a store does not count."""
    service = places.SERVICE_OF.get(host.lower().partition(":")[0])
    owners = [places.file_owner(label) for label in labels if label.startswith("credential-file:")]
    return service is not None and all(service in (one or ()) for one in owners)


def is_own_remote(labels: list[str], address: str) -> bool:
    """Is this where a repository comes from, by its own configuration, in an address of the API of a forge, told by its
    whole name? Only the forge sees which repository it is asked about."""
    forge = places.SERVICE_OF.get(host_of(address).lower()) in {"github", "gitlab"} and address.startswith("https://")
    files = [label for label in labels if label.startswith("credential-file:")]
    return forge and bool(files) and all(label.endswith(".git/config") for label in files)


PROMPT = "getpass.getpass"
# Where people sign in to the machine itself, to the store of its secrets, or to money.
_OF_MACHINE = expression(
    r"(?i)sudo|root|admin|system|windows|\bmac\b|mac ?os|linux|keychain|keyring|login|unlock|ssh|passphrase|wallet|seed|"
    r"mnemonic|private|pin\b|card"
)


def is_typed_for(secrets: Iterable[str], address: str) -> bool:
    """Are all these secrets typed at a prompt, for the service at the address as far as the prompt says whose they are? A
    prompt that nobody knows, or that asks for what opens the machine, is none for a service."""
    host = host_of(address).lower()
    if not address.startswith("https://") or not places.registered_name(host) or host.replace(".", "").isdigit():
        return False
    return all(_names_this(secret, host) for secret in secrets)


def _names_this(secret: str, host: str) -> bool:
    asked, _, prompt = secret.partition(" ")
    if asked != PROMPT or "\u2026" in prompt or _OF_MACHINE.search(prompt):
        return False
    named = [hosts for word in _WORDS.findall(prompt) if (hosts := places.owner_of(f"{word}_")) is not None]
    return all(any(part in host for part in hosts) for hosts in named)


def foreign_file(labels: list[str], address: str) -> bool:
    """Do all files of credentials among the labels belong to services other than the one at the address?"""
    owners = [places.file_owner(label) for label in labels if label.startswith("credential-file:")]
    return all(owner is not None and not any(part in address.lower() for part in owner) for owner in owners)


# Services of models, whose hosts a transport may look for.
_SERVICES = expression(
    r"\b(?:openai|anthropic|mistral|groq|deepseek|cohere|together|openrouter|perplexity|huggingface)\.(?:com|ai|xyz|co)\b"
)


# Hosts of theirs, by their whole names, but for those where anybody may have a program of his own.
OF_SERVICES = expression(
    r"(?:^|\.)(?:openai\.com|anthropic\.com|claude\.ai|mistral\.ai|groq\.com|deepseek\.com|cohere\.(?:com|ai)|together\.(?:ai|xyz)|"
    r"openrouter\.ai|perplexity\.ai|huggingface\.(?:co|cloud)|hf\.co)$"
)


def names_services(lines: Iterable[str]) -> bool:
    """Do these lines of a module name hosts of model services?"""
    return any(map(_SERVICES.search, lines))


def shown(address: str) -> str:
    """The address as it is printed: made safe, with an ellipsis for what is not known of it."""
    return legible(address, 120)
