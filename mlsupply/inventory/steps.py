"""What documents of YAML and JSON have run: pipelines, workflows, manifests of containers. Each is a tree of tables whose
texts are commands where the tool runs them, and every tool has its own keys, anchors, templates and parameters. So all texts
are read: below a key that runs, as a shell reads them; elsewhere only commands that begin with an installer; below keys that
no tool runs, none. Nothing is run or filled in here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mlsupply.inventory.images import held_by, may_name
from mlsupply.inventory.index_words import variable
from mlsupply.inventory.install_commands import Commands, Found, from_elsewhere, of_command, of_script, settings
from mlsupply.inventory.install_verbs import may_install, names_installers
from mlsupply.inventory.parsing import text_of
from mlsupply.inventory.shell import Word, commands, parsed
from mlsupply.inventory.shell_texts import Use, language_of
from mlsupply.inventory.shell_values import NOTHING, Values
from mlsupply.inventory.yaml_text import Rows, Table, documents_of
from mlsupply.model import Gap, Inventory
from mlsupply.named import NamedTuple

Special = Callable[[str, Table], Iterable[Found]]
"""What a table asks for in the words of its tool: path of the file and the table to what it installs."""

Prepare = Callable[[str], str]
Then = Callable[[Commands, Any], None]

_NEVER_RUN = frozenset(
    {
        *("name", "image", "description", "desc", "title", "displayName", "display_name", "label", "summary", "prompt"),
        *(
            "message",
            "msg",
            "fail_msg",
            "success_msg",
            "comment",
            "commit_message",
            "note",
            "notes",
            "help",
            "reason",
            "body",
        ),
        *("if", "when", "only", "except", "condition", "annotations", "labels", "tags", "key", "keys", "uses", "url"),
    }
)
_FOLDERS = ("working-directory", "working_directory", "workingDirectory", "working_dir", "workingDir", "chdir", "dir")
_ARGUMENTS = ("entrypoint", "path", "command", "cmd", "argv", "test", "args")
"""Keys whose lists are one command, in the order in which a container puts them together."""
_INSTALLED_BY_VARIABLE = ("EXTRA_PIP_PACKAGES", "_PIP_ADDITIONAL_REQUIREMENTS", "CIBW_TEST_REQUIRES")
"""Of the images of Dask, RAPIDS and Airflow, and of cibuildwheel: what they hold is handed to pip."""
_ENVIRONMENTS = frozenset({"env", "environment", "variables", "env_variables", "vars", "containerEnv", "remoteEnv"})
_MATRIX = "matrix"
_CONTINUED = re.compile(r"^([^`\n]*)`\n", re.MULTILINE)  # as PowerShell does; two of them are a substitution of other shells
_SETS = re.compile(r"(?:PIP|UV)_[A-Z]|CIBW_|\bconfig set\b")
_PROGRAM = re.compile(
    r"(?:.*[/\\])?(?:py|python[0-9.]*|pip[0-9.]*|uvx?|pipx|poetry|pdm|rye|pipenv|conda|mamba|micromamba|pixi|pip-sync|easy_install"
    r"|(?:ba|da|z|k|a)?sh|su)(?:\.exe)?"
)
_BEFORE = frozenset(["sudo", "exec", "env", "time", "nohup", "command", "then", "do", "else", "if", "!", "&", "call"])
_ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,100}=")
_PROSE = "```"
_IMAGES = ("image", "container", "repository", "uses", "name", "docker_image", "container_image", "imageName")
"""Keys whose texts may name an image."""


def nothing(_path: str, _table: Table) -> Iterable[Found]:
    """The `Special` of formats without such words."""
    return ()


class Keys(NamedTuple):
    """What differs between tools. runs: keys whose texts are a shell's, also those in a table below such a key; words: keys
    whose lists hold commands as lists of words; endings: of keys that run; special: see `Special`; marks: words, one of
    which stands in a file in which `special` finds something."""

    runs: frozenset[str]
    words: frozenset[str] = frozenset()
    endings: tuple[str, ...] = ()
    special: Special = nothing
    marks: tuple[str, ...] = ()

    def run(self, key: str) -> bool:
        """Whether a text below the key is handed to a shell."""
        return key in self.runs or key.endswith(self.endings)


def _no_more(_found: Commands, _document: Any) -> None:
    """Of formats whose documents give nothing else."""


def may_ask(text: str, marks: Iterable[str] = ()) -> bool:
    """Whether a file can ask for packages at all, or set an index: a document is not taken apart for nothing. marks: words
    of its tool without which its own tables ask for nothing."""
    return (
        (may_install(text) and names_installers(text))
        or _SETS.search(text) is not None
        or any(mark in text for mark in marks)
        or may_name(text)
    )


def inventory(
    found: Commands,
    form: str,
    keys: Keys,
    prepare: Callable[[str], str] = str,
    then: Callable[[Commands, Any], None] = _no_more,
) -> Inventory:
    """What the file of which `found` knows the path installs. form: its format; prepare: makes YAML of its text, line for
    line; then: adds what else a document gives."""
    text = text_of(found.path, found.tree, found.limits)
    if isinstance(text, Gap):
        found.take([text])
    elif may_ask(text, keys.marks):
        for document in documents_of(found.path, prepare(text)):
            if isinstance(document, Gap):
                found.take([document])
            else:
                found.take(
                    dict.fromkeys(_Document(found.path, keys, with_values="$" in text).of(document))
                )  # aliases repeat much
                then(found, document)
    return found.inventory(form)


class _Document:
    """The walk through one document. It is not deeper than `yaml_text.MAX_DEPTH`."""

    def __init__(self, path: str, keys: Keys, *, with_values: bool) -> None:
        """with_values: whether a variable may be used at all."""
        self.path = path
        self.keys = keys
        self.with_values = with_values
        self.values = NOTHING
        self.seen: set[tuple[int, str, str, bool]] = set()

    def of(self, value: Any, folder: str = "") -> Iterator[Found]:
        self.values = values_in(value) if self.with_values else NOTHING
        if isinstance(value, str):
            yield from self._text(value, 1, folder, runs=False)
        elif isinstance(value, Table):
            yield from self._table(value, folder, runs=False)
        elif isinstance(value, Rows):
            yield from self._rows("", value, folder, runs=False)

    def _table(self, table: Table, folder: str, *, runs: bool) -> Iterator[Found]:
        folder = _folder_of(table) or folder
        yield from from_elsewhere(self.keys.special(self.path, table), folder)
        yield from settings(self.path, self._variables(table))
        yield from from_elsewhere(self._handed_to_pip(table), folder)
        yield from self._arguments(table, folder)
        yield from self._images(table)
        for key, value, line in entries(table):
            in_shell = runs or self.keys.run(key)
            if isinstance(value, Table):
                yield from self._table(value, folder, runs=self.keys.run(key))
            elif isinstance(value, Rows):
                yield from self._rows(key, value, folder, runs=in_shell)
            elif isinstance(value, str) and key not in _NEVER_RUN:
                yield from self._text(value, line, folder, runs=in_shell)

    def _rows(self, key: str, rows: Rows, folder: str, *, runs: bool) -> Iterator[Found]:
        for item, line in zip(rows, rows.lines, strict=True):
            if isinstance(item, Table):
                yield from self._table(item, folder, runs=False)
            elif isinstance(item, Rows):
                if key in self.keys.words:
                    yield from from_elsewhere(of_command(self.path, words(item, self.values), (), self.values), folder)
                yield from self._rows(key, item, folder, runs=runs)
            elif isinstance(item, str) and key not in _NEVER_RUN:
                yield from self._text(item, line, folder, runs=runs)

    def _arguments(self, table: Table, folder: str) -> Iterator[Found]:
        """Lists of words that are one command: `command: [sh, -c]` with `args: [pip install x]`."""
        given = [(key, table[key]) for key in _ARGUMENTS if key in table]
        command: list[Word] = []
        for key, value in given:
            if isinstance(value, Rows):
                command += words(value, self.values)
            elif isinstance(value, str):
                command += next(commands(value, table.lines[key]), [])
        if any(isinstance(value, Rows) for _, value in given) or {"entrypoint", "command"} <= table.keys():
            yield from from_elsewhere(of_command(self.path, command, (), self.values), folder)

    def _text(self, text: str, line: int, folder: str, *, runs: bool) -> Iterator[Found]:
        """What a text installs. runs: it is known to be a shell's."""
        language = language_of(text)
        if not may_ask(text) or language is Use.NONE or (line, text, folder, runs) in self.seen:
            return
        self.seen.add((line, text, folder, runs))
        script = Word(_CONTINUED.sub(r"\1\\\n", text), line)
        if runs or language:
            yield from from_elsewhere(of_script(self.path, script, language or Use.SHELL, self.values), folder)
        elif _PROSE not in text:
            for command in parsed(script.text, line, self.values):
                if command.words and _begins(command.words):
                    found = of_command(self.path, command.words, command.given, self.values)
                    yield from from_elsewhere(found, folder)
        if "import" in text and language is not Use.PYTHON:  # what says that it is Python's may stand beside it
            yield from from_elsewhere(of_script(self.path, Word(text, line), Use.PYTHON, self.values), folder)

    def _images(self, table: Table) -> Iterator[Found]:
        """What the images hold that a table names: `image: a/b:1`, and Helm's `repository: a/b` with `tag: 1`. Repositories
        of code may have the same names."""
        for key in _IMAGES:
            text, tag = table.get(key), table.get("tag")
            if not isinstance(text, str) or not may_name(text):
                continue
            if key == "repository" and isinstance(tag, str | int | float):
                text = f"{text}:{tag}"
            if key in {"image", "container"} or (key != "uses" and ":" in text) or text.startswith("docker://"):
                for reference in word(text, table.lines[key], self.values):
                    yield from held_by(self.path, reference)

    def _handed_to_pip(self, table: Table) -> Iterator[Found]:
        for name, text, line in _pairs(table):
            if name in _INSTALLED_BY_VARIABLE:
                handed = [one for held in word(text, line, self.values) for one in _split(held)]
                if handed:
                    yield from of_command(self.path, [Word("pip", line), Word("install", line), *handed])

    def _variables(self, table: Table) -> Iterator[tuple[str, Word]]:
        """The indexes that variables set for installers."""
        for name, text, line in _pairs(table):
            if name.startswith(("PIP_", "UV_")):
                for value in word(text, line, self.values):
                    yield from variable(name, value)


