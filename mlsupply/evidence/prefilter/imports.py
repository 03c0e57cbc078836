"""Which import statements bring in something that can run, send, load or decode, recognised in the bytes.

Most files that import a library for the network only name its types (`httpx.Response`). Such a file need not be parsed when
every name it takes from the library is one of `_HARMLESS`, and the library itself, if it is bound to a name, is used for
such names only.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from functools import lru_cache

from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

# Modules that run, send, load, decode into memory or watch, on an import line.
MODULES = expression(
    rb"\b(?:subprocess|pty|pexpect|sh|invoke|plumbum|socket|socketserver|ssl|urllib\w*|requests|httpx|"
    rb"aiohttp|niquests|curl_cffi|"
    rb"websockets?|http\.client|http|smtplib|ftplib|paramiko|telnetlib|pycurl|dns|telegram|telebot|"
    rb"pyrogram|telethon|aiogram|"
    rb"discord\w*|dhooks|boto3|xmlrpc|socketio|ctypes|_ctypes|cffi|marshal|mmap|winreg|_winreg|"
    rb"win32\w+|keyring|getpass|pyperclip|"
    rb"clipboard|ImageGrab|pyautogui|mss|pynput|keyboard|runpy|zipimport|imp|code|builtins|"
    rb"importlib(?!\.(?:metadata|resources)|_)|import_module|__import__|"
    rb"browser_cookie3|posix|nt|_posixsubprocess|dotenv|wget|gdown|web3|eth_account|git|psutil|nacl|opentelemetry\.exporter|asyncio\.subprocess|"
    rb"cloudscraper|urllib3|js2py|execjs|system|popen|environ)\b|\bfrom\s+os\s+import\b"
)
FROM_OS = expression(rb"os(?<!\wos)\s+import\b")  # in a form that is searched for as plain bytes
_ERRORS = r"\w*(?:Error|Exception|Timeout)"
# Library -> what of it neither runs, sends nor receives anything, nor leads back to what does.
_HARMLESS = {
    "httpx": rf"(?:Response|Headers|Request|URL|Limits|QueryParams|Cookies|codes|InvalidURL|TooManyRedirects|{_ERRORS})",
    "requests": rf"(?:exceptions|Response|PreparedRequest|codes|{_ERRORS})",
    "urllib": r"(?:parse|error)",
    "aiohttp": rf"(?:ClientResponse|WSMsgType|{_ERRORS})",
    "websockets": rf"(?:exceptions|{_ERRORS}|ConnectionClosed\w*)",
    "ssl": r"(?:SSLContext|TLSVersion|CERT_\w+|PROTOCOL_\w+|OP_\w+|OPENSSL_\w+|SSL\w*Error|create_default_context)",
    "http": r"(?:HTTPStatus|HTTPMethod|cookies)",
    "importlib": r"(?:metadata|resources|util\.find_spec|invalidate_caches|import_module\(\s*[\"'])",  # by a written name
    "socket": r"(?:error|gaierror|timeout|herror|AF_\w+|SOCK_\w+|SO_\w+|SOL_\w+|IPPROTO_\w+|TCP_\w+)",
    "psutil": r"(?:virtual_memory|cpu_percent|cpu_count|swap_memory|disk_usage|NoSuchProcess|AccessDenied|ZombieProcess)",
    "boto3": r"(?:exceptions)",
    "builtins": (  # called here; who names them otherwise may put something in their place
        r"(?:abs|all|any|ascii|bin|bool|bytearray|bytes|callable|chr|complex|dict|divmod|enumerate|filter|float|format|"
        r"frozenset|hash|hex|id|int|isinstance|issubclass|iter|len|list|map|max|min|next|object|oct|ord|pow|print|range|"
        rf"repr|reversed|round|set|slice|sorted|str|sum|super|tuple|zip|{_ERRORS})(?=\()"
    ),
    "os": r"(?:path|PathLike|sep|linesep|pathsep|curdir|devnull|name|getcwd|makedirs|mkdir|cpu_count|fspath|urandom)",
}
# Submodules whose every name is harmless.
_MEEK = expression(
    rb"(?:urllib\.(?:parse|error)|requests\.exceptions|httpx\._(?:types|models)|http\.cookies|websockets\.exceptions|"
    rb"aiohttp\.(?:client_exceptions|http_exceptions)|importlib\.(?:metadata|resources)(?:\.\w+)*)"
)
_NAMES = {name: expression(rb"(?:%s)" % shape.encode()) for name, shape in _HARMLESS.items()}
_OTHER_USE = {  # each begins with the name itself, which is searched for as plain bytes
    name: expression(rb"%s(?<!\w%s)\b(?!\.(?:%s)\b)" % (name.encode(), name.encode(), shape.encode()))
    for name, shape in _HARMLESS.items()
}
_PASSED_ON = expression(rb"\b(?:six|_?vendor\w*|green|moves|packages|compat\w*)\b")  # foreign modules that hold libraries
_STATEMENT = expression(
    rb"(?:^|[;:])[ \t\f]*(?:from[ \t]+(?P<base>[\w.]+)[ \t]+import\b[ \t]*(?P<names>[^\n\r;#(]*)|"
    rb"import[ \t]+(?P<modules>[^\n\r;#]*))",
    re.MULTILINE,
)
_LIST = 8_000  # bytes of a list of names in brackets
_OPENS_LIST = expression(rb"\bimport[ \t\f]*\(")
_BLANK = expression(rb"\s*+")
_COMMENT = expression(rb"#[^\n\r]*")
_LINE = 200  # bytes of a line that is worth remembering
_MAX_JOINED = 50  # lines
_SAID = expression(rb"[ \t\f]*(?:#(?!!)|>>>)")  # a comment, or an example within a text
_ENDS_TEXT = expression(rb"\'\'\'|\"\"\"|\r[^\n]")  # behind it a line may go on with code
_HOLDS_CODE = expression(rb"[fFtT][rR]?(?:\'\'\'|\"\"\")")  # text over lines, with code in braces
_ALONE = expression(  # statements that were judged already
    rb"[ \t\f]*+(?:import[ \t]+[\w.]++|from[ \t]+[\w.]++[ \t]+import\b[\w., \t]*+\(?[\w., \t]*+)[ \t\f]*+(?:#[^\n]*)?\r?$",
    re.MULTILINE,
)
_NEXT = expression(rb"[ \t]+([a-zA-Z]+)\b(?![\"'])")
_LAST = expression(rb"\b([a-zA-Z]+)[ \t]+$")
_KEYWORDS = frozenset((*keyword.kwlist, *keyword.softkwlist, "print", "exec"))
_BY_NAME = expression(rb"__import__|import_module")
# By a name that is written; not of modules that hold all others.
_WRITTEN = expression(
    rb"(?:__import__|import_module)\(\s*([\"'])(?!(?:os|sys|io|gc|types|inspect|pkgutil|operator|_\w*)[\"'.])([A-Za-z_][\w.]*)\1\s*[,)]"
)
_KEYWORD = expression(rb"\b(?:import|from)\b")
_STARTS = expression(  # in text within the code too: what follows a quote, or an escape
    rb"(?:^|[^\w \t\f])[ \t\f]*(?:from|import)\b|\\[nrt][ \t]*(?:from|import)\b|__import__|import_module", re.MULTILINE
)
_JOINED = expression(rb"^[ \t\f]*(?:from|import)\b|;[ \t\f]*(?:from|import)\b|\bimport\b[^\n]*\\\r?$", re.MULTILINE)


class _Taken(NamedTuple):
    """One thing that is imported. base: the module it is taken from, b"" where it is a module itself."""

    base: bytes
    name: bytes
    renamed: bool


def brings_power(data: bytes) -> bool:
    """Does any import of the file bring in what could matter, other than by names that cannot?"""
    bound: set[str] = set()
    joined, lines = joins_lines(data), Lines(data)
    at = data.find(b"import")
    while at >= 0:
        start = data.rfind(b"\n", 0, at) + 1
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        listed = _listed(data, start, end)
        if (joined and _continued(data, start, end)) or (
            (listed is None or _names_one(data[start:end]) or (listed and _names_one(listed)))
            and not lines.only_say(start, end)
            and _STARTS.search(data, start, end)
            and any(_matters(taken, bound) for taken in _taken(data, start, end))
        ):
            return True
        at = data.find(b"import", end)
    return any(_used(lines, library) for library in bound)


class Lines:
    """The lines of a file, asked which of them hold nothing that is run. data: the file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._holds_code: bool | None = None
        self._runs: bool | None = None
        self._start = self._end = self._said = 0  # of the line that was judged last

    def said(self, at: int) -> int:
        """Where the line ends that holds this place, if it is only a comment or an example within a text; 0 otherwise."""
        if not self._start <= at < self._end:
            self._start, end = self.data.rfind(b"\n", 0, at) + 1, self.data.find(b"\n", at)
            self._end = len(self.data) if end < 0 else end
            self._said = self._end if self.only_say(self._start, self._end) else 0
        return self._said

    def only_say(self, start: int, end: int) -> bool:
        """Is what stands between these places a comment, or an example within a text?"""
        found = _SAID.match(self.data, start)
        if found is None or (found[0].endswith(b">") and self._runs_examples()):
            return False
        return self.is_whole(start, end)

    def _runs_examples(self) -> bool:
        """Does the file name the module that runs the examples in its texts?"""
        if self._runs is None:
            self._runs = b"doctest" in self.data
        return self._runs

    def is_whole(self, start: int, end: int) -> bool:
        """Is the line what it seems from its beginning: no text starts before or ends in it, and none holds code there?"""
        data = self.data
        if _ENDS_TEXT.search(data, start, end) or data[max(0, start - 3) : start].rstrip(b"\r\n").endswith(b"\\"):
            return False
        if data.find(b"{", start, end) < 0:
            return True
        if self._holds_code is None:
            self._holds_code = _HOLDS_CODE.search(data) is not None
        return not self._holds_code


