"""Clients of libraries for stores, queues, databases, mail and telemetry: they talk to whatever they were pointed at.

Of their methods only this much is assumed: what they are given goes there, and what they return comes from there. Where that
is depends on what the client, or the library as a whole, was made with: a URL, a host, or the keys of an account.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.libraries.storage import content_of
from mlsupply.evidence.python.network import addresses, sending
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
# What opens somebody's account where the service is one that many share.
_KEY = expression(
    r"^(?:AKIA|ASIA|ghp_|gho_|github_pat_|glpat-|xox[abp]-|hf_|SG\.|sk_live_|key-|dop_v1_|npm_|pypi-)[\w-]{4,200}$"
)
_FILE = expression(
    r"\.(?:json|txt|csv|py|ya?ml|toml|ini|cfg|db|sqlite3?|pem|zip|gz|log|html?|md|pdf|png|jpe?g|bin|pt|pth|safetensors)$"
)


_HOSTS = {  # where a library's client goes that is given no address
    "github": "api.github.com", "slack_sdk": "slack.com", "slack": "slack.com", "twilio": "api.twilio.com",
    "sendgrid": "api.sendgrid.com", "notion_client": "api.notion.com", "resend": "api.resend.com",
    "posthog": "us.i.posthog.com", "sentry_sdk": "sentry.io", "tweepy": "api.twitter.com", "praw": "oauth.reddit.com",
    "datadog": "api.datadoghq.com",
}  # fmt: skip
# Of SSH: what lets its user in at the other end is used there, not sent; what stands in a file goes by the path of that.
_LETS_IN = expression(
    r"^(?:paramiko|asyncssh|pysftp|fabric|scp)\..*(?:connect\w*|Connection|Transport|SSHClient|SFTPClient|SCPClient|start_\w+|auth_\w+|"
    r"get_transport|from_transport|open_\w+|exec_command|invoke_\w+)$"
)
_UPLOADS = expression(
    r"\.(?:put\w*|\w*upload\w*|send_?file\w*|scp\w*|copy_?to\w*|store_?(?:file|binary)\w*|fput_object|mput|mirror)$"
)
_SETS_UP = expression(r"\.(?:init|setup|configure)$")  # takes what it likes of its settings, and sends none of them


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a call of such a library, or of an object it made, with what it sends noted; None for any other call."""
    if not know.CLIENTS.match(call.ref):
        return None
    top = call.ref.partition(".")[0]
    if top == machine.dotted.partition(".")[0]:
        return None  # the library itself is no client of itself
    address = _address(call)
    if address:
        machine.client_addresses[top] = address
    receiver = call.receiver
    inherited = receiver.text if receiver is not None and receiver.text != HOLE else ""
    text = address or inherited or machine.client_addresses.get(top, "")
    where = "fixed" if _KEY.match(text) else addresses.destination(text) if text else "given"
    if _LETS_IN.search(call.ref):
        return _let_in(machine, call, text)
    of_client = receiver.taint if receiver is not None else CLEAN
    _subscribed(machine, call, text)
    opens = CLEAN if where == "given" else _opening(call, text)
    given = _handed(call) if where == "given" else _besides(call, opens)
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
    return made


_TELLS = expression(
    r"subscribe|consume|listen|stream|watch|on_|add_\w*(?:handler|callback|listener)|register|run_in_thread|monitor"
)


def _subscribed(machine: Analyser, call: Call, text: str) -> None:
    """A function is called with each message that comes."""
    if not _TELLS.search(call.ref.rpartition(".")[2]):
        return
    for value in call.all:
        if (closure := value.closure) is None or isinstance(closure.node, ast.ClassDef):
            continue
        spec, first = closure.node.args, machine.implicit_arguments(closure)
        label = machine.origin("received", text or HOLE, call.line)
        names = [one.arg for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)][len(first) :]
        machine.enter(closure, first, {name: Value(taint=label) for name in names}, call.node)


