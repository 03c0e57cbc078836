"""Which Python files need a look, decided from bytes at many times the speed of parsing.

Plain substring searches come first, since they run at memory speed; regular expressions look only at import lines, at
overlong lines and around what was found. A file that passes by can neither run, send, load nor hide what the analyser
knows of: all of that needs a module, a builtin or a path named here, or a name put together from them.
"""

from __future__ import annotations

import re

# Modules that run, send, load, decode into memory or watch, on an import line.
MODULES = re.compile(
    rb"\b(?:subprocess|pty|pexpect|sh|invoke|plumbum|socket|socketserver|ssl|urllib\w*|requests|httpx|"
    rb"aiohttp|niquests|curl_cffi|"
    rb"websockets?|http\.client|http|smtplib|ftplib|paramiko|telnetlib|pycurl|dns|telegram|telebot|"
    rb"pyrogram|telethon|aiogram|"
    rb"discord\w*|dhooks|boto3|xmlrpc|socketio|ctypes|_ctypes|cffi|marshal|mmap|winreg|_winreg|"
    rb"win32\w+|keyring|getpass|pyperclip|"
    rb"clipboard|ImageGrab|pyautogui|mss|pynput|keyboard|runpy|zipimport|imp|code|builtins|"
    rb"importlib(?!\.(?:metadata|resources)|_)|import_module|__import__|"
    rb"browser_cookie3|posix|nt|_posixsubprocess|dotenv|wget|gdown|web3|eth_account|git|psutil|nacl|asyncio\.subprocess|"
    rb"cloudscraper|urllib3|js2py|execjs|system|popen|environ)\b|\bfrom\s+os\s+import\b"
)
# (what is looked for, what must be true around it); None: finding it is enough.
_WORDS: tuple[tuple[bytes, re.Pattern[bytes] | None], ...] = (
    (b"exec", re.compile(rb"(?<![.\w])exec\b(?!\w)|\bexec_module\b|\.exec[vl]|subprocess_exec")),
    (b"eval", re.compile(rb"(?<![.\w\"'`-])eval\s*\(|[=(,\[@]\s*eval\b(?!\s*=)")),
    (b"system", re.compile(rb"(?<!platform)\.system\b|getattr\([^)]{0,60}[\"']system")),
    (b"popen", None),
    (b"spawn", re.compile(rb"\bos\.(?:posix_)?spawn")),
    (b"startfile", None),
    (b"__builtins__", None),
    (b"__globals__", None),
    (b"__subclasses__", re.compile(rb"__(?:base|bases|mro)__")),
    (b"globals()", re.compile(rb"globals\(\)\s*\[\s*(?![\"']__\w+__[\"'])|globals\(\)\s*\.\s*get")),
    (b"sys.modules", re.compile(rb"sys\.modules\s*\[\s*(?!__name__)[^\]]{0,80}\]\s*(?:\.|=[^=])|sys\.modules\.get")),
    (b"vars(", re.compile(rb"vars\(\s*(?:os|sys|builtins|subprocess|socket|importlib)")),
    (b".pth", re.compile(rb"\.pth[\"']")),
    (b"customize.py", None),
    (b"authorized_keys", None),
    (b"shrc", None),
    (b"_profile", re.compile(rb"\.(?:bash_|z)profile|ipython.{0,40}profile_")),
    (b"Launch", re.compile(rb"Launch(?:Agents|Daemons)")),
    (b"systemd", None),
    (b"crontab", None),
    (b"/etc/", re.compile(rb"/etc/(?:cron|passwd|shadow|hosts|profile|rc|init|ld\.so|sudoers|systemd)")),
    (b".claude", None),
    (b".cursor", re.compile(rb"\.cursor(?:rules|/|[\"'])")),
    (b".vscode", None),
    (b"mcp.json", None),
    (b"git/hooks", None),
    (b"/workflows", None),
    (b"_BASE_URL", re.compile(rb"environ\s*(?:\[|\.(?:setdefault|update))")),
    (b"_PROXY", re.compile(rb"environ\s*(?:\[|\.(?:setdefault|update))")),
    (b"INDEX_URL", re.compile(rb"environ\s*(?:\[|\.(?:setdefault|update))")),
    (b"LD_PRELOAD", None),
    (b"rmtree", re.compile(rb"expanduser|Path\.home|[\"']/[\"']|HOME")),
    (b"expanduser", re.compile(rb"os\.(?:remove|unlink)\b|\.unlink\(")),
    (b"pickle.load", None),
    (b"169.254.", None),
)
_LONG = 160  # characters of a line from which on its shape is looked at
_SHAPES = re.compile(rb"[;\t ][\t ]{60}[^\s#\"']|[A-Za-z0-9+/=_-]{300}|[0-9a-fA-F]{300}|(?:\d{1,3},\s?){60}")
_LETTERS = re.compile(rb"\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\xf0\x9d[\x90-\x9f]|\xef\xbd[\x81-\x9a]")


def worth_parsing(data: bytes) -> bool:
    """Does the file name or show anything that could matter?"""
    return _imports(data) or any(word in data and (near is None or near.search(data)) for word, near in _WORDS) or _odd(data)


def _imports(data: bytes) -> bool:
    at = data.find(b"import")
    while at >= 0:
        start = data.rfind(b"\n", 0, at) + 1
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        if MODULES.search(data, start, min(end, start + 4_000)):
            return True
        at = data.find(b"import", end)
    return False


def _odd(data: bytes) -> bool:
    """Overlong lines that hold a blob or code far to the right, letters that look like others."""
    if not data.isascii() and _LETTERS.search(data):
        return True
    return any(len(line) > _LONG and _SHAPES.search(line) for line in data.split(b"\n"))