def joins_lines(data: bytes) -> bool:
    """Does a line of it end with a backslash?"""
    return b"\\" in data and (b"\\\n" in data or b"\\\r" in data)  # a single byte is found many times as fast


def _listed(data: bytes, start: int, end: int) -> bytes | None:
    """The names in the brackets that imports between these places open; None where a list does not end within the bound."""
    lists = [_bracketed(data, found.end()) for found in _OPENS_LIST.finditer(data, start, end)]
    return None if None in lists else b",".join(one for one in lists if one)


def _bracketed(data: bytes, start: int) -> bytes | None:
    """What stands from here to the closing bracket, without comments; None where there is none within the bound."""
    blank = _BLANK.match(data, start)
    text = data[blank.end() : blank.end() + _LIST] if blank is not None else b""
    closing = text.find(b")")
    if closing < 0 or b"#" in text[:closing]:
        text = _COMMENT.sub(b"", text)
        closing = text.find(b")")
    return text[:closing] if closing >= 0 else None


def _names_one(line: bytes) -> bool:
    """Does one of the modules stand in the line? Files of a package import the same things."""
    return _judged(line) if len(line) < _LINE else MODULES.search(line) is not None


@lru_cache(maxsize=1 << 13)
def _judged(line: bytes) -> bool:
    return MODULES.search(line) is not None