# Keywords that say where a client goes, and what opens the account there.
_OPENS = expression(
    r"^(?:\w{0,60}auth|headers?|cookies|\w{0,60}(?:tokens?|api_?key|passw\w{0,20}|credentials?|ur[li]|endpoint|host))$"
)
_OPENERS = ("credential-file", "keychain", "secret-variable")


def _handed(call: Call) -> Taint:
    """What a client is handed that goes where a setting says: what opens the account there is no content. What makes a
    client of a service that people run themselves is given its address first, often with the account in the address."""
    makes = "()" not in call.ref and know.CLIENT_MAKERS.search(call.ref) and call.ref.partition(".")[0] not in _HOSTS
    opens = taint_of(*(value for name, value in call.keywords.items() if _OPENS.match(name)))
    address = taint_of(*call.args[:1]) if makes else CLEAN
    content = taint_of(
        *call.args[1 if makes else 0 :], *(value for name, value in call.keywords.items() if not _OPENS.match(name))
    )
    content |= address - frozenset(of_kind(address, "credential-file", "keychain"))
    return content | (opens - frozenset(of_kind(opens, *_OPENERS)))


def _opening(call: Call, text: str) -> Taint:
    """The credentials by which a client is made for the service at this address, as far as they may be its own: what belongs
    to another, or opens machines, is only told there. text: the address."""
    if "()" in call.ref or not know.CLIENT_MAKERS.search(call.ref):
        return CLEAN  # what a method is given is what it sends, whatever the argument is called
    given = taint_of(*(value for name, value in call.keywords.items() if _OPENS.match(name)))
    return frozenset(one for one in of_kind(given, *_OPENERS) if not _is_foreign(one, text))


def _is_foreign(label: str, text: str) -> bool:
    kind, _, name = label.partition(":")
    return (
        addresses.foreign(name, text)
        if kind == "secret-variable"
        else kind == "credential-file"
        and (addresses.foreign_file([label], text) or sending.NO_LOGIN.match(label) is not None)
    )


def _besides(call: Call, opens: Taint) -> Taint:
    """What the call is given but for these, where they open an account."""
    openers = taint_of(*(value for name, value in call.keywords.items() if _OPENS.match(name)))
    others = taint_of(*call.args, *(value for name, value in call.keywords.items() if not _OPENS.match(name)))
    return others | (openers - opens)


def _let_in(machine: Analyser, call: Call, text: str) -> Value:
    """A connection of SSH, or what is opened on one."""
    if call.receiver is not None and call.ref.endswith(".connect"):
        call.receiver.taint |= frozenset(of_kind(taint_of(*call.args), "neighbour"))
        call.receiver.text = text or HOLE
    return Value(call.ref + "()", NOTHING, machine.origin("received", text or HOLE, call.line), text or HOLE)


def _in_files(machine: Analyser, call: Call) -> Taint:
    """What stands in the files whose paths it is given to send."""
    found = CLEAN
    for value in call.all[:4] if _UPLOADS.search(call.ref) else ():
        if kind := places.file_kind(text := text_of(value)):
            found |= machine.origin(kind, text, call.line)
        if (written := content_of(machine, value)) is not None:
            found |= taint_of(written)
    return found


def _without_own(taint: Taint, host: str) -> Taint:
    """Without the keys of the service itself."""
    keys = of_kind(taint, "secret-variable")
    return taint - {label for label in keys if places.is_own(label.partition(":")[2], host)}


def _before(machine: Analyser, call: Call) -> Taint:
    """What functions add that the library asks before it sends (`before_send`)."""
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
    """The first argument that reads like a URL or the key of an account, or, of what makes a client, like a host."""
    makes = know.CLIENT_MAKERS.search(call.ref) is not None
    named = [(makes, value) for value in call.args]
    named += [(bool(_WHERE.search(name)), value) for name, value in call.keywords.items()]
    for may_be_host, value in named:
        for one in [value, *folding.items_of(value)[:4]] if not isinstance(value.const, str) else [value]:
            text = text_of(one)
            if _KEY.match(text) or _URL.match(text) or (may_be_host and _HOST.match(text) and not _FILE.search(text)):
                return text
    return ""
