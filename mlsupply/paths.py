"""`pathlib.Path` without its cost, for the little a scan does with paths. Imports nothing of the package.

To import `pathlib` costs the shortest scan 3.5 ms of 45 (on CPython 3.11 it imports `urllib.parse`, `ipaddress` and more).
To type checkers the name is `pathlib.Path`. The class here behaves as that one does, and passes what it lacks to a real
`pathlib.Path`, imported then. Modules that every scan imports take `Path` from here, all others from `pathlib`.
"""

from __future__ import annotations

import os
from errno import EBADF, ELOOP, ENOENT, ENOTDIR
from posixpath import dirname, join
from stat import S_ISDIR, S_ISREG

from mlsupply.hints import TYPE_CHECKING, Any


def is_readable(path: Path) -> bool:
    """Whether this user can read what is there. A cache folder may be another user's, of which `is_file` raises."""
    return os.access(path, os.R_OK)


def is_readable_file(path: Path) -> bool:
    """The same of a file: no folder, pipe or device."""
    return is_readable(path) and path.is_file()


if TYPE_CHECKING or os.name != "posix":
    from pathlib import Path as Path  # noqa: PLC0414  for those who take it from here
else:
    _ABSENT = frozenset({ENOENT, ENOTDIR, EBADF, ELOOP})  # what pathlib takes for "there is none"; the rest is raised

    class Path:
        """See `pathlib.Path`."""

        __slots__ = ("_text",)

        def __init__(self, *parts):
            self._text = _tidy(join("", *parts))

        def __fspath__(self):
            return self._text

        __str__ = __fspath__
        as_posix = __fspath__

        def __repr__(self):
            return f"Path({self._text!r})"

        def __truediv__(self, other):
            return Path(self._text, other)

        def __rtruediv__(self, other):
            return Path(other, self._text)

        def __eq__(self, other):
            if isinstance(other, Path) or isinstance(other, _pathlib().PurePath):  # noqa: SIM101  asked in this order
                return self._text == os.fspath(other)
            return NotImplemented

        def __lt__(self, other):
            return self._whole() < _pathlib().Path(other)

        def __hash__(self):
            return hash(self._whole())

        def __reduce__(self):
            return (Path, (self._text,))

        def __getattr__(self, name):
            return getattr(self._whole(), name)

        @property
        def name(self):
            return self._text.rpartition("/")[2] if self._text != "." else ""

        @property
        def parent(self):
            return Path(dirname(self._text)) if self._text.strip("/") else self

        def is_file(self):
            return S_ISREG(self._mode())

        def is_dir(self):
            return S_ISDIR(self._mode())

        def is_symlink(self):
            return os.path.islink(self._text)

        def exists(self):
            return self._mode() != 0

        def absolute(self):
            return Path(os.getcwd(), self._text)

        def resolve(self, strict=False):
            return Path(os.path.realpath(self._text, strict=strict))

        def stat(self, *, follow_symlinks=True):
            return os.stat(self._text, follow_symlinks=follow_symlinks)

        def read_bytes(self):
            with open(self._text, "rb") as handle:
                return handle.read()

        def read_text(self, encoding=None, errors=None):
            with open(self._text, encoding=encoding, errors=errors) as handle:
                return handle.read()

        def write_bytes(self, data):
            with open(self._text, "wb") as handle:
                return handle.write(data)

        def with_name(self, name):
            return (
                self.parent / name
                if self.name and name and "/" not in name and name != "."
                else self._whole().with_name(name)
            )

        def mkdir(self, mode=0o777, parents=False, exist_ok=False):
            if parents and exist_ok:
                os.makedirs(self._text, mode, exist_ok=True)
            else:
                self._whole().mkdir(mode, parents, exist_ok)

        def unlink(self, missing_ok=False):
            try:
                os.unlink(self._text)
            except FileNotFoundError:
                if not missing_ok:
                    raise

        def replace(self, target):
            os.replace(self._text, target)
            return Path(target)

        def chmod(self, mode):
            os.chmod(self._text, mode)

        def _mode(self):
            """0 where there is nothing, or nothing could have such a name."""
            try:
                return os.stat(self._text).st_mode
            except ValueError:
                return 0
            except OSError as error:
                if error.errno not in _ABSENT:
                    raise
                return 0

        def _whole(self):
            return _pathlib().Path(self._text)

        @classmethod
        def home(cls):
            text = os.path.expanduser("~")
            if text == "~":
                raise RuntimeError("Could not determine home directory.")
            return cls(text)

        cwd = classmethod(lambda cls: cls(os.getcwd()))


def _pathlib() -> Any:
    import pathlib

    return pathlib


def _tidy(text: str) -> str:
    """Without what means nothing: empty parts and `.`; two slashes at the start, and no more, are kept (POSIX)."""
    root = text[: len(text) - len(text.lstrip("/"))]
    parts = [part for part in text.split("/") if part and part != "."]
    return ("//" if len(root) == 2 else root[:1]) + "/".join(parts) or "."
