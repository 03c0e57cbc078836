"""Files that somebody else's downloader keeps: an object that a library hands in (the `dl_manager` of a data set's builder),
or a function that is given an address and gives the path of the file.

Sources: the documentation of datasets, tensorflow_datasets, pooch, cached_path and keras.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.libraries.storage import kept_key
from mlsupply.evidence.python.network import addresses
from mlsupply.evidence.python.syntax.survey import last_name
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.value import CLEAN, NOTHING, Taint, Value, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_METHODS = frozenset({"download", "download_and_extract", "download_custom", "retrieve"})
_FUNCTIONS = expression(
    r"(?:pooch\.retrieve|cached_path\.cached_path|(?:tensorflow\.|tf_)?keras\.(?:\w{1,20}\.){0,3}get_file|wget\.download|"
    r"(?:datasets|tensorflow_datasets)\.(?:\w{1,20}\.){0,3}\w{0,20}DownloadManager\(\)\.\w{1,40})$"
)
_DIGESTS = frozenset({"known_hash", "file_hash", "md5_hash", "hash", "checksum", "sha256"})
_MOST = 32  # files of one call


def kept(machine: Analyser, call: Call, result: Value) -> None:
    """Makes the result of such a call the path of a file with what was fetched, or as many as were asked for."""
    name = last_name(call.node.func) if isinstance(call.node, ast.Call) else ""
    if not (_FUNCTIONS.match(call.ref) or (not call.ref and name in _METHODS)):
        return
    if any(isinstance(call.keywords[one].const, str) for one in _DIGESTS & call.keywords.keys()):
        return
    named = [call.keywords[one] for one in ("url", "origin", "url_or_urls") if one in call.keywords]
    made = next((path for given in [*call.args[:2], *named] if (path := _path(machine, call, given)) is not None), None)
    if made is not None:  # the path is chosen here, whoever answers
        result.text, result.keys, result.items = made.text, made.keys, made.items
        result.taint = frozenset(one for one in result.taint if not one.startswith("received:"))


_KEPT = "into a file: "  # begins the label of such a file


def without_kept(taint: Taint) -> Taint:
    """The labels of what is parsed out of such a file: the fields of a data set are data, whoever published it."""
    kept_there = frozenset(one for one in taint if one.startswith(f"received:{_KEPT}"))
    return taint - kept_there if kept_there else taint


def _path(machine: Analyser, call: Call, given: Value, depth: int = 2) -> Value | None:
    """The path where what lies at an address is kept, or a table or list of them; None without an address."""
    address = text_of(given)
    if address.startswith(("http://", "https://", "ftp://")) and addresses.destination(address) in {"fixed", "chat"}:
        path = Value("", NOTHING, CLEAN, f"/fetched-{call.line}-{len(machine.paths)}")
        content = Value(taint=machine.origin("received", f"{_KEPT}{addresses.shown(address)}", call.line))
        machine.files[kept_key(machine, path)] = machine.files[f"{path.text}/"] = content  # or what was packed in it
        return path
    if depth == 0 or given.closure is not None or given.instance is not None or isinstance(given.const, str | bytes):
        return None
    if given.keys or isinstance(given.const, dict):
        held = [*containers.entries(given).items()][:_MOST]
        paths = {key: found for key, one in held if (found := _path(machine, call, one, depth - 1)) is not None}
        made = Value()
        made.keys = paths
        return made if paths else None
    several = [_path(machine, call, one, depth - 1) for one in folding.items_of(given)[:_MOST]]
    return None if all(one is None for one in several) else folding.listed([one or Value() for one in several])
