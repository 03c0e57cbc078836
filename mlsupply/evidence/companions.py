"""Which modules of a package are followed together as one program (`python.module_group`), and what that adds.

Small packages in which anything runs, sends or loads are followed so as a whole, as it costs little; of large ones the
modules around those that do (`neighbourhoods`). Each module was followed alone before, with the summaries of the others
(`linking`); this adds what none shows alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from mlsupply.evidence.data_files import names_data
from mlsupply.evidence.facets import CodeFact
from mlsupply.evidence.module_facts import ModuleFacts
from mlsupply.evidence.neighbourhoods import LARGEST, around
from mlsupply.lazy import expression

MAX_BYTES = 200_000  # of source that is followed together
MAX_MODULES = 80
MAX_AROUND = 80_000  # of source around the modules of a large package that act
_SEARCHED = 150_000  # the same, in which it is searched what may act
# Behaviours of which one is reason enough to follow the package together.
_ACTS = frozenset(
    {
        "sends", "executes", "runs-command", "runs-decoded", "runs-downloaded", "runs-dropped", "runs-bundled", "persists",
        "remote-control", "destroys",
    }
)  # fmt: skip
_APART = expression(r"(?:^|/)(?:tests?|testing|docs?|examples?|benchmarks?)/|(?:^|/)(?:setup|conftest|test_[^/]*)\.py$|!/")
_RUNNERS = rb"system|popen|exec\w*|spawn\w*|run|call|Popen|eval"
# Code that may act through another module: looks names up dynamically, re-exports or aliases what runs code, resolves host
# names, sends what others log, renders templates that a data file may hold, puts what others give into the clipboard, runs
# what documentation shows, names a place where things start by themselves, makes code of text or bytes, or puts something in
# the place of another module's function.
_INDIRECT = expression(
    rb"\b(?:import_module|__(?:lazy_)?import__)\(\s*(?![\"'][\w.]*[\"']\s*[,)])|\bimport_module[ \t]+as\b|"
    rb"[=:,(\[][ \t]*(?:importlib\.)?(?:import_module|__import__)\b(?!\()|\bmodule_from_spec\(|"
    rb"\b(?:vars|dir)\(\s*builtins|__builtins__|\bbuiltins\s*\.\s*__dict__|"
    rb"\bgetattr\(\s*(?:builtins|os|sys|subprocess)\s*,\s*(?![\"'])|\bgetaddrinfo\(|\bgethostby|\bdns\s*\.\s*\w|\b(?:resolve_name|locate|import_string|attrgetter|methodcaller)\(|"
    rb"\bfrom[ \t]+(?:os|posix|nt|subprocess|builtins)[ \t]+import\b[^\n]{0,200}\b(?:%s)\b|"
    rb"(?:[=:,(\[]|\breturn)[ \t]*(?:exec|eval|(?:os|posix|nt|subprocess|builtins)\.(?:%s))\b[ \t]*(?:[,)\]}#\r\n]|$)|"
    rb"\b(?:HTTP|Socket|Datagram|SysLog|SMTP)Handler\(|\b(?:file|dict)Config\(|\b(?:import|from)[ \t]+doctest\b|"
    rb"\b(?:pyperclip|xerox|copykitten|klembord|clipboard_(?:set|append)|SetClipboard\w*|Set-Clipboard|pbcopy|xclip|xsel|wl-copy)\b|"
    rb"\bclipboard(?:\(\)|\.copy\b)|\bimport[ \t]+clipboard\b|"
    rb"\n[A-Za-z_]\w*(?:\.\w+){1,6}[ \t]*=[ \t]*[A-Za-z_]|\n[ \t]*setattr\(|"
    rb"\.(?:bash|zsh)rc\b|\.(?:bash_|z)?profile[\"'/]|authorized_keys|LaunchAgents|[\"'/]autostart|profile_default|customize\.py|\.(?:pth|start)[\"']|"
    rb"[\"'/\\]\.(?:claude|cursor|vscode|codex|codeium|gemini|windsurf|continue)[\"'/\\]|\bSetValueEx\b|(?<![\w.])compile\(|"
    rb"\bfrom_string\(|\brender_template_string\(|\bjinja2(?:\.|[ \t]+import\b[^\n]{0,200}\b)Template\b|"
    rb"\b_?winreg\b|[\"'/](?:tasks|settings|mcp|hooks|launch)\.json\b|\b(?:FunctionType|CodeType|a2b_\w+|unhexlify|fromhex|"
    rb"[bu]?[36][24]decode|[ab]85decode|marshal|crontab|schtasks|create_subprocess_\w+)\b" % (_RUNNERS, _RUNNERS)
)
# What code has that reads a document of its own package and writes a file of the user: the document may say which.
_FROM_DATA = tuple(
    expression(pattern)
    for pattern in (
        rb"\b(?:__file__|get_data|resources|resource_\w{4,20})\b",
        rb"\b(?:loads?|safe_load|literal_eval|parse|\w{0,10}[Rr]eader)\(|\bconfigparser\b",
        rb"\bwrite\w{0,10}\(|\bdump\(|\b(?:copy\w{0,8}|symlink\w{0,10}|move|replace|rename|touch)\(",
        rb"\bexpand(?:user|vars)\b|\bhome\b|\b(?:HOME|USERPROFILE|APPDATA)\b|[\"']~|dirs\b",
    )
)
# What code has that removes files, and names whole homes: perhaps those that another module is to clear.
_CLEARS = tuple(
    expression(pattern)
    for pattern in (
        rb"\b(?:rmtree|unlink|removedirs|rmdir)\b|\bos\.remove\b",
        rb"\bhome\(\)|\bexpanduser\b|[\"'](?:/home|/root|/Users|/|~)/?[\"']|[\"'](?:HOME|USERPROFILE)[\"']",
    )
)
# What a module of a large package has that goes through folders.
_GOES_THROUGH = expression(rb"\b(?:iterdir|listdir|scandir|r?glob|walk)\(")
_SEEN_ALONE = frozenset({"contacts", "runs-command", "installs-package"})  # following together adds nothing to most of these


def companions(
    modules: Sequence[ModuleFacts],
    sources: Mapping[str, bytes],
    fewest: int = 2,
    inner: Callable[[str], str] = str,
) -> list[list[str]]:
    """Paths of the modules to follow together, packages before the modules in them: one group, or none where it is not worth
    it or there are fewer than `fewest` modules. In a large package what lies around the modules that act makes several.
    sources: path -> text of all Python files; inner: the path below the folder that imports start from."""
    texts = {path: text for path, text in sources.items() if path.endswith(".py") and _is_of_package(path, text)}
    if len(texts) > MAX_MODULES or sum(map(len, texts.values())) > MAX_BYTES:
        below = {path: inner(path) for path in texts}
        return [sorted(group, key=_outer_first) for group in around(_acting(modules, texts), texts, below, MAX_AROUND)]
    acts = any(_acts(fact) for module in modules for fact, _ in module.facts)
    if len(texts) < fewest or not (acts or _may_act([*texts.values()])):
        return []
    return [sorted(texts, key=_outer_first)]


def _outer_first(path: str) -> tuple[int, bool, str]:
    return path.count("/"), not path.endswith("__init__.py"), path


def _is_of_package(path: str, text: bytes) -> bool:
    return not _APART.search(path) or _asks_settings(path, text)


def _acting(modules: Sequence[ModuleFacts], texts: Mapping[str, bytes]) -> dict[str, bool]:
    """The modules that do something, pass what they are given to something that does, or may act through another module or
    a document: path -> does it read one. The last are looked for in the smaller modules, first where anything was seen."""
    does = {module.path for module in modules if module.takes or any(_acts(fact) for fact, _ in module.facts)}
    seen = {module.path for module in modules}
    asked = [path for path, text in texts.items() if path not in does and len(text) <= LARGEST]
    left = _SEARCHED
    for path in sorted(asked, key=lambda path: (path not in seen, len(texts[path]), path)):
        left -= len(texts[path])
        if left < 0:
            break
        if _may_with_others(texts[path]):
            does.add(path)
    return {path: names_data(texts[path]) for path in does & texts.keys()}


def _may_act(texts: Sequence[bytes]) -> bool:
    together = (_FROM_DATA, _CLEARS)
    return any(map(_INDIRECT.search, texts)) or any(
        all(any(map(pattern.search, texts)) for pattern in patterns) for patterns in together
    )


def _may_with_others(text: bytes) -> bool:
    """May the module act through a neighbour, on a document, or on folders that a neighbour names?"""
    clears = _CLEARS[0].search(text) and _GOES_THROUGH.search(text)
    return bool(clears or _INDIRECT.search(text)) or _nearly_from_data(text)


def _nearly_from_data(text: bytes) -> bool:
    """Has it all but one part of what writes files of the user as a document says? A neighbour may have that."""
    return sum(1 for pattern in _FROM_DATA if pattern.search(text)) >= len(_FROM_DATA) - 1


def _asks_settings(path: str, text: bytes) -> bool:
    """Is this a file that pytest loads by itself, and asks for settings of the project?"""
    return path.endswith("conftest.py") and b"getini(" in text


def _acts(fact: CodeFact) -> bool:
    return (
        fact.behaviour in _ACTS
        or _installs_from_elsewhere(fact)
        or (fact.behaviour == "contacts" and fact.destination in {"fixed", "chat", "given", "metadata"})
    )


def joined(modules: Sequence[ModuleFacts], together: Sequence[ModuleFacts]) -> list[ModuleFacts]:
    """The modules with the facts added that only `together`, from `python.module_group`, has."""
    more = {module.path: module for module in together}
    known = [_with(module, more.pop(module.path, None)) for module in modules]
    return [*known, *(_with(replace(module, facts=()), module) for module in more.values() if module.facts)]


def _with(module: ModuleFacts, more: ModuleFacts | None) -> ModuleFacts:
    """The module with the facts of `more`; a fact that both have keeps the details it had alone, and the roots of both."""
    if more is None:
        return module
    facts = {fact.deed: (fact, roots) for fact, roots in module.facts if not _is_answered(fact, roots, more)}
    for fact, roots in more.facts:
        before = facts.get(fact.deed)
        if before is not None:
            facts[fact.deed] = (before[0], tuple(sorted({*before[1], *roots})))
        elif _adds(fact):
            facts[fact.deed] = (fact, roots)
    return replace(module, facts=tuple(facts.values()))


def _is_answered(fact: CodeFact, roots: Sequence[str], more: ModuleFacts) -> bool:
    """Is a fact only for a data file that the module alone could not read, and was that read, and found plain, wherever the
    fact was reached from?"""
    if fact.behaviour != "persists" or not fact.chain or more.stopped:
        return False
    if not all(step.startswith("encoded data file ") for step in fact.chain[:-1]):
        return False
    alike = [
        (other.source, reached)
        for other, reached in more.facts
        if (other.behaviour, other.line, other.sink, other.detail) == ("persists", fact.line, fact.sink, fact.detail)
    ]
    return not any(source for source, _ in alike) and set().union(*(reached for _, reached in alike)).issuperset(roots)


def _adds(fact: CodeFact) -> bool:
    """Is a fact that no module shows alone worth telling?"""
    return fact.behaviour not in _SEEN_ALONE or fact.destination == "chat" or _installs_from_elsewhere(fact)


def _installs_from_elsewhere(fact: CodeFact) -> bool:
    """Is something installed from an address in the code? That may be named in another module than the one that calls pip,
    and a third may have it called."""
    return fact.behaviour == "installs-package" and fact.destination == "fixed"
