"""What a shell, PowerShell or cmd line does, judged by its text: download and run, send data away, start again later, hide,
destroy."""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache

from mlsupply.evidence.python.commands.nearby import Gap, Near, near
from mlsupply.evidence.python.places import MAKERS
from mlsupply.evidence.python.values.value import HOLE
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple

_SHORT = 500  # characters of a line for which the answer is kept
MAX_LINE = 20_000  # characters looked at as one; longer ones are looked at in pieces
_OVERLAP = 2_000
MAX_COMMAND = 1 << 20  # characters; a Linux system takes 128 kB as one argument (execve(2))
_BLANKS = expression(r"[ \t]{2,}")


class Deed(NamedTuple):
    """Something a command line does. behaviour: as in `facets.CodeFact`; what: one phrase; text: the part that shows it;
    url: where it goes, or ""; source: what is sent; maker: is all that it fetches the installer of a well-known tool, from
    its maker?"""

    behaviour: str
    what: str
    text: str
    url: str = ""
    source: str = ""
    maker: bool = False


_GET = r"(?:curl|wget|fetch|aria2c|lwp-download|iwr|irm|Invoke-WebRequest|Invoke-RestMethod)"
_RUN = (
    r"(?:sudo (?:-\w+ )?)?(?:env )?(?:/(?:usr/)?bin/)?"
    r"(?:(?:ba|z|da|k|a)?sh\b|python[\d.]*\b|perl\b|ruby\b|node\b|bun\b|php\b|iex\b|Invoke-Expression)"
)
_SENT_FOR = rf"\b(?:{_GET}|certutil\b[^\n]{{0,30}}-urlcache|bitsadmin|Start-BitsTransfer|DownloadFile)\b"
_THEN = r"(?:;|&&?|\|\|)\s*(?:sudo )?"
_PROGRAM = r"[\"']?[A-Za-z]:\\\S{1,200}\.exe"
_STARTED = r"(?:chmod \S+ \S+|start\b|\./|sh |bash |python|nohup|cmd|/tmp/|Start-Process|rundll32|setsid|%\w+%\\|\$env:)"
OTHERS_KEY = "ssh access by a key that is written here"
SSH_KEY = r"(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\w{1,20}) AAAA[\w+/=]"
_CONTAINERS = r"\b(?:docker|podman|nerdctl)\b"
_HOME = r"(?:~|\$HOME|/root|/home/\w+)"

