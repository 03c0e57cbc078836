"""Patterns of what a suspicious command line for a shell, PowerShell or cmd does."""

from __future__ import annotations

from mlsupply.evidence.python.commands.nearby import Gap, Near, near
from mlsupply.evidence.python.values.value import HOLE
from mlsupply.named import NamedTuple

OVERLAP = 2_000  # characters that the pieces of a long line share: what a pattern may span at most
_GET = r"(?:curl|wget|fetch|aria2c|lwp-download|iwr|irm|Invoke-WebRequest|Invoke-RestMethod)"
_RUN = (
    r"(?:sudo (?:-\w+ )?)?(?:env )?(?:/(?:usr/)?bin/)?"
    r"(?:(?:ba|z|da|k|a)?sh\b|python[\d.]*\b|perl\b|ruby\b|node\b|bun\b|php\b|iex\b|Invoke-Expression)"
)
_SENT_FOR = rf"\b(?:{_GET}|certutil\b[^\n]{{0,30}}-urlcache|bitsadmin|Start-BitsTransfer|DownloadFile)\b"
_THEN = r"(?:;|&&?|\|\|)\s*(?:sudo )?"
_PROGRAM = r"[\"']?[A-Za-z]:\\\S{1,200}\.exe"
_STARTED = r"(?:chmod \S+ \S+|start\b|\./|sh |bash |python|nohup|cmd|/tmp/|Start-Process|rundll32|setsid|%\w+%\\|\$env:)"
OTHERS_KEY = "others-key"
SSH_KEY = r"(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\w{1,20}) AAAA[\w+/=]"
_CONTAINERS = r"\b(?:docker|podman|nerdctl)\b"
# What lets a container reach everything of its host, as JSON says it to the engine: the disk, unless it is only read, every
# device, or all processes.
HOLDS_HOST = (
    r"(?:\bBinds\W{1,4}: ?\[[^]]{0,200}?\"/{1,3}(?:\./)?:/[\w/.-]{0,80}(?!:ro|[\w/.-])|\b[pP]rivileged\W{1,4}: ?[tT]rue|"
    r"\bSource\W{1,4}: ?\\?\"/{1,3}\\?\"|\bPidMode\W{1,4}: ?\\?\"host|"
    r"\bCapAdd\W{1,4}: ?\[[^]]{0,100}?\b(?:ALL|SYS_(?:ADMIN|MODULE|PTRACE))\b|"
    r"\bPathOnHost\W{1,4}: ?\\?\"/dev/(?:sd|nvme|vd|xvd|dm-|mem))"
)
ASKS_ENGINE = r"(?:docker|podman)\.sock|/containers/create\b"  # who starts containers, and where one is asked for
_NOT_BY_NAME = r"(?!/\s[^\n|;&]{0,200}-i?(?:name|path|regex)\s)"  # of all disks: a search by name only cleans up
_ALL_FILES = r"(?:~|/|\$HOME|\$\{HOME\}|/home|/root|/Users)"
_HOME = r"(?:~|\$HOME|/root|/home/\w+)"


class Kind(NamedTuple):
    """A kind of deed, and its patterns (`parts`), of which one is enough. The other fields are as in `shell.Deed`."""

    behaviour: str
    what: str
    parts: tuple[str | Near, ...]
    variant: str = ""


