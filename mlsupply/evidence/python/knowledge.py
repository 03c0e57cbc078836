"""Tables of names: the kinds of taint, and which dotted names are sources, sinks or calls of functions they are given.

Taint labels are `kind:detail`. Dotted names follow the public interfaces of the libraries; `()` stands for the result of a
call."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from mlsupply.lazy import expression

# Kinds of taint, the most sensitive first. The order decides which one a finding names.
KINDS: Final = (
    "credential-file", "wallet", "browser-store", "keychain", "cloud-metadata", "cluster-secret", "environment",
    "foreign-secret", "history", "home-files", "keystrokes", "screen", "camera", "clipboard", "intercepted", "system-file",
    "chat-store", "secret-variable", "work-files", "process-list", "host-identity", "host-details", "received",
    "request", "model-answer", "encoded", "package-file", "variable", "parameter",
)  # fmt: skip
RANK: Final = {kind: place for place, kind in enumerate(KINDS)}
SECRETS: Final = frozenset((*KINDS[: RANK["clipboard"] + 1], "chat-store"))


class Calls:
    """Dotted names of calls, by a pattern. Answers are cached, since the same names come up again and again."""

    def __init__(self, pattern: str) -> None:
        names = expression(pattern)
        self.match: Callable[[str], bool] = lru_cache(maxsize=8_192)(lambda ref: names.match(ref) is not None)
        """Whether this dotted name is one of them."""


_HTTP_VERBS = r"(?:get|post|put|patch|delete|head|options|request|stream|send|upload|urlopen|fetch)"
# Web sockets, as clients other than `websockets` and `websocket` make them.
WEB_SOCKETS: Final = (
    r"(?:aiohttp\.ClientSession\(\)\.ws_connect|curl_cffi\.(?:requests\.)?\w*Session\(\)\.ws_connect|httpx_ws\.a?connect_ws|"
    r"tornado\.websocket\.websocket_connect|trio_websocket\.open_websocket_url)"
)
SENDS: Final = Calls(
    rf"^{WEB_SOCKETS}\(\)\.(?:send\w*|write_message)$|"
    rf"^(?:requests|httpx|aiohttp|niquests|curl_cffi\.requests|requests_html|cloudscraper)\.{_HTTP_VERBS}$|"
    rf"^(?:requests|httpx|aiohttp|niquests|curl_cffi\.requests|cloudscraper)\.(?:Session|session|Client|AsyncClient|"
    rf"ClientSession|AsyncSession|create_scraper)\(\)\.{_HTTP_VERBS}$|"
    r"^httpx\.(?:Async)?HTTPTransport\(\)\.handle_(?:async_)?request$|"
    r"^httpcore\.(?:(?:Async)?(?:ConnectionPool|HTTPProxy|SOCKSProxy)\(\)\.)?(?:request|stream)$|"
    rf"^(?:hrequests|tls_client|primp|rnet|aiosonic)\.(?:\w{{0,20}}(?:Session|Client|HTTPClient)\(\)\.)?{_HTTP_VERBS}$|"
    r"^setuptools\.package_index\.PackageIndex\(\)\.(?:download|fetch|fetch_distribution|open_url)$|"
    r"^urllib\.request\.(?:urlopen|urlretrieve|build_opener\(\)\.open|URLopener\(\)\.\w+)$|^urllib2\.urlopen$|"
    r"^urllib3\.(?:\w+\.)?(?:(?:PoolManager|ProxyManager|HTTPS?ConnectionPool|connection_from_url|proxy_from_url)\(\)\."
    r"(?:connection_from_\w+\(\)\.)?)?(?:request|urlopen|request_encode_(?:url|body))$|"
    r"^http\.client\.HTTPS?Connection\(\)\.(?:request|send|endheaders)$|"
    r"^socket\.(?:socket|create_connection)\(\)\.(?:send|sendall|sendto|sendmsg|sendfile)$|"
    r"^ssl\..*\.(?:send|sendall|write)$|"
    r"^websockets?\.(?:\w+\.)*(?:connect|create_connection|WebSocketApp|ClientConnection|WebSocket)\(\)\.send\w*$|"
    r"^socketio\.\w*Client\(\)\.emit$|"
    r"^smtplib\.SMTP(?:_SSL)?\(\)\.(?:sendmail|send_message)$|^ftplib\.FTP(?:_TLS)?\(\)\.stor\w+$|"
    r"^(?:telebot|telegram|pyrogram|telethon|aiogram)\..*\.(?:send_\w+|sendMessage)$|"
    r"^(?:discord_webhook|dhooks|discord|pymsgbox)\..*\.(?:send|execute|add_file|add_embed)$|"
    r"^asyncio\.open_connection\(\).*\.write(?:lines)?$|^paho\..*\.publish$|"
    r"^boto3\.\w+\(\)(?:\.\w+\(\))?\.(?:put_object|upload_file|upload_fileobj|send_message|put_record|publish)$|"
    r"^multiprocessing\.connection\.Client\(\)\.send(?:_bytes)?$|"
    r"^xmlrpc\.client\.(?:ServerProxy|MultiCall)\(\)(?:\.\w+){1,4}$|^telnetlib\.Telnet\(\)\.write$|^webbrowser\.open\w*$|"
    r"^socket\..*\.makefile\(\)\.write\w*$|^imaplib\.\w+\(\)\.append$|"
    r"^logging\.handlers\.(?:HTTP|Socket|Datagram|SMTP|SysLog)Handler\(\)\.(?:emit|handle|send)$|"
    r"^logging\.remote\(\)\.(?:debug|info|warning|warn|error|critical|exception|log|handle|callHandlers|_log)$|"
    r"^pycurl\.Curl\(\)\.setopt$|^dropbox\..*\.files_upload$|^github\..*\.(?:create_gist|create_file)$"
)
CLIENTS: Final = Calls(
    r"^(?:redis|aioredis|pymongo|motor|psycopg2?|psycopg_pool|asyncpg|pymysql|MySQLdb|aiomysql|kafka|aiokafka|confluent_kafka|pika|"
    r"aio_pika|zmq|nats|grpc|slack_sdk|slack|statsd|datadog|influxdb\w*|elasticsearch|opensearchpy|clickhouse\w*|cassandra|"
    r"supabase|firebase_admin|pyrebase|pusher|ably|twilio|sendgrid|resend|mailjet_rest|yagmail|aiosmtplib|tweepy|praw|"
    r"notion_client|gspread|minio|miniopy_async|asyncssh|pysftp|fabric|smbclient|webdav3|webdav4|mega|scapy|sentry_sdk|raven|"
    r"posthog|analytics|mixpanel|amplitude|segment|rollbar|s3fs|gcsfs|adlfs|ossfs|opendal|upath|pyarrow(?=\.fs\.(?:$|[\w.]{0,40}FileSystem\b))|bugsnag|logtail|loguru_loki|feedparser|fsspec|smart_open|pooch|"
    r"selenium|playwright|pyppeteer|discord_webhook|dhooks|knockknock|apprise|pymisp|tornado\.httpclient|treq|"
    r"web3(?!\.[\w.()]{0,80}\.account\.|\.(?:middleware|types|utils)\.|\.[\w.()]{0,80}(?:to_?\w+|from_?[wW]ei|(?:solidity_)?keccak|is_\w+)$)|"
    r"paramiko\.(?:\w+\.)?(?:SSHClient|Transport|SFTPClient)\b[\w().]*|scp|"
    r"github|gitlab|hvac|consul|etcd3?|ldap3|impacket|pyngrok|requests_futures|grequests|uplink|gql|sgqlc|"
    r"httplib2|zeep|suds|jsonrpclib|jira|pyairtable|trello|asana|pubnub|nio|mattermostdriver|zulip|exchangelib|"
    r"(?:sqlalchemy|sqlmodel)\.(?:ext\.asyncio\.)?create_(?:async_)?engine\b[\w().]*|"
    r"ipfshttpclient|pynostr|tftpy|qdrant_client|pinecone|weaviate|chromadb\.(?:Async)?HttpClient\b[\w().]*|langfuse|logging_loki|"
    r"paho\.mqtt|paho)\."
)
# Libraries of clients that stand for one server (`network.generated_clients`).
GENERATED: Final = frozenset(
    {"kubernetes", "kubernetes_asyncio", "openapi_client", "swagger_client", "docker", "lightkube", "pykube"}
)
# Downloads from a service that many share: the arguments say whose files.
SHARED_FILES: Final = Calls(
    r"^(?:huggingface_hub|modelscope)\.(?:\w+\.)*(?:hf_hub_download|snapshot_download|cached_download)$|^datasets\.load_dataset$|^boto3\..*\.get_object$|"
    r"^google\.cloud\.storage\..*\.download_as_\w+$|^azure\.storage\..*\.download_blob$|^github\..*\.get_(?:contents|gist)$"
)
CLIENT_MAKERS: Final = expression(
    r"\.(?:[A-Z]\w*|connect|init|client|resource|create_\w*(?:client|connection|pool|engine|session|redis)\w*|from_\w+|"
    r"(?:in)?secure_channel)$"
)
RECEIVES: Final = Calls(
    rf"^{WEB_SOCKETS}\(\)\.(?:rec(?:ei)?v\w*|get_message|read_message|__anext__)$|"
    r"^socket\.(?:socket|create_connection)\(\).*\.(?:recv|recvfrom|recv_into|makefile\(\)\.read\w*)$|"
    r"^ssl\..*\.(?:recv|read|getpeercert)$|^asyncio\.open_connection\(\).*\.(?:read|readline|readuntil|readexactly)$|"
    r"^websockets?\.(?:\w+\.)*(?:connect|create_connection|WebSocketApp|WebSocket)\(\)\.recv\w*$|"
    r"^multiprocessing\.connection\.(?:Client\(\)|Listener\(\)\.accept\(\))\.recv(?:_bytes\w*)?$|"
    r"^imaplib\.\w+\(\)\.(?:fetch|search|uid)$|^poplib\.\w+\(\)\.retr$|"
    r"^(?:http\.server|socketserver)\.\w+\(\)\.(?:rfile\.read\w*|request\.recv)$|"
    r"^http\.client\.HTTPS?Connection\(\)\.getresponse$|^xmlrpc\.client\.(?:ServerProxy|MultiCall)\(\)(?:\.\w+)+$|"
    r"^(?:asyncore|asynchat)\.\w+\(\)\.recv$|^pynng\.\w+\(\)\.a?recv\w*$|"
    r"^paramiko\..*\.recv\w*$|^telnetlib\.Telnet\(\)\.(?:read\w*|expect)$|"
    r"^(?:httpx_ws|tornado\.websocket|wsproto|ws4py|lomond|nostr_sdk|pynostr|solana|solders|aiomqtt|asyncio_mqtt|picows)\."
    r".*\(\)(?:\[\])?\.(?:receive\w*|recv\w*|read\w*|fetch_\w+|get_\w+|next\w*|messages)$|"
    r"^dns\.resolver\..*|^dnspython\..*|^urllib\.request\.urlretrieve$"
)
LOOKUPS: Final = frozenset(
    {
        "socket.gethostbyname", "socket.getaddrinfo", "socket.gethostbyname_ex", "dns.resolver.resolve",
        "dns.resolver.query", "dns.resolver.Resolver().resolve", "dns.resolver.Resolver().query",
        "dns.asyncresolver.resolve", "dns.asyncresolver.Resolver().resolve", "socket.gethostbyaddr", "socket.getfqdn",
        "asyncio.get_running_loop().getaddrinfo", "asyncio.get_event_loop().getaddrinfo",
    }
)  # fmt: skip

COMMANDS: Final = Calls(
    r"^(?:os\.(?:system|popen|popen2|popen3|startfile|exec[lv]p?e?|spawn[lv]p?e?|posix_spawnp?)|"
    r"subprocess\.(?:run|call|Popen|check_output|check_call|getoutput|getstatusoutput)|commands\.get\w+|pty\.spawn|"
    r"asyncio\.(?:subprocess\.)?create_subprocess_(?:exec|shell)|asyncio\..{1,60}\.subprocess_(?:exec|shell)|"
    r"pip\.main|pip\._internal(?:\.cli\.main)?\.main(?:\.main)?|pip\._internal\.main_entry|setuptools\.command\.easy_install\.main|"
    r"platform\.popen|ensurepip\._run_pip|pydoc\.(?:pipe|tempfile)pager|sh\.\w+|pexpect\.(?:spawn|run|popen_spawn\.PopenSpawn)|ptyprocess\.PtyProcess(?:Unicode)?\.spawn|"
    r"(?:anyio|trio|trio\.lowlevel)\.(?:run|open)_process|tornado\.process\.Subprocess|delegator\.(?:run|chain)|"
    r"twisted\.internet\.(?:utils\.getProcess\w+|reactor\.spawnProcess)|numpy\.distutils\.exec_command\.exec_command|"
    r"(?:setuptools|distutils)\.[\w.]{1,80}\(\)\.spawn|(?:setuptools\._)?distutils\.spawn\.spawn|setuptools\.\w*spawn|nt\.system|posix\.system|_posixsubprocess\.fork_exec|multiprocessing\.util\.spawnv_passfds|"
    r"win32api\.(?:ShellExecute|WinExec)|ctypes\.windll\.shell32\.ShellExecute\w|webbrowser\._?\w*Popen|"
    r"IPython\..*\.system|invoke\.run|plumbum\.(?!(?:cli|colorlib|colors|fs|lib|path|typed_env|version)\b).*|test\.support\.script_helper\.\w+|"
    r"(?:ctypes\..*|cffi\.FFI\(\)\.dlopen\(\))\.(?:system|popen|execv[pe]?|WinExec|ShellExecute[AW]?|CreateProcess[AW]?))$"
)
# In a text, the words of a command that fetches or decodes something.
FETCHES_OR_DECODES: Final = (
    r"\b(?:curl|wget|powershell|bitsadmin|certutil|mshta|(?:ba)?sh -c)\b|\|\s{0,9}(?:ba)?sh\b|base64 -d"
)
RUNS_CODE: Final = frozenset(
    {
        "builtins.exec", "builtins.eval", "code.InteractiveInterpreter().runsource", "code.InteractiveInterpreter().runcode",
        "code.InteractiveConsole().push", "builtins.execfile", "cProfile.run", "profile.run", "cProfile.runctx",
        "profile.runctx", "cProfile.Profile().run", "cProfile.Profile().runctx", "profile.Profile().run",
        "profile.Profile().runctx", "pdb.run", "pdb.runeval", "pdb.runctx", "pdb.Pdb().run", "pdb.Pdb().runeval",
        "pdb.Pdb().runctx", "bdb.Bdb().runeval", "bdb.Bdb().runctx", "trace.Trace().run", "trace.Trace().runctx",
        "code.InteractiveConsole().runsource", "code.InteractiveConsole().runcode", "typing.ForwardRef",
        "ctypes.pythonapi.PyRun_SimpleString",
        "ctypes.PyDLL().PyRun_SimpleString", "ctypes.CDLL().PyRun_SimpleString", "sympy.sympify",
        "sympy.parsing.sympy_parser.parse_expr", "bdb.Bdb().run", "types.FunctionType",
        "doctest.run_docstring_examples",
        "concurrent.interpreters.create().exec", "concurrent.interpreters.get_current().exec",
        "concurrent.interpreters.get_main().exec", "concurrent.interpreters.Interpreter().exec",
        "_testcapi.run_in_subinterp", "_xxsubinterpreters.run_string", "_interpreters.run_string", "_interpreters.exec",
        "pickle.loads", "pickle.load", "dill.loads",
        "cloudpickle.loads", "marshal.loads", "yaml.unsafe_load", "jsonpickle.decode", "pandas.eval", "numexpr.evaluate",
        "IPython.get_ipython().run_cell", "js2py.eval_js", "execjs.eval",
    }
)  # fmt: skip
# Of these, the ones whose first argument is an interpreter, and the second the code.
RUNS_IN: Final = frozenset({"_xxsubinterpreters.run_string", "_interpreters.run_string", "_interpreters.exec"})
# Loaders of formats that contain pickles, or build objects likewise.
REBUILDS: Final = frozenset(
    {
        "torch.load",
        "joblib.load",
        "numpy.load",
        "pandas.read_pickle",
        "skops.io.loads",
        "yaml.unsafe_load",
        "yaml.unsafe_load_all",
        "yaml.UnsafeLoader",
        "yaml.CUnsafeLoader",
        "yaml.load",
        "yaml.load_all",
        "yaml.full_load",
        "jsonpickle.decode",
    }
)
RUNS_PATH: Final = frozenset(
    {
        "runpy.run_path", "distutils.core.run_setup", "setuptools._distutils.core.run_setup", "setuptools.sandbox.run_setup",
        "sys.remote_exec", "imp.load_source", "imp.load_dynamic", "importlib.machinery.SourceFileLoader",
        "importlib.machinery.SourcelessFileLoader", "importlib.machinery.ExtensionFileLoader", "zipimport.zipimporter",
        "importlib.util.spec_from_file_location", "ctypes.CDLL", "ctypes.cdll.LoadLibrary", "ctypes.WinDLL",
        "ctypes.windll.LoadLibrary", "ctypes.PyDLL", "sys.path.insert", "sys.path.append", "site.addsitedir",
        "builtins.execfile", "py_compile.compile", "sys.path_hooks.append", "cffi.FFI().dlopen", "os.add_dll_directory",
    }
)  # fmt: skip
DANGEROUS: Final = frozenset(
    {
        "builtins.exec", "builtins.eval", "builtins.compile", "builtins.__import__", "builtins.__lazy_import__",
        "os.system", "os.popen", "os.execv",
        "os.execvp", "os.spawnl", "os.startfile", "subprocess.Popen", "subprocess.run", "subprocess.call",
        "subprocess.check_output", "subprocess.getoutput", "urllib.request.urlopen", "urllib.request.urlretrieve",
        "requests.get", "requests.post", "marshal.loads", "base64.b64decode", "pickle.loads", "ctypes.CDLL",
        "socket.socket", "posix.system", "nt.system", "zlib.decompress",
    }
)  # fmt: skip

ENVIRONMENTS: Final = frozenset({"os.environ", "os.environb", "posix.environ", "nt.environ"})
HOST_IDENTITY: Final = frozenset(
    {
        "socket.gethostname", "socket.getfqdn", "platform.node", "getpass.getuser", "os.getlogin", "os.uname",
        "platform.uname",
        "uuid.getnode", "os.getcwd", "platform.platform", "psutil.net_if_addrs", "os.getcwdb",
        "psutil.users", "netifaces.interfaces", "os.getuid", "pathlib.Path.cwd",
    }
)  # fmt: skip
# Labels of these that describe the machine and its folders, but do not identify it or its user.
HOST_DETAILS: Final = expression(
    r"host-identity:(?:platform\.platform|os\.getuid|os\.getcwdb?|pathlib\.Path\.cwd|.*/(?:network-interfaces/|public-ipv4|local-ipv4))"
)
# Parts of `uname` that do not identify the machine.
_SYSTEM: Final = frozenset({"system", "release", "version", "machine", "processor", "sysname"})
# Attributes of a credential that say something about it or its account, but open nothing.
_PUBLIC: Final = frozenset(
    {
        "universe_domain", "project_id", "project", "quota_project_id", "service_account_email", "signer_email", "region",
        "region_name", "expiry", "expired", "valid", "profile_name", "account_id", "tenant_id", "expires_on",
    }
)  # fmt: skip


# Attributes of an account or a pair of keys that anybody may know.
_PUBLIC_KEY_PARTS: Final = frozenset({"address", "public_key", "pubkey", "publicKey", "verify_key", "checksum_address"})


# Names of parameters that take a private key or a seed phrase.
PRECIOUS: Final = expression(r"(?i)private_?key|mnemonic|seed_?phrase|secret_?phrase|wallet_?(?:key|seed)|^seed_words$")


def without_keys(taint: frozenset[str]) -> frozenset[str]:
    """The taint of something made with a private key that does not contain it, as an address or a signature: without the
    labels of the key."""
    return frozenset(
        one
        for one in taint
        if not one.startswith("wallet:") and not (one.startswith("intercepted:") and PRECIOUS.search(one[12:]))
    )


def part_of(taint: frozenset[str], owner: str, name: str) -> frozenset[str]:
    """The taint of the attribute `name` of an object with this taint, some of which tell less than the whole. owner: the
    dotted name of the object."""
    if name in _SYSTEM and owner in {"platform.uname()", "os.uname()"}:
        return taint - {f"host-identity:{owner[:-2]}"}
    if name in _PUBLIC_KEY_PARTS:
        return without_keys(taint)
    if name in _PUBLIC:
        return frozenset(one for one in taint if not one.startswith("secret-variable:") or "." not in one)
    return taint


# Kind of taint -> dotted names of calls whose result has it.
_CALL_ORIGINS: Final = tuple(
    (kind, expression(pattern))
    for kind, pattern in (
        (
            "screen",
            r"^PIL\.ImageGrab\.grab$|^pyautogui\.screenshot$|^mss\..*(?:grab|shot|save)$|^pyscreenshot\.grab|^d3dshot\.",
        ),
        ("camera", r"^cv2\.VideoCapture\(\)\.read|^sounddevice\.rec|^pyaudio\..*\.read$|^pygame\.camera"),
        (
            "clipboard",
            r"^(?:pyperclip|xerox|copykitten)\.paste$|^win32clipboard\.GetClipboardData|^clipboard\.paste$|\.clipboard_get$|"
            r"^pandas\.read_clip|^klembord\.get_text$|^kivy\.core\.clipboard\.Clipboard\.(?:paste|get)$|"
            r"^(?:PyQt[456]|PySide[26]?|qtpy)\..{0,60}\bclipboard\(\)\.text$",
        ),
        (
            "keychain",
            r"^keyring\.get_(?:password|credential)$|^win32cred\.CredRead|^secretstorage\.|^win32crypt\.CryptUnprotectData",
        ),
        ("browser-store", r"^browser_cookie3\.|^browsercookie\.|^pycookiecheat\."),
        ("process-list", r"^psutil\.(?:process_iter|pids)$"),
        ("keystrokes", r"^keyboard\.(?:record|read_\w+)$"),
        (
            "credential-file",
            r"^huggingface_hub\.(?:HfFolder|utils)\.get_token$|\.list_running_servers$|^win32cred\.|^paramiko\.Agent\(\)\.get_keys$|^dotenv\.dotenv_values$|^dotenv\.main\.dotenv_values$|^docker\.auth\.(?:load_config|AuthConfig)|^netrc\.netrc|^huggingface_hub\.get_token$",
        ),
        (
            "secret-variable",
            r"^google\.auth\.default$|^(?:aio)?boto(?:3|core)\..*\.(?:get_credentials|get_session_token|get_federation_token)$|^azure\.identity\..*get_token$|^getpass\.getpass$|"
            r"^google\.colab\.userdata\.get$|^kaggle_secrets\..*get_secret|^airflow\..*\.(?:get_connection|get)$|"
            r"^dbutils\.secrets\.get$|^streamlit\.secrets\.\w+$",
        ),
        ("environment", r"^psutil\..*\.environ$"),
        (
            "cloud-metadata",
            r"^id\.detect_credential$|^botocore\.(?:utils|credentials)\.\w{1,60}\(\)\.(?:load|retrieve_\w+|fetch_\w+)$",
        ),
        (
            "cluster-secret",
            r"^(?:aio)?boto(?:3|core)\..*\.(?:batch_)?get_secret_value$|^kubernetes(?:_asyncio)?\..*\.(?:list_\w*secret\w*|read_namespaced_secret\w*)$|^hvac\..*\.read_secret\w*$|"
            r"^google\.cloud\.secretmanager\w*\..*\.access_secret_version$|^azure\.keyvault\.secrets\..*\.get_secret$|"
            r"^(?:aio)?boto(?:3|core)\..*\.get_parameters?(?:_by_path)?$",
        ),
        ("history", r"^readline\.get_history_item$|^IPython\..*history_manager\.(?:get_\w+|search)$"),
        (
            "intercepted",
            r"^gc\.get_objects$|^inspect\.(?:stack|currentframe|getouterframes)$|^sys\._(?:getframe|current_frames)$",
        ),
        ("home-files", r"^pathlib\.Path\.home\(\)\.(?:rglob|glob|iterdir)$"),
    )
)


@lru_cache(maxsize=8_192)
def origin_of(ref: str) -> str:
    """The kind of taint of the result of a call of this dotted name; "" where it is no source."""
    return next((kind for kind, pattern in _CALL_ORIGINS if pattern.search(ref)), "")


# Calls that run a function they are passed, at once or soon after.
STARTERS: Final = Calls(
    r"^(?:threading\.(?:Thread|Timer)|multiprocessing\.util\.Finalize|"
    r"multiprocessing\.(?:[\w.]{1,60}(?:\(\))?\.)?(?:Process|(?:Thread)?Pool\(\)\.\w+)|_thread\.start_new_thread|atexit\.register|"
    r"asyncio\.(?:run|create_task|ensure_future|(?:get_event|get_running|new_event)_loop\(\)\.(?!subprocess_|getaddrinfo)\w+|"
    r"run_coroutine_threadsafe|gather|TaskGroup\(\)\.create_task|"
    r"to_thread|wait_for)|concurrent\.futures\.(?:\w+\.)?\w+\(\)\.(?:submit|map)|concurrent\.futures\.thread\.\w+|"
    r"concurrent\.interpreters\.\w+\(\)\.call(?:_in_thread)?|"
    r"builtins\.(?:map|filter|sorted|max|min|next|list|tuple|any|all|sum)|"
    r"signal\.signal|sys\.(?:settrace|setprofile|addaudithook|excepthook)|threading\.settrace|"
    r"threading\.setprofile|weakref\.finalize|sched\.scheduler\(\)\.enter|os\.register_at_fork|gc\.callbacks\.append|"
    r"trio\.run|anyio\.run|gevent\.spawn|nest_asyncio\.\w+|apscheduler\..*|schedule\..*|contextlib\.suppress|"
    r"contextlib\.(?:Async)?ExitStack\(\)\.(?:push_async_)?callback|contextvars\.(?:copy_context|Context)\(\)\.run|(?:setuptools|distutils)\..{1,80}\.execute)$"
)
# Libraries for messages: a function registered with one is called with what other people write.
MESSENGERS: Final = expression(
    r"^(?:discord|nextcord|disnake|telebot|telegram|telethon|pyrogram|aiogram|socketio|slack_bolt|slixmpp|irc|"
    r"paho|pika|nats|websockets?|autobahn|ws4py|picows|lomond|tornado\.websocket|nio|mautrix|aiortc|nostr_sdk|pynostr|stomp|"
    r"gmqtt|aiomqtt|asyncio_mqtt|amqtt|hbmqtt|pulsar|nsq|signalrcore|pusher|pysher|ably|pubnub|centrifuge|aio_pika|redis|"
    r"pyrebase|firebase_admin|mattermostdriver|zulip|vk_api|vkbottle|twitchio|hikari|interactions|sleekxmpp|mmpy_bot)\."
)
# Methods by which a subclass of a class of these libraries gets such messages.
HEARS: Final = expression(
    r"_?on_?(?:ws_?)?(?:message|msg|data|frame|text|packet|event|line|pubmsg|privmsg|privmessage|notice|binary|publish)\w{0,40}$|"
    r"(?:message|line|data|string|frame)_?[rR]eceived$|received?(?:_(?:message|json|text))?$"
)
INSTALL_COMMANDS: Final = frozenset(
    {
        "install", "develop", "egg_info", "build", "build_py", "build_ext", "build_clib", "build_scripts", "sdist",
        "bdist_wheel", "bdist_egg", "install_lib", "install_scripts", "install_data", "install_egg_info", "easy_install",
        "editable_wheel", "dist_info", "bdist", "test", "install_headers", "install_requires",
    }
)  # fmt: skip
BACKEND_HOOKS: Final = frozenset(
    {
        "build_wheel", "build_sdist", "build_editable", "get_requires_for_build_wheel", "get_requires_for_build_sdist",
        "get_requires_for_build_editable", "prepare_metadata_for_build_wheel", "prepare_metadata_for_build_editable",
    }
)  # fmt: skip
REDIRECTS: Final = expression(
    r"^(?:OPENAI|ANTHROPIC|AZURE_OPENAI|HF|HUGGINGFACE|GROQ|MISTRAL|COHERE|GEMINI|"
    r"LITELLM)_(?:BASE_URL|API_BASE|ENDPOINT|HUB_URL)$|^WANDB_BASE_URL$|"
    r"^(?:LANGCHAIN|LANGSMITH|LANGFUSE|OTEL_EXPORTER_OTLP(?:_TRACES|_LOGS)?|PHOENIX_COLLECTOR|TRACELOOP|OLLAMA)_(?:ENDPOINT|HOST|BASE_URL)$|"
    r"^MLFLOW_TRACKING_URI$|^AWS_ENDPOINT_URL\w{0,20}$|"
    r"^(?:HTTPS?|ALL)_PROXY$|^(?:PIP|UV)_(?:EXTRA_)?INDEX_URL$|^(?:PIP|UV)_(?:DEFAULT_)?INDEX(?:_URL)?$|^SSL_CERT_FILE$|"
    r"^REQUESTS_CA_BUNDLE$|^LD_PRELOAD$|^PYTHONSTARTUP$|^NODE_OPTIONS$",
    re.IGNORECASE,
)
EVASION_VARIABLES: Final = frozenset({"CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TRAVIS", "CIRCLECI", "BUILDKITE"})
EVASION_TEXT: Final = expression(
    r"virtualbox|vmware|\bvbox|\bqemu\b|sandboxie|wireshark|procmon|/\.dockerenv|/proc/1/cgroup|"
    r"TracerPid|hypervisor|SbieDll|"
    r"joe ?sandbox|cuckoo|any\.run|anyrun|dmi/id",
    re.IGNORECASE,
)
