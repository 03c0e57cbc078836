"""Which Python files need a look, decided from bytes at many times the speed of parsing.

Plain substring searches come first, since they run at memory speed; regular expressions look only at import lines, at
overlong lines and around what was found. A file that passes by can neither run, send, load nor hide what the analyser
knows of: all of that needs a module, a builtin or a path named here, or a name put together from them.
"""

from __future__ import annotations

import re
import unicodedata

from mlsupply.evidence.imports import brings_power

# (what is looked for, what must stand around it); None: finding it is enough.
_WORDS: tuple[tuple[bytes, re.Pattern[bytes] | None], ...] = (
    (b"exec", re.compile(rb"(?<![.\w])exec\b(?!\w)|\bexec_module\b|\.exec[vl]|subprocess_exec")),
    (b"eval", re.compile(rb"(?<![.\w\"'`-])eval\s*\(|[=(,\[@]\s*eval\b(?!\s*=)")),
    (b"system", re.compile(rb"(?<!platform)\.system\b|getattr\([^)]{0,60}[\"']system|systemd")),
    (b"popen", None),
    (b"load_module", None),
    (b"spawn", re.compile(rb"\bos\.(?:posix_)?spawn")),
    (b"startfile", None),
    (b"s__", re.compile(rb"__(?:builtins|globals|subclasses)__")),
    (b"globals()", re.compile(rb"globals\(\)\s*\[\s*(?![\"']__\w+__[\"'])|globals\(\)\s*\.\s*get")),
    (b"sys.modules", re.compile(rb"sys\.modules\s*\[\s*(?!__name__)[^\]]{0,80}\]\s*(?:\.|=[^=])|sys\.modules\.get")),
    (b"vars(", re.compile(rb"vars\(\s*(?:os|sys|builtins|subprocess|socket|importlib)")),
    (b".pth", re.compile(rb"\.pth[\"']")),
    (b"customize.py", None),
    (b"authorized_keys", None),
    (b"shrc", None),
    (b"_profile", re.compile(rb"\.(?:bash_|z)profile|ipython.{0,40}profile_")),
    (b"Launch", re.compile(rb"Launch(?:Agents|Daemons)")),
    (b"crontab", None),
    (b"/etc/", re.compile(rb"/etc/(?:cron|passwd|shadow|hosts|profile|rc|init|ld\.so|sudoers|systemd)")),
    (b".claude", re.compile(rb"\.claude(?:[/\\\"']|\.json)")),
    (b".cursor", re.compile(rb"\.cursor(?:rules|/|[\"'])")),
    (b".vscode", None),
    (b"mcp.json", None),
    (b"git/hooks", None),
    (b"/workflows", None),
    (b"LD_PRELOAD", None),
    (b"pickle.load", None),
    (b"169.254.", None),
    (b"Start Menu", None),
    (b".gemini", re.compile(rb"\.gemini[/\\\"']")),
    (b".codex", re.compile(rb"\.codex[/\\\"']")),
    (b".windsurf", None),
    (b"bash_aliases", None),
    (b"activate.d", None),
    (b"find_spec(", re.compile(rb"\.origin")),
    (b"imaplib", None),
    (b"http.server", None),
    (b"sys.path", re.compile(rb"sys\.path\.(?:insert|append)\([^\n]{0,120}\.(?:dat|bin|png|jpg|txt|json|db|md|pak)[\"']")),
    (b"autostart", re.compile(rb"config[/\\\\\"', ]{1,6}autostart")),
    (b"pip.conf", None),
    (b"pip.ini", None),
    (b"hooksPath", None),
    (b"create_subprocess_", None),
    (b"open_connection", None),
    (b"getattr(sys.modules", None),
    (b"HTTPHandler", re.compile(rb"handlers\.HTTPHandler|handlers import[^.]{0,140}HTTPHandler")),
    (b"__pyarmor__", None),
    (b"unsafe_load", None),
    (b"py/reduce", None),
    (b"tell the user", None),
    (b"mention", re.compile(rb"(?i)(?:not|n't|never) mention")),
    (b"timeit.timeit", None),
    (b"Profile.run", None),
    (b"pdb.run", None),
    (b"runsource", None),
    (b"runcode", None),
)
_VARIABLE_SET = re.compile(rb"environ\s*(?:\[|\.(?:setdefault|update))")
_AROUND = 160  # bytes before and behind a word
# (what is looked for, what must stand anywhere else in the file)
_PAIRS: tuple[tuple[bytes, re.Pattern[bytes]], ...] = (
    (b"_BASE_URL", _VARIABLE_SET),
    (b"_PROXY", _VARIABLE_SET),
    (b"INDEX_URL", _VARIABLE_SET),
    (b"rmtree", re.compile(rb"expanduser|Path\.home|[\"']/[\"']|HOME")),
    (b"expanduser", re.compile(rb"os\.(?:remove|unlink)\b|\.unlink\(")),
)
# A request through an object of unknown make: a call that could send, something worth sending, and an address.
_CALL = rb"\s*\((?!\s*[\"'](?!https?:|wss?:|\"\"|''))"  # with anything first but a plain text
_ASKS = re.compile(rb"\.get" + _CALL)
_SENDS = re.compile(rb"\.(?:post|put|request|urlopen|send|emit|fetch)" + _CALL)
_SECRETS = (b"environ", b"getenv", b"get_secret")
_MORE: tuple[tuple[bytes, re.Pattern[bytes] | None], ...] = (
    (b"environ", re.compile(rb"environ\b(?!\s*(?:\[|\.(?:get|setdefault|pop)\b))")),
    (b"platform.", re.compile(rb"platform\.(?:node|uname|platform)")),
    *((word, None) for word in (b"expanduser", b"Path.home", b'"~', b"'~", b"getpass", b"gethostname", b"uname", b"netrc")),
    *((word, None) for word in (b"private_key", b"privatekey", b"mnemonic", b"wallet")),
)
_ADDRESSES: tuple[tuple[bytes, re.Pattern[bytes] | None], ...] = (
    *((start, re.compile(rb"[\"'](?:https?|wss?)(?:://|[\"'])")) for start in (b'"http', b"'http", b'"ws', b"'ws")),
    *((word, None) for word in (b"64decode", b"85decode", b"32decode", b"fromhex", b"hexlify", b"decompress")),
)
_LONG = 160  # characters of a line from which on its shape is looked at
_SHAPES = re.compile(rb"[;\t ][\t ]{60}[^\s#\"']|[A-Za-z0-9+/=_-]{300}|[0-9a-fA-F]{300}|(?:\d{1,3},\s?){60}")
_LETTERS = re.compile(rb"\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\xf0\x9d[\x90-\x9f]|\xef\xbd[\x81-\x9a]")
_COOKIE = re.compile(rb"[ \t\f]*#[^\n]{0,200}?coding[:=][ \t]*([-\w.]+)")  # PEP 263
_PLAIN = re.compile(rb"(?i)utf[-_]?8(?:[-_].*)?|(?:us-)?ascii|(?:latin|iso)[-_].*|cp125\d")  # where ASCII reads as ASCII


