"""Addresses: how a URL is read, which service it belongs to, and whether a secret is that service's own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from mlsupply.evidence.python import places
from mlsupply.evidence.python.values.value import HOLE, legible
from mlsupply.lazy import expression

_WORDS = expression(r"[A-Za-z]{2,40}")
_HOST = expression(
    r"^(?:(?P<scheme>[a-z][a-z0-9+.-]{1,20})://)?(?:[^/@\s]{0,200}@)?(?P<host>[^/:?#\s]{1,255})", re.IGNORECASE
)
# Paths of token endpoints (RFC 6749, section 3.2).
TOKEN_PLACE = expression(r"/(?:oauth2?|tokens?|connect)(?:[/?]|$)", re.IGNORECASE)


def destination(address: str) -> str:
    """The kind of an address: `chat` (a webhook), `metadata` (of a cloud or cluster), `local`, `fixed` (its host is constant
    in the code) or `given` (a parameter or setting). address: a URL or host, HOLE for each unknown part."""
    if not address or address == HOLE or places.ACCOUNT.match(address):
        return "given"
    if address.startswith(f"{HOLE}://"):
        address = f"https{address[1:]}"  # whichever scheme it is, the host follows
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

_CUT = "…"  # ends a label that was longer


def takes_identity(labels: list[str], address: str) -> bool:
    """Are all cloud labels identity tokens of a CI run, sent to the service they are issued for (their audience), or where
    such tokens are exchanged? Such a token opens nothing else."""
    tokens = [one for one in labels if one.startswith("cloud-metadata:")]
    if not tokens or not all(map(_IDENTITY.match, tokens)):
        return False
    named = [found["whom"] for one in tokens if (found := places.AUDIENCE.search(one)) is not None]
    is_audience = len(named) == len(tokens) and all(_is_of_audience(unquote(one).lower(), address) for one in named)
    return is_audience or places.TOKEN_EXCHANGES.match(address) is not None


def _is_of_audience(audience: str, address: str) -> bool:
    """Is the host of the address the one that the audience names, or below the same registered name? Where it is a word, it
    must be that name; the word of a service that many trust names no host, since anybody may register pypi.example."""
    host = host_of(address).lower()
    name = places.registered_name(host)
    if len(name) < 4:
        return False
    whom = host_of(audience) or audience
    if audience.endswith(_CUT):
        return host.startswith(whom.rstrip(_CUT)) and f"{name}." in whom
    if "." in whom:
        return f".{whom}".endswith(f".{host[host.rindex(name + '.') :]}")
    return whom == name and whom not in places.FEDERATED


def host_of(address: str) -> str:
    """The host of a URL; "" where it has none."""
    found = _HOST.match(address)
    return found["host"] if found else ""


def foreign(variable: str, address: str) -> bool:
    """Does the secret of this name belong to a service other than the one at the address? False if its service is
    unknown."""
    owner = places.owner_of(variable)
    return owner is not None and not any(places.is_of(part, host_of(address)) for part in owner)


def are_at_home(kind: str, variables: Iterable[str], address: str) -> bool:
    """Do all these secrets belong to the service at the address, by its whole host name? Not for services where anybody can
    run a program. kind: of the most sensitive label that is sent."""
    service = places.SERVICE_OF.get(host_of(address).lower().partition(":")[0]) if kind == "secret-variable" else None
    return service is not None and all(service in (places.owner_of(name) or ()) for name in variables)


def of_cloud(label: str, address: str) -> bool:
    """Is this the label of a credentials file of the service at the address?"""
    owner = places.file_owner(label) if label.startswith("credential-file:") else None
    return owner is not None and any(part in address.lower() for part in owner)


OF_DOMAIN = " of "  # in the label of cookies, before the one domain that they are of


def of_own_site(label: str, address: str) -> bool:
    """Is this the label of cookies that a browser keeps for the host at the address, and of no other host's? A name of which
    anybody can have others below it is none."""
    _, of, domain = label.partition(OF_DOMAIN)
    host = host_of(address).lower().partition(":")[0]
    below = {domain, f"www.{domain}", f"api.{domain}"}
    public = domain.count(".") < 2 and domain.partition(".")[0] in places.SECOND_LEVEL
    return bool(of) and label.startswith("browser-store:") and "." in domain and not public and host in below


def own_file(labels: list[str], host: str) -> bool:
    """Do all credentials files among the labels belong to the service of this host, by its whole name? Not for services
    where anybody can have a store."""
    service = places.SERVICE_OF.get(host.lower().partition(":")[0])
    owners = [places.file_owner(label) for label in labels if label.startswith("credential-file:")]
    return service is not None and all(service in (one or ()) for one in owners)


def is_own_remote(labels: list[str], address: str) -> bool:
    """Is the only file that is read `.git/config`, for an address of GitHub or GitLab? Then the forge learns which of its
    repositories this is, and nobody else does."""
    forge = places.SERVICE_OF.get(host_of(address).lower()) in {"github", "gitlab"} and address.startswith("https://")
    files = [label for label in labels if label.startswith("credential-file:")]
    return forge and bool(files) and all(label.endswith(".git/config") for label in files)


PROMPT = "getpass.getpass"
# Prompts for the password of the machine, of a store of secrets, or of money.
_OF_MACHINE = expression(
    r"(?i)sudo|root|admin|system|windows|\bmac\b|mac ?os|linux|keychain|keyring|login|unlock|ssh|passphrase|wallet|seed|"
    r"mnemonic|private|pin\b|card"
)


def is_typed_for(secrets: Iterable[str], address: str) -> bool:
    """Are all these secrets typed at a prompt that may be for the service at the address? Not where the prompt is unknown,
    names another service, or asks for a password of the machine."""
    host = host_of(address).lower()
    if not address.startswith("https://") or not places.registered_name(host) or host.replace(".", "").isdigit():
        return False
    return all(_names_this(secret, host) for secret in secrets)


def _names_this(secret: str, host: str) -> bool:
    """Is the secret typed at a prompt that names no other service than this host's?"""
    asked, _, prompt = secret.partition(" ")
    if asked != PROMPT or "\u2026" in prompt or _OF_MACHINE.search(prompt):
        return False
    named = [hosts for word in _WORDS.findall(prompt) if (hosts := places.owner_of(f"{word}_")) is not None]
    return all(any(part in host for part in hosts) for hosts in named)


def foreign_file(labels: list[str], address: str) -> bool:
    """Do all credentials files among the labels belong to services other than the one at the address?"""
    owners = [places.file_owner(label) for label in labels if label.startswith("credential-file:")]
    return all(owner is not None and not any(part in address.lower() for part in owner) for owner in owners)


# Hosts of model services as they stand in code, which a transport may look for.
_SERVICES = expression(
    r"\b(?:openai|anthropic|mistral|groq|deepseek|cohere|together|openrouter|perplexity|huggingface)\.(?:com|ai|xyz|co)\b"
)


# Whole hosts of model services, without those where anybody can run a program.
OF_SERVICES = expression(
    r"(?:^|\.)(?:openai\.com|anthropic\.com|claude\.ai|mistral\.ai|groq\.com|deepseek\.com|cohere\.(?:com|ai)|together\.(?:ai|xyz)|"
    r"openrouter\.ai|perplexity\.ai|huggingface\.(?:co|cloud)|hf\.co)$"
)


def names_services(lines: Iterable[str]) -> bool:
    """Do these lines of a module name hosts of model services?"""
    return any(map(_SERVICES.search, lines))


def shown(address: str) -> str:
    """The address for reports: made safe, with an ellipsis for each unknown part."""
    return legible(address, 120)
