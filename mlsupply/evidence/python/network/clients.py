"""Clients of libraries for stores, queues, databases, mail and telemetry.

Of their methods only this is assumed: arguments are sent to the client's destination, and results come from there. The
destination is what the client, or the library as a whole, was set up with: a URL, a host, or the key of an account.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.libraries import wearing_out
from mlsupply.evidence.python.libraries.storage import content_of
from mlsupply.evidence.python.network import addresses, file_systems, sending
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.taint import has, of_kind
from mlsupply.evidence.python.values.value import CLEAN, HOLE, NOTHING, Taint, Value, layers_of, taint_of, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_URL = expression(r"(?:[a-z][a-z0-9+.-]{1,20}://|[\w.+-]{1,60}@)[^\s\"']{4,300}$", re.IGNORECASE)
_HOST = expression(
    r"(?:(?:[a-z0-9-]{1,60}\.){1,6}[a-z]{2,24}|(?:\d{1,3}\.){3}\d{1,3})(?::\d{2,5})?(?:/[^\s]{0,200})?$", re.IGNORECASE
)
# Keys of accounts with services that many share: a constant one says whose account it is.
_KEY = expression(
    r"^(?:AKIA|ASIA|ghp_|gho_|github_pat_|glpat-|xox[abp]-|hf_|SG\.|sk_live_|key-|dop_v1_|npm_|pypi-)[\w-]{4,200}$"
)
_FILE = expression(
    r"\.(?:json|txt|csv|py|ya?ml|toml|ini|cfg|db|sqlite3?|pem|zip|gz|log|html?|md|pdf|png|jpe?g|bin|pt|pth|safetensors)$"
)


_HOSTS = {  # library -> host of its clients that are given no address
    "github": "api.github.com", "slack_sdk": "slack.com", "slack": "slack.com", "twilio": "api.twilio.com",
    "sendgrid": "api.sendgrid.com", "notion_client": "api.notion.com", "resend": "api.resend.com",
    "posthog": "us.i.posthog.com", "sentry_sdk": "sentry.io", "tweepy": "api.twitter.com", "praw": "oauth.reddit.com",
    "datadog": "api.datadoghq.com",
}  # fmt: skip
# Calls of SSH: credentials open the other end and are not sent there; files are sent by their path.
_SIGNS_IN = expression(
    r"^(?:paramiko|asyncssh|pysftp|fabric|scp)\..*(?:connect\w*|Connection|Transport|SSHClient|SFTPClient|SCPClient|start_\w+|auth_\w+|"
    r"get_transport|from_transport|open_\w+|exec_command|invoke_\w+)$"
)
_UPLOADS = expression(
    r"\.(?:put\w*|\w*upload\w*|send_?file\w*|scp\w*|copy_?to\w*|store_?(?:file|binary)\w*|fput_object|mput|mirror)$"
)
_SETS_UP = expression(r"\.(?:init|setup|configure)$")  # reads settings, and sends none of them


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a call of such a library or its objects, what it sends noted; None for any other call."""
    if not know.CLIENTS.match(call.ref):
        return None
    top = call.ref.partition(".")[0]
    if top == machine.dotted.partition(".")[0]:
        return None  # this is a module of the library itself
    if (stored := file_systems.modelled(machine, call)) is not None:
        return stored
    address = _address(call)
    if address:
        machine.client_addresses[top] = address
    receiver = call.receiver
    inherited = receiver.text if receiver is not None and receiver.text != HOLE else ""
    text = address or inherited or machine.client_addresses.get(top, "")
    where = "fixed" if _KEY.match(text) else addresses.destination(text) if text else "given"
    wearing_out.emptied(machine, call, where)
    rebuilds = any(name.endswith("deserializer") and value.ref in know.RUNS_CODE for name, value in call.keywords.items())
    if (call.ref.endswith(".recv_pyobj") or rebuilds) and where != "local":  # of ZeroMQ, of Kafka
        detail = "objects are rebuilt from the network"
        machine.fact("executes", call.node, source="received", sink=call.ref, detail=detail)
    if _SIGNS_IN.search(call.ref):
        return _signed_in(machine, call, text)
    of_client = receiver.taint if receiver is not None else CLEAN
    _subscribed(machine, call, text)
    opens = CLEAN if where == "given" else _opening(call, text)
    given = _content(call) if where == "given" else _besides(call, opens)
    taint = given | _before(machine, call) | _in_files(machine, call)
    if not text and top in _HOSTS:
        of_client, taint = _without_own(of_client, _HOSTS[top]), _without_own(taint, _HOSTS[top])
    if where != "local" and not (where == "given" and _SETS_UP.search(call.ref)):
        sending.note(machine, call, "body", taint | of_client, text or HOLE, where)
        sending.note(machine, call, "header", opens, text or HOLE, where)
    made = Value(call.ref + "()", NOTHING, taint | opens | of_client, text or HOLE, layers_of(*call.all))
    gives = "()" in call.ref or not know.CLIENT_MAKERS.search(call.ref)
    if gives and not has(made.taint, "received"):
        made.taint |= machine.origin("received", text or HOLE, call.line)
    wearing_out.wholesale(machine, call, made)
    return made


_TELLS = expression(
    r"subscribe|consume|listen|stream|watch|on_|add_\w{0,60}(?:handler|callback|listener)|register|run_in_thread|monitor"
)


