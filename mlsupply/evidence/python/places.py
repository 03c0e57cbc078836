"""Tables of places: files that hold secrets, files that start programs by themselves, the services that secrets belong to,
and the hosts of those services.

Places of secrets follow the vendors' own documentation and the incident reports of 2022 to 2026.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from mlsupply.lazy import expression

_FILES: Final = tuple(
    (kind, expression(pattern, re.IGNORECASE))
    for kind, pattern in (
        (
            "credential-file",
            r"\.ssh(?:/|\\|$)(?!known_hosts|config|(?:[^/\\]{1,60}[/\\]){0,3}[^/\\]{0,80}\.pub$)|id_(?:rsa|ed25519|ecdsa|dsa)(?!\w|\.pub$)|\.aws(?:/|\\|$)|"
            r"\.azure(?:/|\\|$)|gcloud/|\.config[/\\]gcloud$|[/\\]\.(?:docker|oci|codex|gemini|fly|pulumi|claude)[/\\]?$|\.config/rclone/?$|"
            r"application_default_credentials|\.kube(?:/|\\|$)|\.docker/config\.json|\.netrc|_netrc|\.npmrc|\.pypirc|"
            r"\.git-credentials|gh/hosts\.yml|\.cargo/credentials|huggingface/(?:token|stored_tokens)|\.oci/config|"
            r"\.terraform\.d|\.vault-token|\.pgpass|\.my\.cnf|(?:^|[/\\])\.env(?:\.\w+)?$|/etc/shadow|\.boto$|\.s3cfg|"
            r"\.config/(?:openai|anthropic|gh|hub|glab-cli|doctl|github-copilot|op|sops/age|fly|configstore|ngrok)(?:/|\\|$)|jupyter/runtime|"
            r"[/\\]\.(?:anthropic|openai|replicate|runpod|neptune|vercel|railway|snowflake|lambda_cloud|ngrok2?|wandb)(?:/|\\|$)|"
            r"\.vast_api_key|\.dvc/config\.local|uv/credentials|pip/pip\.(?:conf|ini)|\.condarc|\.cache/huggingface/?$|"
            r"\.cursor/mcp\.json|claude_desktop_config|\.continue/config|globalStorage/?$|\.local/share/code-server|\.password-store|\.gnupg|"
            r"\.claude/\.credentials|\.claude\.json|\.codex/auth|\.(?:gemini|qwen)/oauth_creds|opencode/auth\.json|"
            r"globalStorage[/\\]state\.vscdb|serviceaccount(?:/(?!(?:namespace|ca\.crt)$)|$)|rclone\.conf|\.streamlit/secrets|\.lightning/credentials|"
            r"\.runpod/config|\.fly/config|\.snowflake/|\.yarnrc\.yml|\.gem/credentials|\.m2/settings\.xml|\.composer/auth|/run/secrets(?:/(?!kubernetes\.io/serviceaccount/(?:namespace|ca\.crt)$)|$)|"
            r"/etc/kubernetes/admin\.conf|\.comet\.config|clearml\.conf|\.gradle/gradle\.properties|\.heroku|\.mlflow/credentials|\.config/git/credentials|\.kdbx$|Bitwarden|keepassxc|"
            r"FileZilla|\.databrickscfg|\.snowsql|\.modal\.toml|\.wandb/|\.kaggle|/proc/[^/]{0,20}/environ|\.git/config$|/proc/.{1,12}/mem",
        ),
        (
            "wallet",
            r"wallet\.dat|\.config/solana|"
            r"\.electrum|electrum/wallets|exodus|\.ethereum|/keystore|solana/id\.json|\.foundry/keystores|\.brownie/accounts|"
            r"\.bittensor|metamask|nkbihfbeogaeaoehlefnkodbefgpgknn|phantom(?!js)|atomic/local|coinomi|"
            r"\.bitcoin|ledger live|\.near-credentials|\.sui/",
        ),
        (
            "browser-store",
            r"login data|cookies\.sqlite|logins\.json|key4\.db|web data|user data|local state|"
            r"(?<!/opt/)google[/\\]chrome(?![/\\]application)|brave-?browser|mozilla[/\\]firefox|\.mozilla|[/\\]cookies$|"
            r"opera software|\.config/(?:google-chrome|chromium)(?:/|$)|microsoft[/\\]edge(?![/\\]application)",
        ),
        ("keychain", r"library/keychains|login\.keychain|\.local/share/keyrings|kwallet|microsoft[/\\]credentials"),
        (
            "chat-store",
            r"discord(?:canary|ptb)?[/\\]|leveldb|telegram ?desktop|tdata|[*\0]\.session$|signal/config|slack/storage",
        ),
        ("history", r"\.(?:bash|zsh|python|node_repl|mysql|psql|sqlite|fish)_history|consolehost_history|\.histfile"),
        (
            "system-file",
            r"^/etc/(?:passwd|hosts|hostname|resolv\.conf|machine-id)|"
            # but not the counters of protocols, which identify nobody
            r"/proc/net(?!/(?:netstat|snmp6?|sockstat6?|softnet_stat|protocols)$)|/proc/version",
        ),
        (
            "home-files",
            r"[*\0]\.ipynb$|(?:^~|\0)[/\\](?:documents|desktop|downloads|pictures)(?!\w)|^(?:~|/home|/Users|/root)/?$",
        ),
    )
)


@lru_cache(maxsize=1_024)
def file_kind(path: str) -> str:
    """The kind of secret that the file at a path holds, as of `knowledge.KINDS`; "" where it holds none."""
    if len(path) < 3 or len(path) > 4096:
        return ""
    if path.startswith("file:"):
        path = path[5:].partition("?")[0]
    return next((kind for kind, pattern in _FILES if pattern.search(path)), "")


_SECRET_NAME = expression(
    r"TOKEN|SECRET|PASSW|API_?KEY|ACCESS_?KEY|CREDENTIAL|PRIVATE_?KEY|MNEMONIC|SEED_PHRASE|_AUTH$|_PAT$|DSN$|AWS_SESSION|_JWT(?:_V\d)?$|"
    r"(?:DATABASE|POSTGRES\w{0,8}|MYSQL|MONGO\w{0,3}|REDIS|AMQP)_UR[IL]$|CONNECTION_STRING$",  # with the password in them
    re.IGNORECASE,
)
# Services that give rights of their own for a token by which a run of continuous integration says who it is.
FEDERATED: Final = (
    "amazonaws",
    "googleapis",
    "microsoftonline",
    "vault",
    "pypi",
    "sigstore",
    "npmjs",
    "circleci",
    "bitbucket",
)
# Prefix of the name of a secret variable -> texts of which the hosts of the service it belongs to contain one; () where no
# host is known to everybody.
_OWNERS: Final = (
    ("OPENAI", ("openai", "azure")), ("ANTHROPIC", ("anthropic", "claude")), ("HF_", ("huggingface", "hf.co")),
    ("HUGGING", ("huggingface", "hf.co")), ("AWS_", ("amazonaws", "aws")), ("GITHUB_", ("github",)), ("GH_", ("github",)),
    ("GITLAB", ("gitlab",)), ("CI_JOB", ("gitlab",)), ("GOOGLE", ("google",)), ("GEMINI", ("google",)), ("GCP", ("google",)),
    ("AZURE", ("azure", "microsoft", "windows.net")), ("NPM_", ("npm",)), ("PYPI", ("pypi",)), ("TWINE", ("pypi",)),
    ("WANDB", ("wandb",)), ("SLACK", ("slack",)), ("DISCORD", ("discord",)), ("TELEGRAM", ("telegram",)),
    ("COHERE", ("cohere",)), ("MISTRAL", ("mistral",)), ("GROQ", ("groq",)), ("REPLICATE", ("replicate",)),
    ("PINECONE", ("pinecone",)), ("LANGCHAIN", ("langchain", "smith")), ("LANGSMITH", ("langchain", "smith")),
    ("DATABRICKS", ("databricks",)), ("SNOWFLAKE", ("snowflake",)), ("STRIPE", ("stripe",)), ("KUBE", ("kubernetes",)),
    ("VAULT", ("vault",)), ("DOCKER", ("docker",)), ("CLOUDFLARE", ("cloudflare",)), ("DATABASE_", ()), ("SSH_", ()),
    *((f"{name}_UR", ()) for name in ("POSTGRES", "POSTGRESQL", "MYSQL", "MONGO", "MONGODB", "REDIS", "AMQP")),
    ("DEEPSEEK", ("deepseek",)),
    ("FLASK.CONFIG", ()), ("DJANGO.CONF.SETTINGS.", ()), ("BOTO", ("amazonaws", "aws")), ("AIOBOTO", ("amazonaws", "aws")),
    ("ACTIONS_ID_TOKEN", ("github",)), ("ACTIONS_RUNTIME_TOKEN", ("github",)),
    ("SYSTEM_ACCESSTOKEN", ("azure", "visualstudio")),
    *((name, FEDERATED) for name in ("CIRCLE_OIDC", "BITBUCKET_STEP_OIDC", "VERCEL_OIDC", "SIGSTORE_ID_TOKEN")),
    ("BUILDKITE_AGENT_ACCESS", ("buildkite",)), ("BITBUCKET", ("bitbucket", "atlassian")), ("CIRCLE", ("circleci",)),
    ("OPENROUTER", ("openrouter",)), ("TOGETHER", ("together",)), ("PERPLEXITY", ("perplexity",)),
)  # fmt: skip


def is_secret(variable: str) -> bool:
    """Whether an environment variable of this name is likely to hold a secret."""
    return bool(_SECRET_NAME.search(variable))


def owner_of(variable: str) -> tuple[str, ...] | None:
    """Texts of which the hosts of the service that this secret variable belongs to contain one; None where it is not
    known."""
    upper = variable.upper()
    return next((hosts for prefix, hosts in _OWNERS if upper.startswith(prefix)), None)


# Second-level domains below the code of a country.
SECOND_LEVEL: Final = frozenset({"co", "com", "ac", "gov", "org", "net"})


# Interfaces of Google that answer whoever asks, and keep nothing for anybody; they take their key in the address.
_OF_GOOGLE: Final = frozenset(
    f"{name}.googleapis.com"
    for name in (
        "customsearch", "factchecktools", "generativelanguage", "kgsearch", "language", "maps", "pagespeedonline", "places",
        "safebrowsing", "speech", "texttospeech", "translation", "vision", "webrisk",
    )
)  # fmt: skip
_KEY_OF_GOOGLE = expression(r"(?:GEMINI|GOOGLE(?:_\w{1,30})?|GCP)_API_KEY$")


def is_own(variable: str, host: str) -> bool:
    """Whether the host is of the service that the name of this secret variable begins with (VERDA_CLIENT_SECRET at
    api.verda.com). Only the registered name counts: anybody may have verda.c.example."""
    registered = registered_name(host).replace("-", "")
    if host.lower() in _OF_GOOGLE:
        return _KEY_OF_GOOGLE.match(variable) is not None
    words = re.split(r"[_.]", variable.lower())
    starts = {words[0], "".join(words[:2])} | {part for part in owner_of(variable) or () if "." not in part}
    return len(registered) >= 4 and registered in starts


def registered_name(host: str) -> str:
    """The label of a host that is registered, `verda` of api.verda.co.uk; "" where there is none."""
    labels = host.lower().partition(":")[0].split(".")
    while len(labels) > 2 and labels[-2] in SECOND_LEVEL:
        labels = labels[:-1]
    return labels[-2] if len(labels) > 1 else ""


# Registered names of a service that are not the word it is known by.
_ALSO_CALLED: Final = {
    "google": ("googleapis", "googleusercontent"), "npm": ("npmjs",), "microsoft": ("microsoftonline",),
    "azure": ("azuredatabricks",), "databricks": ("azuredatabricks",), "github": ("githubcopilot",),
    "snowflake": ("snowflakecomputing",), "discord": ("discordapp",), "vault": ("hashicorp", "vaultproject"),
    "smith": ("langchain",),
}  # fmt: skip
_INSIDE: Final = expression(r"[^.]*$|.*\.(?:svc|local|internal|lan|localdomain)$")  # hosts that nobody can register


def is_of(service: str, host: str) -> bool:
    """Whether the host is one of a service. service: its word, or the end of its hosts, as in `_OWNERS`. Only what is
    registered counts: anybody may have openai.c.example, or /openai in a path."""
    host = host.lower().partition(":")[0]
    if "." in service:
        return host == service or host.endswith(f".{service}")
    name = registered_name(host)
    return name == service or name in _ALSO_CALLED.get(service, ()) or (bool(_INSIDE.match(host)) and service in host)


# Part of the path or command in a taint label -> texts of which the hosts of the service contain one, as in `_OWNERS`.
_FILE_OWNERS: Final = (
    ("huggingface", ("huggingface", "hf.co")), (".aws", ("amazonaws", "aws")), ("serviceaccount", ("kubernetes",)),
    ("gcloud", ("google",)), ("application_default", ("google",)), (".azure", ("azure", "microsoft", "windows.net")),
    (".pypirc", ("pypi", "upload")), (".npmrc", ("npm",)), ("gh/hosts", ("github",)), (".git-credentials", ("git",)),
    (".ssh", ()), ("id_rsa", ()), (".kube", ("kubernetes",)), (".wandb", ("wandb",)), (".kaggle", ("kaggle",)),
    (".modal", ("modal",)), (".databrickscfg", ("databricks",)), (".vault-token", ("vault",)),
    (".docker", ("docker", "registry")), (".cargo", ("crates",)), (".config/openai", ("openai",)),
    (".runpod", ("runpod",)), (".codex", ("openai", "chatgpt")), (".gemini", ("google",)), (".qwen", ("qwen", "aliyun")),
    ("github-copilot", ("github",)), ("glab-cli", ("gitlab",)), ("doctl", ("digitalocean",)), (".fly", ("fly.io",)),
    (".snowflake", ("snowflake",)), (".lightning", ("lightning",)), (".comet", ("comet",)), ("clearml", ("clear.ml",)),
    (".heroku", ("heroku",)), ("/op", ("1password",)), ("opencode", ("opencode",)), (".gem/", ("rubygems",)),
    (".composer", ("packagist",)), (".claude", ("anthropic", "claude")), ("gh auth", ("github",)),
    ("git credential", ("git",)), ("git config", ("git",)), ("aws ", ("amazonaws", "aws")),
    ("az account", ("azure", "microsoft", "windows.net")), ("kubectl", ("kubernetes",)), ("vault ", ("vault",)),
)  # fmt: skip


# Host that takes the credentials of a service -> the text in `_FILE_OWNERS` that stands for the service.
SERVICE_OF: Final = {
    "huggingface.co": "huggingface", "www.huggingface.co": "huggingface", "upload.pypi.org": "pypi", "test.pypi.org": "pypi",
    "registry.npmjs.org": "npm", "api.wandb.ai": "wandb", "www.kaggle.com": "kaggle", "api.kaggle.com": "kaggle",
    "api.modal.com": "modal", "crates.io": "crates", "api.openai.com": "openai", "api.anthropic.com": "anthropic",
    "auth.docker.io": "docker", "hub.docker.com": "docker", "api.github.com": "github", "gitlab.com": "gitlab",
    "api.runpod.io": "runpod", "rest.runpod.io": "runpod", "auth.openai.com": "openai", "chatgpt.com": "chatgpt",
    "oauth2.googleapis.com": "google", "cloudcode-pa.googleapis.com": "google", "chat.qwen.ai": "qwen",
    "api.digitalocean.com": "digitalocean", "lightning.ai": "lightning", "www.comet.com": "comet", "api.fly.io": "fly.io",
    "api.heroku.com": "heroku", "api.clear.ml": "clear.ml", "rubygems.org": "rubygems",
}  # fmt: skip


def file_owner(label: str) -> tuple[str, ...] | None:
    """Texts of which the hosts of the service contain one whose credentials this file keeps; None where it is not known.
    label: the taint label of the file."""
    return next((hosts for part, hosts in _FILE_OWNERS if part in label), None)


# Addresses of services that run models.
MODEL_SERVICE: Final = expression(
    r"https://(?:api\.(?:openai|anthropic|mistral|groq|deepseek|together|cohere|perplexity|x|fireworks|replicate|"
    r"moonshot|siliconflow)\.\w{2,3}|dashscope(?:-intl)?\.aliyuncs\.com|"
    r"generativelanguage\.googleapis\.com|openrouter\.ai|[\w-]{1,60}\.openai\.azure\.com|"
    r"(?:router|api-inference)\.huggingface\.co)(?:/|$)"
)
# Addresses of installers and programs of well-known tools, as their makers' documentation gives them.
MAKERS: Final = expression(
    r"https://(?!\S*\.\.)(?:astral\.sh/|sh\.rustup\.rs(?:/|$)|static\.rust-lang\.org/|bun\.sh/install|deno\.land/install\.sh|get\.docker\.com(?:/|$)|"
    r"install\.python-poetry\.org(?:/|$)|bootstrap\.pypa\.io/|raw\.githubusercontent\.com/(?:Homebrew/install|nvm-sh/nvm|pyenv/pyenv-installer)/|"
    r"deb\.nodesource\.com/setup|(?:rpm\.)?nodesource\.com/setup|nodejs\.org/dist/|ollama\.(?:com|ai)/install\.sh|claude\.ai/install\.|"
    r"get\.pulumi\.com(?:/|$)|sdk\.cloud\.google\.com(?:/|$)|awscli\.amazonaws\.com/|get\.helm\.sh/|dl\.k8s\.io/|nixos\.org/nix/install|"
    r"repo\.anaconda\.com/(?:mini|ana)conda|micro\.mamba\.pm/|pixi\.sh/install|github\.com/(?:conda-forge/miniforge|cloudflare/cloudflared)/releases/|"
    r"bin\.(?:equinox\.io|ngrok\.com)/c/\w{6,20}/ngrok|"
    r"storage\.googleapis\.com/chrome-for-testing-public/|chromedriver\.storage\.googleapis\.com/|"
    r"msedgedriver\.(?:azureedge\.net|microsoft\.com)/|github\.com/mozilla/geckodriver/releases/download/)"
)
# Default values of the settings in `knowledge.REDIRECTS`, and public mirrors of these ("Mirrors" in the documentation of pip
# and of huggingface_hub). The whole host is matched, so that no other one starts like it.
USUAL_HOST: Final = expression(
    r"https://(?:(?:www\.)?huggingface\.co|hf-mirror\.com|api\.openai\.com|api\.anthropic\.com|api\.wandb\.ai|(?:test\.)?pypi\.org|"
    r"download\.pytorch\.org|pypi\.(?:tuna\.tsinghua\.edu\.cn|mirrors\.ustc\.edu\.cn|nvidia\.com)|mirrors\.(?:aliyun|cloud\.tencent)\.com)(?::443)?(?:/|$)"
)
# Paths of the metadata service of a cloud that identify the machine, but hold no credential.
WHO_IT_IS: Final = expression(
    r"/service-accounts/[^/]{1,80}/(?:identity|email)\b|/instance/(?:id|zone|name|hostname|machine-type|network-interfaces/)|"
    r"/computeMetadata/v1/project/(?:numeric-)?project-id\b|"
    r"/meta-data/(?:public-|local-|instance-|ami-|host|mac|placement|availability)"
)
# Where a run of continuous integration gets a token that says which run it is, as `ASKS_WHO_IT_IS` has the addresses.
ASKED_BY_A_RUN: Final = expression(
    r"https://(?:run\.actions\.githubusercontent\.com|dev\.azure\.com/_apis/distributedtask)/"
)
# Addresses of metadata services of clouds. The first has other spellings: one number, octal or hexadecimal parts, IPv6.
METADATA: Final = expression(
    r"//(?:[^/@]{0,80}@)?(?:2852039166|0x0*a9fea9fe|0*25177524776|0x0*a9\.0x0*fe\.0x0*a9\.0x0*fe|0+251\.0+376\.0+251\.0+376|"
    r"\[::ffff:a9fe:a9fe\])(?![\w.])|"
    r"169\.254\.169\.254|169\.254\.170\.2|metadata\.google\.internal|100\.100\.100\.200|fd00:ec2|metadata\.azure|"
    r"computeMetadata|\.actions\.githubusercontent\.com|_apis/distributedtask/|latest/(?:meta-data|api/token|dynamic)|metadata/(?:identity|instance)",
    re.IGNORECASE,
)
# Variables that say where a run of continuous integration, or a function in a cloud, asks who it is -> what that looks like.
ASKS_WHO_IT_IS: Final = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://run.actions.githubusercontent.com/\0",
    "SYSTEM_OIDCREQUESTURI": "https://dev.azure.com/_apis/distributedtask/\0",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/\0", "IDENTITY_ENDPOINT": "http://169.254.169.254/\0",
    "MSI_ENDPOINT": "http://169.254.169.254/\0",
}  # fmt: skip
# Whom such a token is shown for rights there, beside the clouds (trusted publishing, keyless signing).
TOKEN_EXCHANGES: Final = expression(
    r"https://(?:(?:test\.|upload\.)?pypi\.org|registry\.npmjs\.org|fulcio\.sigst(?:ore|age)\.dev|crates\.io|rubygems\.org|"
    r"api\.github\.com|huggingface\.co)(?::443)?(?:/|$)"
)
AUDIENCE: Final = expression(r"(?i)[?&]audience=(?P<whom>[\w.:/%-]{3,60}…?)")
# Addresses of stores of secrets in clusters and clouds.
CLUSTER: Final = expression(
    r"kubernetes\.default|/api/v1/(?:namespaces/[^/]*/)?secrets|:8200/v1/|secretsmanager", re.IGNORECASE
)
# Addresses of shared services with the account left open: it is not written in the code, so it is taken to be the user's.
ACCOUNT: Final = expression(
    r"https://(?:api\.telegram\.org/bot\0|(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\0|hooks\.slack\.com/\S{0,30}\0|"
    r"api\.github\.com/repos/\0|ntfy\.sh/\0|script\.google\.com/macros/s/\0|"
    r"\0\.(?:supabase\.co|openai\.azure\.com|snowflakecomputing\.com|atlassian\.net|firebaseio\.com|blob\.core\.windows\.net|"
    r"webhook\.office\.com|cloud\.databricks\.com))"
)
# Hosts of clouds that only the cloud itself answers on: not those of storage and queues, which anybody can rent.
CLOUD: Final = expression(
    r"(?:https?://)?(?!storage\.|firebasestorage\.|pubsub\.)[\w\0-]{1,60}\.(?:googleapis\.com|azure\.com|azure\.net|microsoftonline\.com)(?=[/:?]|$)|"
    r"(?:https?://)?(?:sts|iam|ec2|ssm|secretsmanager|bedrock[\w-]*|sagemaker)\.[\w\0.-]{0,40}amazonaws\.com(?=[/:?]|$)"
)
# Addresses of this machine and of private networks; `localhost.x.invalid` and `localhost@x.invalid` are elsewhere.
LOCAL: Final = expression(
    r"^(?:\w+://)?(?![^/?#\s]{0,300}@)(?:(?:localhost(?:\.localdomain)?|127(?:\.[\d\0]{1,3}){1,3}|0\.0\.0\.0|host\.docker\.internal|"
    r"192\.168\.[\d.\0]{0,12}|10\.\d{1,3}\.[\d.\0]{0,12})(?![.-]?\w)|\[?::1\]?(?:[:/]|$))"
)
# Addresses that anybody can get anonymously to receive data: webhooks of chats, request bins, tunnels.
CHAT_HOOK: Final = expression(
    r"/api/webhooks/\d{6,}/[\w-]{8,}|/bot\d{6,}:(?:[\w-]{20,}|[\w-]{5,}/[a-z]+[A-Z])|hooks\.slack\.com/services/T\w{6,}|webhook\.site/[\w-]{20,}|"
    r"\.m\.pipedream\.net|//\w{10,40}\.pipedream\.net|\boast(?:ify)?\.|burpcollaborator|interact\.sh|requestbin|"
    r"\w\.ngrok(?:-free)?\.(?!com\b)|canarytokens|dnslog|ceye\.io"
)

AGENT: Final = "agent or editor"
# Kind of start -> files that something runs or reads by itself when it starts.
PERSISTENT: Final = tuple(
    (what, expression(pattern, re.IGNORECASE))
    for what, pattern in (
        (
            "python start",
            r"(?:site|user)customize\.py$|\.pth$|\.ipython[/\\](?:profile_[^/\\]{1,60}[/\\]startup|extensions)|profile_default[/\\]startup[/\\]|\.pythonrc|jupyter_\w*config|"
            r"[/\\]ipython(?:_kernel)?_config\.py$|\.jupyter[/\\]custom[/\\]custom\.js$",
        ),
        (
            "shell start",
            r"\.(?:bash|zsh)rc$|\.(?:bash_|z)?profile$|\.bash_login|\.zshenv|\.bash_aliases|\bactivate\.d/|\.tmux\.conf$|\.(?:screen|env|xsession|xprofile)rc$|"
            r"\.x(?:session|profile)$|[/\\](?:Windows)?PowerShell[/\\](?:[\w.]{1,40}_)?profile\.ps1$|\.(?:gdb|lldb)init$|\.(?:pdb|ir|psql)rc$|"
            r"\.Rprofile$|\.gitconfig$|config[/\\]git[/\\]config$|(?:bin|Scripts)[/\\]activate(?:\.bat|\.ps1|\.fish)?$|config/fish/|/etc/profile\.d|\.xinitrc",
        ),
        (
            "system service",
            r"/etc/cron|/var/spool/cron|systemd/(?:system|user)|LaunchAgents|LaunchDaemons|/etc/rc\.local|/etc/init\.d|"
            r"\.config/autostart|ld\.so\.preload|Start Menu.{0,40}Startup|/etc/sudoers|"
            r"^/etc/(?:udev/rules\.d|update-motd\.d|pam\.d|apt/apt\.conf\.d|NetworkManager/dispatcher\.d|X11/Xsession\.d|"
            r"modprobe\.d|logrotate\.d|xdg/autostart)/|config[/\\]environment\.d[/\\]|\.hammerspoon[/\\]init\.lua$|"
            r"Scripts[/\\]AutoLaunch[/\\]|\.gradle[/\\]init(?:\.d[/\\]|\.gradle)|"
            # units of systemd, in a folder for them or one that is not known
            r"(?:^|[/\\\0](?:system|user|units?|[^/\\]{1,100}\.(?:wants|requires|upholds))[/\\]|\0[/\\]?)[^/\\]{1,100}\.service$",
        ),
        ("ssh access", r"authorized_keys|\.ssh[/\\](?:config|rc|environment)$"),
        (
            "a module of another library",
            r"^\0/site-packages/.{1,200}\.(?:pyc?|so|pyd)$|"
            # Transformers and its like load the folders of their own name; a file right in `modules` can be imported
            r"\.cache[/\\](?:torch[/\\]hub[/\\].{0,200}|huggingface[/\\]modules[/\\]"
            r"(?:\w{0,40}_modules[/\\].{0,200}|[^/\\]{0,100}))\.pyc?$",
        ),
        ("program of the user", r"(?:^~|\0)/\.local/bin/[^/]{1,80}$"),
        (
            AGENT,
            r"\.claude(?:/|\\|\.json)|\.cursor(?:rules|/|\\)|mcp(?:_config|_settings)?\.json$|"
            r"claude_desktop_config|\.vscode[/\\]|"
            r"\.idea[/\\](?:runConfigurations|workspace\.xml|tools)|nvim[/\\]init\.(?:lua|vim)$|[/\\]\.vimrc$|config[/\\](?:zed|opencode|goose|crush)[/\\]|"
            r"Code(?: - Insiders)?[/\\]User[/\\]|(?:VSCodium|Cursor|Windsurf|code-server)[/\\]User[/\\]|"
            r"[/\\]\.vim[/\\](?:plugin|after|ftplugin|autoload)|nvim[/\\](?:plugin|after|lua)[/\\]|[/\\]\.emacs(?:\.d[/\\]|$)|"
            r"Sublime Text[^/\\]{0,10}[/\\]Packages[/\\]|\.devcontainer[/\\]|JetBrains[/\\]|\.spyder-py3|"
            r"CLAUDE\.md$|AGENTS\.md$|\.codeium|\.gemini/|\.windsurf|copilot-instructions|\.continue/|SKILL\.md$|"
            # the files that Codex reads by itself
            r"\.codex/(?:$|config|hooks|prompts|skills|rules|plugins|agents|mcp|[^/]{0,80}\0|[^/]{1,80}\.(?:md|toml|sh|py|js)$)",
        ),
        (
            "repository",
            r"\.github[/\\]workflows|\.git[/\\]hooks|\.gitlab-ci\.yml|\.husky/|pre-commit$|\.pre-commit-config\.ya?ml$|\.git[/\\]config|"
            r"hooks[/\\](?:pre|post)-(?:commit|checkout|merge|push|receive|rewrite)$",
        ),
        (
            "package index",
            r"pip\.(?:conf|ini)$|\.pip/|\.pydistutils\.cfg|\.npmrc$|uv\.toml$|\.condarc$|(?:^|[/\\])\.(?:curl|wget)rc$",
        ),
        ("name resolution", r"^/etc/hosts$|drivers\\etc\\hosts|/etc/resolv\.conf"),
    )
)


_TEMPORARY: Final = expression(r"/(?:var/)?tmp/")


def persistent(path: str) -> str:
    """The kind of start, a key of `PERSISTENT`, that runs what is written to this path; "" where nothing does, as in a
    temporary folder."""
    if _TEMPORARY.match(path) and ".." not in path:
        return ""
    return next((what for what, pattern in PERSISTENT if pattern.search(path)), "") if 4 <= len(path) < 4096 else ""


def variant(what: str, path: str) -> str:
    """The variant of a `persists` fact, as in `facets.CodeFact`. what: the result of `persistent` for the path."""
    return "agent" if what == AGENT else "ssh-hosts" if path.endswith(".ssh/config") else ""


RUN_KEY: Final = expression(
    r"currentversion\\+run|userinitmprlogonscript|winlogon|\\+services\\+|image file execution|active setup", re.IGNORECASE
)
