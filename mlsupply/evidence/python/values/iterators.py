"""Functions that give the items they are given, in another order or number, or one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.merging import one_of
from mlsupply.evidence.python.values.value import Value

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.call import Call

_MOST = 4096  # items of a result
_HEAPS = frozenset(
    {
        "heapq.heappush", "heapq.heappop", "heapq.heappushpop", "heapq.heapreplace", "bisect.insort", "bisect.insort_left",
        "bisect.insort_right",
    }
)  # fmt: skip
_CHOOSE = frozenset({"random.choice", "random.SystemRandom().choice", "secrets.choice", "numpy.random.choice"})


def modelled(call: Call) -> Value | None:
    """The result of `chain`, `chain.from_iterable` or `islice`, or of a choice by chance, where the items are known; else
    None."""
    if call.ref in _HEAPS:
        return _of_heap(call.ref.rpartition(".")[2], call.args)
    if call.ref in _CHOOSE:
        return one_of(call.args[0]) if call.args else None
    if not call.ref.startswith("itertools.") or not call.args:
        return None
    if call.ref == "itertools.chain":
        return _listed([item for one in call.args for item in folding.items_of(one)])
    if call.ref == "itertools.chain.from_iterable":
        return _listed([item for one in folding.items_of(call.args[0]) for item in folding.items_of(one)])
    bounds = [one.const for one in call.args[1:]]
    if call.ref == "itertools.islice" and bounds and all(one is None or (type(one) is int and one >= 0) for one in bounds):
        return _listed(folding.items_of(call.args[0])[slice(*bounds[:3])])
    return None


def _of_heap(name: str, args: list[Value]) -> Value | None:
    """Functions of `heapq` and `bisect`, which keep a list sorted: which item comes first is not known."""
    if len(args) > 1 and name in {"heappush", "heappushpop", "heapreplace", "insort", "insort_left", "insort_right"}:
        containers.appended(args[0], args[1])
    return one_of(args[0]) if args and name in {"heappop", "heappushpop", "heapreplace"} else None


def _listed(items: list[Value]) -> Value | None:
    return folding.listed(items[:_MOST]) if items else None
