"""What a package does at install, at start and on import, in words; also when nothing is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.evidence.package import PackageFacts
from mlsupply.text import count

_MOMENTS = {
    Moment.INSTALL: "when it is installed from source",
    Moment.START: "whenever Python starts",
    Moment.IMPORT: "when it is imported",
    Moment.SCRIPT: "when one of its scripts or tests runs",
    Moment.CALL: "when its functions are called",
}
_WORDS = {
    "contacts": "asks the network",
    "runs-command": "starts a program",
    "executes": "executes text made at run time",
    "sends": "sends",
    "persists": "writes where things start by themselves",
    "start-hook": "runs a line at start",
    "installs-package": "installs a package",
    "redirects": "redirects traffic",
    "trusts-anybody": "switches off the check of certificates",
    "shows-password": "opens a shared folder of a machine elsewhere",
    "spells-out": "spells data into the names of hosts it looks up",
    "hides-name": "hides what it calls",
    "runs-decoded": "runs what was encoded",
    "runs-dropped": "runs a file it wrote from encoded text",
    "runs-downloaded": "runs what it downloads",
    "runs-bundled": "runs a program that came with it",
    "remote-control": "obeys commands from the network",
    "injects": "puts code into memory",
    "evades": "looks for watchers, or switches protection off",
    "destroys": "destroys files",
    "mines": "mines coins",
    "spies": "watches the user",
    "opens-host": "opens the machine to others",
    "looses-agent": "lets an agent act without asking its user",
    "publishes": "publishes in the user's name",
    "hidden-code": "holds code under an encoding",
    "far-right": "holds code far to the right",
    "bidi": "holds text that is shown in another order than Python reads it",
    "model-runs-code": "holds a model that runs code when it is loaded",
    "agent-command": "starts a command in an agent or editor",
    "agent-order": "orders an agent",
    "foreign-code": "holds a script in another language",
    "build-command": "runs a command in a build file",
    "build-include": "runs a build file that it downloads",
    "kernel-command": "starts a command in a Jupyter kernel",
    "plot-backend": "has Matplotlib import a module",
}
SOURCES = {
    "credential-file": "a file of credentials",
    "wallet": "a wallet",
    "browser-store": "what a browser stores",
    "keychain": "passwords of a keychain",
    "cloud-metadata": "credentials of the cloud's metadata service",
    "cluster-secret": "secrets of a cluster",
    "environment": "all environment variables",
    "foreign-secret": "a secret of another service",
    "secret-variable": "a secret from the environment",
    "history": "the history of a shell",
    "home-files": "files of the user",
    "work-files": "files of the folder it is started in",
    "keystrokes": "keystrokes",
    "screen": "pictures of the screen",
    "camera": "pictures of the camera",
    "clipboard": "the clipboard",
    "intercepted": "what it intercepts",
    "system-file": "a file of the system",
    "chat-store": "what a chat program stores",
    "process-list": "the list of processes",
    "host-identity": "who and where it is",
    "host-details": "what kind of machine and folder it runs in",
    "command-output": "what a command prints",
    "remote-output": "what a command from the network prints",
}
_PLAIN = frozenset({"contacts", "runs-command", "executes", "start-hook", "installs-package"})
_OPEN = "what exactly, only a run would tell"  # of a detail of which no part is known
_SHOWN = 12  # lines per moment
_LONG = 200  # characters of decoded text


def account(facts: PackageFacts, *, whole: bool = False) -> Iterator[str]:
    """Lines to read, the first being a heading. whole: however many; otherwise a dozen of each moment, and the number of
    the others."""
    size = sum(size for _, size in facts.members)
    if not facts.members and facts.gaps:
        yield f"{facts.subject}: nothing of it could be read"
        return
    yield (
        f"{facts.subject}: {count(len(facts.members), 'file')}, {count(size, 'byte')}; {count(facts.python, 'Python file')},"
        f" something to follow in {facts.parsed:,}"
    )
    for moment, words in _MOMENTS.items():
        found = sorted((fact for fact in facts.code if fact.moment is moment), key=lambda fact: fact.behaviour in _PLAIN)
        lines = list(dict.fromkeys(_lines(fact) for fact in found))
        if not lines and moment in {Moment.SCRIPT, Moment.CALL}:
            continue
        yield f"  {words}:" + ("" if lines else " nothing that asks the network, starts programs or executes text")
        yield from _cut(lines, whole)
    odd = sorted({f"{fact.kind}: {fact.member or fact.detail}" for fact in facts.archive})
    if odd:
        yield "  the archive itself:"
        yield from _cut([(line,) for line in odd], whole)


def is_silent(facts: PackageFacts) -> bool:
    """Whether the account would say nothing but numbers: no Python, and nothing that anything else in it does."""
    return bool(facts.members) and not (facts.python or facts.code or facts.archive or facts.gaps)


def _cut(lines: Sequence[tuple[str, ...]], whole: bool) -> Iterator[str]:
    shown = lines if whole else lines[:_SHOWN]
    yield from (f"    {line}" for deed in shown for line in deed)
    if len(lines) > len(shown):
        yield f"    and {len(lines) - len(shown):,} more: -v shows all"


def _lines(fact: CodeFact) -> tuple[str, ...]:
    """What it does and where; below that, where it is not obvious, what it decodes to and the way from source to sink."""
    words = _WORDS.get(fact.behaviour, fact.behaviour)
    where = f"{fact.member}:{fact.line}" if fact.line else fact.member
    if fact.behaviour == "sends":
        words = f"sends {SOURCES.get(fact.source, fact.source)} to {fact.detail}"
        first = f"{words} ({where})"
    else:
        detail = _OPEN if fact.detail == "\u2026" else fact.detail
        first = f"{words} ({where})" + (f": {detail}" if detail else "")
    lines = [first]
    if fact.behaviour not in _PLAIN and fact.decoded:
        how = f" ({', '.join(fact.layers)})" if fact.layers else ""
        text = fact.decoded[:_LONG] + ("\u2026" if len(fact.decoded) > _LONG else "")
        lines.append(f"  it reads{how}: {text}")
    if fact.behaviour not in _PLAIN and len(fact.chain) > 1:
        lines.append(f"  way: {' -> '.join(fact.chain)}")
    return tuple(lines)
