"""Files that coding agents, editors and repositories act on: commands in them that start by themselves, and orders to an
agent that the user is not meant to see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from mlsupply.evidence.allowance import MOST_TEXT, Allowance
from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.evidence.python.commands.shell import deeds
from mlsupply.lazy import expression
from mlsupply.text import safe

_AGENT_FILE = expression(
    r"(?:^|/)(?:AGENTS|CLAUDE|GEMINI|SKILL|copilot-instructions)\.md$|(?:^|/)\.(?:cursorrules|windsurfrules|clinerules)$|"
    r"(?:^|/)\.(?:claude|cursor|vscode|windsurf|gemini|codex|continue)/[^!]{1,200}\.(?:json|md|mdc|toml|ya?ml|sh|js|mjs)$|"
    r"(?:^|/)(?:\.?mcp|claude_desktop_config)\.json$|(?:^|/)\.github/workflows/[^/]+\.ya?ml$|(?:^|/)\.git/hooks/[^/]+$",
    re.IGNORECASE,
)
# An order to hide something from the user, to act without asking, or to send secrets.
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
_DENIALS = ("do not", "don't", "never", "without")  # an order that begins so
_FORBIDS = expression(r"(?i)\b(?:do not|don't|never|must not|refuse to)\s(?:[\w`'/~.]{1,40}[ ,]{1,2}){0,3}$")
# "Do not tell the user their Python was matched": a claim about the state of things, which is merely not true.
_CLAIM = expression(
    r"\s+(?:that\s+)?(?:their|its|the|an?|it|they)\s(?:[\w'`/.-]{1,40}\s){0,6}?(?:is|are|was|were|has|have|had|works?|succeeded|passed)\b"
)
# What such a claim must not speak of: something that is done to the user, or with what is theirs.
_TELLING = expression(
    r"(?i)key|token|secret|passw|credential|sent|send|upload|copi|cop(?:y|ie)|download|install|\br[au]n\b|execut|\bread\b|command|script|"
    r"chang|edit|modif|delet|remov|instruct|prompt|https?:"
)
# "... until the tests pass" behind such a claim: how tests are run is not hidden from the user.
_UNTIL_TESTED = expression(
    r"(?i)\s(?:until|unless|before)\s[`\w /-]{0,40}\b(?:pytest|tests?|checks?|lint|build|ci)\b`?\s"
    r"(?:pass(?:es|ed)?|succeeds?|(?:is|are)\sgreen)\b"
)
# A command that publishes, with the secrets a workflow gives it: no order to send these somewhere.
_PUBLISHES = expression(
    r"\btwine upload(?:\s{1,4}(?:--?[\w-]{1,40}(?:=\S{1,200})?|__token__|\$\{\{\s?secrets\.\w{1,80}\s?\}\})){1,12}"
)
_PIECE, _OVERLAP = 4_000, 800  # characters of a long line that are searched at a time; an order is shorter than the overlap


def is_agent_file(path: str) -> bool:
    """Is this, by its path, a file that coding agents, editors or repositories act on?"""
    return bool(_AGENT_FILE.search(path))


def agent_facts(path: str, data: bytes, allowance: Allowance | None = None) -> Iterator[CodeFact]:
    """`agent-command` for each suspicious command that starts by itself, as far as the allowance goes, and `agent-order` for
    each line with an order to an agent. Only the first `MOST_TEXT` bytes are searched."""
    allowance = allowance or Allowance()
    text = data[:MOST_TEXT].decode("utf-8", "replace")
    is_json = path.endswith(".json")
    starts = path.endswith((".json", ".sh", ".js", ".mjs")) or "hooks/" in path
    lines = list(_strings(_json(text))) if is_json else text.splitlines()
    for number, line in enumerate(lines, 1):
        for deed in deeds(line) if starts and line and allowance.take(line) else ():
            if deed.behaviour != "publishes":  # a task or hook of a repository publishes what the user wrote
                yield _fact(path, 0 if is_json else number, "agent-command", deed.what, line)
        searched = _PUBLISHES.sub("", line) if "twine" in line else line
        if (found := next(filter(None, map(_order_in, _pieces(searched))), None)) is not None:
            yield _fact(path, number, "agent-order", "an order to an agent, not meant for the user's eyes", found[0])


def _pieces(line: str) -> Iterator[str]:
    """A long line in overlapping pieces: `_order_in` looks at all that stands before an order, which would cost the square
    of a line's length."""
    return (line[at : at + _PIECE] for at in range(0, max(len(line) - _OVERLAP, 1), _PIECE - _OVERLAP))


def _order_in(text: str) -> re.Match[str] | None:
    """The first order to an agent, unless the text forbids it or quotes it as what others may say."""
    for found in _ORDERS.finditer(text):
        before, behind = text[: found.start()], text[found.end() :]
        order = found[0].lower()
        quoted = order.startswith("ignore") and any(before.count(mark) % 2 and mark in behind for mark in '"`')
        if quoted or _is_untrue(behind):
            continue
        if order.startswith(_DENIALS) or not _FORBIDS.search(before):
            return found
    return None


def _is_untrue(rest: str) -> bool:
    """Is what follows "do not tell the user" a claim about the state of things, and not about something done to the user?"""
    said = _UNTIL_TESTED.sub("", re.split(r"[.!?;\n]", rest, maxsplit=1)[0])
    return _CLAIM.match(rest) is not None and _TELLING.search(said) is None


def _fact(path: str, line: int, behaviour: str, detail: str, text: str) -> CodeFact:
    return CodeFact(behaviour=behaviour, moment=Moment.SCRIPT, member=path, line=line, detail=detail, decoded=safe(text))


def _json(text: str) -> Any:
    """The value of a JSON text, whole lines of `//` comments removed; the text itself where it is no JSON."""
    try:
        return json.loads(re.sub(r"(?m)^[ \t]*+//.*$", "", text))
    except (ValueError, RecursionError):
        return text


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    """All strings of a JSON value; an object with `command` and `args` gives the whole command line too."""
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
