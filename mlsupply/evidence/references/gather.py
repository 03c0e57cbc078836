"""All references of a project: which files are read, by what reader, and what could not be read."""

from __future__ import annotations

import time
from collections.abc import Hashable
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import cast

from mlsupply.evidence.references.seen import Found as Read
from mlsupply.evidence.references.seen import Seen, Unread
from mlsupply.model import Gap, Place, Reason
from mlsupply.named import NamedTuple
from mlsupply.text import count
from mlsupply.world import Failure, Say, Tree, silent

CHECK = "models"
_MOST = 4 << 20  # bytes of one file
_TOLD_EVERY = 500  # files
_SECONDS = 120.0  # for all files together: some ten thousand of them
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "mcp",
        (
            "*mcp*.json",
            "claude_desktop_config.json",
            ".gemini/settings.json",
            ".codex/config.toml",
            "opencode.json",
            ".kiro/*.json",
        ),
    ),
    ("python", ("*.py", "*.pyw")),
    ("notebook", ("*.ipynb",)),
    ("modelfile", ("modelfile", "*.modelfile")),
    ("yaml", ("*.yaml", "*.yml", "*.dvc")),
    ("card", ("readme*.md",)),
    (
        "lines",
        (
            "dockerfile*",
            "*.dockerfile",
            "containerfile*",
            "*.sh",
            "*.bash",
            "makefile",
            "justfile",
            "*.mk",
            ".env*",
            "*.env",
        ),
    ),
)
_BY_SUFFIX = {"py": "python", "pyw": "python", "ipynb": "notebook", "yaml": "yaml", "yml": "yaml", "dvc": "yaml"}
_BY_SUFFIX |= {"sh": "lines", "bash": "lines", "mk": "lines"}
_OTHERS = frozenset({"json", "toml", "md", "env", "dockerfile", "modelfile", "gpu", "cpu", "prod", "dev"})
_NOT_YAML = ("pnpm-lock.yaml", "conda-lock.yml", "mkdocs.yml", ".pre-commit-config.yaml")


class Reference(NamedTuple):
    """A facet, and where it was seen."""

    seen: Seen
    place: Place


class Found(NamedTuple):
    """references in file order; gaps: files that could not be read; files: how many were read."""

    references: tuple[Reference, ...]
    gaps: tuple[Gap, ...]
    files: int


def gather(tree: Tree, say: Say = silent) -> Found:
    """Read every file of the tree that may name a model, dataset, tool server, gateway or skill; once for a tree, as both
    the inventory and the check ask."""
    return _gather(cast("Hashable", tree), cast("Hashable", say))


@lru_cache(maxsize=1)
def _gather(hashed: Hashable, told: Hashable) -> Found:
    tree, say = cast("Tree", hashed), cast("Say", told)
    references: list[Reference] = []
    gaps: list[Gap] = []
    files = 0
    end, late = time.monotonic() + _SECONDS, list[str]()
    paths = tree.survey().met(kind_of)
    for number, path in enumerate(paths):
        if number % _TOLD_EVERY == 0:
            say("reading what names models and datasets", number, len(paths))
        kind = kind_of(path)
        if not kind:
            continue
        if time.monotonic() > end:
            late.append(path)
            continue
        files += 1
        for found in dict.fromkeys(_read(path, kind, tree, paths)):
            place = Place(path, found.line)
            if isinstance(found, Unread):
                gaps.append(Gap(subject=path, check=CHECK, reason=found.reason, detail=found.detail, place=place))
            else:
                references.append(Reference(found, place))
    if late:
        detail = f"{count(len(late), 'file')} from here on that may name models were not read within {_SECONDS:.0f} s"
        hint = "scan by name what lies further on"
        gaps.append(Gap(subject=late[0], check=CHECK, reason=Reason.LIMIT, detail=detail, place=Place(late[0]), hint=hint))
    return Found(tuple(references), tuple(gaps), files)


def kind_of(path: str) -> str:
    """Which reader a file is for, by its name; "" for none."""
    from mlsupply.evidence.references.skills import is_instruction

    lower = f"/{path.lower()}"
    name = lower.rpartition("/")[2]
    suffix = name.rpartition(".")[2] if "." in name else ""
    if suffix in _BY_SUFFIX and name not in _NOT_YAML:
        return _BY_SUFFIX[suffix]
    if is_instruction(path):
        return "skill"
    if suffix in _OTHERS or not suffix or name.startswith(".env"):
        return next((kind for kind, patterns in _KINDS if any(fnmatchcase(lower, f"*/{p}") for p in patterns)), "")
    return ""


def _read(path: str, kind: str, tree: Tree, paths: tuple[str, ...]) -> Read:
    data = tree.read(path, _MOST)
    if isinstance(data, Failure):
        return [Unread(data.reason, data.detail)]
    if kind == "python":
        from mlsupply.evidence.references.python_code import references_in

        seen = references_in(data)
        return [seen] if isinstance(seen, Unread) else [*seen]
    if kind == "notebook":
        from mlsupply.evidence.references.configurations import notebook

        return notebook(data)
    if b"\0" in data[:1000]:
        return [Unread(Reason.MALFORMED, "not text")]
    text = data.decode("utf-8", "replace")
    if kind == "skill":
        return _skill(path, text, tree, paths)
    return _text(kind, text)


def _text(kind: str, text: str) -> Read:
    from mlsupply.evidence.references import command_lines, configurations

    if kind == "mcp":
        return configurations.tool_servers(text)
    if kind == "yaml":
        return configurations.yaml_file(text)
    if kind == "card":
        return [*configurations.card(text)]
    if kind == "modelfile":
        return [*command_lines.references_in_modelfile(text), *command_lines.cut(text)]
    return [*command_lines.references_in_lines(text), *command_lines.cut(text)]


def _skill(path: str, text: str, tree: Tree, paths: tuple[str, ...]) -> Read:
    """A skill with the other files of its folder, None for what is no text."""
    from mlsupply.evidence.references.skills import MOST_FILES, skill

    folder = path.rpartition("/")[0] if path.lower().endswith("skill.md") else ""
    others = [name for name in paths if name.startswith(f"{folder}/") and name != path] if folder else []
    beside: list[tuple[str, str | None]] = []
    for other in others[:MOST_FILES]:
        data = tree.read(other, 1 << 20)
        binary = isinstance(data, Failure) or b"\0" in data[:4000]
        beside.append((other, None if binary or isinstance(data, Failure) else data.decode("utf-8", "replace")))
    found = skill(path, text, beside)
    if len(others) > MOST_FILES:
        detail = f"of {len(others):,} files in the folder of the skill {MOST_FILES} were read"
        found.append(Unread(Reason.LIMIT, detail))
    return found
