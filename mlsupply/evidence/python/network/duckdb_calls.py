"""DuckDB, whose statements read files, write to stores elsewhere (`COPY … TO`) and attach databases of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python import places
from mlsupply.evidence.python.network import addresses, sending
from mlsupply.evidence.python.values.value import taint_of, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_LIBRARY = "duckdb"
_STATEMENTS = expression(r"^duckdb\.(?:.{0,60}\.)?(?:sql|execute|executemany|query|from_query)$")
# What a statement writes to, or asks for: a store, a page, a database of MotherDuck.
_ELSEWHERE = expression(
    r"(?i)\b(?P<how>TO|ATTACH|EXPORT\s{1,9}DATABASE|FROM|read_\w{2,20}\()(?:[\s(]|/\*[^*]{0,40}\*/|--[^\n]{0,40}\n){0,9}"
    r"(?:e?'|\$\w{0,9}\$)(?P<where>(?:s3|gs|gcs|r2|az|https?|md|motherduck):[^'$]{1,600})['$]"  # three ways to quote
)
_WRITTEN_ACCOUNT = expression(
    r"(?i)(?:motherduck_token[= ]\s?'?|\bKEY_ID\s{1,9}'|s3_access_key_id\s?=\s?'|\bSECRET\s{1,9}')[\w/+-]{3}"
)
_READS = expression(r"(?i)\bread_\w{2,20}\(\s{0,9}'(?P<path>[^'\0]{2,300})'|\bFROM\s{1,9}'(?P<file>[~/.][^'\0]{2,300})'")


def run(machine: Analyser, call: Call) -> None:
    """Notes what a statement sends: what is put into it, and the files it reads."""
    if not call.ref.startswith("duckdb.") or not _STATEMENTS.match(call.ref) or not call.args:
        return
    text = text_of(call.args[0])[:20_000]
    if _WRITTEN_ACCOUNT.search(text):
        machine.client_addresses[f"{_LIBRARY} account"] = "fixed"  # whoever wrote this holds it
    found = _ELSEWHERE.search(text)
    if found is not None and found["how"].upper() == "ATTACH":
        machine.client_addresses[_LIBRARY] = found["where"]
    address = found["where"] if found is not None else machine.client_addresses.get(_LIBRARY, "")
    if not address:
        return  # what stays in a database of the user's
    taint = taint_of(*call.all)
    for one in _READS.finditer(text):
        path = one["path"] or one["file"]
        if kind := places.file_kind(path):
            taint |= machine.origin(kind, path, call.line)
    page = found is not None and address.lower().startswith("http")
    where = addresses.destination(address) if page else machine.client_addresses.get(f"{_LIBRARY} account", "given")
    position = "address" if found is not None and found["how"].upper().startswith(("FROM", "READ_")) else "body"
    sending.note(machine, call, position, taint, address, where)