def _continued(data: bytes, start: int, end: int) -> bool:
    """Is this a statement that goes over lines joined by a backslash? Those are left to the parser."""
    first, joined = start, 0
    while data[max(0, first - 3) : first].rstrip(b"\r\n").endswith(b"\\"):
        first, joined = data.rfind(b"\n", 0, first - 1) + 1, joined + 1
        if joined > _MAX_JOINED:
            return True
    if first == start and not data[max(start, end - 2) : end].rstrip(b"\r").endswith(b"\\"):
        return False
    return _JOINED.search(data, first, end) is not None


def _matters(taken: _Taken | None, bound: set[str]) -> bool:
    """Could what is imported matter? bound: libraries bound to their own name, whose uses decide; added to."""
    if taken is None:
        return True
    base, name, renamed = taken
    if name == b"*":  # all that a library has; all that another module has is judged by what that is called
        if MODULES.match(base):
            return True
        name = base.rpartition(b".")[2]
    if base.startswith(b"."):
        return MODULES.search(name) is not None  # a library that a module of the package hands on
    whole = base + b"." + name if base else name
    if not (MODULES.match(whole) or MODULES.search(name) or _PASSED_ON.search(whole) or base == b"os"):
        return False
    library = whole.split(b".", 1)[0].decode("ascii", "replace")
    if base or renamed or library not in _NAMES:
        return library not in _NAMES or not _meek(base, name, library)
    bound.add(library)
    return False


