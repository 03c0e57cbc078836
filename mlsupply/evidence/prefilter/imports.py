"""Import statements that bring in something that can run, send, load or decode, recognised in the bytes of a file.

Most files that import a network library only name its types (`httpx.Response`). Such a file need not be parsed: every name
it imports from the library is one of `_HARMLESS`, and if it imports the library itself, it uses only such names of it.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from functools import lru_cache

from mlsupply.evidence.python import standard
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

# Modules that run, send, load, decode into memory or spy, as they stand on an import line.
MODULES = expression(
    rb"\b(?:subprocess|pty|pexpect|sh|invoke|plumbum|socket|socketserver|ssl|urllib\w*|requests(?:_unix_?socket2?)?|httpx|"
    rb"aiohttp|aiodocker|podman|niquests|curl_cffi|httpcore|hrequests|tls_client|primp|rnet|aiosonic|"
    rb"websockets?|http\.client|http|smtplib|ftplib|paramiko|telnetlib|pycurl|dns|telegram|telebot|"
    rb"pyrogram|telethon|aiogram|"
    rb"discord\w*|dhooks|boto3|xmlrpc|socketio|ctypes|_ctypes|cffi|marshal|mmap|winreg|_winreg|"
    rb"win32\w+|keyring|getpass|pyperclip|"
    rb"clipboard|xerox|copykitten|klembord|ImageGrab|pyautogui|mss|pynput|keyboard|runpy|zipimport|interpreters|imp|code|builtins|"
    rb"importlib(?!\.(?:metadata|resources)|_)|import_module|__(?:lazy_)?import__|"
    rb"browser_cookie3|posix|nt|_posixsubprocess|dotenv|wget|gdown|web3|eth_account|git|psutil|nacl|opentelemetry\.exporter|asyncio\.subprocess|"
    rb"cloudscraper|urllib3|js2py|execjs|system|popen|environ)\b|\bfrom\s+os\s+import\b"
)
FROM_OS = expression(rb"os(?<!\wos)\s+import\b")  # `\bos`, written so that `re` searches for the plain bytes first
_ERRORS = r"\w*(?:Error|Exception|Timeout)"
# Library -> pattern of its names that neither run, send nor receive anything, nor lead to what does.
_HARMLESS = {
    "httpx": rf"(?:Response|Headers|Request|URL|Limits|QueryParams|Cookies|codes|InvalidURL|TooManyRedirects|{_ERRORS})",
    "httpcore": r"(?:Request|Response|URL|Origin|\w*(?:Stream|Backend|Error|Exception|Timeout))",
    "requests": rf"(?:exceptions|Response|PreparedRequest|codes|{_ERRORS})",
    "urllib": r"(?:parse|error)",
    "aiohttp": rf"(?:ClientResponse|WSMsgType|{_ERRORS})",
    "websockets": rf"(?:exceptions|{_ERRORS}|ConnectionClosed\w*)",
    "ssl": r"(?:SSLContext|TLSVersion|CERT_\w+|PROTOCOL_\w+|OP_\w+|OPENSSL_\w+|SSL\w*Error|create_default_context)",
    "http": r"(?:HTTPStatus|HTTPMethod|cookies)",
    "importlib": r"(?:metadata|resources|util\.find_spec|invalidate_caches|import_module\(\s*[\"'])",  # of a literal name
    "socket": r"(?:error|gaierror|timeout|herror|AF_\w+|SOCK_\w+|SO_\w+|SOL_\w+|IPPROTO_\w+|TCP_\w+)",
    "psutil": r"(?:virtual_memory|cpu_percent|cpu_count|swap_memory|disk_usage|NoSuchProcess|AccessDenied|ZombieProcess)",
    "boto3": r"(?:exceptions)",
    "builtins": (  # called; a file that names one otherwise may replace it
        r"(?:abs|all|any|ascii|bin|bool|bytearray|bytes|callable|chr|complex|dict|divmod|enumerate|filter|float|format|"
        r"frozenset|hash|hex|id|int|isinstance|issubclass|iter|len|list|map|max|min|next|object|oct|ord|pow|print|range|"
        rf"repr|reversed|round|set|slice|sorted|str|sum|super|tuple|zip|{_ERRORS})(?=\()"
    ),
    "os": r"(?:path|PathLike|sep|linesep|pathsep|curdir|devnull|name|getcwd|makedirs|mkdir|cpu_count|fspath|urandom)",
}
# Submodules of which every name is harmless.
_HARMLESS_MODULES = expression(
    rb"(?:urllib\.(?:parse|error)|requests\.exceptions|httpx\._(?:types|models)|http\.cookies|websockets\.exceptions|"
    rb"aiohttp\.(?:client_exceptions|http_exceptions)|importlib\.(?:metadata|resources)(?:\.\w+)*)"
)
_HARMLESS_NAMES = {name: expression(rb"(?:%s)" % shape.encode()) for name, shape in _HARMLESS.items()}
# Library -> pattern of its name where no harmless name follows. It begins with the plain name, which `re` finds fastest.
_OTHER_USE = {
    name: expression(rb"%s(?<!\w%s)\b(?!\.(?:%s)\b)" % (name.encode(), name.encode(), shape.encode()))
    for name, shape in _HARMLESS.items()
}
# Names of modules that re-export libraries of others.
_REEXPORTS = expression(rb"\b(?:six|_?vendor\w*|green|moves|packages|compat\w*)\b")
_STATEMENT = expression(
    rb"(?:^|[;:])[ \t\f]*(?:from[ \t]+(?P<base>[\w.]+)[ \t]+import\b[ \t]*(?P<names>[^\n\r;#(]*)|"
    rb"import[ \t]+(?P<modules>[^\n\r;#]*))",
    re.MULTILINE,
)
_LIST = 8_000  # bytes of a bracketed list of names; a longer one is left to the parser
_OPENS_LIST = expression(rb"\bimport[ \t\f]*\(")
_BLANK = expression(rb"\s*+")
_COMMENT = expression(rb"#[^\n\r]*")
_LINE = 200  # bytes; what a longer line tells is not cached
_MAX_JOINED = 50  # lines joined by backslashes
_COMMENTED = expression(rb"[ \t\f]*(?:#(?!!)|>>>)")  # begins a comment, or an example in a docstring
_ENDS_STRING = expression(rb"\'\'\'|\"\"\"|\r[^\n]")  # code may follow it on the line
_F_STRING = expression(rb"[fFtT][rR]?(?:\'\'\'|\"\"\")")  # begins an f-string over several lines
_ONLY_IMPORTS = expression(  # a line with nothing but an import statement
    rb"[ \t\f]*+(?:import[ \t]+[\w.]++|from[ \t]+[\w.]++[ \t]+import\b[\w., \t]*+\(?[\w., \t]*+)[ \t\f]*+(?:#[^\n]*)?\r?$",
    re.MULTILINE,
)
_NEXT = expression(rb"[ \t]+([a-zA-Z]+)\b(?![\"'])")
_LAST = expression(rb"\b([a-zA-Z]+)[ \t]+$")
_KEYWORDS = frozenset((*keyword.kwlist, *keyword.softkwlist, *standard.KEYWORDS, "print", "exec"))
_BY_NAME = expression(rb"__(?:lazy_)?import__|import_module")
# An import by a literal name; not of modules through which all others can be reached.
_LITERAL = expression(
    rb"(?:__(?:lazy_)?import__|import_module)\(\s*([\"'])(?!(?:os|sys|io|gc|types|inspect|pkgutil|operator|_\w*)[\"'.])([A-Za-z_][\w.]*)\1\s*[,)]"
)
_KEYWORD = expression(rb"\b(?:import|from)\b")
_STARTS = expression(  # where an import may begin, in strings of code too: behind a quote or an escape
    rb"(?:^|[^\w \t\f])[ \t\f]*(?:lazy[ \t\f]+)?(?:from|import)\b|\\[nrt][ \t]*(?:from|import)\b|"
    rb"__(?:lazy_)?import__|import_module",
    re.MULTILINE,
)
_JOINED = expression(rb"(?:^|;)[ \t\f]*(?:lazy[ \t\f]+)?(?:from|import)\b|\bimport\b[^\n]*\\\r?$", re.MULTILINE)


class _Imported(NamedTuple):
    """One imported name. base: the module it is imported from, b"" where it is a module itself; renamed: by `as`."""

    base: bytes
    name: bytes
    renamed: bool


def brings_power(data: bytes) -> bool:
    """Does an import of the file bring in something that can run, send, load or decode?"""
    bound: set[str] = set()  # libraries that are harmless unless used for other than harmless names
    joined, lines = joins_lines(data), Lines(data)
    at = data.find(b"import")
    while at >= 0:
        start = data.rfind(b"\n", 0, at) + 1
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        listed = _bracketed_names(data, start, end)
        if (joined and _continued(data, start, end)) or (
            (listed is None or _names_module(data[start:end]) or (listed and _names_module(listed)))
            and not lines.is_commented(start, end)
            and _STARTS.search(data, start, end)
            and any(_matters(one, bound) for one in _imported(data, start, end))
        ):
            return True
        at = data.find(b"import", end)
    return any(_is_used(lines, library) for library in bound)


class Lines:
    """The lines of a file, asked which of them are only comments or examples in a docstring."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._has_f_strings: bool | None = None
        self._has_doctest: bool | None = None
        self._start = self._end = self._commented_until = 0  # of the line that was asked for last

    def commented_until(self, at: int) -> int:
        """The end of the line around this place, if it is only a comment or an example; 0 otherwise."""
        if not self._start <= at < self._end:
            self._start, end = self.data.rfind(b"\n", 0, at) + 1, self.data.find(b"\n", at)
            self._end = len(self.data) if end < 0 else end
            self._commented_until = self._end if self.is_commented(self._start, self._end) else 0
        return self._commented_until

    def is_commented(self, start: int, end: int) -> bool:
        """Is the line between these places only a comment, or an example in a docstring that nothing runs?"""
        found = _COMMENTED.match(self.data, start)
        if found is None or (found[0].endswith(b">") and self._runs_examples()):
            return False
        return self.is_whole(start, end)

    def _runs_examples(self) -> bool:
        """Does the file name the module that runs examples in docstrings?"""
        if self._has_doctest is None:
            self._has_doctest = b"doctest" in self.data
        return self._has_doctest

    def is_whole(self, start: int, end: int) -> bool:
        """Is the line what its beginning says? Not where a string ends in it, a backslash joins it to the line before, or
        braces in it may hold code of an f-string."""
        data = self.data
        if _ENDS_STRING.search(data, start, end) or data[max(0, start - 3) : start].rstrip(b"\r\n").endswith(b"\\"):
            return False
        if data.find(b"{", start, end) < 0:
            return True
        if self._has_f_strings is None:
            self._has_f_strings = _F_STRING.search(data) is not None
        return not self._has_f_strings