def entries(table: Table) -> Iterator[tuple[str, Any, int]]:
    """Key, value and line of all that a table was given, also under keys that are set twice."""
    yield from ((key, value, table.lines[key]) for key, value in table.items())
    yield from table.again


def word(text: str, line: int, values: Values = NOTHING) -> list[Word]:
    """A word of a command that no shell splits, in each of the forms that variables give it."""
    filled = values.filled(text, quotes=False)
    return [Word(one, line, filled.open, filled.varies) for one in filled.texts]


def words(rows: Rows, values: Values = NOTHING) -> list[Word]:
    """The words of a list; what is not text is left out."""
    texts = ((item, line) for item, line in zip(rows, rows.lines, strict=True) if isinstance(item, str))
    return [one for item, line in texts for one in word(item, line, values)]


def values_in(value: Any) -> Values:
    """What is known of variables: those that tables of the environment set, and each combination of a matrix. Which of
    several jobs sets them is not told apart."""
    values = NOTHING.copy()
    stack = [value]
    while stack:
        held = stack.pop()
        stack += held.values() if isinstance(held, Table) else held if isinstance(held, Rows) else ()
        for key, inner, _ in entries(held) if isinstance(held, Table) else ():
            if key in _ENVIRONMENTS:
                _take_environment(inner, values)
            elif key == _MATRIX:
                _take_matrix(inner, values)
    return values


