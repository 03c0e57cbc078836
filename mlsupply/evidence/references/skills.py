"""Agent skills and instruction files: the text an agent follows, and the files in its folder."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mlsupply.evidence.references.facets import SkillFacet
from mlsupply.evidence.references.seen import FETCH_AND_RUN, HIDDEN, Found, Seen, Unread
from mlsupply.model import Reason
from mlsupply.text import safe

MOST_FILES = 50  # read of the folder of a skill
_MOST = 2_000_000  # characters, of all these files together
_TOOLS = re.compile(r"^allowed[-_]tools\s*:\s*(.{1,400})$", re.MULTILINE | re.IGNORECASE)
_INSTALL = re.compile(
    r"\b(?:pip3?|uv pip|pipx|npm|pnpm|yarn)\s+(?:install|add|i)\s+((?:[\w@./\[\]=<>~^-]+[ \t]*){1,12})"
    r"|\b(?:npx|uvx)\s+(?:-y\s+)?([\w@./-]+)"
)
_ORDERS = re.compile(
    r"(?:do not|don't|never)\s+(?:tell|inform|mention|show|reveal)\b.{0,40}\b(?:user|human)"
    r"|ignore\s+(?:all\s+)?(?:previous|prior|above)\s+instructions|without\s+(?:asking|telling|informing)\s+the\s+user"
    r"|(?:send|post|upload|exfiltrate|forward)\b.{0,60}"
    r"\b(?:api[ _-]?keys?|tokens?|credentials|secrets|passwords?|\.env|\.ssh|id_rsa)"
    r"|(?:read|cat)\b.{0,20}(?:~/\.ssh|~/\.aws|id_rsa|\.env\b).{0,80}\b(?:send|post|curl|upload)"
    r"|<(?:important|system)>.{0,200}(?:before using|first read|pass (?:its|the) content)",
    re.IGNORECASE | re.DOTALL,
)
_BINARY = (
    *(".pyc", ".so", ".dll", ".exe", ".dylib", ".zip", ".tar", ".gz", ".7z", ".whl", ".docx", ".xlsx", ".jar", ".bin"),
    *(".pkl", ".node"),
)
_WIDE_TOOLS = re.compile(r"\bBash(?:\(\*\)|\b(?!\())|\*|\bShell\b|\bexecute_command\b|\bcomputer\b", re.IGNORECASE)


def is_instruction(path: str) -> bool:
    """Whether agents follow the file's text."""
    name = path.rpartition("/")[2]
    if name in {"AGENTS.md", "CLAUDE.md", "GEMINI.md"}:  # agents look for these as they are written; `gemini.md` is a page
        return True
    if name.lower() in {"skill.md", ".cursorrules", ".windsurfrules", "copilot-instructions.md"}:
        return True
    return "/.claude/commands/" in f"/{path}" or "/.claude/agents/" in f"/{path}" or path.endswith(".mdc")


def skill(path: str, text: str, beside: Iterable[tuple[str, str | None]]) -> Found:
    """The facts of a skill. beside: (path, text) of the other files in its folder, None for what is no text."""
    files = list(beside)
    everything = "\n".join([text, *(body for _, body in files if body)])
    unread = [safe(name, 120) for name, body in files if body is None or name.lower().endswith(_BINARY)]
    tools = found[1] if (found := _TOOLS.search(text)) else ""
    folder = path.rpartition("/")[0].rpartition("/")[2] or path
    facet = SkillFacet(
        name=safe(folder if path.lower().endswith("skill.md") else path, 120),
        fetches_and_runs=bool(FETCH_AND_RUN.search(everything)),
        hidden=bool(HIDDEN.search(everything)),
        unread=tuple(unread[:20]),
        tools=(safe(tools, 200),) if _WIDE_TOOLS.search(tools) else (),
        unpinned=tuple(dict.fromkeys(_unpinned(everything)))[:20],
        orders=tuple(dict.fromkeys(safe(found[0], 120) for found in _ORDERS.finditer(everything[:_MOST])))[:10],
    )
    line = text.count("\n", 0, found.start()) + 1 if (found := FETCH_AND_RUN.search(text)) else 1
    if len(everything) <= _MOST:
        return [Seen(facet, line)]
    detail = f"of {len(everything):,} characters of the skill's files the first {_MOST:,} were looked through for orders"
    return [Seen(facet, line), Unread(Reason.LIMIT, detail)]


def _unpinned(text: str) -> Iterable[str]:
    for found in _INSTALL.finditer(text[:_MOST]):
        for word in (found[1] or found[2] or "").split():
            if word[:1].isalpha() or word.startswith("@"):
                pinned = "==" in word or "@" in word[1:] or word.startswith((".", "/")) or word.endswith((".txt", ".toml"))
                if not pinned and not word.startswith("-"):
                    yield safe(word, 80)
