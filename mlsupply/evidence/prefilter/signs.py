"""Strings that a Python file holds if it is worth parsing: words, with what must stand around them, and pairs of words.

Tables only: `choice` searches for them, and the analyser says what they mean.
"""

from __future__ import annotations

import re
from keyword import kwlist

from mlsupply.lazy import expression

Words = tuple[tuple[bytes, re.Pattern[bytes] | None], ...]
"""(what is searched for, pattern of what must stand around it; None where the word alone is enough)"""

_MARKS = (b"/", b"\\", b'"', b"'", b",", b" ")  # what stands between the parts of a path, whole or put together
_KEYWORD = rb"(?:%s)\b" % b"|".join(map(str.encode, kwlist))
# Two names in a row are prose, not Python: what follows a name in prose, and what may stand before one in code.
_PROSE = rb"[ \t]+(?!%s)[A-Za-z_]" % _KEYWORD
_BEFORE = rb"(?:^|[^\w \t.`/\"'-]|\b%s(?=[ \t]))[ \t]*" % _KEYWORD
# names of `os` and `builtins` that begin so can do something
_ACTS = rb"exec|spawn|posix_spawn|fork|system|popen|startfile|eval|compile|sys|_"
# `getattr` on the `os` of another module
_OF_OTHERS = rb"getattr\([^\n]{1,60}\._?os\s*,\s*+(?![\"'](?!%s)[\w.]{1,40}[\"']\s*[,)])"
WORDS: Words = (
    (
        b"exec",
        expression(
            rb"(?<![.\w`/])exec\b(?!%s)|/exec\b(?![\"'])|\bexec_module\b|\b_?exec[vl]|subprocess_exec|distutils\.exec_"
            % _PROSE
        ),
    ),
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
            rb"(?:get(?:attr\w{0,40}|item\w{0,40})|__dict__|methodcaller|vars)\b[^\n]{0,60}[\"']system|systemd"
        ),
    ),
    (b"popen", None),
    (b"load_module", expression(rb"load_module\b")),
    (
        b"spawn",
        expression(
            rb"\.(?:posix_spawnp?|spawn[lv]p?e?)\b|distutils\.spawn(?:\s+import[^\n]{0,80}\bspawn\b|\s+as\b|\.spawn)|"
            rb"distutils\s+import[^\n]{0,80}\bspawn\b|spawnProcess|PopenSpawn"
        ),
    ),
    (b"set_executable", None),
    (b"spawnv_passfds", None),
    (b"_process", expression(rb"\b(?:run|open)_process\b")),
    (b"tornado.process", None),
    (b"clipboard_append", None),
    (b"clipboard()", None),
    (b"trace.Trace", None),
    (b"docstring_examples", None),
    (b"script_helper", None),
    (b"filepager", expression(rb"\.tempfilepager\b")),
    (b"pipepager", None),
    (b"getProcess", expression(rb"\bgetProcess(?:Output|Value)")),
    (b"PtyProcess", None),
    (b"delegator", expression(rb"\bdelegator\.(?:run|chain)\b|\bdelegator\s+import\b")),
    (b"eventlet.green", None),
    (
        b"_target_",
        expression(rb"_target_[\"']\s*:\s*[\"'](?:os|posix|nt|subprocess|builtins|pty|runpy|socket|urllib|shutil)\."),
    ),
    (b"dictConfig", expression(rb"[\"']\(\)[\"']\s*:")),
    (b"startfile", None),
    (b"s__", expression(rb"__(?:builtins|globals|subclasses)__")),
    (b"__self__", None),  # of `print` it is the module of all builtins
    (b".builtins", expression(rb"\w\.builtins\b")),
    (b"globals()", expression(rb"globals\(\)\s*\[\s*(?![\"']__\w+__[\"'])|globals\(\)\s*\.\s*get")),
    (b"sys.modules", expression(rb"sys\.modules\s*\[\s*(?!__name__)[^\]]{0,80}\]\s*(?:\.|=[^=])|sys\.modules\.get")),
    (b"vars(", expression(rb"vars\(\s*(?:os|sys|builtins|subprocess|socket|importlib|shutil)")),
    (b"getmembers", expression(rb"getmembers\w{0,7}\(\s*(?:os|sys|builtins|shutil)\b")),
    (b"(os", expression(rb"(?<!hasattr)(?<!etattr)(?<!delattr)(?<!object)(?<=[\w\])])\(os\s*[,)]")),  # handed to a function
    (b"(shutil)", expression(rb"(?<=[\w\])])\(shutil\)")),
    (b".pth", expression(rb"\.pth[\"']")),
    (b".start", expression(rb"\.start[\"']")),
    (b"customize.py", None),
    (b"authorized_keys", expression(rb"[/\\\"'>][ \t]?authorized_keys|(?<!un)authorized_keys2?\b(?![ \t]*[]=.,:)[]|\s*\])")),
    (b"shrc", None),
    (b"profile", expression(rb"\.(?:bash_|z)profile|[\"'/]\.profile\b|ipython.{0,40}profile_|profile_default\b")),
    (b"Launch", expression(rb"Launch(?:Agents|Daemons)")),
    (b".ipython", expression(rb"\.ipython[/\\\"']")),
    (b".__init__", expression(rb"\w\.__init__[ \t]*=(?!=)")),  # put in the place of another's
    *(
        (
            name,
            expression(
                rb"\b(?:openai|anthropic|litellm)\.(?:api_base|base_url|\w{0,40}(?:OpenAI|Anthropic)\w{0,40})[ \t]*=(?!=)"
            ),
        )
        for name in (b"openai.", b"anthropic.", b"litellm.")
    ),
    (b"crontab", None),
    (
        b"/etc/",
        expression(
            rb"/etc/(?:udev|update-motd|pam\.d|apt|NetworkManager|X11|modprobe|logrotate|xdg|cron|passwd|shadow|hosts|profile|rc|init|ld\.so|sudoers|systemd)"
        ),
    ),
    (b".claude", expression(rb"\.claude(?:[/\\\"']|\.json)")),
    (b".cursor", expression(rb"\.cursor(?:rules|/|[\"'])")),
    (b".vscode", None),
    (b"mcp.json", None),
    (b"git/hooks", None),
    (b"/workflows", None),
    (b"LD_PRELOAD", None),
    *((word, None) for word in (b"GITHUB_ENV", b"GITHUB_PATH", b"BASH_ENV", b"##vso[task.")),  # what later steps start
    (b"pickle.load", None),
    (b"recv_pyobj", None),
    (b"SSLContext.", expression(rb"SSLContext\.(?:check_hostname|verify_mode)\s*=(?!=)")),
    (b"match_hostname", expression(rb"match_hostname\s*=(?!=)|[\"']match_hostname")),
    *(  # a shared folder of another machine
        (
            mark,
            expression(
                rb"[\"'](?:(?:\\{2}|\\{4})[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}(?:\\|/|[\"'])|//[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}/)|[\"']\\{4}(?:[\"']\s{0,4}[+%]|\{)"
            ),
        )
        for mark in (b"\\\\", b'"//', b"'//")
    ),
    (b"169.254.", None),
    (b"Start Menu", None),
    (b"| ", expression(rb"(?:\b|\\n)(?:curl|wget)\b[^\n]{0,300}\|\s{0,4}(?:sudo\s{1,4})?(?:ba|da|z|k)?sh\b")),
    (b".gemini", expression(rb"\.gemini[/\\\"']")),
    (b".codex", expression(rb"\.codex[/\\\"']")),
    (b".windsurf", None),
    (b"bash_aliases", None),
    (b"activate.d", None),
    (b"find_spec(", expression(rb"\.origin")),
    (b"imaplib", None),
    (b"http.server", None),
    (b"autostart", expression(rb"config[/\\\\\"', )]{1,8}autostart")),
    (b"multiprocessing.connection", None),
    (b"ProxyCommand", None),
    (b".__file__", expression(rb"(?:copy\w{0,40}|move|write_\w{1,8})\([^\n]{0,160}\w\.__file__")),
    (b"=http", expression(rb"(?:_URL|_BASE|_ENDPOINT|_HOST|_PROXY|_URI)=https?://")),
    (b".base_url", expression(rb"\b(?:openai|anthropic|litellm)\.base_url\s*=(?!=)")),
    (b".api_base", expression(rb"\b(?:openai|anthropic|litellm)\.api_base\s*=(?!=)")),
    (b"pip.conf", None),
    (b"pip.ini", None),
    (b"hooksPath", None),
    (b"create_subprocess_", None),
    (b"open_connection", expression(rb"(?<!\w)open_connection\b")),
    (b"getattr(sys.modules", None),
    (b"getattr(os", expression(rb"getattr\(\s*os\s*,\s*+(?![\"'](?!%s)[\w.]{1,40}[\"']\s*[,)])" % _ACTS)),
    (b".os,", expression(_OF_OTHERS % _ACTS)),
    (b"._os,", expression(_OF_OTHERS % _ACTS)),
    (b"getattr(builtins", expression(rb"getattr\(\s*builtins\s*,\s*+(?![\"'](?!%s)[\w.]{1,40}[\"']\s*[,)])" % _ACTS)),
    (b"os.__dict__", None),
    (
        b"__getattribute__",
        expression(rb"__getattribute__\(\s*(?:os|sys|builtins|subprocess)\b|\b(?:os|sys)\.__getattribute__"),
    ),
    (b"attrgetter(", expression(rb"attrgetter\([^\n]{1,80}\)\(\s*(?:os|sys|builtins)\b")),
    (b"resolve_name", expression(rb"(?:pkgutil\.|import )resolve_name")),
    (b".subprocess.", expression(rb"\.subprocess\.(?:run|call|Popen|check_|get(?:status)?output)\b")),
    *(
        (of, expression(rb"handlers(?:\.| import[^.]{0,140})%s" % of))
        for of in (b"HTTPHandler", b"SocketHandler", b"DatagramHandler", b"SysLogHandler")
    ),
    (b"fileConfig", expression(rb"\bfileConfig\(")),
    (b"dictConfig", expression(rb"\bdictConfig\(")),
    (b"__pyarmor__", None),
    (b"os.fork", None),
    (b"getattr(shutil", None),
    *((b"%s(%s/%s)" % (of, mark, mark), None) for of in (b"walk", b"listdir", b"scandir") for mark in (b'"', b"'")),
    *(
        (
            word,
            expression(
                rb"while (?:True|1)\s*:[ \t]*\n\s{1,40}(?:[\w.]{0,40}Process\(|\w{1,40}\.write\(|"
                rb"\w{1,40}\.(?:append|extend)\([^\n]{0,80}(?:bytes|bytearray|\*|<<|urandom|ones|zeros)|"
                rb"\w{1,40}\[[^\]\n]{1,20}\] = (?:bytes|bytearray|\[0)|(\w{1,40}) [+*]= (?:\1\b|[\d\"']))"
            ),
        )
        for word in (b"while True", b"while 1")
    ),
    (b".drop_database(", None),
    (b".flushall(", expression(rb"(?m)^[^\s#][^\n]{0,160}\.flushall\(")),
    (b"DROP", expression(rb"[\"'(][ \t\n]{0,20}DROP\s{1,4}(?:DATABASE|SCHEMA)\b")),
    (b"drop_all(", expression(rb"\.drop_all\(")),
    *(
        (
            word,
            expression(
                word + rb"(?:\.object)?\(\s{0,80}(?:\w{1,40}\s?,\s{0,80})?[\"']?(?:socket|ssl|http|urllib3?|"
                rb"requests|httpx|aiohttp|"
                rb"eth_\w+|web3|sol(?:ders|ana)|bip_utils|bit|bitcoin\w*|stellar_sdk|xrpl|tronpy|bittensor|near_api|algosdk|substrateinterface|"
                rb"Account\b|Eth\b)\b"
            ),
        )
        for word in (b"function_wrapper", b"when_imported", b"register_post_import_hook", b"mock.patch")
    ),
    (b"create_default_context", expression(rb"\bcreate_default_context[ \t]*=(?!=)")),  # put in its place
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
    (b".ipython", expression(rb"\.ipython[/\\\"']")),
    (b"profile.ps1", None),
    (b"tmux.conf", None),
    (b".envrc", expression(rb"\.envrc[\"']")),
    *((word, expression(rb"%s[\"']" % re.escape(word))) for word in (b".xprofile", b".xsession", b"gdbinit", b"lldbinit")),
    *((word, expression(rb"%s[\"']" % re.escape(word))) for word in (b".pdbrc", b".Rprofile", b".gitconfig", b".screenrc")),
    (b".ssh", expression(rb"\.ssh[/\\\"', ]{1,8}(?:rc|environment)\b")),
    (b"environment.d", expression(rb"environment\.d[/\\\"']")),
    (b"hammerspoon", None),
    (b"AutoLaunch", None),
    (b"custom.js", expression(rb"custom[/\\\"', ]{1,8}custom\.js")),
    (b"torch", expression(rb"\.cache[/\\\"', ]{1,8}torch[/\\\"', ]{1,8}hub")),
    (b"huggingface", expression(rb"huggingface[/\\\"', ]{1,8}modules")),
    (b"/dev/", expression(rb"[\"']/dev/(?:sd|nvme|hd|vd|xvd|r?disk|mmcblk|mapper)")),
    (b"PhysicalDrive", None),
    (b"chmod(", expression(rb"chmod\([^\n]{1,80},\s*0o[46]\d{3}\b")),
    (b"ngrok", expression(rb"(?:import|from)[ \t][^\n]{0,40}ngrok")),
    (b"job_submission", None),
    (b"SMBConnection", None),
    (b"_pod_exec", None),
    (b"opencode", expression(rb"config[/\\\"', ]{1,6}opencode")),
    (b"goose", expression(rb"config[/\\\"', ]{1,6}goose")),
    (b".condarc", None),
    (b".curlrc", None),
    (b".wgetrc", None),
    (b".pre-commit-config", None),
    (b"ipython_config", None),
    (b"ipython_kernel_config", None),
    (b"get_ipython_dir", None),
    (b"locate_profile", None),
    (b"startup_dir", None),
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
    (b"jupyter_", expression(rb"jupyter_\w{0,60}config")),
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
    (b"timeit", expression(rb"\btimeit\.(?:timeit|repeat|Timer|main)\b|\btimeit\s+import\b")),
    (b'"timeit"', None),  # loaded by its written name
    (b"'timeit'", None),
    (b"Profile", expression(rb"Profile\.run|\bProfile\(\)|\bc?Profile\s+import\b")),
    (b"profile", expression(rb"\bprofile\.run|\bimport[ \t]+profile\b|\bfrom[ \t]+profile\b")),
    (b"ForwardRef", expression(rb"ForwardRef\([^\n]{0,80}[^\w.,\[\]|'\" ][^\n]{0,200}\)")),
    (b"Browser", expression(rb"\b(?:Generic|Background|Unix)Browser\b")),
    (b"Tcl", expression(rb"\bTcl\(")),
    (b"_tkinter", None),
    (b".eval(", expression(rb"\.eval\([ \t]*[rbf]{0,2}[\"']\s*(?:exec|open)\b")),
    (b".call(", expression(rb"\.call\([ \t]*[\"'](?:exec|open)[\"']")),
    (b"testfile", expression(rb"\bdoctest\.testfile\b|\bimport[^\n]{0,60}\btestfile\b")),
    (b"ensurepip", expression(rb"ensurepip\._run_pip|ensurepip\s+import\s+_run_pip")),
    (b"pdb.run", None),
    (b"runsource", None),
    (b"runcode", None),
    (b"pip._internal", expression(rb"pip\._internal[\w.]{0,80}(?:\.main\b|\s++import\s[\s\w,]{0,400}?main\b)")),
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
ORDERS: Words = (  # to coding agents, in comments too
    (b"tell the user", None),
    (b"mention", expression(rb"(?i)(?:not|n't|never) mention")),
)
_VARIABLE_SET = expression(rb"environ\s*(?:\[|\.(?:setdefault|update)|[,)])|putenv")
# What an order to an agent may be about, in a file that speaks of its user.
_WORTH_HIDING = (
    b".ssh", b".aws", b".netrc", b".kube", b".gnupg", b"id_rsa", b"id_ed25519", b"/etc/passwd", b"mcp.json",
    b"claude_desktop", b"curl", b"wget", b"crontab",
    *(b".env" + mark for mark in (b" ", b"`", b'"', b"'", b",", b".", b")", b"\n")),
)  # fmt: skip
_OF_USER = expression(rb"[Tt]he (?:user|human)|between us")
# The whole environment: not one variable of it, `"NAME" in os.environ`, or `os.environ/NAME` in a text.
_ENVIRON = expression(rb"(?<![\"\'] in os\.)(?<![\"\'] not in os\.)environ\b(?!/|\s*(?:\[|\.(?:get|setdefault|pop)\b))")
# What is worth sending, in a file that names one of `CLIENTS`.
PRIVATE: Words = (
    (
        b"environ",
        expression(rb"(?:%s)|environ\s*(?:\[|\.(?:get|pop)\b)[^\n]{0,40}(?:KEY|TOKEN|SECRET|PASSW)" % _ENVIRON.pattern),
    ),
    (b"getenv", expression(rb"getenv[^\n]{0,40}(?:KEY|TOKEN|SECRET|PASSW)")),
    (b"platform.", expression(rb"platform\.(?:node|uname|platform)")),
    *((word, expression(rb"%s\b" % re.escape(word))) for word in (b".ssh", b".aws", b".kube", b".netrc")),
    *((word, None) for word in (b'"~', b"'~", b"expanduser", b"Path.home", b"/proc/", b"getpass", b"ImageGrab")),
    *((word, None) for word in (b"gethostname", b"getnode", b"getuser")),
    *((word, None) for word in (b"SERVICE_TOKEN_FILENAME", b"KUBE_CONFIG_DEFAULT_LOCATION", b"/run/secrets")),
)
_BASE_URL = expression(rb"base_url(?:(?<![\w.]base_url)\b|\s*=(?!=))")  # as an argument, or set; not read of an object
_WRITES_FILES = expression(rb"(?:open|\.open)\([^\n]{0,120}[\"'](?:[awx]|r\+)b?\+?[\"']|\.write_(?:text|bytes)\(")
_WRITES_RANDOM = rb"write\w{0,6}\([^\n]{0,60}(?:urandom|token_bytes|randbytes)\("
# The name of a file of data, beside folders that modules are imported from.
_DATA_NAME = expression(
    rb"(?i)\.(?:dat|data|bin|pak|db|png|jpe?g|gif|ico|svg|bmp|webp|tiff?|wav|mp[34]|ogg|flac|txt|md|json|csv|log|css|html|[ot]tf|"
    rb"woff2?|enc|onnx|h5|np[yz])[\"']"
)
# (what is searched for, what must stand anywhere else in the file)
_MOVES_OR_LOCKS = expression(rb"\bos\.(?:chmod|l?chown|renames?|replace)\b|shutil\.(?:move|chown)\b|\.(?:rename|chmod)\(")
_SERVES = expression(
    rb"(?:from|import)[ \t]+(?:fastapi|flask|starlette|aiohttp|quart|sanic|litestar|bottle|django|tornado)\b"
)
# A container that gets the rights of its host, its processes or its disk.
_HOLDS_HOST = expression(
    rb"\b[pP]rivileged[\"']?\]?\s{0,9}[=:]\s{0,9}[tT]rue\b|\bpid_mode\s{0,9}=\s{0,9}[\"']host|\bcap_add\s{0,9}=[^)\n]{0,80}\b(?:ALL|SYS_\w)|"
    rb"\bvolumes\s{0,9}=\s{0,9}\[\s{0,9}\(\s{0,9}[\"']/[\"']|\bMount\([^)]{0,200}[\"']/[\"']"
)
# Things that are shown to everybody.
_FOR_EVERYBODY = expression(rb"\bprivate[\"']?\s{0,4}[=:]\s{0,4}False\b|update_repo_visibility|[\"']public[\"']")
PAIRS: tuple[tuple[bytes, re.Pattern[bytes]], ...] = (
    *((word, _OF_USER) for word in _WORTH_HIDING),
    (b"_BASE_URL", _VARIABLE_SET),
    (b"_API_BASE", _VARIABLE_SET),
    (b"_ENDPOINT", _VARIABLE_SET),
    (b"_TRACKING_URI", _VARIABLE_SET),
    (b"LANGFUSE_HOST", _VARIABLE_SET),
    (b"OLLAMA_HOST", _VARIABLE_SET),
    (b"wrapt", expression(rb"base_url|api_base|\bprox(?:y|ies)\b")),
    (b"containers.run", expression(rb"[\"']/[\"']\s*:|/:/")),
    *((word, _HOLDS_HOST) for word in (b"rivileged", b"pid_mode", b"cap_add", b"volumes", b"Mount(")),
    (b"upload_folder", expression(rb"(?:token|endpoint)\s*=\s*[\"']\w")),
    *((word, _SERVES) for word in (b"torch.load", b"joblib.load", b"read_pickle", b"dill", b"jsonpickle")),
    (b"read_pickle", expression(rb"read_pickle\(\s{0,40}[\"'](?:https?|s3|gs|ftp|az|abfss?)://")),
    *((word, expression(rb"jinja2|flask")) for word in (b"from_string(", b"Template(", b"DictLoader(", b"template_string(")),
    (b"UnsafeLoader", expression(rb"__file__|files\(|resource")),
    (b"Github", expression(rb"base_url\s*=\s*[\"']http|os\.environ\)")),
    (b"get_secret_value", expression(rb"https?://")),
    (b".local", expression(rb"\.local[/\\\"', ]{1,8}bin")),
    (b"upload_file", expression(rb"(?:secret_access_key|token)\s*=\s*[\"']\w")),
    (b"huggingface_hub", expression(rb"\.(?:upload_(?:file|folder|large_folder)|create_commit)\(")),
    (b"_jupyter_server_extension", expression(rb"fetch|request|urlopen|\.post\b")),
    (b"modules", expression(rb"from\s+sys\s+import\b[\s\w,(\\]{0,150}?\bmodules\b")),  # all that are loaded
    (b".modules", expression(rb"sys\s+as\s")),
    (b"OPENAI_API_KEY", _BASE_URL),
    (b"ANTHROPIC_API_KEY", _BASE_URL),
    (b"_PROXY", _VARIABLE_SET),
    *((word, _VARIABLE_SET) for word in (b"PYTHONHTTPSVERIFY", b"_REJECT_UNAUTHORIZED", b"_CA_BUNDLE", b"SSL_NO_VERIFY")),
    (b"INDEX_URL", _VARIABLE_SET),
    (
        b"os.kill",
        expression(rb"falcon|osquery|auditd|wazuh|crowdstrike|MsMpEng|clam(?:d|av)|sentinel|sysmon|mdatp|wireshark"),
    ),
    (b"Path.home()", expression(rb"\.(?:replace|rename|move)\(")),
    (b"send2trash", expression(rb"expanduser|Path\.home|HOME")),
    (b"rmtree", expression(rb"expanduser|Path\.home|(?<!split\()[\"']/[\"']|HOME")),
    (b"expanduser", expression(rb"os\.(?:remove|unlink)\b|\.unlink\(")),
    (b"expanduser", expression(rb"os\.truncate|%s" % _WRITES_RANDOM)),
    *((word, expression(rb"os\.(?:remove|unlink)\b|\.unlink\(")) for word in (b'HOME"', b"HOME'", b'PROFILE"', b"PROFILE'")),
    (b"Path.home", expression(rb"\.unlink\(|os\.(?:remove|unlink)\b|%s" % _WRITES_RANDOM)),
    *((word, _MOVES_OR_LOCKS) for word in (b"expanduser", b"Path.home", b"/home", b"/Users", b"/root")),
    *((word, expression(rb"delete_repo\b")) for word in (b"list_models", b"list_datasets", b"list_spaces")),
    *((word, _FOR_EVERYBODY) for word in (b"list_models", b"list_datasets", b"list_spaces", b"get_repos", b"list_repos")),
    *((word, expression(rb"\.delete\(")) for word in (b"get_models", b"get_repos", b"list_buckets")),
    (b"list_containers", expression(rb"\.delete_container\b")),
    *((word, _DATA_NAME) for word in (b"sys.path", b"__path__", b"addsitedir", b"sys import path", b"import sys as")),
    (b"sys.path", expression(rb"(?:64|85|32|16)decode|unhexlify|fromhex|decompress|a2b_")),
    *((word, _WRITES_FILES) for word in (b"getsitepackages", b"getusersitepackages", b"get_python_lib", b"purelib")),
    *((word, _WRITES_FILES) for word in (b"**/", b"rglob", b"os.walk", b"getfile(", b"getsourcefile(")),
    (b".encrypt", expression(rb"expanduser|Path\.home|[\"']~|[\"']/(?:home|Users)\b|[\"']HOME[\"']|USERPROFILE")),
)
# A request by a client that another module made: a call that may send, a secret or something else of value, an address.
_CALL = rb"\s*\((?!\s*[\"'](?!https?:|wss?:|\"\"|''))"  # its first argument is no string, or an address
ASKS = expression(rb"\.get" + _CALL)
SENDS = expression(rb"\.(?:post|put|request|urlopen|send|emit|fetch)" + _CALL)
SECRETS = (b"environ", b"getenv", b"get_secret")
MORE: Words = (
    (b"environ", _ENVIRON),
    (b"platform.", expression(rb"platform\.(?:node|uname|platform)")),
    *((word, None) for word in (b"expanduser", b"Path.home", b'"~', b"'~", b"getpass", b"gethostname", b"uname", b"netrc")),
    *((word, None) for word in (b"private_key", b"privatekey", b"mnemonic", b"wallet")),
)
ADDRESSES: Words = (
    *((start, expression(rb"[\"'](?:https?|wss?)(?:://|[\"'])")) for start in (b'"http', b"'http", b'"ws', b"'ws")),
    *((word, None) for word in (b"64decode", b"85decode", b"32decode", b"fromhex", b"hexlify", b"decompress")),
)
ASKING = (b".get",)
SENDING = (b".post", b".put", b".request", b".urlopen", b".send", b".emit", b".fetch")
