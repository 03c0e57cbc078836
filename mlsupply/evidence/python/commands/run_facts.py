"""Facts about what is run: command lines, files that this module wrote or ships, and data from the network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlsupply.evidence.module_facts import HANDED
from mlsupply.evidence.python import places
from mlsupply.evidence.python.commands.shell import Deed, deeds
from mlsupply.evidence.python.commands.shell_kinds import OTHERS_KEY
from mlsupply.evidence.python.network import addresses
from mlsupply.evidence.python.values.decoders import hiding
from mlsupply.evidence.python.values.taint import has, of_kind
from mlsupply.evidence.python.values.value import HOLE, NOTHING, Taint, Value, legible, taint_of, text_of
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call


def noted(machine: Analyser, call: Call, deed: Deed, silent: bool, head: Value | None = None) -> None:
    """Notes a deed of a command line. silent: does nobody see its output? head: the value that holds the command."""
    layers = hiding(head.layers) if head is not None else ()
    if deed.maker:
        destination = "maker"
    elif deed.url:
        destination = addresses.destination(deed.url)
    else:
        destination = "fixed" if deed.behaviour == "sends" else ""
    machine.fact(
        deed.behaviour,
        call.node,
        sink=call.ref,
        source=deed.source or ("received" if deed.behaviour == "runs-downloaded" or deed.variant == OTHERS_KEY else ""),
        destination=destination,
        position="body" if deed.behaviour == "sends" else "",
        detail=deed.what,
        variant=deed.variant,
        decoded=legible(deed.text),
        silent=silent,
        layers=layers,
    )


def from_network(machine: Analyser, call: Call, taint: Taint, behaviour: str, detail: str, **more: object) -> None:
    """Notes that data from the network is run, or decides what is run. more: further fields of the fact, which replace those
    made here."""
    fields: dict[str, object] = {
        "source": "received",
        "destination": "given" if addressed(taint) else "maker" if _of_makers(machine, taint) else "",
        "sink": call.ref,
        "chain": machine.chain(taint, call.ref, call.line),
        "detail": detail,
    }
    machine.fact(behaviour, call.node, **{**fields, **more})


def addressed(taint: Taint) -> bool:
    """Does everything received come from an address that a setting or the caller gives?"""
    found = [label.partition(":")[2] for label in of_kind(taint, "received")]
    return all(_GIVEN.match(one) or places.LOCAL.match(one) or _GIVEN_REPOSITORY.match(one) for one in found)


def _of_makers(machine: Analyser, taint: Taint) -> bool:
    """Is everything received the installer of a well-known tool, from its maker?"""
    return all(machine.makers.get(label, False) for label in of_kind(taint, "received"))


# An address of which nothing is known, or no more than its scheme, its port and what comes after them; but not one where the
# scheme is all that is unknown.
_GIVEN = re.compile(
    r"\u2026(?!://[\w.-])|\w{1,20}://(?![^/?#]{0,300}@)\u2026{1,9}(?::[\d\u2026]{1,6}[^./?#@]{0,80})?(?:[/?#]|$)"
)
# A repository whose owner the caller names.
_GIVEN_REPOSITORY = re.compile(
    r"https://(?:codeload\.github\.com|raw\.githubusercontent\.com|github\.com|api\.github\.com/repos|gitlab\.com|bitbucket\.org|"
    r"huggingface\.co)/\u2026"
)


def ran_file(machine: Analyser, call: Call, written: Value, path: Value, silent: bool) -> None:
    """Notes that a file which this module wrote is run or loaded, and follows it. written: its content; silent: does nobody
    see the output?"""
    shown = legible(text_of(path), 100)
    # a folder put on `sys.path` is cleared before it is filled, so that removing it hides nothing
    removed = bool(machine.files.get(f"removed {text_of(path)}")) and not call.ref.startswith("sys.path.")
    chain = machine.chain(written.taint, call.ref, call.line)
    if has(written.taint, "received"):
        # where temporary files lie, or in the store of another library, under a name that nobody chose
        hidden_run = silent or removed or text_of(path).startswith(("/tmp/", "/fetched-"))  # noqa: S108  # only compared
        from_network(machine, call, written.taint, "runs-downloaded", "a downloaded file is run", silent=hidden_run)
    elif hiding(written.layers) or has(written.taint, "encoded"):
        code = _bytes_of(written)
        if code.startswith((b"PK\x03\x04", b"PK\x05\x06")) and not call.ref.startswith(("subprocess", "os")):
            return
        machine.fact(
            "runs-dropped",
            call.node,
            source="encoded",
            sink=call.ref,
            layers=hiding(written.layers),
            silent=silent,
            decoded=safe(code.decode("utf-8", "replace")),
            detail=f"decoded text is written to {shown} and run",
            chain=chain,
        )
        if written.known:
            with as_child(machine, call, path):
                machine.run_text(code, written.layers, call.line)
    elif isinstance(written.const, str | bytes):
        for deed in deeds(text_of(written)):
            noted(machine, call, deed, silent)
        with as_child(machine, call, path):
            machine.run_text(written.const, written.layers, call.line)
    elif text_of(written).strip(HOLE):  # what a script says whatever its unknown parts are
        for deed in deeds(text_of(written)):
            noted(machine, call, deed, silent)


@contextmanager
def as_child(machine: Analyser, call: Call, path: Value | None = None) -> Iterator[None]:
    """Follows Python code as that of a process which this call starts: with its arguments, input and variables. path: of the
    file it stands in."""
    names, own = machine.scope.names, machine.scope.names.get("__file__")
    before = machine.child_input, machine.child_variables
    env = call.keywords.get("env")
    machine.child_input |= taint_of(*call.all)
    machine.child_variables = {**machine.child_variables, **((env.keys or {}) if env is not None else {})}
    if path is not None:
        names["__file__"] = Value("", NOTHING, path.taint, text_of(path))
    try:
        yield
    finally:
        machine.child_input, machine.child_variables = before
        if own is not None:
            names["__file__"] = own
        else:
            names.pop("__file__", None)


def _bytes_of(written: Value) -> bytes:
    if isinstance(written.const, bytes):
        return written.const
    return str(written.const).encode("utf-8", "replace") if written.known else b""


_DISGUISED = frozenset({"modules under the name of other data", "a library under another name"})


def bundled(machine: Analyser, call: Call, part: Value, silent: bool, what: str, script: str = "") -> None:
    """Notes that a file of the package is run. part: its path; what: how the report names it; script: the name of the script
    that is given this file as an argument."""
    name = text_of(part).rpartition("/")[2].replace(HOLE, "…")
    named = bool(name) and "…" not in name
    is_script = what == "a script of the package"
    machine.fact(
        "runs-bundled",
        call.node,
        source="package-file",
        sink=call.ref,
        silent=silent,
        detail=f"{what}: {safe(name, 80)}" if named else what,
        variant="disguised" if what in _DISGUISED else "python" if is_script and named and name.endswith(".py") else "",
        chain=(HANDED + safe(script, 80),) if script else (),
    )