_TABLE: tuple[tuple[str, str, tuple[str | Near, ...]], ...] = (
    (
        "runs-downloaded",
        "a download piped into an interpreter",
        (near(rf"\b{_GET}\b", Gap(_OVERLAP, "|;\n"), r"\|", Gap(80, "|;\n"), _RUN),),
    ),
    ("runs-downloaded", "a shell that runs what a download prints", (rf"{_RUN}[^\n]{{0,40}}?(?:<\(|\$\(|`)\s*{_GET}\b",)),
    (
        "runs-downloaded",
        "PowerShell that runs what it downloads",
        (
            near(r"iex|Invoke-Expression|&", Gap(200), r"Download(?:String|Data|File)|\birm\b|\biwr\b|WebClient"),
            near(r"iex|Invoke-Expression", Gap(200), r"FromBase64String"),
            near(r"DownloadString|irm |iwr ", Gap(300), r"\|\s*(?:iex|Invoke-Expression)"),
        ),
    ),
    (
        "runs-downloaded",
        "a downloaded file that is started",
        (near(_SENT_FOR, Gap(1_000), rf"{_THEN}(?:{_STARTED}|{_PROGRAM})"),),
    ),
    (
        "runs-downloaded",
        "JavaScript that runs what it downloads",
        (
            near(
                r"\bfetch\(|\bhttps?\.(?:get|request)\(|\baxios\b|\bXMLHttpRequest\b",
                Gap(_OVERLAP, ""),
                r"\beval\)?\(|\bnew Function\(|\brunIn(?:This|New)?Context\(|\bexec(?:Sync|File)?\(|\bspawn(?:Sync)?\(",
            ),
        ),
    ),
    (
        "runs-downloaded",
        "a script for Windows that runs what it downloads",
        (near(r"XMLHTTP\b|WinHttpRequest\b", Gap(_OVERLAP, ""), r"\.(?:Run|ShellExecute|Exec)\b|\bExecute(?:Global)?\("),),
    ),
    ("runs-downloaded", "certutil used to download", (r"\bcertutil\b[^\n]{0,40}-urlcache",)),
    (
        "runs-downloaded",
        "a remote script handler",
        (
            r"\b(?:mshta|regsvr32|rundll32)\b[^\n]{0,80}(?:https?:|javascript:)",
            r"\bmsiexec\b[^\n]{0,80}/(?:i|package)\s{0,4}[\"']?https?:",
        ),
    ),
    (
        "remote-control",
        "a reverse shell",
        (
            r"/dev/(?:tcp|udp)/",
            r"\b(?:nc|ncat|netcat)\b[^\n|;]{0,80}\s-\w{0,6}[ec]\s",
            r"\bmkfifo\b[^\n]{0,120}\b(?:nc|ncat|telnet|openssl)\b",
            r"\bsocat\b[^\n]{0,120}exec:",
            r"\b(?:ba)?sh -i\b",
        ),
    ),
    (
        "runs-decoded",
        "base64 decoded into an interpreter",
        (
            rf"\b(?:base64 (?:-d|-D|--decode)|xxd -r)[^|;\n]{{0,80}}\|[^|;\n]{{0,40}}?{_RUN}",
            rf"\bopenssl (?:enc|base64) [^|\n]{{0,40}}-d[^|;\n]{{0,80}}\|[^|;\n]{{0,40}}?{_RUN}",
        ),
    ),
    (
        "persists",
        "a cron entry",
        (
            r"\bcrontab\s+-(?:\s|$)",
            r"\|\s*crontab\b",
            r"(?:^|[;&|(]\s*)(?:sudo )?crontab\s+(?:-u \S+ )?[^-\s;|&]\S*\s*(?:$|[;&|)])|crontab\s+/",
            r">\s*/etc/cron",
            r"/var/spool/cron",
        ),
    ),
    ("persists", "a shell start file", (rf">>\s*[\"']?{_HOME}/\.(?:bashrc|zshrc|profile|bash_profile|zshenv)",)),
    (
        "persists",
        "a service or scheduled task",
        (
            r"systemctl (?:--user )?(?:-q )?(?:enable|reenable|link|daemon-reload)",
            r"schtasks(?:\.exe)?\s+/create",
            r"launchctl (?:load|bootstrap)",
            r"\breg(?:\.exe)? add\b[^\n]{0,120}\\Run",
            r"New-ScheduledTask|sc(?:\.exe)? create",
        ),
    ),
    ("persists", OTHERS_KEY, (near(rf"\b{SSH_KEY}", Gap(800), r"authorized_keys"),)),
    ("persists", "ssh access", (r"(?:>|\btee(?: -a)?)\s*\S{0,60}authorized_keys",)),
    ("persists", "hooks of every repository", (r"\bgit config --(?:global|system) (?:--\w+ )?core\.hooksPath",)),
    (
        "redirects",
        "packages or repositories fetched from elsewhere",
        (
            r"\bpip3?\s+config\s+(?:--\S+\s+){0,4}set\s+\S{0,40}index-url\s+[\"']?https?://",
            r"\bgit\s+config\s+--(?:global|system)\s+(?:--\S+\s+){0,3}[\"']?(?:url\.\S{4,200}\.insteadof|http\.proxy|core\.sshCommand)",
            r"\bnpm\s+config\s+set\s+[\"']?(?:registry|(?:https-)?proxy)[= ]",
        ),
    ),
    (
        "evades",
        "protection switched off",
        (
            r"Set-MpPreference|Add-MpPreference|DisableRealtimeMonitoring|amsiInitFailed|AmsiScanBuffer",
            r"netsh advfirewall set \w+ state off|setenforce 0|ufw disable|sc (?:stop|delete) WinDefend",
            r"systemctl (?:stop|disable) (?:auditd|falco|apparmor|firewalld|ufw)|history -c",
            near(
                r"\b(?:pkill|killall|kill|systemctl (?:stop|disable|mask)|service)\b",
                Gap(100),
                r"falcon|osquery|clamd|clamav|wazuh|crowdstrike|sentinelone|mdatp|cbagent|cbdaemon|sysmon|cylance|xagt",
            ),
            r"taskkill\b[^\n]{0,60}(?:MsMpEng|avp|avast|wireshark|procmon)|vssadmin delete shadows|wevtutil cl",
        ),
    ),
    (
        "destroys",
        "files or disks wiped",
        (
            r"\brm -\w*[rf]\w* (?:--no-preserve-root )?[\"']?(?:~|/|\$HOME|/\*|/home|/root)/?[\"']?(?:\s|/?\*|$|;|&)",
            r"\bdd if=/dev/(?:zero|u?random) of=/dev/|\bmkfs\.|del /[fsq] [^\n]{0,20}[a-z]:\\|format [a-z]:",
            r":\(\)\s*\{\s*:\|:",
        ),
    ),
    (
        "mines",
        "a coin miner",
        (
            r"\bxmrig\b|stratum\+(?:tcp|ssl)|\brandomx\b|\bcryptonight|\bkawpow\b|\betchash\b",
            r"\bminerd\b|\bnbminer\b|--donate-level|-o \S{3,80}:\d{2,5} -u \S{40,}",
            r"\b4[0-9AB][1-9A-HJ-NP-Za-km-z]{90,104}\b",
        ),
    ),
    (
        "opens-host",
        "a tunnel through which others come in",
        (
            r"\bssh\s(?:[^\n|;&]{0,200}\s)?-[A-Za-z]{0,6}R[ =]?\S{0,60}\d",
            r"\bngrok(?:\.exe)?\s+(?:tcp|http|tls|start|tunnel)\b|\bcloudflared[\w.-]{0,40}\s[^\n]{0,80}\btunnel\b",
            r"\bchisel\S{0,20}\s+client\b|\bfrpc\S{0,10}\s|\bbore\s+local\b|\b(?:lt|localtunnel)\s+--port\b",
            r"@?\b(?:serveo\.net|localhost\.run)\b|\bpinggy\.io\b|\bgs-netcat\b|\btmate\s+-\w*F|\bdevtunnel\s+host\b",
            r"\btailscale\s+up\b[^\n]{0,100}--auth-?key",
        ),
    ),
    (
        "opens-host",
        "a server that anybody can enter",
        (r"\bjupyter\b[^\n]{0,200}(?:token|password)=(?:\'\'|\"\")?(?:\s|$)", r"\bttyd\s[^\n]{0,60}\b(?:ba|z)?sh\b"),
    ),
    (
        "opens-host",
        "an account or right that is added",
        (
            r"\b(?:useradd|adduser|chpasswd)\s[^\n]{0,200}\b(?:sudo|wheel|root|docker)\b|\bNOPASSWD:",
            # a group that opens the machine, or one that is not known
            rf"\busermod\s[^\n]{{0,60}}-\w*G\s{{1,4}}(?:[\w,.-]{{0,80}}"
            rf"(?:sudo|wheel|root|admin|docker|podman|lxd|incus|libvirt|microk8s|disk|shadow|kmem|[^\w,.\s-]|{HOLE})|(?:[\w.-]{{1,40}},)*+\d)",
            r"\bnet(?:\.exe)?\s+(?:user|localgroup)\s[^\n]{0,100}/add\b",
        ),
    ),
    (
        "opens-host",
        "a container or process that holds the whole host",
        (
            near(_CONTAINERS, Gap(300), r"(?:-v|--volume)[ =]/:/"),
            near(r"\bnsenter\b", Gap(60), r"(?:-t|--target)[ =]?1\b"),
            near(_CONTAINERS, Gap(300), "--privileged", Gap(300), r"\b(?:chroot|nsenter|--pid[= ]host|release_agent)\b"),
            near(r"\"?privileged\"?: ?true", Gap(2000, "\0"), "hostPath", Gap(40, "\0"), r"path\"?: ?\"?/\"?[\s}]"),
        ),
    ),
    (
        "publishes",
        "something is published in the name of the user",
        (
            r"\btwine(?:\.exe)?\s+(?:-\S+\s+){0,3}upload\b|\b(?:npm|pnpm|yarn|bun)\s+(?:-\S+\s+){0,4}publish\b|\bgem\s+push\b",
            r"\b(?:uv|poetry|flit|pdm|hatch|cargo|rye)\s+publish\b|\bsetup\.py\s[^\n]{0,60}\bupload\b",
            r"\bgh\s+(?:repo (?:create|edit)|secret set|gist create)\b",
            near(r"\bgh\s+api\s", Gap(200), r"(?:-X|--method)[ =]?(?:PUT|POST|PATCH)\b"),
            near(r"\bgit\s", Gap(200, "|;&\n"), r"\bpush\b"),
        ),
    ),
    (
        "looses-agent",
        "an agent that asks nobody before it acts",
        (
            near(
                r"\b(?:claude|gemini|codex|q|cursor-agent|amp|opencode|copilot|aider|goose)\b",
                Gap(2000),
                r"\s(?:--dangerously-(?:skip-permissions|bypass-approvals-and-sandbox|allow-all)|--yolo|--trust-all-tools|"
                r"--allow-all-tools|--yes-always|--full-auto)\b",
            ),
        ),
    ),
    (
        "looses-agent",
        "an agent that asks nobody and is told to look for secrets",
        (
            near(
                r"\b(?:claude|gemini|codex|q|cursor-agent|amp|opencode|copilot|aider|goose)\b",
                Gap(200),
                r"\s(?:--dangerously-(?:skip-permissions|bypass-approvals-and-sandbox|allow-all)|--yolo|--trust-all-tools)\b",
                Gap(2000, ""),
                r"\b(?:wallets?|keystores?|mnemonics?|private keys?|id_rsa|\.env|credentials|passwords)\b",
            ),
        ),
    ),
    ("spies", "processes watched or memory dumped", (r"procdump|comsvcs\.dll|mimikatz|sekurlsa|/proc/\S{1,20}/mem",)),
)
# Whether a port answers: nothing, or a word written here, goes to it from no program, and nothing reads what comes back.
_PORT_ASKED = expression(
    r"(?:^|[\n;]|&&|\|\||(?<![$<>])\(|\s-c\s{1,9}[\"']|\b(?:if|while|until|then|do|timeout \S{1,9})\s|!)\s{0,9}"
    r"(?:(?:echo|printf)(?: -\w{1,3})?(?: [\w.:-]{1,30}| \"[\w.: -]{0,30}\"| '[\w.: -]{0,30}')?|:|true|"
    r"cat\s?<\s?/dev/null)?\s?"
    rf"[<>]\s?/dev/(?:tcp|udp)/(?:[\w.:{HOLE}-]{{1,100}}|\$\{{?\w{{1,40}}\}}?)/(?:[\w{HOLE}]{{1,20}}|\$\{{?\w{{1,40}}\}}?)"
    r"(?=\s{0,9}(?:2?>\s?/dev/null\s{0,9})?(?:2>&1\s{0,9})?(?:$|[\n;)\"']|&&|\|\|))"
)
_PATTERNS = tuple(
    (
        behaviour,
        what,
        expression("|".join(plain), re.IGNORECASE) if (plain := [one for one in parts if isinstance(one, str)]) else None,
        tuple(one for one in parts if not isinstance(one, str)),
    )
    for behaviour, what, parts in _TABLE
)
_READS = expression(
    r"(?P<environment>(?:^|[;&|(`]\s*|\$\()(?:env|printenv|set|export -p|declare -x)\s*(?:$|[|>)`;&\n]))|"
    r"(?P<credential>\.ssh/|(?:~|\$HOME)/\.(?:ssh|aws|gnupg|kube)\b|id_rsa|\.aws/|\.netrc|\.npmrc|\.pypirc|\.kube/|\.gnupg|\.password-store|\.git-credentials|"
    r"\.docker/config|/etc/shadow|\.env\b|/gcloud/|print-access-token|serviceaccount|huggingface/(?:stored_)?token|"
    r"\.vault-token|\.pgpass|\.kaggle/|\.config/gh/|\.wandb/|\.databrickscfg)|"
    r"(?P<identity>\$\(\s*(?:whoami|hostname|id|uname|pwd)|`\s*(?:whoami|hostname|id)|\$\{?(?:USER|"
    r"HOSTNAME)\b|%USERNAME%|%COMPUTERNAME%)"
)
_SENDERS = (
    r"\b(?:curl|wget|nc|ncat|http|xh|Invoke-WebRequest|Invoke-RestMethod|iwr|irm|scp|rsync|ftp|sftp|"
    r"socat|telnet)\b|/dev/tcp/"
)
_SENDS = expression(_SENDERS, re.IGNORECASE)
# What a client of SSH shows it knows, and keeps to itself.
_IDENTITY = expression(r"(?<=\s)-(?:i\s?|oIdentityFile=|o IdentityFile=)[\w.~/$\"'-]{2,200}(?=[\s\"']|$)")
# What every command holds that takes something along, mines, or hides what it runs.
MAY_TAKE_OR_HIDE = expression(
    "|".join(
        (
            _SENDERS,
            r"\b(?:nslookup|dig|host|ping|Resolve-DnsName)\b|\b(?:base64|xxd|openssl)\b|powershell",
            *(one for behaviour, _, parts in _TABLE if behaviour == "mines" for one in parts if isinstance(one, str)),
        )
    ),
    re.IGNORECASE,
)
_NEXT = expression(r"\|\||&&|[;\n]")
_UPLOADS = expression(
    r"(?<!\S)-(?:[dFT]|X ?P)|--(?:data|form|upload|post|body)|@|\b(?:scp|rsync|nc|ncat|socat|telnet)\b|/dev/tcp/|\$\(|[`|<]|"
    r"-InFile|-Body",
)
_LOOKS_UP = expression(r"\b(?:nslookup|dig|host|ping|Resolve-DnsName)\b", re.IGNORECASE)
_URL = expression(r"(?:https?|ftp|wss?)://[^\s\"'|;<>)`]{3,300}|\b(?:\d{1,3}\.){3}\d{1,3}\b")
_ENCODED = expression(r"(?i)powershell(?:\.exe)?\b[^\n]{0,200}?\s-e(?:c|nc\w*)?\s+[\"']?(?P<text>[A-Za-z0-9+/=]{24,})")
_PYTHON_C = expression(r"python[\d.]*(?:\.exe)?\s+(?:-\w+\s+)*-c\s+(?P<quote>[\"']?)(?P<code>.{8,})", re.DOTALL)


