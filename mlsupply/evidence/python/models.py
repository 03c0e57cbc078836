"""The models of library functions, asked in turn what a call does and returns."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import sinks, sources
from mlsupply.evidence.python.interpreter import called_operators, module_names, reflection
from mlsupply.evidence.python.interpreter.call import Call, NameOnly, NotInNameError
from mlsupply.evidence.python.libraries import (
    builtin_calls,
    codec_calls,
    command_options,
    configured,
    decoder_calls,
    deferred_calls,
    higher_order,
    memory_files,
    parsed_trees,
    patterns,
    standard_output,
    tree_nodes,
    windows_functions,
    writing,
)
from mlsupply.evidence.python.network import (
    clients,
    generated_clients,
    object_servers,
    polled_sockets,
    remote_access,
    servers,
    telemetry,
    tied_shells,
    uploads,
    url_objects,
)
from mlsupply.evidence.python.values import decoders, elements, iterators, packing
from mlsupply.evidence.python.values.value import (
    Value,
)

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser


_HANDS_BACK = frozenset({"contextlib.closing", "contextlib.aclosing", "contextlib.nullcontext"})  # what they are given


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a call that a model knows, its effects applied; None for any other call."""
    ref = call.ref
    found = reflection.modelled(machine, call)
    if found is not None or (found := module_names.modelled(machine, call)) is not None:
        return found
    if ref.startswith("builtins."):
        return builtin_calls.modelled(machine, call)
    if (found := _of_data(machine, call)) is not None:
        return found
    if ref in decoders.BY_NAME or ref in decoders.OPAQUE:
        return decoder_calls.decoded(machine, call)
    if ref.startswith(("ftplib.", "pycurl.")):
        writing.filled(machine, call)
    made = (
        called_operators.modelled(machine, call)
        or higher_order.modelled(machine, call)
        or packing.modelled(call)
        or tree_nodes.modelled(call)
        or parsed_trees.modelled(machine, call)
    )
    made = (
        made
        or configured.modelled(machine, call)
        or command_options.default(machine, call)
        or sources.modelled(machine, call)
    )
    if made is not None:
        return made
    remote_access.looked_for(machine, call)
    if servers.adds_servicer(ref):
        servers.servicer_added(machine, call)
    if servers.starts(ref):
        servers.started(machine, call)
    object_servers.modelled(machine, call)
    if know.STARTERS.match(ref):
        return deferred_calls.started(machine, call)
    if (taken := uploads.modelled(machine, call) or telemetry.modelled(machine, call)) is not None:
        return taken
    generated_clients.used(machine, call)
    if not know.SENDS.match(ref) and (asked := clients.modelled(machine, call)) is not None:
        return asked
    return sinks.modelled(machine, call)


def _of_data(machine: Analyser, call: Call) -> Value | None:
    """The result of a call that recodes, holds or hands back what it is given; None for any other."""
    if call.ref in _HANDS_BACK and call.args:
        return call.args[0]
    return (
        deferred_calls.stacked(machine, call)
        or iterators.modelled(call)
        or patterns.modelled(machine, call)
        or polled_sockets.modelled(call)
        or elements.modelled(call)
        or memory_files.modelled(machine, call)
        or codec_calls.modelled(call)
        or standard_output.modelled(machine, call)
        or url_objects.modelled(call)
        or tied_shells.inherited(call)
        or windows_functions.modelled(machine, call)
    )


@lru_cache(maxsize=16_384)
def no_model_knows(name: str) -> bool:
    """Whether the models decline a call for its name alone, whatever its arguments. Cached, so that they are asked about a
    name once."""
    nothing = NameOnly(name)
    try:
        return modelled(nothing, nothing) is None  # type: ignore[arg-type]  # raises where more is asked for
    except NotInNameError:
        return False