def _meek(base: bytes, name: bytes, library: str) -> bool:
    if not base:
        return _MEEK.fullmatch(name) is not None
    if MODULES.search(name):  # a module that the harmless one imports itself
        return False
    return bool(_MEEK.fullmatch(base) or (base.decode() == library and _NAMES[library].fullmatch(name)))


def harmless(ref: str) -> bool:
    """Is this dotted name one of those that neither run, send nor receive, and lead to nothing that does?"""
    library, _, name = ref.partition(".")
    names = _NAMES.get(library)
    if names is None or not name or MODULES.search(b"import " + name.encode("utf-8", "replace")):
        return False
    return names.fullmatch(name.encode("utf-8", "replace").split(b".")[0]) is not None


def _taken(data: bytes, start: int, end: int) -> Iterator[_Taken | None]:
    """What the statements that start on this line import; None for a statement that is not understood."""
    by_name = [_WRITTEN.match(data, found.start()) for found in _BY_NAME.finditer(data, start, end)]
    understood = bool(by_name) and _KEYWORD.search(data, start, end) is None
    if data.find(b"\r", start, end - 1) >= 0 or (by_name and not understood):
        yield None
    for named in by_name:
        yield None if named is None else _Taken(b"", named[2], renamed=True)
    for found in _STATEMENT.finditer(data, start, end):
        understood = True
        names = found["modules"] if found["names"] is None else found["names"]
        if data[found.end() : found.end() + 1] == b"(":
            listed = _bracketed(data, found.end() + 1)
            names = b"* *" if listed is None else listed
        for words in (part.split() for part in names.split(b",")):
            if len(words) == 1:
                yield _Taken(found["base"] or b"", words[0], renamed=False)
            elif len(words) == 3 and words[1] == b"as":
                yield _Taken(found["base"] or b"", words[0], renamed=True)
            elif words:
                yield None
    if not understood:
        yield None


def _used(lines: Lines, library: str) -> bool:
    """Is the library itself used for anything but its harmless names?"""
    data, start, end, dull = lines.data, 0, 0, False
    for found in _OTHER_USE[library].finditer(data):
        if found.start() >= end:  # a line is judged once, however long it is
            start, end = data.rfind(b"\n", end, found.start()) + 1, data.find(b"\n", found.end())
            end = len(data) if end < 0 else end
            dull = lines.only_say(start, end) or (_ALONE.match(data, start) is not None and lines.is_whole(start, end))
        if not dull and not _prose(data, max(start, found.start() - 40), found.start(), found.end()):
            return True
    return False


def _prose(data: bytes, before: int, start: int, end: int) -> bool:
    """Is the word next to another word that is no keyword? Two names in a row are not Python."""
    ahead, behind = _NEXT.match(data, end), _LAST.search(data, before, start)
    return any(word is not None and word[1].decode() not in _KEYWORDS for word in (ahead, behind))