def deeds(text: str, depth: int = 0) -> list[Deed]:
    """What a command line does that ordinary ones do not. An empty list says nothing of safety. depth: of commands within
    commands."""
    return [*_again(text, depth)] if len(text) < _SHORT else _looked_for(text, depth)


@lru_cache(maxsize=256)
def _again(text: str, depth: int) -> tuple[Deed, ...]:
    """The same line is met as often as the function is followed that it stands in."""
    return tuple(_looked_for(text, depth))


def _looked_for(text: str, depth: int) -> list[Deed]:
    text = _BLANKS.sub(" ", text[:MAX_COMMAND])
    if len(text) <= MAX_LINE:
        return _deeds(text, depth)
    pieces = (text[at : at + MAX_LINE] for at in range(0, len(text) - _OVERLAP, MAX_LINE - _OVERLAP))
    found = {(deed.behaviour, deed.what): deed for piece in pieces for deed in _deeds(piece, depth)}
    return list(found.values())


def _deeds(text: str, depth: int) -> list[Deed]:
    urls = _URL.findall(text)
    url, maker = (urls[0], all(map(MAKERS.match, urls))) if urls else ("", False)
    done = []
    tied = _PORT_ASKED.sub(" ", text) if "/dev/" in text else text
    for behaviour, what, pattern, apart in _PATTERNS:
        looked_at = tied if behaviour == "remote-control" else text
        found = pattern.search(looked_at) if pattern is not None else None
        shown = found[0] if found else next(filter(None, (one.search(looked_at) for one in apart)), "")
        if shown:
            done.append(Deed(behaviour, what, shown, url, maker=maker and behaviour == "runs-downloaded"))
    text = _IDENTITY.sub(" ", text)
    if (sends := _SENDS.search(text) or _LOOKS_UP.search(text)) and (reads := _READS.search(text)):
        source = {"environment": "environment", "credential": "credential-file"}.get(reads.lastgroup or "", "host-identity")
        piped = source != "environment" or "|" in text[reads.start() :] or "$(" in text or "`" in text
        if piped and (source != "credential-file" or _hands_over(text)):
            done.append(Deed("sends", f"{source} sent by {sends[0]}", text, url, source))
    if depth < 3:
        done += _inner(text, depth)
    return done


