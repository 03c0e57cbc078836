"""Members that are not Python: programs out of place, files that are not what they are called, model files, and
what is meant for coding agents and editors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mlsupply.evidence.allowance import Allowance
from mlsupply.evidence.archives import CHECK, Member
from mlsupply.evidence.facets import ArchiveFact, CodeFact, Moment
from mlsupply.evidence.python.commands.shell import deeds
from mlsupply.lazy import expression
from mlsupply.model import Gap, Reason
from mlsupply.text import safe

_PROGRAMS = (
    (b"\x7fELF", "ELF"),
    (b"MZ\x90\x00", "Windows"),
    (b"MZ\x78\x00", "Windows"),
    (b"\xcf\xfa\xed\xfe", "Mach-O"),
    (b"\xca\xfe\xba\xbe\x00\x00\x00\x02", "Mach-O"),
)
# Databases such as DuckDB load what they are extended by under a suffix of their own (`.duckdb_extension`).
_LIBRARY = expression(
    r"\.(?:so|pyd|dll|dylib|exe|o|a|lib|node|sys|bundle|cubin|fatbin|hsaco|co|jnilib|wasm|[a-z]{2,20}_extension)(?:\.\d+)*$|\.so\.",
    re.IGNORECASE,
)
_PROGRAM_PLACE = expression(
    r"(?:^|/)(?:s?bin|drivers?|bootloaders?|binaries|libexec|scripts|executables?|_?tools|bins?|lib\w*|exe|native|dist)(?:/|-)|\.data/scripts/",
    re.IGNORECASE,
)
_PLAIN = {
    ".txt", ".md", ".json", ".yaml", ".yml", ".toml", ".csv", ".cfg", ".ini", ".html", ".css", ".xml", ".rst", ".svg",
    ".png", ".jpg", ".jpeg", ".gif", ".ico", ".bmp", ".webp", ".ttf", ".woff", ".woff2", ".wav", ".mp3", ".py", ".log",
}  # fmt: skip


def binary_fact(member: Member) -> ArchiveFact | None:
    """A program by its first bytes, where none belongs or under the name of something else."""
    kind = next((kind for magic, kind in _PROGRAMS if member.head.startswith(magic)), "")
    if not kind:
        return None
    name = member.path.rpartition("/")[2].lower()
    suffix = f".{name.rpartition('.')[2]}" if "." in name else ""
    if suffix in _PLAIN:
        return ArchiveFact(
            kind="type-differs", member=member.path, detail=f"{kind} program under the name of a {suffix} file"
        )
    if _LIBRARY.search(name) or _PROGRAM_PLACE.search(member.path):
        return None
    return ArchiveFact(kind="executable-out-of-place", member=member.path, detail=kind)


def beside_libraries(odd: list[ArchiveFact], members: list[tuple[str, int]], name: str) -> list[ArchiveFact]:
    """Where a package brings native libraries too, or programs of several systems, or its file name says that it was built
    for one system, a program among them is ordinary."""
    machines = {tuple(map(str.lower, found)) for fact in odd if (found := _MACHINE.findall(fact.member))}
    if len(machines) < 2 and not _BUILT_FOR.search(name) and not any(_NATIVE.search(path) for path, _ in members):
        return odd
    return [replace(fact, kind="executable-beside") if fact.kind == "executable-out-of-place" else fact for fact in odd]


_BUILT_FOR = expression(r"-(?:many|musl)?(?:linux|macosx|win)(?:32|_)[\w.]{2,200}\.whl$|-win32\.whl$")
_MACHINE = expression(
    r"(?<![a-z])(?:linux|darwin|macos|osx|windows|win)(?![a-z])|x86_64|amd64|arm64|aarch64|ppc64le|s390x", re.IGNORECASE
)
_NATIVE = expression(r"\.(?:so|pyd|dll|dylib|exe)(?:\.\d+)*$|\.so\.", re.IGNORECASE)


_MODEL_NAMES = expression(
    r"\.(?:pkl|pickle|pk|dill|joblib|sav|pt|ckpt|npy|npz|h5|hdf5|keras|onnx|safetensors|gguf|skops|"
    r"pb|t7|bin|model|dat|data|p|cache|state|weights|vocab|obj|index|idx)$|"
    r"\.(?:pkl|pickle|pk|dill|joblib|sav|npy|p|model)\.(?:gz|bz2|xz|lzma|zst|z)$",
    re.IGNORECASE,
)


def is_model(path: str) -> bool:
    """A file a model loader may be pointed at."""
    return bool(_MODEL_NAMES.search(path)) or path.endswith(".pth")


_GAPS = 10  # gaps of one model file
_FACTS = 50  # of one model file: as many as the probe tells (`Limits.marks`)


def model_facts(path: str, data: bytes) -> tuple[list[CodeFact], list[Gap]]:
    """What the model probe says about a model file in a package, as about one on its own: what it blocks becomes facts, what
    it could not verify becomes gaps. A file whose name says little (`.dat`, `.bin`) and whose content no model loader reads
    is neither."""
    from mlsupply.evidence.models import look
    from mlsupply.evidence.references.check import content_gaps

    found = look(data, path)
    if found.format in _NO_MODELS and not _SURELY.search(path):
        found = replace(found, marks=tuple(mark for mark in found.marks if mark.cause.value != "unsupported"))
    blocked = [mark for mark in found.marks if mark.verdict.value == "blocked"]
    facts = [
        CodeFact(
            behaviour="model-runs-code",
            moment=Moment.CALL,
            member=f"{path}!/{mark.member}" if mark.member else path,
            line=0,
            detail=mark.detail,
            variant=mark.variant,
            sink=found.format,
        )
        for mark in blocked[:_FACTS]
    ]
    gaps = {gap.detail: gap for gap in reversed(content_gaps(found, safe(path), CHECK))}  # the first place of each
    shown = list(gaps.values())
    if len(shown) > _GAPS:
        detail = f"{len(shown) - _GAPS:,} more things in it could not be verified: see `mlsupply models scan` of the file"
        shown[_GAPS:] = [replace(shown[_GAPS], detail=detail)]
    if len(blocked) >= _FACTS:  # what is left out may be worse than all that is reported
        detail = f"it holds {_FACTS} things that run code when it is loaded, and perhaps more, which are not told"
        shown.append(Gap(subject=safe(path), check=CHECK, reason=Reason.LIMIT, detail=detail))
    return facts, shown


# content that a package may well carry under a name models have too
_NO_MODELS = frozenset({"unknown", "picture or document", "native code", "text", "xml", "empty", "closed archive"})
_SURELY = expression(
    r"\.(?:pkl|pickle|dill|joblib|pt|pth|ckpt|npy|npz|h5|hdf5|keras|onnx|safetensors|gguf|skops)$", re.IGNORECASE
)


_AGENT_FILE = expression(
    r"(?:^|/)(?:AGENTS|CLAUDE|GEMINI|SKILL|copilot-instructions)\.md$|(?:^|/)\.(?:cursorrules|windsurfrules|clinerules)$|"
    r"(?:^|/)\.(?:claude|cursor|vscode|windsurf|gemini|codex|continue)/[^!]{1,200}\.(?:json|md|mdc|toml|ya?ml|sh|js|mjs)$|"
    r"(?:^|/)(?:\.?mcp|claude_desktop_config)\.json$|(?:^|/)\.github/workflows/[^/]+\.ya?ml$|(?:^|/)\.git/hooks/[^/]+$",
    re.IGNORECASE,
)
_ORDERS = expression(
    r"(?i)(?:do not|don't|never|without) (?:mention|tell|inform|reveal)"
    r"[a-z ]{0,20}(?: to)? (?:the |this to the )?(?:user|human)|"
    r"(?:do not|don't|never|without) ask(?:ing)? (?:the )?(?:user|human) for (?:\w{1,20} )?"
    r"(?:confirm|permission|approval|consent)|"
    r"ignore (?:all |any )?(?:previous|prior|above) (?:instructions|rules)|before (?:any|every|"
    r"each) (?:other )?(?:task|answer|tool)[^\n]{0,80}(?:read|run|send|execute)|"
    r"\b(?:read|cat|collect|include|send|upload|post)\b(?:(?!\. )[^\n;]){0,80}(?:\.ssh|id_rsa|\.env\b|\.aws|"
    r"credentials|api keys?|tokens?)(?:(?!\. )[^\n;]){0,120}(?:https?://|\b(?:send|upload|post|pass)\b)"
)


_DENIES = ("do not", "don't", "never", "without")
_FORBIDS = expression(r"(?i)\b(?:do not|don't|never|must not|refuse to)\s(?:[\w`'/~.]{1,40}[ ,]{1,2}){0,3}$")


def is_agent_file(path: str) -> bool:
    """A file that coding agents, editors or repositories act on."""
    return bool(_AGENT_FILE.search(path))


_REQUIREMENTS = expression(r"(?:^|/)(?:[\w.-]{0,60}requirements[\w.-]{0,60}\.(?:txt|in)|setup\.cfg)$")
_FAR = expression(rb"(?<![ \t])[ \t]{100,}+(?P<rest>[^\s][^\n]{0,399})")


_PIECE, _OVERLAP = 4_000, 800  # characters
MOST_TEXT = 1 << 20  # bytes looked at of a list of requirements or of a file for agents; what is longer is a gap


def is_requirement_list(path: str) -> bool:
    """A plain text that a build reads its requirements from."""
    return _REQUIREMENTS.search(path) is not None


def requirement_facts(path: str, data: bytes) -> Iterator[CodeFact]:
    """What stands in such a list so far to the right that nobody sees it."""
    for number, line in enumerate(data[:MOST_TEXT].split(b"\n"), 1):
        if len(line) > 100 and (found := _FAR.search(line)) is not None and not found["rest"].startswith(b"#"):
            shown = safe(found["rest"].decode("utf-8", "replace"), 200)
            yield CodeFact(
                behaviour="far-right", moment=Moment.INSTALL, member=path, line=number, detail=shown, decoded=shown
            )


def agent_facts(path: str, data: bytes, allowance: Allowance | None = None) -> Iterator[CodeFact]:
    """Commands that start by themselves, as far as the allowance goes, and orders hidden from the user."""
    allowance = allowance or Allowance()
    text = data[:MOST_TEXT].decode("utf-8", "replace")
    starts = path.endswith((".json", ".sh", ".js", ".mjs")) or "hooks/" in path
    lines = list(_strings(_json(text))) if path.endswith(".json") else text.splitlines()
    for number, line in enumerate(lines, 1):
        for deed in deeds(line) if starts and line and allowance.take(line) else ():
            if deed.behaviour == "publishes":
                continue  # a task or hook of a repository pushes and publishes what the user wrote
            yield _agent(path, number if not path.endswith(".json") else 0, "agent-command", deed.what, line)
        command = _PUBLISHES.sub("", line) if "twine" in line else line
        if (found := next(filter(None, map(_ordered, _pieces(command))), None)) is not None:
            yield _agent(path, number, "agent-order", "an order to an agent, not meant for the user's eyes", found[0])


# A command that publishes, with the secret it is given where a workflow keeps it: no order to send it somewhere.
_PUBLISHES = expression(
    r"\btwine upload(?:\s{1,4}(?:--?[\w-]{1,40}(?:=\S{1,200})?|__token__|\$\{\{\s?secrets\.\w{1,80}\s?\}\})){1,12}"
)


def _pieces(line: str) -> Iterator[str]:
    """A long line in pieces that overlap by more than an order takes: what stands before an order is looked at for each."""
    return (line[at : at + _PIECE] for at in range(0, max(len(line) - _OVERLAP, 1), _PIECE - _OVERLAP))


def _ordered(line: str) -> re.Match[str] | None:
    """An order to an agent in the line, unless the line forbids it or quotes it as what others may say."""
    for found in _ORDERS.finditer(line):
        before = line[: found.start()]
        said = found[0].lower()
        quoted = said.startswith("ignore") and any(before.count(mark) % 2 and mark in line[found.end() :] for mark in '"`')
        if quoted or _is_untrue(line[found.end() :]):
            continue
        if said.startswith(_DENIES) or not _FORBIDS.search(before):
            return found
    return None


# "Do not tell the user their Python was matched": what is not the case, rather than what is kept from the user.
_CLAIM = expression(
    r"\s+(?:that\s+)?(?:their|its|the|an?|it|they)\s(?:[\w'`/.-]{1,40}\s){0,6}?(?:is|are|was|were|has|have|had|works?|succeeded|passed)\b"
)
_TELLING = expression(
    r"(?i)key|token|secret|passw|credential|sent|send|upload|copi|cop(?:y|ie)|download|install|\br[au]n\b|execut|\bread\b|command|script|"
    r"chang|edit|modif|delet|remov|instruct|prompt|https?:"
)
# What is claimed may be said once the tests pass: how they are run is nothing that is kept from the user.
_UNTIL_TESTED = expression(
    r"(?i)\s(?:until|unless|before)\s[`\w /-]{0,40}\b(?:pytest|tests?|checks?|lint|build|ci)\b`?\s"
    r"(?:pass(?:es|ed)?|succeeds?|(?:is|are)\sgreen)\b"
)


def _is_untrue(rest: str) -> bool:
    """Whether what follows "do not tell the user" is a claim of how things are, and of nothing that is done to the user."""
    said = _UNTIL_TESTED.sub("", re.split(r"[.!?;\n]", rest, maxsplit=1)[0])
    return _CLAIM.match(rest) is not None and _TELLING.search(said) is None


def _agent(path: str, line: int, behaviour: str, detail: str, text: str) -> CodeFact:
    return CodeFact(behaviour=behaviour, moment=Moment.SCRIPT, member=path, line=line, detail=detail, decoded=safe(text))


def _json(text: str) -> Any:
    try:
        return json.loads(re.sub(r"(?m)^[ \t]*+//.*$", "", text))
    except (ValueError, RecursionError):
        return text


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    """All texts of a JSON value; a command with its arguments comes as one line too."""
    if depth > 20:
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        if isinstance(value.get("args"), list):
            yield " ".join(str(part) for part in [value.get("command", ""), *value["args"]])
        for item in value.values():
            yield from _strings(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, depth + 1)
