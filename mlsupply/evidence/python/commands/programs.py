"""Taint through programs that are started: what they print, send, pack, copy or store, and folders they take code from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python import places
from mlsupply.evidence.python.commands import printed_files, private_files
from mlsupply.evidence.python.libraries.storage import kept_key, taint_below
from mlsupply.evidence.python.network import addresses, sending
from mlsupply.evidence.python.values import written
from mlsupply.evidence.python.values.taint import has
from mlsupply.evidence.python.values.value import CLEAN, HOLE, NOTHING, Taint, Value, taint_of, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_START = r"(?:^|[\s/\\|;&(`$\"'])"
_WEB = r"curl|wget|xh|https?|Invoke-WebRequest|Invoke-RestMethod|iwr|irm"
_PIPES = r"nc|ncat|netcat|socat|telnet|scp|rsync|s?ftp|lftp"
_FETCHES = expression(
    rf"{_START}(?:{_WEB}|aria2c|lynx|fetch)(?:\.exe)?\s|DownloadString|"
    rf"{_START}(?:nslookup|dig|host|drill|kdig)\s[^\n]{{0,200}}\bTXT\b|"
    rf"{_START}(?:aws s3 cp|gsutil cat|gcloud storage cat|git show|git ls-remote|whois|gh (?:api|gist view))\s"
)
_PASTES = expression(
    rf"(?i){_START}(?:pbpaste|wl-paste|termux-clipboard-get|Get-Clipboard|(?:xclip|xsel)\s[^|;&\n]{{0,80}}(?:-\w?o\w?|--?out(?:put)?))(?=$|[\s|;&)\"'`])"
)
# Commands that print a credential of the user.
_CREDENTIALS = expression(
    rf"{_START}(?:gh auth (?:token|status -t)|git credential(?:-\w+)? (?:fill|get)|"
    r"gcloud (?:auth|config) (?:\S+ )?print-\w*-?token|"
    r"aws (?:configure (?:export-credentials|get)|sts get-session-token|ecr get-login-password)|"
    r"az account get-access-token|"
    r"security (?:find-(?:generic|internet)-password|dump-keychain)|secret-tool (?:lookup|search)|pass show|"
    r"op (?:read|item get)|"
    r"bw (?:get|list|export)|vault (?:kv get|print token|read)|kubectl (?:get secrets?|config view\b.{0,40}--raw)|"
    r"docker-credential-\w+ get|keyring get|npm (?:token|config get \S*_auth)|"
    r"git config (?:--?[\w-]{1,20} ){0,4}(?:[^\s|;&]{0,80}extraheader|--list|-l)\b|"
    r"heroku auth:token|doppler secrets|"
    r"sops (?:-d|decrypt)|"
    r"cmdkey /list|netsh wlan show profiles?\b.{0,60}key=clear|gpg (?:\S+ ){0,3}--export-secret-keys)"
)
_SENDING = expression(
    rf"{_START}(?:{_WEB}|{_PIPES}|openssl s_client|aws s3(?:api)? (?:cp|mv|sync|put-object)|"
    r"gsutil(?: -\w+)* (?:cp|mv|rsync)|"
    r"gcloud storage cp|az storage blob upload\S*|rclone (?:copy|copyto|move|sync|rcat)|sendmail|mutt|mailx?|"
    r"(?:croc|wormhole) send)(?:\.exe)?(?=\s|$)"
)
_UPLOADS = expression(
    r"\s(?:-d|-F|-T|--data\S*|--form\S*|--upload-file|--post-(?:data|file)\S*|--json|--body-data|-X ?(?:POST|PUT)|POST|PUT|"
    r"-Body|-InFile)(?=[\s=@'\"\0]|$)|@-?(?:\s|$)|\bcurl(?:\.exe)?\s[^\n|;&]{0,300}?(?<=\s)-[A-Za-z#]{0,6}[dFT]|"
    r"://[^\s\"']{3,300}\?[^\s\"']{0,200}(?:\$\(|`)|"
    rf"{_START}(?:{_PIPES}|openssl|aws|gsutil|gcloud|az|rclone|sendmail|mutt|mailx?|croc|wormhole)(?:\.exe)?\s"
)
_HEADERS = expression(r"\s(?:-H|--header|-u|--user|--header=\S*|-b|--cookie)(?=[\s=])")
_LOOKS_UP = expression(rf"{_START}(?:nslookup|dig|host|ping|drill|kdig|Resolve-DnsName)\s")
_CODE_IN = expression(
    rf"{_START}(?:node|bun|deno|perl|ruby|php|python[\d.]*|pwsh|powershell)(?:\.exe)?\s(?:\S+\s){{0,4}}?-(?:e|c|r|Command)\s"
)
_PUSHES = expression(rf"{_START}git\s[^\n]{{0,200}}\bpush\b")
_REPOSITORY = expression(r"\bgit -C (\S{2,200})|\bcd (\S{2,200})")
_COPIES = expression(
    rf"{_START}(?:tar|zip|7z|7za|gzip|cp|mv|cat|tee|gpg|openssl|dd|rsync|copy|xcopy|robocopy|Compress-Archive|sqlite3|base64)\s"
)
_URL = expression(
    r"(?:https?|wss?|ftp|s3|gs|ssh|git)://[^\s\"'|;<>)`]{3,300}|[\w.-]{1,60}@[\w.-]{3,100}:|\b(?:\d{1,3}\.){3}\d{1,3}\b"
)
_WORD = expression(r"[^\s\"'|;<>&()]+")
_PATH = expression(r"[/\\~]|\.\w{1,5}$")
_MAX_WORDS = 40


_ENVIRONMENT = expression(
    rf"{_START}(?:env|printenv|set|export -p|declare -x)\s*(?:$|[|>)`;&\n])|"
    rf"(?i:{_START}(?:Get-ChildItem|gci|dir|ls)\s+env:)|/proc/(?:self|thread-self|\$\$|\$PPID|\d{{1,9}}|\*)/environ\b"
)


# Programs found on the search path that say which version they are, and nothing else.
_VERSIONS = expression(
    r"(?:nvcc|ptxas|hipcc|nvidia-smi|gcc|g\+\+|cc|c\+\+|clang|clang\+\+|gfortran|ld|ldd|cmake|ninja|make|rustc|cargo|go|java|javac|"
    r"node|npm|swig|protoc|git|docker) (?:-V|-v|-version|--version|version)"
)


_CHOSEN_BY = ("env", "cwd", "executable", "preexec_fn")


def _chosen(machine: Analyser, call: Call) -> bool:
    """Whether this module may have said where the program is found."""
    return bool(machine.folder) or "PATH" in machine.set_here or any(name in call.keywords for name in _CHOSEN_BY)


def printed(machine: Analyser, call: Call, text: str) -> Taint:
    """The labels of what the program prints. text: the command line."""
    if _VERSIONS.fullmatch(text) and not _chosen(machine, call):
        return CLEAN
    made = machine.origin("command-output", text[:40], call.line)
    if _CREDENTIALS.search(text):
        made |= machine.origin("credential-file", text[:60], call.line)
    if _ENVIRONMENT.search(text):
        made |= machine.origin("environment", "all variables", call.line)
    if _PASTES.search(text):
        made |= machine.origin("clipboard", text[:60], call.line)
    if _FETCHES.search(text):
        found = _URL.search(text)
        made |= machine.origin("received", found[0] if found else text[:80], call.line)
    return made


def worked(machine: Analyser, call: Call, text: str, taint: Taint) -> None:
    """Notes what a program sends, and keeps what it copies or packs. text: the command line; taint: of its arguments and
    input."""
    words = [word.rpartition("=")[2].lstrip("@") for word in _WORD.findall(text)[:_MAX_WORDS]]
    copies = _COPIES.search(text) is not None
    held = _held(machine, call, text, folders=copies) if machine.files else CLEAN
    if copies:
        _copied(machine, call, words, taint | held)
    if _PUSHES.search(text):
        _pushed(machine, call, text, taint)
        return
    found = _URL.search(text)
    where = addresses.destination(found[0]) if found else "fixed"
    sends = _SENDING.search(text)
    if sends and (_UPLOADS.search(text) or (found and HOLE in found[0])):
        sending.note(machine, call, "body", taint | held, found[0] if found else text, where)
    elif sends and found and _HEADERS.search(text):
        sending.note(machine, call, "header", taint | held, found[0], where)
    elif not sends and found and _CODE_IN.search(text):
        sending.note(machine, call, "body", taint | held, found[0], where)
    elif not sends and _LOOKS_UP.search(text):
        sending.note(machine, call, "name", taint, text, "fixed")


def _held(machine: Analyser, call: Call, text: str, *, folders: bool) -> Taint:
    """The labels of the files that the line names otherwise than to print into them. folders: do folders stand for all that
    lies below them?"""
    names = printed_files.names_in(printed_files.without_targets(text))
    names |= printed_files.unknown_files(call.node, names)
    held = taint_of(*(machine.files[name] for name in sorted(names & machine.files.keys())))
    return held.union(*(taint_below(machine, name) for name in sorted(names))) if folders else held


def redirected(machine: Analyser, call: Call, text: str) -> None:
    """Keeps what programs print to files: by `>`, or by a handle given as `stdout`."""
    for found in printed_files.printed_files(text):
        taint = printed(machine, call, found.what)
        if (reads := private_files.printed_by(found.what)) is not None:
            taint |= machine.origin(reads.kind, found.what[:60], call.line)
        known = len(found.file.replace(HOLE, "")) > 1
        if known or has(taint, "environment", *private_files.SECRET):
            names = printed_files.unknown_files(call.node, {found.file}) if found.file == HOLE else {found.file}
            machine.files |= dict.fromkeys(names, Value("", NOTHING, taint))
    handle = call.keywords.get("stdout")
    if handle is not None and written.is_in_memory(handle):
        handle.taint |= printed(machine, call, text)
    if handle is not None and handle.ref == "io.file()w" and handle.keys and "name" in handle.keys:
        machine.files[kept_key(machine, handle.keys["name"])] = Value("", NOTHING, printed(machine, call, text))


def _copied(machine: Analyser, call: Call, words: list[str], taint: Taint) -> None:
    """Keeps the content of the files that a program copies or packs, under every path among its words."""
    for word in words:
        if kind := places.file_kind(word):
            taint = taint | machine.origin(kind, word, call.line)
    if not taint:
        return
    content = Value("", NOTHING, taint)
    for word in words[1:]:
        if _PATH.search(word) and len(word.replace(HOLE, "")) >= 3 and not places.file_kind(word):
            machine.files.setdefault(word, content)


_REMOTE = expression(r"(?:https?|ssh|git)://\S{4,200}|\S{1,60}@[\w.-]{3,80}:\S{1,100}")


def _pushed(machine: Analyser, call: Call, text: str, taint: Taint) -> None:
    """Notes what lies in a repository that is pushed to a constant address."""
    found = _REMOTE.search(text)
    folders = [one or two for one, two in _REPOSITORY.findall(text)]
    cwd = call.keywords.get("cwd")
    if cwd is not None:
        folders.append(text_of(cwd))
    for folder in folders:
        taint = taint | taint_below(machine, folder)
    if found is None and folders and any(folder in machine.folders for folder in folders):
        found = _REMOTE.search(machine.client_addresses.get("git", ""))  # the address it was cloned from
    if found:
        sending.note(machine, call, "body", taint, found[0], addresses.destination(found[0].rpartition("@")[2]))


def code_folders(machine: Analyser, call: Call, text: str) -> list[tuple[Value, str]]:
    """(content, path) of the folders that this module filled and the program takes code from: by `PYTHONPATH` and the like,
    or mounted into a container."""
    found: list[tuple[Value, str]] = []
    env = call.keywords.get("env")
    for name in ("PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "LD_PRELOAD", "BASH_ENV", "ENV", "NODE_OPTIONS"):
        value = (env.keys or {}).get(name) if env is not None else machine.variables.get(name)
        if value is not None:
            found += _filled(machine, text_of(value).split(":"))
    if re.search(r"\b(?:docker|podman|nerdctl)\b[^\n]{0,100}\brun\b", text):
        found += _filled(machine, [word.partition(":")[0] for word in _WORD.findall(text)[:_MAX_WORDS] if ":/" in word])
    return found


def _filled(machine: Analyser, paths: list[str]) -> list[tuple[Value, str]]:
    """(content, path) of those of the paths that this module filled with fetched or encoded data."""
    made = []
    for path in paths:
        if len(path.replace(HOLE, "")) < 3:
            continue
        taint = taint_below(machine, path) | (machine.files[path].taint if path in machine.files else CLEAN)
        if has(taint, "received", "encoded"):
            made.append((Value("", NOTHING, taint), path))
    return made
