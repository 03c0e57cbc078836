"""Patterns such as `~/.[a-z]*/cred*`, which find the files that hold secrets without naming one of them."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache

from mlsupply.evidence.python import places

# Files below a home that hold secrets, one of each kind of place in `places.file_kind`.
_FILES = tuple(
    tuple(path.split("/"))
    for path in (
        ".ssh/id_rsa", ".ssh/id_ed25519", ".aws/credentials", ".kube/config", ".docker/config.json", ".netrc", ".npmrc",
        ".pypirc", ".git-credentials", ".cargo/credentials.toml", ".azure/msal_token_cache.json", ".config/gh/hosts.yml",
        ".config/gcloud/credentials.db", ".config/gcloud/application_default_credentials.json", ".cache/huggingface/token",
        ".vault-token", ".pgpass", ".my.cnf", ".kaggle/kaggle.json", ".claude/.credentials.json", ".codex/auth.json",
        ".gnupg/private-keys-v1.d", ".ethereum/keystore", ".bitcoin/wallet.dat", ".config/solana/id.json",
        ".mozilla/firefox/logins.json", ".bash_history", ".zsh_history",
    )
)  # fmt: skip
_HOME = re.compile(r"(?:~|/root|(?:/home|/Users|[A-Za-z]:/Users)/[^/]{1,60})/")
_FOLDERS = re.compile(r"(?:\*\*/+)+")  # several in a row are as good as one
_MAGIC = re.compile(r"[*?\[]")
_MOST = 200  # characters of a pattern, which is matched with each file
_ANYTHING = re.compile(r"[*?]+(?:\.[\w*]{1,8})?|\[!\.\]\*")  # any folder, and any file but for its extension


@lru_cache(maxsize=512)
def kind_sought(pattern: str) -> str:
    """The kind of secret that a pattern for files below a home finds, as of `knowledge.KINDS`; "" where it finds none of
    them, or whatever there is."""
    pattern = pattern.replace("\\", "/")
    home = _HOME.match(pattern)
    if home is None or len(pattern) > _MOST or not _MAGIC.search(pattern, home.end()):
        return ""
    parts = tuple(part for part in _FOLDERS.sub("**/", pattern[home.end() :]).split("/") if part)
    if all(map(_ANYTHING.fullmatch, parts)):
        return ""
    found = next((path for path in _FILES if _finds(parts, path)), None)
    return places.file_kind("/".join(("~", *found))) if found is not None else ""


def _finds(parts: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Does the pattern find the path? Both by their parts; `**` stands for any number of folders."""
    if not parts or not path:
        return parts == path
    if parts[0] == "**":
        return _finds(parts[1:], path) or _finds(parts, path[1:])
    return fnmatchcase(path[0], parts[0]) and _finds(parts[1:], path[1:])