def joins_lines(data: bytes) -> bool:
    """Does a line of the file end with a backslash?"""
    return b"\\" in data and (b"\\\n" in data or b"\\\r" in data)  # a single byte is found many times faster


def _bracketed_names(data: bytes, start: int, end: int) -> bytes | None:
    """The names in the brackets that imports between these places open; None where one does not close within `_LIST`."""
    lists = [_bracketed(data, found.end()) for found in _OPENS_LIST.finditer(data, start, end)]
    return None if None in lists else b",".join(one for one in lists if one)


def _bracketed(data: bytes, start: int) -> bytes | None:
    """The text from here to the closing bracket, without comments; None where it does not close within `_LIST`."""
    blank = _BLANK.match(data, start)
    text = data[blank.end() : blank.end() + _LIST] if blank is not None else b""
    closing = text.find(b")")
    if closing < 0 or b"#" in text[:closing]:
        text = _COMMENT.sub(b"", text)
        closing = text.find(b")")
    return text[:closing] if closing >= 0 else None


def _names_module(line: bytes) -> bool:
    """Does the line name one of `MODULES`? Cached, as the files of a package import the same things."""
    return _names_module_cached(line) if len(line) < _LINE else MODULES.search(line) is not None


@lru_cache(maxsize=1 << 13)
def _names_module_cached(line: bytes) -> bool:
    return MODULES.search(line) is not None


