"""Zstandard (RFC 8878): by the standard library from Python 3.14 on, else by the package zstandard where it is installed."""

from __future__ import annotations

from importlib import import_module
from typing import IO, Any, cast

_LARGEST_WINDOW = 27  # as a power of two, in bytes: what `zstd` itself unpacks without being asked for more
NEEDED = "Python 3.14 or the package zstandard"  # for people


def unpacked(handle: IO[bytes]) -> IO[bytes] | None:
    """The bytes inside; None where nothing here unpacks them. Reading raises OSError for what is damaged."""
    if (library := _module("compression.zstd")) is not None:
        options = {library.DecompressionParameter.window_log_max: _LARGEST_WINDOW}
        return cast("IO[bytes]", _Guarded(library.ZstdFile(handle, options=options), library.ZstdError))
    if (package := _module("zstandard")) is not None:
        stream = package.ZstdDecompressor(max_window_size=1 << _LARGEST_WINDOW).stream_reader(handle)
        return cast("IO[bytes]", _Guarded(stream, package.ZstdError))
    return None


def errors() -> tuple[type[Exception], ...]:
    """What the standard library raises for a damaged zip member of this kind; nothing where it reads none."""
    library = _module("compression.zstd")
    return (library.ZstdError,) if library is not None else ()


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None


class _Guarded:
    """A stream that raises OSError instead of an error of its own."""

    def __init__(self, stream: Any, error: type[Exception]) -> None:
        self._stream = stream
        self._error = error

    def read(self, size: int = -1) -> bytes:
        try:
            return bytes(self._stream.read(size))
        except self._error as damaged:
            raise OSError(str(damaged)) from damaged
