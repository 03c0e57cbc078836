"""Writers on top of a file in memory (`csv.writer(buffer)`, `gzip.GzipFile(fileobj=buffer)`), or of a connection: what they
are given goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python.libraries import writing
from mlsupply.evidence.python.values import written as memory
from mlsupply.evidence.python.values.value import Value
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_WRITERS = expression(
    r"(?:csv\.(?:writer|DictWriter)|io\.(?:TextIOWrapper|Buffered\w{1,20})|(?:gzip|bz2|lzma)\.(?:open|\w{1,10}File)|"
    r"codecs\.(?:getwriter\(\)|Stream\w{1,20}|EncodedFile)|pickle\.Pickler|xml\.sax\.saxutils\.XMLGenerator|"
    r"email\.generator\.\w{0,30}Generator|pprint\.PrettyPrinter|wave\.open|rich\.console\.Console|pandas\.ExcelWriter|"
    r"xlsxwriter\.Workbook|reportlab\.pdfgen\.canvas\.Canvas|pyzipper\.\w{1,20}File|pyarrow\.[\w.]{0,60}[Ww]riter|"
    r"avro\.datafile\.DataFileWriter)$"
)
_PARTS = ("add", "create", "new", "begin")  # methods of a writer that make a part of what is written: a sheet, a page


def is_writer(ref: str) -> bool:
    """Does a call of this name make a writer on top of what it is given?"""
    return _WRITERS.match(ref) is not None


def below(call: Call) -> Value | None:
    """The file in memory or the connection that such a call is given, or that what it is given is on top of."""
    return next((found for one in call.all if (found := one if _is_below(one) else _into(one)) is not None), None)


def _is_below(value: Value) -> bool:
    return memory.is_in_memory(value) or writing.is_connection(value)


def _into(value: Value) -> Value | None:
    """The file in memory, or the connection, that this is a writer on top of; None for anything else."""
    found = (value.keys or {}).get("into")
    return found if found is not None and _is_below(found) else None


def written(machine: Analyser, call: Call, writer: Value, name: str, result: Value) -> None:
    """Follows a call of a method of a writer: what it is given goes below, and what it makes is a writer too. name: of the
    method."""
    if (file := _into(writer)) is None:
        return
    if call.all:
        writing.handed(machine, call._replace(args=[*call.args, file]))
    if result.keys is None and name.startswith(_PARTS):
        result.keys = {"into": file}
