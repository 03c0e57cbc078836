"""Which addresses are asked: https (plain http to loopback alone); which redirects are followed; and through which proxy."""

from __future__ import annotations

from collections.abc import Mapping

from mlsupply.hints import TYPE_CHECKING
from mlsupply.model import Reason
from mlsupply.text import is_loopback, safe, without_credentials
from mlsupply.world import Failure

if TYPE_CHECKING:
    from urllib.parse import SplitResult


class NoAnswerError(Exception):
    """There is no answer of an address. failure: why, in the words of a report."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


def checked(url: str) -> SplitResult:
    """The parts of an address that may be asked, without its fragment. Raises NoAnswerError for any other."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, _, _ = parts.hostname or "", parts.port, (parts.hostname or "").encode("idna")
    except ValueError:  # of which UnicodeError, for an empty or overlong label, is one
        raise _no_address(url) from None
    if not host.isprintable() or " " in host:
        raise _no_address(url)
    if not host or parts.scheme not in {"http", "https"}:
        raise NoAnswerError(
            Failure(Reason.UNSUPPORTED, f"{safe(parts.scheme, 20)} addresses are not fetched, https ones are")
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise NoAnswerError(
            Failure(Reason.FORBIDDEN, f"{safe(host, 100)} is asked over http, which anyone on the way can change")
        )
    if parts.username or parts.password:
        raise NoAnswerError(Failure(Reason.FORBIDDEN, f"the address of {safe(host, 100)} holds credentials"))
    return parts._replace(fragment="")


def _no_address(url: str) -> NoAnswerError:
    shown = safe(without_credentials(url)[0], 100)
    return NoAnswerError(Failure(Reason.MALFORMED, f"{shown!r} is no address"))


def allow_redirect(before: SplitResult, after: SplitResult) -> None:
    """Raises NoAnswerError where a redirect changes the scheme, or leads from a public host into this network."""
    if after.scheme != before.scheme:
        detail = f"{before.hostname} redirects from {before.scheme} to {after.scheme}"
        raise NoAnswerError(Failure(Reason.FORBIDDEN, detail))
    if after.hostname != before.hostname and _is_inside(after.hostname or "") and not _is_inside(before.hostname or ""):
        detail = f"{before.hostname} redirects to {safe(after.hostname or '', 100)}, which is inside this network"
        raise NoAnswerError(Failure(Reason.FORBIDDEN, detail))


def _is_inside(host: str) -> bool:
    """Whether a host is this machine or in a private network: by its address, or by what its name resolves to."""
    import ipaddress
    import socket

    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        pass
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # behind a proxy names need not resolve here
    return any(not ipaddress.ip_address(str(entry[4][0]).partition("%")[0]).is_global for entry in found)


def proxy_for(url: SplitResult, environ: Mapping[str, str]) -> str:
    """The proxy for an address, as curl and requests read the variables; none for loopback (to which alone plain http goes)
    and for what NO_PROXY names: a host, a domain above it, or everything."""
    host = url.hostname or ""
    excepted = (environ.get("no_proxy") or environ.get("NO_PROXY") or "").replace(",", " ").split()
    if url.scheme != "https" or is_loopback(host) or any(_within(host, entry.lower()) for entry in excepted):
        return ""
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    return next((environ[name] for name in names if environ.get(name)), "")


def _within(host: str, entry: str) -> bool:
    """Whether an entry of NO_PROXY means a host: `*`, a host or a domain above it (a port is not looked at), an address or a
    network of addresses (CIDR)."""
    import ipaddress

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:  # one of them is a name
        bare = entry.partition(":")[0].lstrip("*").lstrip(".")
    return entry == "*" or (bool(bare) and (host == bare or host.endswith("." + bare)))