def _continued(data: bytes, start: int, end: int) -> bool:
    """Is the line part of an import statement over several lines joined by backslashes? Those are left to the parser."""
    first, joined = start, 0
    while data[max(0, first - 3) : first].rstrip(b"\r\n").endswith(b"\\"):
        first, joined = data.rfind(b"\n", 0, first - 1) + 1, joined + 1
        if joined > _MAX_JOINED:
            return True
    if first == start and not data[max(start, end - 2) : end].rstrip(b"\r").endswith(b"\\"):
        return False
    return _JOINED.search(data, first, end) is not None


def _matters(imported: _Imported | None, bound: set[str]) -> bool:
    """Could the import matter? imported: None for one that is not understood; bound: libraries imported under their own
    name, whose uses decide; added to."""
    if imported is None:
        return True
    base, name, renamed = imported
    if name == b"*":  # of another module than `MODULES`: judged by that module's name
        if MODULES.match(base):
            return True
        name = base.rpartition(b".")[2]
    if base.startswith(b"."):
        return MODULES.search(name) is not None  # a library that a module of the package re-exports
    whole = base + b"." + name if base else name
    if not (MODULES.match(whole) or MODULES.search(name) or _REEXPORTS.search(whole) or base == b"os"):
        return False
    library = whole.split(b".", 1)[0].decode("ascii", "replace")
    if base or renamed or library not in _HARMLESS_NAMES:
        return library not in _HARMLESS_NAMES or not _is_harmless(base, name, library)
    bound.add(library)
    return False