def worth_parsing(data: bytes) -> bool:
    """Does the file name or show anything that could matter?"""
    if not data.isascii():
        if _LETTERS.search(data) or (plain := _as_read(data)) is None:
            return True
        data = plain
    elif _other_encoding(data):
        return True
    return brings_power(data) or _says(data) or _odd(data)


def _says(data: bytes) -> bool:
    """Does one of the words stand in it as it would if it mattered?"""
    return _stands(data, _WORDS) or any(word in data and other.search(data) for word, other in _PAIRS) or _requests(data)


def _stands(data: bytes, words: tuple[tuple[bytes, re.Pattern[bytes] | None], ...]) -> bool:
    """Is one of the words there, with what must stand around it?"""
    for word, near in words:
        at = data.find(word)
        while at >= 0:
            if near is None or near.search(data, max(0, at - _AROUND), at + _AROUND):
                return True
            at = data.find(word, at + _AROUND // 2)
    return False


def _requests(data: bytes) -> bool:
    """Could it send a secret through an object that another module made?"""
    sends = _SENDS.search(data)
    if not sends and not _ASKS.search(data):
        return False
    if not (sends and any(word in data for word in _SECRETS)) and not _stands(data, _MORE):
        return False
    return _stands(data, _ADDRESSES)


def _other_encoding(data: bytes) -> bool:
    """Does one of the first two lines say that the bytes are not to be read as they look?"""
    lines = data[:600].split(b"\n", 2)[:2]
    return any((found := _COOKIE.match(line)) and not _PLAIN.fullmatch(found[1]) for line in lines)


def _as_read(data: bytes) -> bytes | None:
    """The text as Python compares its names (PEP 3131: NFKC); None where that is not told by UTF-8."""
    if _other_encoding(data):
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return data if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text).encode()


def _odd(data: bytes) -> bool:
    """Overlong lines that hold a blob or code far to the right."""
    return any(len(line) > _LONG and _SHAPES.search(line) for line in data.split(b"\n"))
