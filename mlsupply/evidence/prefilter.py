"""Which Python files need a look, decided from their bytes many times faster than by parsing.

The set of the file's words shows what can be in it at all. What can be there is searched for as plain bytes, and regular
expressions look only at import lines, at overlong lines and around what was found. A file that is left out can neither run,
send, load nor hide anything the analyser knows of: all of that needs a module, a builtin or a path named here, or a name put
together from them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from keyword import kwlist
from string import ascii_letters, digits

from mlsupply.evidence.imports import FROM_OS, MODULES, Lines, brings_power, joins_lines
from mlsupply.evidence.tokens import Strings, words_of
from mlsupply.hints import TypeVar
from mlsupply.lazy import expression

_MARKS = (b"/", b"\\", b'"', b"'", b",", b" ")  # what stands between the parts of a path, whole or put together
_KEYWORD = rb"(?:%s)\b" % b"|".join(map(str.encode, kwlist))
# Two names in a row are no Python: what cannot stand behind one on its line, and what can stand before one.
_PROSE = rb"[ \t]+(?!%s)[A-Za-z_]" % _KEYWORD
_BEFORE = rb"(?:^|[^\w \t.`/\"'-]|\b%s(?=[ \t]))[ \t]*" % _KEYWORD
_ACTS = rb"exec|spawn|posix_spawn|fork|system|popen|startfile|eval|compile|__"  # names that begin so can do something
# (what is looked for, what must stand around it); None: finding it is enough.
_WORDS: tuple[tuple[bytes, re.Pattern[bytes] | None], ...] = (
    (b"exec", expression(rb"(?<![.\w`/])exec\b(?!%s)|/exec\b(?![\"'])|\bexec_module\b|\.exec[vl]|subprocess_exec" % _PROSE)),
    (
        b"eval",
        expression(
            rb"(?<![.\w\"'`-])eval\s*\(|%seval\b(?![\"'`]|-\w|\s*=(?!=)|\.(?!__)|%s)" % (_BEFORE, _PROSE), re.MULTILINE
        ),
    ),
    (b"FunctionType", expression(rb"FunctionType(?:[\"']|\s*\(|\s+as\b)|=\s*(?:types\.)?FunctionType\b")),
    (
        b"system",
        expression(
            rb"\bos\.system\b|(?<!platform)\.system\b(?![\"'-]|\.[a-z]|[ \t]*(?:==|!=|import\b|is\b))|"
            rb"(?:get(?:attr\w*|item\w*)|__dict__|methodcaller|vars)\b[^\n]{0,60}[\"']system|systemd"
        ),
    ),
    (b"popen", None),
    (b"load_module", expression(rb"load_module\b")),
    (b"spawn", expression(rb"\.(?:posix_spawnp?|spawn[lv]p?e?)\b")),
    (b"startfile", None),
    (b"s__", expression(rb"__(?:builtins|globals|subclasses)__")),
    (b"__self__", None),  # of `print` it is the module of all builtins
    (b".builtins", expression(rb"\w\.builtins\b")),
    (b"globals()", expression(rb"globals\(\)\s*\[\s*(?![\"']__\w+__[\"'])|globals\(\)\s*\.\s*get")),
    (b"sys.modules", expression(rb"sys\.modules\s*\[\s*(?!__name__)[^\]]{0,80}\]\s*(?:\.|=[^=])|sys\.modules\.get")),
    (b"vars(", expression(rb"vars\(\s*(?:os|sys|builtins|subprocess|socket|importlib)")),
    (b".pth", expression(rb"\.pth[\"']")),
    (b"customize.py", None),
    (b"authorized_keys", expression(rb"[/\\\"'>][ \t]?authorized_keys|(?<!un)authorized_keys2?\b(?![ \t]*[]=.,:)[]|\s*\])")),
    (b"shrc", None),
    (b"profile", expression(rb"\.(?:bash_|z)profile|[\"'/]\.profile\b|ipython.{0,40}profile_|profile_default\b")),
    (b"Launch", expression(rb"Launch(?:Agents|Daemons)")),
    (b"crontab", None),
    (b"/etc/", expression(rb"/etc/(?:cron|passwd|shadow|hosts|profile|rc|init|ld\.so|sudoers|systemd)")),
    (b".claude", expression(rb"\.claude(?:[/\\\"']|\.json)")),
    (b".cursor", expression(rb"\.cursor(?:rules|/|[\"'])")),
    (b".vscode", None),
    (b"mcp.json", None),
    (b"git/hooks", None),
    (b"/workflows", None),
    (b"LD_PRELOAD", None),
    (b"pickle.load", None),
    (b"169.254.", None),
    (b"Start Menu", None),
    (b".gemini", expression(rb"\.gemini[/\\\"']")),
    (b".codex", expression(rb"\.codex[/\\\"']")),
    (b".windsurf", None),
    (b"bash_aliases", None),
    (b"activate.d", None),
    (b"find_spec(", expression(rb"\.origin")),
    (b"imaplib", None),
    (b"http.server", None),
    (b"sys.path", expression(rb"sys\.path\.(?:insert|append)\([^\n]{0,120}\.(?:dat|bin|png|jpg|txt|json|db|md|pak)[\"']")),
    (b"autostart", expression(rb"config[/\\\\\"', )]{1,8}autostart")),
    (b"multiprocessing.connection", None),
    (b"pip.conf", None),
    (b"pip.ini", None),
    (b"hooksPath", None),
    (b"create_subprocess_", None),
    (b"open_connection", expression(rb"(?<!\w)open_connection\b")),
    (b"getattr(sys.modules", None),
    (b"getattr(os", expression(rb"getattr\(\s*os\s*,\s*+(?![\"'](?!%s)[\w.]{1,40}[\"']\s*[,)])" % _ACTS)),
    (b"getattr(builtins", expression(rb"getattr\(\s*builtins\s*,\s*+(?![\"'](?!%s)[\w.]{1,40}[\"']\s*[,)])" % _ACTS)),
    (b"os.__dict__", None),
    (
        b"__getattribute__",
        expression(rb"__getattribute__\(\s*(?:os|sys|builtins|subprocess)\b|\b(?:os|sys)\.__getattribute__"),
    ),
    (b"attrgetter(", expression(rb"attrgetter\([^\n]{1,80}\)\(\s*(?:os|sys|builtins)\b")),
    (b"resolve_name", expression(rb"(?:pkgutil\.|import )resolve_name")),
    (b".subprocess.", expression(rb"\.subprocess\.(?:run|call|Popen|check_|get(?:status)?output)\b")),
    (b"HTTPHandler", expression(rb"handlers\.HTTPHandler|handlers import[^.]{0,140}HTTPHandler")),
    (b"__pyarmor__", None),
    (b"unsafe_load", None),
    (b"py/reduce", None),
    # the other places that start by themselves, whole or put together from their parts (see `knowledge.PERSISTENT`)
    *(
        (word, None)
        for word in (
            b"pythonrc",
            b"bash_login",
            b"zshenv",
            b"xinitrc",
            b"rc.local",
            b"sudoers",
            b"ld.so.preload",
            b"claude_desktop_config",
            b"CLAUDE.md",
            b"AGENTS.md",
            b"SKILL.md",
            b".codeium",
            b"copilot-instructions",
            b".gitlab-ci.yml",
            b".husky",
            b"pydistutils.cfg",
            b".npmrc",
        )
    ),
    (b"ipython_config", None),
    (b"ipython_kernel_config", None),
    (b"get_ipython_dir", None),
    (b"runConfigurations", None),
    (b"nvim", expression(rb"init\.(?:lua|vim)|nvim[/\\\"', ]{1,6}(?:plugin|after|lua)")),
    (b".vim", expression(rb"\.vim[/\\\"']")),
    (b".emacs", expression(rb"\.emacs(?:\.d)?[\"'/]")),
    (b"Code", expression(rb"[\"'/\\]Code(?: - Insiders)?[/\\\"', ]{1,6}User")),
    (b"Sublime Text", None),
    (b".devcontainer", None),
    (b"JetBrains", expression(rb"JetBrains[/\\\"']")),
    (b"activate", expression(rb"[\"'/]bin[/\\\"', ]{1,6}activate\b")),
    (b"vimrc", expression(rb"\.vimrc[\"']")),
    *((mark + b"zed", expression(rb"config[/\\\"', ]{1,6}zed[/\\\"', ]")) for mark in _MARKS),
    (b"jupyter_", expression(rb"jupyter_\w*config")),
    (b"fish", expression(rb"config[/\\\"', ]{1,8}fish")),
    (b"spool", expression(rb"spool[/\\\"', ]{1,8}cron")),
    (b"cron.", expression(rb"[\"'/]cron\.(?:d|daily|hourly|weekly|monthly)\b")),
    (b"init.d", expression(rb"[\"'/]init\.d[\"'/]")),
    (b"profile.d", expression(rb"[\"'/]profile\.d[\"'/]")),
    (b".service", expression(rb"\.service[\"']")),
    (b".continue", expression(rb"\.continue[/\\\"']")),
    (b"mcp_", expression(rb"mcp_(?:config|settings)\.json")),
    (b".github", expression(rb"\.github[/\\\"', ]{1,8}workflows")),
    *((b".git" + mark, expression(rb"\.git[/\\\"', ]{1,8}(?:hooks|config)\b")) for mark in _MARKS),
    (b"hooks", expression(rb"hooks[/\\\"', ]{1,8}(?:pre|post)-")),
    (b"pre-commit", expression(rb"[\"'/]pre-commit[\"']")),
    *((b".pip" + mark, expression(rb"[\"'/]\.pip[/\\\"']")) for mark in _MARKS),
    (b"uv.toml", expression(rb"uv\.toml[\"']")),
    (b"timeit.timeit", None),
    (b"Profile.run", None),
    (b"pdb.run", None),
    (b"runsource", None),
    (b"runcode", None),
    (b"pip._internal", expression(rb"pip\._internal[\w.]*(?:\.main\b|\s++import\s[\s\w,]{0,400}?main\b)")),
    (b"pip.main", None),
    (b"run_module", expression(rb"run_module\(\s*[\"'](?:pip|twine|ensurepip)")),
    (b"easy_install", expression(rb"easy_install\s+import\s+main")),
    (b"hostPath", None),
    (b"request_port_forward", None),
    (b"Bcc", expression(rb"[\"']Bcc[\"']\]")),
    (b"V1HostPath", None),
    (b"debugpy", expression(rb"debugpy\.listen")),
    (b"SlaveService", None),
    (b"trust_remote_code", expression(rb"trust_remote_code\s*=\s*True")),
    (b"hub.load", None),
    (b"subprocess_shell", None),
    (b"subprocess_exec", None),
)
_ORDERS: tuple[tuple[bytes, re.Pattern[bytes] | None], ...] = (  # to agents, in any text
    (b"tell the user", None),
    (b"mention", expression(rb"(?i)(?:not|n't|never) mention")),
)
_VARIABLE_SET = expression(rb"environ\s*(?:\[|\.(?:setdefault|update)|[,)])|putenv")
_AROUND = 160  # bytes before and behind a word
_SAID_AROUND = 3  # times a word may stand in comments there
# all of it; a variable that a text names as `os.environ/NAME` is one, and so is `"NAME" in os.environ`
_ENVIRON = expression(rb"(?<![\"\'] in os\.)(?<![\"\'] not in os\.)environ\b(?!/|\s*(?:\[|\.(?:get|setdefault|pop)\b))")
# What is worth sending, in a file that has one of the clients.
_Words = tuple[tuple[bytes, re.Pattern[bytes] | None], ...]
_PRIVATE: _Words = (
    (
        b"environ",
        expression(rb"(?:%s)|environ\s*(?:\[|\.(?:get|pop)\b)[^\n]{0,40}(?:KEY|TOKEN|SECRET|PASSW)" % _ENVIRON.pattern),
    ),
    (b"getenv", expression(rb"getenv[^\n]{0,40}(?:KEY|TOKEN|SECRET|PASSW)")),
    (b"platform.", expression(rb"platform\.(?:node|uname|platform)")),
    *((word, expression(rb"%s\b" % re.escape(word))) for word in (b".ssh", b".aws", b".kube", b".netrc")),
    *((word, None) for word in (b'"~', b"'~", b"expanduser", b"Path.home", b"/proc/", b"getpass", b"ImageGrab")),
    *((word, None) for word in (b"gethostname", b"getnode", b"getuser")),
)
_LIBRARIES = (
    b"redis", b"pymongo", b"psycopg", b"pymysql", b"kafka", b"pika", b"zmq", b"grpc", b"slack_sdk", b"statsd", b"influxdb",
    b"elasticsearch", b"clickhouse", b"supabase", b"firebase_admin", b"twilio", b"sendgrid", b"yagmail", b"aiosmtplib",
    b"tweepy", b"praw", b"gspread", b"minio", b"asyncssh", b"pysftp", b"scapy", b"sentry_sdk", b"posthog", b"mixpanel",
    b"amplitude", b"rollbar", b"bugsnag", b"paho", b"google.cloud", b"azure.storage", b"huggingface_hub", b"mlflow",
    b"wandb", b"comet_ml", b"neptune", b"clearml", b"pydrive", b"gql.transport", b"webbrowser", b"analytics",
)  # fmt: skip
_IMPORTED = (
    rb"(?:\b(?:import|from)[ \t\f]+|,\s*|\\[\r\n]+\s*|[\"\'])[\w.]{0,40}%s"  # by a statement, or by its name in a text
)
_CLIENTS: _Words = (
    *((name, expression(_IMPORTED % re.escape(name))) for name in _LIBRARIES),
    *((name, None) for name in (b"push_to_hub", b"create_datagram_endpoint", b"asyncio.Protocol", b"create_connection")),
    (b"handlers.SysLog", None),
)
_BASE_URL = expression(rb"base_url(?:(?<![\w.]base_url)\b|\s*=(?!=))")  # as an argument, or set; not read of an object
# (what is looked for, what must stand anywhere else in the file)
_PAIRS: tuple[tuple[bytes, re.Pattern[bytes]], ...] = (
    (b"_BASE_URL", _VARIABLE_SET),
    (b"_API_BASE", _VARIABLE_SET),
    (b"_ENDPOINT", _VARIABLE_SET),
    (b"_TRACKING_URI", _VARIABLE_SET),
    (b"LANGFUSE_HOST", _VARIABLE_SET),
    (b"OLLAMA_HOST", _VARIABLE_SET),
    (b"containers.run", expression(rb"[\"']/[\"']\s*:|/:/")),
    (b"upload_folder", expression(rb"(?:token|endpoint)\s*=\s*[\"']\w")),
    (b"UnsafeLoader", expression(rb"__file__|files\(|resource")),
    (b"Github", expression(rb"base_url\s*=\s*[\"']http|os\.environ\)")),
    (b"get_secret_value", expression(rb"https?://")),
    (b".local", expression(rb"\.local[/\\\"', ]{1,8}bin")),
    (b"upload_file", expression(rb"(?:secret_access_key|token)\s*=\s*[\"']\w")),
    (b"_jupyter_server_extension", expression(rb"fetch|request|urlopen|\.post\b")),
    (b"OPENAI_API_KEY", _BASE_URL),
    (b"ANTHROPIC_API_KEY", _BASE_URL),
    (b"_PROXY", _VARIABLE_SET),
    (b"INDEX_URL", _VARIABLE_SET),
    (
        b"os.kill",
        expression(rb"falcon|osquery|auditd|wazuh|crowdstrike|MsMpEng|clam(?:d|av)|sentinel|sysmon|mdatp|wireshark"),
    ),
    (b"rmtree", expression(rb"expanduser|Path\.home|(?<!split\()[\"']/[\"']|HOME")),
    (b"expanduser", expression(rb"os\.(?:remove|unlink)\b|\.unlink\(")),
    (b"sys.path", expression(rb"(?:64|85|32|16)decode|unhexlify|fromhex|decompress|a2b_")),
    (b".encrypt", expression(rb"expanduser|Path\.home|[\"']~|[\"']/(?:home|Users)\b|[\"']HOME[\"']|USERPROFILE")),
)
# A request through an object of unknown make: a call that could send, something worth sending, and an address.
_CALL = rb"\s*\((?!\s*[\"'](?!https?:|wss?:|\"\"|''))"  # with anything first but a plain text
_ASKS = expression(rb"\.get" + _CALL)
_SENDS = expression(rb"\.(?:post|put|request|urlopen|send|emit|fetch)" + _CALL)
_SECRETS = (b"environ", b"getenv", b"get_secret")
_MORE: tuple[tuple[bytes, re.Pattern[bytes] | None], ...] = (
    (b"environ", _ENVIRON),
    (b"platform.", expression(rb"platform\.(?:node|uname|platform)")),
    *((word, None) for word in (b"expanduser", b"Path.home", b'"~', b"'~", b"getpass", b"gethostname", b"uname", b"netrc")),
    *((word, None) for word in (b"private_key", b"privatekey", b"mnemonic", b"wallet")),
)
_ADDRESSES: tuple[tuple[bytes, re.Pattern[bytes] | None], ...] = (
    *((start, expression(rb"[\"'](?:https?|wss?)(?:://|[\"'])")) for start in (b'"http', b"'http", b'"ws', b"'ws")),
    *((word, None) for word in (b"64decode", b"85decode", b"32decode", b"fromhex", b"hexlify", b"decompress")),
)
_LONG = 160  # characters of a line from which on its shape is looked at
_BLOB = 300  # letters and digits in a row
_IN_BLOB = bytes(byte if chr(byte) in f"{ascii_letters}{digits}+/=_-" else 32 for byte in range(256))  # others as blanks
_SHAPES = expression(rb"[;\t ][\t ]{60}[^\s#\"']|(?:\d{1,3},\s?){60}")
_FAR, _NUMBERS = b" " * 60, 60  # what these hold in every case: blanks, commas
_LETTERS = (  # what turns the reading direction, letters that look like others: beginning, and the whole
    (b"\xe2\x80", expression(rb"\xe2\x80[\xaa-\xae]")),
    (b"\xe2\x81", expression(rb"\xe2\x81[\xa6-\xa9]")),
    (b"\xf3\xa0", expression(rb"(?:\xf3\xa0[\x84-\x87][\x80-\xbf]){16}")),
    (b"\xf0\x9d", expression(rb"\xf0\x9d[\x90-\x9f]")),
    (b"\xef\xbd", expression(rb"\xef\xbd[\x81-\x9a]")),
)
_ASCII = bytes(range(128))
_COOKIE = expression(rb"[ \t\f]*#[^\n]{0,200}?coding[:=][ \t]*([-\w.]+)")  # PEP 263
_PLAIN = expression(rb"(?i)utf[-_]?8(?:[-_].*)?|(?:us-)?ascii|(?:latin|iso)[-_].*|cp125\d")  # where ASCII reads as ASCII


_Pair = TypeVar("_Pair")
_ASKING = (b".get",)
_SENDING = (b".post", b".put", b".request", b".urlopen", b".send", b".emit", b".fetch")
_GROUPS: tuple[tuple[bytes, ...], ...] = (
    *(tuple(word for word, _ in words) for words in (_WORDS, _PAIRS, _MORE, _ADDRESSES, _PRIVATE, _CLIENTS, _ORDERS)),
    _ASKING, _SENDING, _SECRETS, (b" os ",),
)  # fmt: skip
_STRINGS = Strings((word for group in _GROUPS for word in group), (MODULES,))
_STARTS = [sum(map(len, _GROUPS[:place])) for place in range(len(_GROUPS) + 1)]  # bit of the first string of each group
_ANY = [((1 << len(group)) - 1) << start for group, start in zip(_GROUPS, _STARTS, strict=False)]
_OF_WORDS, _OF_PAIRS, _OF_MORE, _OF_ADDRESSES, _OF_PRIVATE, _OF_CLIENTS = range(6)
_OF_ORDERS, _OF_ASKING, _OF_SENDING, _OF_SECRETS, _OF_OS = range(6, len(_GROUPS))
_POWER = 1 << _STARTS[-1]


def worth_parsing(data: bytes) -> bool:
    """Does the file name or show anything that could matter?"""
    return left_out([data])[0] is None


def left_out(files: Sequence[bytes]) -> list[bytes | None]:
    """Of each of many files, whose words are judged together: None where it is worth parsing, otherwise its different words,
    one a line."""
    texts = [_shown(data) for data in files]
    words = [words_of(text or b"") for text in texts]
    each = zip(texts, words, _STRINGS.possible(words), strict=True)
    return [None if text is None or _worth(text, possible) else b"\n".join(held) for text, held, possible in each]


def _worth(data: bytes, possible: int) -> bool:
    return (_imports(data, possible) and brings_power(data)) or _says(data, possible) or _odd(data)


def _shown(data: bytes) -> bytes | None:
    """The text as Python compares its names (PEP 3131: NFKC); None for one that is read otherwise than it looks."""
    if _other_encoding(data):
        return None
    if data.isascii():
        return data
    foreign = data.translate(None, _ASCII)  # no letter of ASCII changes by itself, and none comes of letters put together
    if any(start in foreign and whole.search(foreign) for start, whole in _LETTERS):
        return None
    try:
        text = data.decode("utf-8-sig")
        normal = unicodedata.is_normalized("NFKC", foreign.decode())
    except UnicodeDecodeError:
        return None
    return data if normal else unicodedata.normalize("NFKC", text).encode()


def _imports(data: bytes, possible: int) -> bool:
    """Could an import line of it name what matters, or go on over lines? Every such name is a word of its own."""
    if possible & _POWER or joins_lines(data):
        return True
    return bool(possible & _ANY[_OF_OS]) and FROM_OS.search(data) is not None


def _says(data: bytes, possible: int) -> bool:
    """Does one of the words stand in it as it would if it mattered?"""
    if _stands(data, _WORDS, possible >> _STARTS[_OF_WORDS], Lines(data)):
        return True
    if _stands(data, _ORDERS, possible >> _STARTS[_OF_ORDERS]):
        return True
    if any(word in data and other.search(data) for word, other in _these(_PAIRS, possible >> _STARTS[_OF_PAIRS])):
        return True
    if possible & _ANY[_OF_CLIENTS] and _entrusts(data, possible):
        return True
    return bool(possible & (_ANY[_OF_ASKING] | _ANY[_OF_SENDING])) and _requests(data, possible)


def _entrusts(data: bytes, possible: int) -> bool:
    """Does it have something worth sending, and a client to send it with?"""
    clients, private = possible >> _STARTS[_OF_CLIENTS], possible >> _STARTS[_OF_PRIVATE]
    return _stands(data, _PRIVATE, private, Lines(data)) and _stands(data, _CLIENTS, clients)


def _these(pairs: Sequence[_Pair], possible: int) -> Iterator[_Pair]:
    """Those whose bits are set."""
    possible &= (1 << len(pairs)) - 1
    while possible:
        last = possible & -possible
        possible ^= last
        yield pairs[last.bit_length() - 1]


def _stands(data: bytes, words: _Words, possible: int, lines: Lines | None = None) -> bool:
    """Is one of the words there, with what must stand around it? possible: bits of those that can be there; lines: of the
    data, where a word in a comment is nothing."""
    for word, near in _these(words, possible):
        at = data.find(word)
        while at >= 0:
            if lines is not None and (end := lines.said(at)):
                at = data.find(word, end)
                continue
            if near is None or _fits(data, near, max(0, at - _AROUND), at + _AROUND, lines):
                return True
            at = data.find(word, at + _AROUND // 2)
    return False


def _fits(data: bytes, near: re.Pattern[bytes], start: int, end: int, lines: Lines | None) -> bool:
    """Is it there between these bytes, and does it fit what comes right behind them too?"""
    found, said = near.search(data, start, end), 0
    while found is not None:
        whole = near.match(data, found.start(), end + _AROUND)
        if whole is not None:
            if lines is None or said == _SAID_AROUND or not lines.said(whole.end() - 1):
                return True
            said += 1
        found = near.search(data, found.start() + 1, end)
    return False


def _requests(data: bytes, possible: int) -> bool:
    """Could it send a secret through an object that another module made?"""
    more, addresses = possible >> _STARTS[_OF_MORE], possible >> _STARTS[_OF_ADDRESSES]
    if not possible & _ANY[_OF_ADDRESSES] or not possible & (_ANY[_OF_SECRETS] | _ANY[_OF_MORE]):
        return False
    sends = possible & _ANY[_OF_SENDING] and _SENDS.search(data)
    if not sends and not _ASKS.search(data):
        return False
    if not (sends and possible & _ANY[_OF_SECRETS]) and not _stands(data, _MORE, more, Lines(data)):
        return False
    return _stands(data, _ADDRESSES, addresses)


def _other_encoding(data: bytes) -> bool:
    """Does one of the first two lines say that the bytes are not to be read as they look?"""
    lines = data[:600].split(b"\n", 2)[:2]
    return any((found := _COOKIE.match(line)) and not _PLAIN.fullmatch(found[1]) for line in lines)


def _odd(data: bytes) -> bool:
    """Overlong lines that hold a blob or code far to the right."""
    return any(_is_odd(line) for line in data.split(b"\n") if len(line) > _LONG)


def _is_odd(line: bytes) -> bool:
    if len(line) >= _BLOB and max(map(len, line.translate(_IN_BLOB).split()), default=0) >= _BLOB:
        return True
    shaped = _FAR in line.replace(b"\t", b" ") or line.count(b",") >= _NUMBERS
    return shaped and _SHAPES.search(line) is not None