def _is_harmless(base: bytes, name: bytes, library: str) -> bool:
    """Is the import harmless by itself? base, name: as in `_Imported`; library: the first part of the module's name."""
    if not base:
        return _HARMLESS_MODULES.fullmatch(name) is not None
    if MODULES.search(name):  # a module that the harmless one imports
        return False
    return bool(_HARMLESS_MODULES.fullmatch(base) or (base.decode() == library and _HARMLESS_NAMES[library].fullmatch(name)))


def harmless(ref: str) -> bool:
    """Is this dotted name one of those that neither run, send nor receive, and lead to nothing that does?"""
    library, _, name = ref.partition(".")
    names = _HARMLESS_NAMES.get(library)
    if names is None or not name or MODULES.search(b"import " + name.encode("utf-8", "replace")):
        return False
    return names.fullmatch(name.encode("utf-8", "replace").split(b".")[0]) is not None


def _imported(data: bytes, start: int, end: int) -> Iterator[_Imported | None]:
    """What the statements that begin on this line import; None for a statement that is not understood."""
    by_name = [_LITERAL.match(data, found.start()) for found in _BY_NAME.finditer(data, start, end)]
    understood = bool(by_name) and _KEYWORD.search(data, start, end) is None
    if data.find(b"\r", start, end - 1) >= 0 or (by_name and not understood):
        yield None
    for named in by_name:
        yield None if named is None else _Imported(b"", named[2], renamed=True)
    for found in _STATEMENT.finditer(data, start, end):
        understood = True
        names = found["modules"] if found["names"] is None else found["names"]
        if data[found.end() : found.end() + 1] == b"(":
            listed = _bracketed(data, found.end() + 1)
            names = b"* *" if listed is None else listed
        for words in (part.split() for part in names.split(b",")):
            if len(words) == 1:
                yield _Imported(found["base"] or b"", words[0], renamed=False)
            elif len(words) == 3 and words[1] == b"as":
                yield _Imported(found["base"] or b"", words[0], renamed=True)
            elif words:
                yield None
    if not understood:
        yield None


def _is_used(lines: Lines, library: str) -> bool:
    """Is the library used for anything but its harmless names? Comments, imports and prose do not count."""
    data, start, end, harmless_line = lines.data, 0, 0, False
    for found in _OTHER_USE[library].finditer(data):
        if found.start() >= end:  # each line is judged once
            start, end = data.rfind(b"\n", end, found.start()) + 1, data.find(b"\n", found.end())
            end = len(data) if end < 0 else end
            harmless_line = lines.is_commented(start, end) or (
                _ONLY_IMPORTS.match(data, start) is not None and lines.is_whole(start, end)
            )
        if not harmless_line and not _is_prose(data, max(start, found.start() - 40), found.start(), found.end()):
            return True
    return False


def _is_prose(data: bytes, before: int, start: int, end: int) -> bool:
    """Does the word from `start` to `end` stand next to another that is no keyword? Two names in a row are not Python."""
    ahead, behind = _NEXT.match(data, end), _LAST.search(data, before, start)
    return any(word is not None and word[1].decode() not in _KEYWORDS for word in (ahead, behind))