KINDS: tuple[Kind, ...] = (
    Kind(
        "runs-downloaded",
        "a download piped into an interpreter",
        (near(rf"\b{_GET}\b", Gap(OVERLAP, "|;\n"), r"\|", Gap(80, "|;\n"), _RUN),),
        "piped",
    ),
    Kind(
        "runs-downloaded",
        "a shell that runs what a download prints",
        (rf"{_RUN}[^\n]{{0,40}}?(?:<\(|\$\(|`)\s*{_GET}\b",),
        "piped",
    ),
    Kind(
        "runs-downloaded",
        "PowerShell that runs what it downloads",
        (
            near(r"iex|Invoke-Expression|&", Gap(200), r"Download(?:String|Data|File)|\birm\b|\biwr\b|WebClient"),
            near(r"iex|Invoke-Expression", Gap(200), r"FromBase64String"),
            near(r"DownloadString|irm |iwr ", Gap(300), r"\|\s*(?:iex|Invoke-Expression)"),
        ),
        "piped",
    ),
    Kind(
        "runs-downloaded",
        "a downloaded file that is started",
        (near(_SENT_FOR, Gap(1_000), rf"{_THEN}(?:{_STARTED}|{_PROGRAM})"),),
    ),
    Kind(
        "runs-downloaded",
        "JavaScript that runs what it downloads",
        (
            near(
                r"\bfetch\(|\bhttps?(?:[\"']\))?\.(?:get|request)\(|\baxios\b|\bXMLHttpRequest\b",
                Gap(OVERLAP, ""),
                r"\beval\)?\(|\bnew Function\(|\brunIn(?:This|New)?Context\(|\bexec(?:Sync|File)?\(|\bspawn(?:Sync)?\(",
            ),
        ),
    ),
    Kind(
        "runs-downloaded",
        "a script for Windows that runs what it downloads",
        (near(r"XMLHTTP\b|WinHttpRequest\b", Gap(OVERLAP, ""), r"\.(?:Run|ShellExecute|Exec)\b|\bExecute(?:Global)?\("),),
    ),
    Kind("runs-downloaded", "certutil used to download", (r"\bcertutil\b[^\n]{0,40}-urlcache",), "piped"),
    Kind(
        "runs-downloaded",
        "a remote script handler",
        (
            r"\b(?:mshta|regsvr32|rundll32)\b[^\n]{0,80}(?:https?:|javascript:)",
            r"\bmsiexec\b[^\n]{0,80}/(?:i|package)\s{0,4}[\"']?https?:",
        ),
        "piped",
    ),
    Kind(
        "remote-control",
        "a reverse shell",
        (
            r"/dev/(?:tcp|udp)/",
            r"\b(?:nc|ncat|netcat)\b[^\n|;]{0,80}\s-\w{0,6}[ec]\s",
            r"\bmkfifo\b[^\n]{0,120}\b(?:nc|ncat|telnet|openssl)\b",
            r"\bsocat\b[^\n]{0,120}exec:",
            r"\b(?:ba)?sh -i\b(?!\s{1,4}(?:-\w|[/~$.\"'{\0]))",  # with a file or a command behind it, it runs that
        ),
    ),
    Kind(
        "runs-decoded",
        "base64 decoded into an interpreter",
        (
            rf"\b(?:base64 (?:-d|-D|--decode)|xxd -r)[^|;\n]{{0,80}}\|[^|;\n]{{0,40}}?{_RUN}",
            rf"\bopenssl (?:enc|base64) [^|\n]{{0,40}}-d[^|;\n]{{0,80}}\|[^|;\n]{{0,40}}?{_RUN}",
        ),
    ),
    Kind(
        "persists",
        "a cron entry",
        (
            r"\bcrontab\s+(?:-u\s*\S+\s+)?-(?:\s|$)|^crontab\s*$",
            r"\|\s*crontab\b",
            r"(?:^|[;&|(]\s*)(?:sudo )?crontab\s+(?:-u \S+ )?[^-\s;|&]\S*\s*(?:$|[;&|)])|crontab\s+/",
            r">\s*/etc/cron",
            r"/var/spool/cron",
        ),
    ),
    Kind("persists", "a shell start file", (rf">>\s*[\"']?{_HOME}/\.(?:bashrc|zshrc|profile|bash_profile|zshenv)",)),
    Kind(
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
    Kind(
        "persists",
        "ssh access by a key that is written here",
        (near(rf"\b{SSH_KEY}", Gap(800), r"authorized_keys"),),
        OTHERS_KEY,
    ),
    Kind("persists", "ssh access", (r"(?:>|\btee(?: -a)?)\s*\S{0,60}authorized_keys",)),
    Kind(
        "persists",
        "a command that git starts in every repository",
        (
            r"\bgit\s+config\s+--(?:global|system)\s+(?:--\S+\s+){0,3}[\"']?(?:credential\.(?:\S{1,80}\.)?helper\s+[\"']?!|"
            r"core\.(?:fsmonitor|askpass)\s+[\"']?[^\s\"'tf01]|init\.templatedir\s|alias\.\w{1,20}\s+[\"']?!)",
        ),
    ),
    Kind(
        "persists",
        "something that starts when the user signs in",
        (
            r"\bmake\s+(?:new\s+)?login\s+item\b",
            r"\b__EventFilter\b|\bCommandLineEventConsumer\b|\bActiveScriptEventConsumer\b",
            r"\bRegister-(?:ScheduledTask|WmiEvent|ScheduledJob)\b",
        ),
    ),
    Kind("persists", "hooks of every repository", (r"\bgit config --(?:global|system) (?:--\w+ )?core\.hooksPath",)),
    Kind(
        "redirects",
        "packages or repositories fetched from elsewhere",
        (
            r"\bpip3?\s+config\s+(?:--\S+\s+){0,4}set\s+\S{0,40}index-url\s+[\"']?https?://",
            r"\bgit\s+config\s+--(?:global|system)\s+(?:--\S+\s+){0,3}[\"']?(?:url\.\S{4,200}\.insteadof|http\.proxy|core\.sshCommand)",
            r"(?:>|\btee(?:\s+-a)?)\s{0,4}[\"']?/etc/hosts\b",
            r"\bnpm\s+config\s+set\s+[\"']?(?:registry|(?:https-)?proxy)[= ]",
        ),
    ),
    Kind(
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
    Kind(
        "destroys",
        "all files of the user or of a disk deleted",
        (
            r"\brm -\w*[rf]\w* (?:--no-preserve-root )?[\"']?(?:~|/|\$HOME|/\*|/home|/root)/?[\"']?(?:\s|/?\*|$|;|&)",
            r"\b(?:del|rd|rmdir)\s(?:/[a-z]\s?){1,4}[^\n]{0,20}%(?:USERPROFILE|HOMEDRIVE|HOMEPATH|SystemDrive|SystemRoot)%",
            r"\bRemove-Item\b[^\n|;]{0,80}(?:\$HOME|\$env:USERPROFILE|~|C:\\(?:Users)?)[\\/]?\*?[\"']?\s[^\n|;]{0,60}-Recurse",
            r"\bRemove-Item\b[^\n|;]{0,60}-Recurse[^\n|;]{0,60}(?:\$HOME|\$env:USERPROFILE|\s~|C:\\(?:Users)?)[\\/]?\*?[\"']?"
            r"(?:\s|$)",
            rf"\bfind\s+[\"']?{_ALL_FILES}/?[\"']?\s+(?:-(?:type|mindepth|maxdepth)\s+\w\s+|-(?:depth|xdev|mount)\s+){{0,5}}"
            r"(?:-delete\b|-exec(?:dir)?\s+(?:rm|shred|truncate)\b)",
        ),
        variant="everything",
    ),
    Kind(
        "destroys",
        "all files of the user moved away",
        (rf"\bmv (?:-\S{{1,20}} )*[\"']?{_ALL_FILES}/?[\"']?(?:/?\*)?[\"']?\s",),
        variant="moved-all",
    ),
    Kind(
        "destroys",
        "files or disks wiped",
        (
            r"\bdd if=/dev/(?:zero|u?random) of=/dev/|\bmkfs\.|del /[fsq] [^\n]{0,20}[a-z]:\\|format [a-z]:",
            r":\(\)\s*\{\s*:\|:",
            rf"\bfind\s+{_NOT_BY_NAME}[\"']?{_ALL_FILES}[\"']?\s[^\n|;&]{{0,200}}(?:-delete\b|-exec(?:dir)?\s+(?:rm|shred|truncate)\b)",
            rf"\bfind\s+{_NOT_BY_NAME}[\"']?{_ALL_FILES}[\"']?\s[^\n;&]{{0,200}}\|\s*xargs\s[^\n|;&]{{0,40}}(?:rm|shred)\b",
            rf"\bshred\s[^\n|;&]{{0,80}}(?:/dev/(?:sd|nvme|vd|hd|disk)|{_ALL_FILES}/?\*)",
            r"\b(?:wipefs|blkdiscard)\s[^\n|;&]{0,40}/dev/|\bdiskutil\s+(?:eraseDisk|zeroDisk|secureErase)\b|\bcipher\s+/w:",
        ),
    ),
    Kind(
        "mines",
        "a coin miner",
        (
            r"\bxmrig\b|stratum\+(?:tcp|ssl)|\brandomx\b|\bcryptonight|\bkawpow\b|\betchash\b",
            r"\bminerd\b|\bnbminer\b|--donate-level|-o \S{3,80}:\d{2,5} -u \S{40,}",
            r"\b4[0-9AB][1-9A-HJ-NP-Za-km-z]{90,104}\b",
        ),
    ),
    Kind(
        "opens-host",
        "a tunnel through which others come in",
        (
            r"\bssh\s(?:[^\n|;&]{0,200}\s)?-[A-Za-z]{0,6}R[ =]?\S{0,60}\d",
            r"\bngrok(?:\.exe)?\s+(?:tcp|http|tls|start|tunnel)\b|\bcloudflared[\w.-]{0,40}\s[^\n]{0,80}\btunnel\b",
            r"\bchisel\S{0,20}\s+client\b|\bfrpc\S{0,10}\s|\bbore\s+local\b|\b(?:lt|localtunnel)\s+--port\b",
            r"@?\b(?:serveo\.net|localhost\.run)\b|\bpinggy\.io\b|\bgs-netcat\b|\btmate\s+-\w*F|\bdevtunnel\s+host\b",
            r"\bcode(?:-insiders|-server)?\s+tunnel\b|\bwstunnel\b[^\n]{0,80}\s(?:client|-R)\b|\brathole\s|\bteleconsole\b|\bupterm\s+host\b",
            r"\btailscale\s+up\b[^\n]{0,100}--auth-?key",
        ),
    ),
    Kind(
        "opens-host",
        "a server that anybody can enter",
        (r"\bjupyter\b[^\n]{0,200}(?:token|password)=(?:\'\'|\"\")?(?:\s|$)", r"\bttyd\s[^\n]{0,60}\b(?:ba|z)?sh\b"),
    ),
    Kind(
        "opens-host",
        "rights or commands for machines and accounts that the user can reach",
        (
            r"\baws\s+(?:--\S{1,80}\s+){0,4}(?:iam\s+(?:create-(?:user|access-key|login-profile)|"
            r"(?:attach|put)-(?:user|role)-policy|update-assume-role-policy)|ssm\s+send-command|lambda\s+update-function-code)\b",
            r"\bkubectl\s+create\s+clusterrolebinding\b[^\n]{0,120}cluster-admin",
            r"\bgcloud\b[^\n]{0,80}(?:add-iam-policy-binding|keys create|add-metadata\b[^\n]{0,80}ssh-keys)",
            r"\baz\s+(?:role assignment create|ad sp create-for-rbac|vm run-command)\b",
        ),
    ),
    Kind(
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
    Kind(
        "opens-host",
        "a container or process that holds the whole host",
        (
            near(_CONTAINERS, Gap(300), r"(?:-v|--volume)[ =]/:/"),
            near(r"\bnsenter\b", Gap(60), r"(?:-t|--target)[ =]?1\b"),
            near(r"--unix-socket\b", Gap(OVERLAP, ""), HOLDS_HOST),
            near(HOLDS_HOST, Gap(OVERLAP, ""), r"--unix-socket\b"),
            near(_CONTAINERS, Gap(300), "--privileged", Gap(300), r"\b(?:chroot|nsenter|--pid[= ]host|release_agent)\b"),
            near(r"\"?privileged\"?: ?true", Gap(2000, "\0"), "hostPath", Gap(40, "\0"), r"path\"?: ?\"?/\"?[\s}]"),
        ),
    ),
    Kind(
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
    Kind(
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
    Kind(
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
        "seeks-secrets",
    ),
    Kind("spies", "processes watched or memory dumped", (r"procdump|comsvcs\.dll|mimikatz|sekurlsa|/proc/\S{1,20}/mem",)),
)
