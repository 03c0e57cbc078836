"""Files of Meson, CMake, Make, configure and npm: the commands in them that no build needs.

These build most of scientific Python, and fetching sources and running programs is what they are for. So only such commands
are reported as run a download, hide what they do, take orders from outside, install something that starts by itself, or
send data away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mlsupply.evidence.allowance import Allowance
from mlsupply.evidence.facets import CodeFact, Moment
from mlsupply.evidence.files.build_steps import Reader, Step, cmake, configure, make, meson, npm
from mlsupply.evidence.layout import Layout
from mlsupply.evidence.python.commands.shell import Deed, deeds
from mlsupply.lazy import expression
from mlsupply.named import NamedTuple
from mlsupply.text import safe

MOST_BUILD = 4 << 20  # bytes of a build file; an autoconf script has one to two
BEHAVIOURS = frozenset({"build-command", "build-include"})
_FILES: tuple[tuple[str, re.Pattern[str], Reader], ...] = (
    ("meson", expression(r"(?:^|/)meson\.build$"), meson),
    ("cmake", expression(r"(?:^|/)CMakeLists\.txt$|\.cmake$"), cmake),
    ("make", expression(r"(?:^|/)(?:GNUm|M|m)akefile(?:\.(?:in|am))?$|\.mk$"), make),
    ("configure", expression(r"(?:^|/)configure(?:\.(?:ac|in))?$"), configure),
    ("npm", expression(r"^(?!(?:.*/)?node_modules/)(?:.*/)?package\.json$"), npm),
)
_ALWAYS = frozenset({"runs-downloaded", "remote-control", "runs-decoded", "mines", "sends"})
_NOT_IN_RECIPES = _ALWAYS | {"persists"}  # a target `install` may well install a service
_SENT = frozenset({"credential-file", "environment"})
# What every reported command holds: searched for first, since an autoconf script has thirty thousand lines.
_HINTS = expression(
    r"(?i)curl|wget|fetch|http|/dev/(?:tcp|udp)|base64|xxd|openssl|\bnc\b|ncat|netcat|socat|powershell|iwr|irm|certutil|"
    r"bitsadmin|crontab|cron|systemctl|launchctl|schtasks|authorized_keys|bashrc|zshrc|profile|xmrig|stratum|mine|mshta|"
    r"regsvr32|sh -i|nslookup|\bdig\b|\.ssh|\.aws|ftp|scp|iex"
)
# Build system -> pattern of the build backends that start it.
_BACKENDS = {
    "meson": expression(r"mesonpy|meson"),
    "cmake": expression(r"scikit_build_core|skbuild|py_build_cmake|cmake"),
    "make": expression(r"(?!)"),
    "configure": expression(r"(?!)"),
    "npm": expression(r"jupyter_packaging"),
}
# Build system -> pattern of a setup.py that starts it.
_STARTED = {
    "meson": expression(rb"\bmeson\b"),
    "cmake": expression(rb"(?i)cmake|skbuild"),
    "make": expression(rb"[\"'\s]g?make[\"'\s]"),
    "configure": expression(rb"[\"'/\s]configure[\"'\s]|/autogen"),
    "npm": expression(rb"[\"'/\s](?:npm|yarn|pnpm|bun|jlpm)[\"'\s.]|npm_builder"),
}
_STARTS_MAKE = expression(rb"[\"'](?:/usr/bin/)?g?make[\"'\s]")
_READ_BY_ITSELF = expression(r"(?:GNUm|M|m)akefile$")
_SHOWN = expression(r"(?i)(?:^|/)(?:examples?|docs?|demos?|benchmarks?|samples?|tutorials?|tests?)/")
_STORED = expression(r"(?:\s-[a-zA-Z]{0,6}[oO]|--output(?:-document)?|>)[ =]?[\"']?([^\s\"';|&<>]{1,200})")
_FETCHES = expression(r"(?:^|[\s/;&|(\"'])(?:curl|wget|aria2c|fetch)\s[^\n;|&]{0,1000}?(https?://[^\s\"';|&<>)]{4,300})")
_MAX_FETCHED = 20  # downloads of one file whose later use is searched for
_BEFORE_PIPE = expression(r"(?<!\s)\s++(?=\|)")
_INTERPRETER = r"(?:(?:ba|da|z|k|a)?sh|python[\d.]*|perl|ruby|node|source|\.|cmd(?:\.exe)? /c|chmod \S+)"


def build_system(path: str) -> str:
    """The build system that reads a file of this path: `meson`, `cmake`, `make`, `configure` or `npm`, else ""."""
    return next((name for name, pattern, _ in _FILES if pattern.search(path)), "")


class Built(NamedTuple):
    """What is reported about a build file. cut: the part that was not looked at, as text for a gap; "" where all was;
    recipes: what is reported only where an installation starts make on the file (`started_recipes`)."""

    facts: tuple[CodeFact, ...] = ()
    cut: str = ""
    recipes: tuple[CodeFact, ...] = ()


def build_facts(path: str, data: bytes, allowance: Allowance | None = None) -> Built:
    """The commands of a build file (`build_system`) that are reported, as far as the allowance goes. Their moment is `call`
    for a recipe, and `install` for what runs when the file is read; `at_its_moment` corrects that by who reads the file."""
    name, reader = next((name, reader) for name, pattern, reader in _FILES if pattern.search(path))
    text = data[:MOST_BUILD].decode("utf-8", "replace")
    cut = f"what follows its first {MOST_BUILD:,} bytes" if len(data) > MOST_BUILD else ""
    if name != "npm" and not _HINTS.search(text):  # JSON may have any letter as an escape
        return Built((), cut)
    facts: list[CodeFact] = []
    recipes: list[CodeFact] = []
    fetched: list[Step] = []
    allowance = allowance or Allowance()
    for step in reader(text):
        if step.kind == "cut":
            cut = cut or f"the calls from line {step.line:,} on"
        elif step.kind == "fetches":
            fetched += [step] if len(fetched) < _MAX_FETCHED else []
        elif step.kind == "includes" and (source := _source(step.path, fetched)):
            facts.append(
                _fact("build-include", path, name, step, "a downloaded build file is run as part of the build", source)
            )
        elif step.kind == "runs" and (_HINTS.search(step.command) or fetched):
            if not allowance.take(step.command):
                break
            facts += (told := list(_run(path, name, step, fetched)))
            if step.goal and not told:
                recipes += _made_unasked(path, name, step, [*fetched, *_stored(step)])
            fetched += _stored(step) if len(fetched) < _MAX_FETCHED else []
    return Built(tuple(facts), cut, tuple(recipes))


def at_its_moment(fact: CodeFact, shape: Layout, setup: bytes) -> CodeFact:
    """The fact at the moment it runs: during installation if the backend or setup.py of a source starts the build system,
    otherwise when somebody builds it. Other facts than of build files are returned as they are. setup: text of setup.py."""
    if fact.behaviour not in BEHAVIOURS or fact.moment is Moment.CALL:
        return fact
    if not shape.is_source or _SHOWN.search(fact.member):
        return replace(fact, moment=Moment.CALL)
    started = _BACKENDS[fact.sink].search(shape.built_by) or _STARTED[fact.sink].search(setup)
    return fact if started else replace(fact, moment=Moment.SCRIPT)


def started_recipes(recipes: Iterable[CodeFact], shape: Layout, setup: bytes) -> list[CodeFact]:
    """Those of the facts of recipes (`Built.recipes`) that run at installation: setup.py of a source starts make on that
    file, by its name or because make reads it unasked. setup: text of setup.py."""
    if not shape.is_source or not _STARTS_MAKE.search(setup):
        return []
    names = ((fact, fact.member.rpartition("/")[2]) for fact in recipes)
    return [fact for fact, name in names if _READ_BY_ITSELF.match(name) or name.encode() in setup]


def _run(path: str, name: str, step: Step, fetched: list[Step]) -> Iterator[CodeFact]:
    """At most one fact about a command: what it does itself, or that it starts an unverified download."""
    deed = next((deed for deed in deeds(_on_one_line(step.command)) if _is_reported(deed, step)), None)
    if deed is not None:
        yield _fact("build-command", path, name, step, deed.what, deed.url, maker=deed.maker)
        return
    if not step.recipe:
        yield from _started(path, name, step, fetched)


def _made_unasked(path: str, name: str, step: Step, fetched: list[Step]) -> Iterator[CodeFact]:
    """At most one fact about a command of what make makes where no target is named, a download that is run: many recipes
    install a tool so, but then somebody asks for it."""
    deed = next((deed for deed in deeds(_on_one_line(step.command)) if deed.behaviour == "runs-downloaded"), None)
    found = [_fact("build-command", path, name, step, deed.what, deed.url, maker=deed.maker)] if deed is not None else []
    for fact in (*found, *_started(path, name, step, fetched)):
        yield replace(fact, moment=Moment.INSTALL)
        return


def _started(path: str, name: str, step: Step, fetched: list[Step]) -> Iterator[CodeFact]:
    """At most one fact: that the command starts an unverified download."""
    for source in fetched:
        if not source.verified and _starts(step.command, source.path):
            yield _fact("build-command", path, name, step, "a downloaded file that is started", source.command)
            return


def _on_one_line(command: str) -> str:
    """The command, with a pipe at the beginning of a line joined to the line before."""
    return _BEFORE_PIPE.sub(lambda found: " " if "\n" in found[0] else found[0], command)


def _is_reported(deed: Deed, step: Step) -> bool:
    if deed.behaviour == "sends":
        return deed.source in _SENT
    if step.recipe and deed.behaviour == "runs-downloaded":  # many recipes install a tool
        return False
    return deed.behaviour in (_ALWAYS if step.recipe else _NOT_IN_RECIPES)


def _stored(step: Step) -> list[Step]:
    """The download of a command as a step, with the file it is stored in; none if it downloads nothing."""
    found = _FETCHES.search(step.command)
    if not found:
        return []
    where = _STORED.search(step.command)
    path = where[1] if where else found[1].split("?", 1)[0].rstrip("/").rpartition("/")[2]
    return [Step("fetches", step.line, found[1], path)]


def _starts(command: str, stored: str) -> bool:
    """Does the command start the stored file, or one below a folder that was fetched?"""
    if stored.endswith("_SOURCE_DIR}"):
        return re.search(rf"(?:^|\s){_INTERPRETER} (?:-\S+ )?{re.escape(stored)}/", command) is not None
    file = stored.rpartition("/")[2]
    if len(file) < 2 or file not in command:
        return False
    word = rf"[\"']?[^\s\"';|&]{{0,300}}(?<![\w.-]){re.escape(file)}[\"']?(?=$|[\s;|&\"'])"
    return re.search(rf"(?:^|[;&|]\s*|(?:^|[\s/;&|\"']){_INTERPRETER} (?:-\S+ )?){word}", command) is not None


def _source(included: str, fetched: list[Step]) -> str:
    """The address that an included file was downloaded from unverified; "" for any other."""
    file = included.rpartition("/")[2].removesuffix(".cmake")
    for step in fetched:
        if not step.verified and file and step.path.rpartition("/")[2].removesuffix(".cmake") == file:
            return step.command
    return ""


def _fact(behaviour: str, path: str, name: str, step: Step, what: str, url: str = "", *, maker: bool = False) -> CodeFact:
    return CodeFact(
        behaviour=behaviour,
        moment=Moment.CALL if step.recipe else Moment.INSTALL,
        member=path,
        line=step.line,
        sink=name,
        destination="maker" if maker else "fixed" if url else "",
        detail=what,
        decoded=safe(step.command or url),
    )
