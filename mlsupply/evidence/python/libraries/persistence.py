"""Persistence: files that start or take effect by themselves where they lie, and whether what is written there is code."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from mlsupply.evidence.files.agent_files import agent_facts
from mlsupply.evidence.files.start_lines import is_start_text
from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python import places
from mlsupply.evidence.python.commands import later_steps
from mlsupply.evidence.python.commands.shell import commanded, deeds
from mlsupply.evidence.python.commands.shell_kinds import SSH_KEY
from mlsupply.evidence.python.libraries import found_files, package_sources
from mlsupply.evidence.python.libraries.storage import content_of, kept_key
from mlsupply.evidence.python.network import addresses
from mlsupply.evidence.python.values import documents
from mlsupply.evidence.python.values import written as memory
from mlsupply.evidence.python.values.decoders import hiding
from mlsupply.evidence.python.values.taint import has, of_kind
from mlsupply.evidence.python.values.value import HOLE, Value, legible, taint_of, text_of
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_FOREIGN_FILE = re.compile(r"\.__file__$|find_spec\(\)\.origin$|getsourcefile\(\)$")
# Skills and plugins of an agent do nothing until somebody asks for them, and installers fetch them by commands.
_ASKED_FOR = re.compile(
    r"\.(?:claude|codex|cursor|gemini|agents|windsurf)[/\\](?:skills|plugins|commands|prompts|rules)[/\\]|(?:^|[/\\])SKILL\.md$"
)
# Folders that Python looks for modules and `.pth` files in.
_AMONG_MODULES = re.compile(
    r"(?:site|dist)-?packages|purelib|platlib|get_paths?\(|get_python_lib|sys\.(?:path|(?:base_|exec_)?prefix)\b"
)
# Settings of pip that name another index than the public one.
_SETS_INDEX = expression(
    r"(?s)\[(?:global|install)\](?=.{0,2000}?^[ \t]*(?:extra-index-url[ \t]*=\s*(?:https?://|\0)|index-url[ \t]*=\s*(?:https?://(?!pypi\.org/)|\0)))",
    re.MULTILINE,
)
_SSH_KEY = expression(SSH_KEY)
# Settings by which packages are fetched without TLS from an IP address.
_INSECURE = expression(r"(?:allow-insecure-host|trusted-host)[^\n]{0,80}(?:\d{1,3}\.){3}\d{1,3}")
_MAX_FILES = 200  # of one table (path: content)


def written(machine: Analyser, call: Call, path: Value, content: Value) -> None:
    """Notes facts about `content` that goes into the file at `path`, and stores it under that path."""
    if memory.is_in_memory(path):
        path.taint |= taint_of(content)
    _stored(machine, path, content)
    later_steps.written(machine, call, path, content)
    _overwritten(machine, call, path, content)
    found_files.overwritten(machine, call, path, content)
    text = text_of(path)
    _redirected(machine, call, text, text_of(content))
    if (what := starts(machine, path, content)) and not text.startswith("/tmp/"):  # noqa: S108  # only compared; nothing starts from there
        shown = _shown(content)
        code = _is_code(what, text, content, shown)
        files = _files_of_rules(what, text, content)
        made_of = f", made of {', '.join(files)}" if files else ""
        machine.fact(
            "persists",
            call.node,
            sink=call.ref,
            source="received" if code else "",
            layers=(),
            destination="fixed" if code else "",
            decoded=legible(shown),
            detail=f"{what}: {legible(text, 100)}{made_of}",
            variant=places.variant(what, text),
            chain=_only_unread(machine, call, text, content) if code and files else (),
        )
        if isinstance(content.const, str) and text.endswith(".py"):
            machine.run_text(content.const, content.layers, call.line)


_SET_THERE = expression(r"(?m)^(?:export[ \t]+)?(?P<name>[A-Z][A-Z0-9_]{3,60})=[\"']?(?P<place>https?://[^\s\"'\0]{4,200})")
_SETTINGS = expression(r"(?:^|[/\\])\.env(?:\.\w{1,20})?$|\.(?:bash|zsh)rc$|profile$|zshenv$|/etc/environment$")


def _redirected(machine: Analyser, call: Call, path: str, text: str) -> None:
    """Notes a line in a file of settings that sets the address of a service to a host that is constant in the module."""
    for found in _SET_THERE.finditer(text[:_MOST_SETTINGS]) if _SETTINGS.search(path) else ():
        name, place = found["name"], found["place"]
        where = "maker" if places.USUAL_HOST.match(place) else addresses.destination(place)
        if know.REDIRECTS.match(name) and where in {"fixed", "chat"}:
            machine.fact("redirects", call.node, sink=name, destination=where, detail=safe(place, 100))


_MOST_SETTINGS = 1 << 16  # characters


def _stored(machine: Analyser, path: Value, content: Value) -> None:
    """Keeps the content under the path, merged with what was written there before."""
    before = content_of(machine, path)
    merged = content.copy()
    merged.ref = ""
    if before is not None:
        merged.taint |= before.taint
        merged.layers = merged.layers or before.layers
    machine.files[kept_key(machine, path)] = merged


def _overwritten(machine: Analyser, call: Call, path: Value, content: Value) -> None:
    """Notes files of the user that are encrypted, or overwritten with what depends on the network."""
    if not has(path.taint, "home-files"):
        return
    if "encrypt" in content.ref:
        machine.fact("destroys", call.node, sink=call.ref, detail="files of the user are overwritten by what is encrypted")
    if has(content.taint, "home-files") and has(content.taint, "received"):
        detail = "files of the user are overwritten by what is made of them and of what the network gives"
        machine.fact("destroys", call.node, source="received", sink=call.ref, detail=detail)


def starts(machine: Analyser, path: Value, content: Value) -> str:
    """The kind of place (`places.persistent`) where the file starts or takes effect by itself, "" for any other place."""
    text = text_of(path)
    what = (
        places.persistent(text)
        or _start_file(text, content)
        or ("a module of another library" if _FOREIGN_FILE.search(path.ref) else "")
    )
    if what == "a module of another library" and found_files.is_own(machine, path):
        return ""
    if not what and _SETS_INDEX.search(text_of(content)):
        what = "package index"  # in any file, since a setting can tell pip to read it
    return "" if what == "python start" and _weights(machine, text) else what


def _start_file(path: str, content: Value) -> str:
    """The kind of place where the file is a `.start`, among modules or with an entry point in it; "" for any other."""
    if path.endswith(".start") and (_AMONG_MODULES.search(path) or is_start_text(path, text_of(content))):
        return "python start"
    return ""


def _is_code(what: str, path: str, content: Value, shown: str) -> bool:
    """Is the content more than settings: commands, code, or something hidden or fetched? what: as from `starts`; shown: the
    content as text."""
    found = deeds(_flat(content))
    if not content.known and HOLE in text_of(content):  # of a partly known text only what is plain without the rest
        found += [one for one in deeds(text_of(content).replace(HOLE, " ")) if one.behaviour == "remote-control"]
    if not content.known and text_of(content).startswith(documents.BEGIN):
        found += deeds("\n".join(line for line in text_of(content).split("\n") if HOLE not in line))
    if what == "program of the user":  # installers put programs there
        return any(not deed.maker for deed in found)
    code = _runs_code(shown) or bool(found) or _INSECURE.search(shown) is not None
    code = code or (what == places.AGENT and package_sources.is_elsewhere(shown))
    code = code or (what == "ssh access" and _SSH_KEY.search(shown) is not None)
    if code or _ASKED_FOR.search(path):
        return code
    fetched = has(content.taint, "received") and (what != "shell start" or commanded(text_of(content)))
    return fetched or bool(_unread(what, path, content)) or bool(hiding(content.layers))


def _unread(what: str, path: str, content: Value) -> list[str]:
    """The labels of what is hidden in the content, or in a data file that it is made of, unless that is known and plain."""
    found = [label for label in of_kind(content.taint, "encoded") if not _as_it_is(label, path)]
    if _files_of_rules(what, path, content) and isinstance(content.const, str) and _is_plain(content.const):
        return [label for label in found if not label.startswith(_OF_FILE)]
    return found


def _files_of_rules(what: str, path: str, content: Value) -> list[str]:
    """The names of the data files of the package that rules for an agent are made of; none where these are too many to be
    told, and for anything else that is written."""
    if what != places.AGENT or not _RULES.search(path):
        return []
    found = [label.removeprefix(_OF_FILE) for label in of_kind(content.taint, "encoded") if label.startswith(_OF_FILE)]
    return found if len(found) <= _MOST_NAMED else []


def _only_unread(machine: Analyser, call: Call, path: str, content: Value) -> tuple[str, ...]:
    """The steps of the data files of rules for an agent, where that they could not be read is all there is against these;
    none otherwise."""
    unread = frozenset(_unread(places.AGENT, path, content))
    by_itself = content.copy()
    by_itself.taint -= unread
    found = _is_code(places.AGENT, path, by_itself, _shown(content))
    return () if found else machine.chain(unread, call.ref, call.line)


_MOST_NAMED = 4
# Documents in which an agent finds how its user wants things done.
_RULES = expression(r"\.(?:cursor|windsurf|cline)rules$|\.mdc?$")
_OF_FILE = "encoded:data file "
_VARIANTS = expression("[\ufe00-\ufe0e\U000e0100-\U000e01ef]")  # of letters that have none; that of pictures is U+FE0F


def _is_plain(rules: str) -> bool:
    """Are all letters of these rules for an agent seen, and is there no order to hide something or to send secrets?"""
    seen = all(letter.isprintable() or letter in "\r\n\t" for letter in rules) and not _VARIANTS.search(rules)
    return seen and not any(agent_facts(".cursorrules", rules.encode("utf-8", "replace")))


def _shown(content: Value) -> str:
    if isinstance(content.const, bytes):
        return content.const.decode("utf-8", "replace")
    if isinstance(content.const, str) or not (content.keys or content.items):
        return text_of(content)
    return documents.rendered(content)


def _weights(machine: Analyser, text: str) -> bool:
    """Is this `.pth` a file of weights for PyTorch: not among modules, and in a known folder or of a module that names
    torch?"""
    if not text.endswith(".pth") or _AMONG_MODULES.search(text):
        return False
    if not text.startswith(HOLE):
        return True
    whole = "\n".join(machine.lines)
    return "torch" in whole and not _AMONG_MODULES.search(whole)


def _as_it_is(label: str, path: str) -> bool:
    """Is a file of the package written unchanged in kind: YAML or TOML under its own suffix, a document for agents under its
    own name? Then it is a template that anybody can read in both places."""
    if is_same_document(label, path):
        return True
    endings = [one.lower().rpartition(".")[2].replace("yaml", "yml") for one in (label, path)]
    return endings[0] in {"yml", "toml"} and endings[0] == endings[1]


def is_same_document(before: str, path: str) -> bool:
    """Does a document for agents keep its name? It is judged by its text where it stands in the package."""
    names = [re.split(r"[/\\ ]", one)[-1] for one in (before, path)]
    return names[0] == names[1] and names[0] in {"AGENTS.md", "CLAUDE.md", "GEMINI.md"}


def _runs_code(text: str) -> bool:
    """Does the text look like code or commands that run something?"""
    return bool(re.search(r"exec\(|eval\(|urlopen|subprocess|os\.system|base64|__import__|curl |wget ", text))


def holds_code(content: Value) -> bool:
    """Is this content code, encoded, or from the network, which another program may run later?"""
    return _runs_code(text_of(content)) or has(content.taint, "received", "encoded") or bool(content.layers)


def tables(machine: Analyser) -> None:
    """Notes tables at module level (path: content) with a file that starts by itself and holds suspicious commands. For
    modules that are followed together, where another one may write them."""
    for name, value in machine.module.names.items():
        for path, content in list((value.keys or {}).items())[:_MAX_FILES] if value.closure is None else ():
            if (what := places.persistent(path)) and any(not deed.maker for deed in deeds(_flat(content))):
                machine.root = f"<{name}>"
                machine.fact(
                    "persists",
                    None,
                    sink=name,
                    detail=f"{what}: {safe(path, 100)}, of a table",
                    variant=places.variant(what, ""),
                )
                break


def member(machine: Analyser, name: str, content: Value, node: ast.AST) -> None:
    """Notes a member put into an archive that, once unpacked, runs at every start of Python."""
    if is_start_text(name, text_of(content)):
        machine.fact("persists", node, detail=f"python start: {legible(name, 80)}, in an archive")
    if _runs_code(text_of(content)) or has(content.taint, "received", "encoded"):
        shown = legible(name, 80)
        machine.fact("persists", node, source="received", destination="fixed", detail=f"python start: {shown}")


def _flat(value: Value, depth: int = 0) -> str:
    """All text in a nested value, in order, as one line of at most 20,000 characters."""
    if depth > 6:
        return ""
    if isinstance(value.const, str | bytes):
        return text_of(value)
    parts = [_flat(item, depth + 1) for item in [*(value.items or []), *(value.keys or {}).values()]]
    if value.known and not parts:
        parts = [_plain(value.const, depth)]
    return " ".join(part for part in parts if part)[:20_000]


def _plain(const: object, depth: int) -> str:
    if isinstance(const, dict):
        return " ".join(_plain(item, depth + 1) for item in const.values()) if depth < 6 else ""
    if isinstance(const, list | tuple):
        return " ".join(_plain(item, depth + 1) for item in const) if depth < 6 else ""
    return const if isinstance(const, str) else ""