def _take_environment(given: Any, values: Values) -> None:
    for one in given if isinstance(given, Rows) else [given]:
        for name, text, _ in _pairs(one) if isinstance(one, Table) else ():
            filled = values.filled(text, quotes=False)
            unknown = filled.open or may_install(text)  # a command is read where it stands
            for form in (name, f"env.{name}"):
                values.set(form, () if unknown else filled.texts, varies=filled.varies)


def _take_matrix(given: Any, values: Values) -> None:
    for one in [given, *(given if isinstance(given, Rows) else [])]:
        for key, inner, _ in entries(one) if isinstance(one, Table) else ():
            if key == "include":
                _take_matrix(inner, values)
                continue
            texts = [text for text in (inner if isinstance(inner, Rows) else [inner]) if isinstance(text, str)]
            for form in (key, f"{_MATRIX}.{key}") if texts else ():
                plain = [
                    text for text in texts if "$" not in text and not may_install(text)
                ]  # a command is read where it stands
                values.set(form, plain, varies=len(plain) < len(texts))


def _split(value: Word) -> Iterator[Word]:
    yield from (value._replace(text=text) for text in value.text.split())


def _pairs(table: Table) -> Iterator[tuple[str, str, int]]:
    """Variables with their values and lines: `NAME: value`, and the pairs `name`, `value` of containers."""
    name, value = table.get("name"), table.get("value")
    if isinstance(name, str) and isinstance(value, str):
        yield name, value, table.lines["value"]
    for key, text, line in entries(table):
        if isinstance(text, str):
            yield key, text, line
        elif isinstance(text, Table) and isinstance(described := text.get("value"), str):  # GitLab's, with a description
            yield key, described, text.lines["value"]


def _begins(command: list[Word]) -> bool:
    """Whether a command is that of an installer, or of a shell or Python that may start one, or sets variables."""
    for one in command:
        if one.text in _BEFORE or one.text.startswith("-"):
            continue
        if not _ASSIGNED.match(one.text):
            return one.open or _PROGRAM.fullmatch(one.text) is not None
    return True


def _folder_of(table: Table) -> str:
    """Where in the checkout a step runs; "" where that is not told, or is another place."""
    defaults = table.get("defaults")
    defaults = defaults.get("run") if isinstance(defaults, Table) else None
    for one in (table, defaults):
        for key in _FOLDERS if isinstance(one, Table) else ():
            folder = one.get(key) if isinstance(one, Table) else None
            if isinstance(folder, str) and not folder.startswith(("/", "~", "$", "%", "{")) and "$" not in folder:
                return folder
    return ""
