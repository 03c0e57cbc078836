"""What a command line reads that is nobody else's business: the environment, files with secrets, who and where it is run.

Which files hold secrets is told by `places`, as for files that Python opens.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from mlsupply.evidence.python import places
from mlsupply.lazy import expression

# kinds of files (of `places`) whose content is a secret as it is
SECRET: Final = frozenset({"credential-file", "wallet", "browser-store", "keychain", "chat-store", "history"})

_ENVIRONMENT = expression(
    r"(?:^|[;&|({`]\s*|\$\()(?:\S{0,20}/)?(?:env|printenv|set|export -p|declare -x)\s*(?:$|[|>)`;&\n])|"
    r"(?i:\b(?:Get-ChildItem|gci|dir|ls)\s+env:)|/proc/(?:self|thread-self|\$\$|\$PPID|\d{1,9}|\*)/environ\b"
)
# Programs that print a file they are given.
_PRINTS = expression(
    r"(?:^|[\s/|;&(`])(?:cat|tac|strings|tr|base64|xxd|od|head|tail|cut|sed|awk|sort|grep|gzip|openssl|type|gpg)\s"
)
# The same in the middle of a script, by its own pipeline: `trap 'env | curl -T - ...' EXIT`.
_PIPED_AWAY = expression(
    r"[\n\"'{][ \t]*(?:sudo |command )?(?:env|printenv|set|export -p|declare -x)\s?\|[^\n;]{0,300}"
    r"\b(?:curl|wget|nc|ncat|socat|telnet|https?|xh)\s"
)
# Words of which no path is needed to know them.
_CREDENTIAL = expression(
    r"\.ssh/|(?:~|\$HOME)/\.(?:ssh|aws|gnupg|kube)\b|id_rsa|\.aws/|\.netrc|\.npmrc|\.pypirc|\.kube/|\.gnupg|"
    r"\.password-store|\.git-credentials|\.docker/config|/etc/shadow|"
    r"(?<!\bprocess)(?<!\bimport\.meta)(?<!\bDeno)(?<!\bBun)\.env\b|/gcloud/|print-access-token|"
    r"serviceaccount(?!/(?:namespace|ca\.crt)(?![\w./]))|huggingface/(?:stored_)?token|"
    r"\.vault-token|\.pgpass|\.kaggle/|\.config/gh/|\.wandb/|\.databrickscfg"
)
_IDENTITY = expression(
    r"\$\(\s*(?:whoami|hostname|id|uname|pwd)|`\s*(?:whoami|hostname|id)|\$\{?(?:USER|HOSTNAME)\b|%USERNAME%|%COMPUTERNAME%"
)
_PATH = expression(
    r"(?:~|\$\{?HOME\}?|%\w{3,20}%|\$env:\w{3,20}|(?<![\w/:.])/|(?<![\w/.])\.(?=\w))[^\s\"'|;&<>()`,=]{2,300}"
)
_WRITTEN = expression(  # where what is fetched is put
    r"\s(?:-[a-zA-Z]{0,6}[oO]|-P|--output(?:-dir|-document)?|--directory-prefix|-OutFile|>{1,2})[ =]{0,3}"
    r"[^\s\"'|;&<>()`]{2,300}"
)


class Read(NamedTuple):
    """kind: as of `knowledge.KINDS`; place: in the text, where it is named."""

    kind: str
    place: int


def read_in(text: str) -> Read | None:
    """What a command line reads, the first of it; None where it is nothing that is known to be private."""
    found = [
        Read(kind, one.start())
        for kind, pattern in (
            ("environment", _ENVIRONMENT),
            ("environment", _PIPED_AWAY),
            ("credential-file", _CREDENTIAL),
            ("host-identity", _IDENTITY),
        )
        if (one := pattern.search(text)) is not None
    ]
    if (file := _file_in(text)) is not None:
        found.append(file)
    return min(found, key=lambda one: one.place, default=None)


def printed_by(text: str) -> Read | None:
    """What commands that print into a file bring there: the environment, or a private file that they print."""
    reads = read_in(text)
    if reads is None or reads.kind == "host-identity":
        return None
    return reads if reads.kind == "environment" or _PRINTS.search(text) is not None else None


def names_one(text: str) -> bool:
    """Whether the command names anything of this kind."""
    return read_in(text) is not None


def _file_in(text: str) -> Read | None:
    """The first path that holds secrets, but for those that are written."""
    written = {one.end() for one in _WRITTEN.finditer(text)}
    for one in _PATH.finditer(text):
        if one.end() not in written and (kind := places.file_kind(one[0])) in SECRET:
            return Read(kind, one.start())
    return None