def _hands_over(text: str) -> bool:
    """Is a credential named where something is sent, or does what is sent come from the command line at all? To download a
    tool and to use a credential afterwards is how every client of a cloud is set up."""
    commands = _NEXT.split(text)
    return any(_READS.search(one) and _SENDS.search(one) for one in commands) or any(
        _SENDS.search(one) and _UPLOADS.search(one) for one in commands
    )


def _inner(text: str, depth: int) -> list[Deed]:
    found = _ENCODED.search(text)
    if not found:
        return []
    try:
        script = base64.b64decode(found["text"] + "=" * (-len(found["text"]) % 4)).decode("utf-16-le", "replace")
    except (binascii.Error, ValueError):
        return [Deed("runs-decoded", "encoded PowerShell", found[0])]
    return [Deed("runs-decoded", "encoded PowerShell", script), *deeds(script, depth + 1)]


_COMMANDED = expression(
    rf"(?:^|[\n;&|({{`]|(?<![\w./-])(?:then|do|else|eval|exec|sudo|nohup|time|xargs|env|iex|Invoke-Expression|-\w{{0,3}}c|-[cC]ommand)\s)"
    rf"[ \t]{{0,20}}[\"']?{HOLE}(?![\w.-]{{0,60}}[/\\])|{HOLE}[^\n]{{0,200}}\|\s{{0,9}}(?:sudo )?(?:ba|z|da|k)?sh\b"
)


def commanded(text: str) -> bool:
    """May a part of the script that is not known be a command of it, rather than an argument or the name of a file?"""
    return HOLE not in text or _COMMANDED.search(text[:MAX_LINE]) is not None or HOLE in text[MAX_LINE:]


def python_in(text: str) -> str:
    """The code of `python -c CODE` in a command line, or ""."""
    found = _PYTHON_C.search(text[:MAX_LINE])
    if not found:
        return ""
    code = found["code"]
    return code.rsplit(found["quote"], 1)[0] if found["quote"] and found["quote"] in code else code