def _subscribed(machine: Analyser, call: Call, text: str) -> None:
    """Follows the callbacks that a call subscribes, with what the service sends."""
    if not _TELLS.search(call.ref.rpartition(".")[2]):
        return
    for value in call.all:
        if (closure := value.closure) is None or isinstance(closure.node, ast.ClassDef):
            continue
        spec, first = closure.node.args, machine.implicit_arguments(closure)
        label = machine.origin("received", text or HOLE, call.line)
        names = [one.arg for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)][len(first) :]
        machine.enter(closure, first, {name: Value(taint=label) for name in names}, call.node)


# Keywords for the destination of a client and its credentials.
_OPENS = expression(
    r"^(?:\w{0,60}auth|headers?|cookies|\w{0,60}(?:tokens?|api_?key|passw\w{0,20}|credentials?|ur[li]|endpoint|host))$"
)
_CREDENTIALS = ("credential-file", "keychain", "secret-variable")


def _content(call: Call) -> Taint:
    """The labels of the arguments without credentials, for a client whose destination is a setting. The first argument that
    makes a client of a self-hosted service is its address, often with credentials in it."""
    makes = "()" not in call.ref and know.CLIENT_MAKERS.search(call.ref) and call.ref.partition(".")[0] not in _HOSTS
    opens = taint_of(*(value for name, value in call.keywords.items() if _OPENS.match(name)))
    address = taint_of(*call.args[:1]) if makes else CLEAN
    content = taint_of(
        *call.args[1 if makes else 0 :], *(value for name, value in call.keywords.items() if not _OPENS.match(name))
    )
    content |= address - frozenset(of_kind(address, "credential-file", "keychain"))
    return content | (opens - frozenset(of_kind(opens, *_CREDENTIALS)))


def _opening(call: Call, text: str) -> Taint:
    """The labels of the credentials that a client for the service at the address `text` is made with. Those that belong to
    another service, or open machines, do not count: they are only sent there."""
    if "()" in call.ref or not know.CLIENT_MAKERS.search(call.ref):
        return CLEAN  # the arguments of a method are content, whatever they are called
    given = taint_of(*(value for name, value in call.keywords.items() if _OPENS.match(name)))
    return frozenset(one for one in of_kind(given, *_CREDENTIALS) if not _is_foreign(one, text))


def _is_foreign(label: str, text: str) -> bool:
    """Does this credential belong to another service than the one at the address, or open machines?"""
    kind, _, name = label.partition(":")
    return (
        addresses.foreign(name, text)
        if kind == "secret-variable"
        else kind == "credential-file"
        and (addresses.foreign_file([label], text) or sending.NO_LOGIN.match(label) is not None)
    )


def _besides(call: Call, opens: Taint) -> Taint:
    """The labels of the arguments without the credentials `opens`, which may still be content elsewhere."""
    openers = taint_of(*(value for name, value in call.keywords.items() if _OPENS.match(name)))
    others = taint_of(*call.args, *(value for name, value in call.keywords.items() if not _OPENS.match(name)))
    return others | (openers - opens)


def _signed_in(machine: Analyser, call: Call, text: str) -> Value:
    """An SSH connection, or what is opened on one."""
    if call.receiver is not None and call.ref.endswith(".connect"):
        call.receiver.taint |= frozenset(of_kind(taint_of(*call.args), "neighbour"))
        call.receiver.text = text or HOLE
    return Value(call.ref + "()", NOTHING, machine.origin("received", text or HOLE, call.line), text or HOLE)


def _in_files(machine: Analyser, call: Call) -> Taint:
    """The labels of the files that an upload is given the paths of."""
    found = CLEAN
    for value in call.all[:4] if _UPLOADS.search(call.ref) else ():
        if kind := places.file_kind(text := text_of(value)):
            found |= machine.origin(kind, text, call.line)
        if (written := content_of(machine, value)) is not None:
            found |= taint_of(written)
    return found


def _without_own(taint: Taint, host: str) -> Taint:
    """The labels without the keys of the service at this host."""
    keys = of_kind(taint, "secret-variable")
    return taint - {label for label in keys if places.is_own(label.partition(":")[2], host)}


def _before(machine: Analyser, call: Call) -> Taint:
    """The labels of what hooks such as `before_send` add to a message."""
    found = CLEAN
    for name, value in call.keywords.items():
        if name.startswith("before_") and value.closure is not None:
            event = Value()
            event.keys = {}
            given = machine.call(value, [event, Value()], {}, call.node)
            found |= taint_of(event, given)
    return found


_WHERE = expression(r"host|url|uri|server|endpoint|dsn|address|domain|broker|account", re.IGNORECASE)


def _address(call: Call) -> str:
    """The first argument that reads like a URL or the key of an account, or like a host where the call makes a client; ""
    where none does."""
    makes = know.CLIENT_MAKERS.search(call.ref) is not None
    named = [(makes, value) for value in call.args]
    named += [(bool(_WHERE.search(name)), value) for name, value in call.keywords.items()]
    for may_be_host, value in named:
        for one in [value, *folding.items_of(value)[:4]] if not isinstance(value.const, str) else [value]:
            text = text_of(one)
            if _KEY.match(text) or _URL.match(text) or (may_be_host and _HOST.match(text) and not _FILE.search(text)):
                return text
    return ""
