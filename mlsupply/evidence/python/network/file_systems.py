"""File systems of remote stores (S3, Google, Azure): what is written to a file there goes to the account it was made for.

That account is the user's own unless its key, its address or its bucket is written in the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.libraries.storage import content_of, taint_below
from mlsupply.evidence.python.network import addresses, sending
from mlsupply.evidence.python.values import containers
from mlsupply.evidence.python.values.taint import of_kind
from mlsupply.evidence.python.values.value import CLEAN, HOLE, NOTHING, Taint, Value, taint_of, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_KINDS = (
    r"(?:pyarrow\.fs\.(?:(?:S3|Gcs|Azure)FileSystem|FileSystem\.from_uri)|s3fs\.(?:core\.)?S3FileSystem|"
    r"gcsfs\.(?:core\.)?GCSFileSystem|adlfs\.(?:spec\.)?AzureBlobFileSystem|ossfs\.(?:core\.)?OSSFileSystem|"
    r"opendal\.(?:Async)?Operator|upath\.(?:core\.)?UPath)"
)
_MAKES = know.Calls(rf"^{_KINDS}$")
_OF_ONE = know.Calls(rf"^{_KINDS}\(\)")
_OPENS = expression(r"\w{0,40}(?:key|secret|token|passw|credential|sas|connection_string|account)\w{0,20}$")
_SAYS_WHERE = expression(r"\w{0,40}(?:endpoint|url|uri|host)\w{0,20}$")
_NESTED = frozenset({"client_kwargs", "config_kwargs", "storage_options"})  # options that are tables of others
_HANDED = ("filesystem", "destination_filesystem", "fs")  # keywords by which other functions are told where to write
_LEAST = 3  # characters of a bucket or key that says whose it is
_WRITTEN = "an account whose key is written here"
_BUCKET = "the bucket "


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The file system that a call makes, or the result of one of its methods, what that sends noted; None for any other
    call."""
    if _MAKES.match(call.ref):
        return Value(f"{call.ref}()", NOTHING, _beside_credentials(call), _account(call))
    if not _OF_ONE.match(call.ref) or call.receiver is None:
        return None
    text = _place(call.receiver.text, call.args[:2])
    _note(machine, call, call.receiver.taint | _content(machine, call.all, call.line), text)
    return Value(f"{call.ref}()", NOTHING, machine.origin("received", text, call.line), text)


def handed(machine: Analyser, call: Call) -> None:
    """Notes what another function writes to the file system that it is given."""
    for name in _HANDED:
        store = call.keywords.get(name)
        if store is not None and _OF_ONE.match(store.ref):
            given = [*call.args, *(value for key, value in call.keywords.items() if key != name)]
            _note(machine, call, _content(machine, given, call.line), _place(store.text, call.args[1:2]))


def _note(machine: Analyser, call: Call, taint: Taint, text: str) -> None:
    where = "fixed" if text.startswith((_WRITTEN, _BUCKET)) else addresses.destination(text)
    if where != "local":
        sending.note(machine, call, "body", taint, text, where)


def _place(account: str, paths: list[Value]) -> str:
    """Where a path leads to: the account, else the bucket that the path begins with; HOLE where neither is written in the
    code."""
    for one in paths if account == HOLE else ():
        bucket = text_of(one).rpartition("://")[2].partition("/")
        if bucket[1] and len(bucket[0]) >= _LEAST and HOLE not in bucket[0] and bucket[0][0] not in "~.":
            return _BUCKET + bucket[0]
    return account


def _options(call: Call) -> list[tuple[str, Value]]:
    """The options that a file system is made with, by name; "" for those without one."""
    found = [("", value) for value in call.args]
    for name, value in call.keywords.items():
        found += containers.entries(value).items() if name in _NESTED else [(name, value)]
    return found


def _account(call: Call) -> str:
    """The address, or that there is a key, written in the code; HOLE where there is neither."""
    options = _options(call)
    for name, value in options:
        text = text_of(value)
        if (_SAYS_WHERE.match(name) or "://" in text) and addresses.destination(text) != "given":
            return text
    keys = [value for name, value in options if not name or _OPENS.match(name)]
    return _WRITTEN if any(map(_is_written, keys)) else HOLE


def _is_written(value: Value) -> bool:
    """Is this a constant, or a table with one?"""
    inner = containers.entries(value).values() if value.keys or isinstance(value.const, dict) else [value]
    return any(isinstance(one.const, str | bytes) and len(one.const) >= _LEAST for one in inner)


def _beside_credentials(call: Call) -> Taint:
    """The labels of the options, without those of credentials: these only sign what is sent."""
    taint = taint_of(*call.all)
    return taint - frozenset(of_kind(taint, "secret-variable", "credential-file", "keychain", "variable", "parameter"))


def _content(machine: Analyser, given: list[Value], line: int) -> Taint:
    """The labels of the arguments, and of the files and folders that these are paths of."""
    found = taint_of(*given) if given else CLEAN
    for value in given[:4]:
        text = text_of(value)
        if kind := places.file_kind(text):
            found |= machine.origin(kind, text, line)
        found |= taint_below(machine, text)
        if (written := content_of(machine, value)) is not None:
            found |= taint_of(written)
    return found
