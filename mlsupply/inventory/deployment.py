"""What runs containers, machines and services: manifests of Kubernetes with those of Tekton and Argo, Helm's values and
templates, cloud-init, playbooks of Ansible, and the configurations of platforms such as Render, Heroku and Vercel.
What they install, they install whenever something is started or set up.

Sources: https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/,
https://docs.ansible.com/ansible/latest/collections/ansible/builtin/pip_module.html, https://cloudinit.readthedocs.io.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlsupply.inventory import steps
from mlsupply.inventory.install_commands import Commands, Found, of_command
from mlsupply.inventory.json_text import as_yaml
from mlsupply.inventory.shell import Word, commands
from mlsupply.inventory.yaml_text import Rows, Table
from mlsupply.lazy import expression
from mlsupply.model import Inventory
from mlsupply.world import Limits, Tree

FORMAT = "deployment"
_SHELL = ("shell", "command", "raw")
_MODULES = {"pip": "pip", "ansible.builtin.pip": "pip", "pipx": "pipx", "community.general.pipx": "pipx"}
_REMOVES = ("absent", "uninstall", "uninstall_all")
_LOOPS = ("loop", "with_items", "with_flattened")
_COMMENT = expression(r"\{\{-?[ \t]*/\*(?:[^*]|\*(?!/))*+\*/[ \t]*-?\}\}")
_TEMPLATE_LINE = re.compile(r"^[ \t]*\{\{[^{}\n]*\}\}[ \t]*$", re.MULTILINE)
_TEMPLATE = re.compile(r"\{\{[^{}\n]*\}\}")
_BETWEEN = re.compile(r",(?=\s*[A-Za-z])")  # names, and not the limits of a version
_ITEM = re.compile(r"\{\{\s*item\s*\}\}")


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of all that is run."""
    prepare = as_yaml if path.endswith(".json") else _without_templates
    return steps.inventory(Commands(path, tree, limits), FORMAT, _KEYS, prepare)


def _without_templates(text: str) -> str:
    """Helm's templates with variables in place of what is filled in; a playbook has quotes around its own."""
    if "{{-" not in text and not re.search(r"\{\{[^{}\n]{0,200}[.$]", text):
        return text
    if "apiVersion" not in text:
        return text
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    return _TEMPLATE.sub("$_", _TEMPLATE_LINE.sub("", text))


def _of_ansible(path: str, table: Table) -> Iterator[Found]:
    """The modules `pip` and `pipx` of a task: `pip: {name: [a, b], requirements: file, version: 1.0}`, or written in a line,
    `pip: name=a version=1.0`."""
    for key, program in _MODULES.items():
        given = table.get(key)
        if isinstance(given, str):
            given = _inline(given, table.lines[key])
        if isinstance(given, Table) and given.get("state") not in _REMOVES:
            yield from _asked(path, program, given, list(_looped(table)))


def _inline(text: str, line: int) -> Table:
    """`name=a version=1.0` as the table it stands for."""
    given = Table()
    for one in (word for words in commands(text, line) for word in words):
        key, equals, value = one.text.partition("=")
        if equals:
            given[key], given.lines[key] = value, line
    return given


def _looped(task: Table) -> Iterator[Word]:
    """What the loop of a task goes through."""
    for key in _LOOPS:
        rows = task.get(key)
        if isinstance(rows, Rows):
            yield from steps.words(rows)


def _asked(path: str, program: str, given: Table, items: list[Word]) -> Iterator[Found]:
    names = given.get("name")
    line = given.lines.get("name", given.line)
    asked = list(_names(names, line))
    if isinstance(names, str) and _ITEM.fullmatch(names.strip()) and items:
        asked = items
    version = given.get("version")
    if isinstance(version, str) and len(asked) == 1:
        asked = steps.word(f"{asked[0].text}=={version}", asked[0].line)
    extra = given.get("extra_args")
    options = next(commands(extra, given.lines["extra_args"]), []) if isinstance(extra, str) else []
    file = given.get("requirements")
    if isinstance(file, str):
        at = given.lines["requirements"]
        options += [Word("-r", at), *steps.word(file, at)]
    yield from of_command(path, [Word(program, line), Word("install", line), *options, *asked])


def _names(names: object, line: int) -> Iterable[Word]:
    if isinstance(names, Rows):
        return steps.words(names)
    texts = _BETWEEN.split(names) if isinstance(names, str) else []
    return [one for text in texts for one in steps.word(text.strip(), line)]


_KEYS = steps.Keys(
    runs=frozenset(
        {
            *("script", "source", "runcmd", "bootcmd", "scripts", "run", "hooks", "commands"),
            *("win_shell", "win_command", *_SHELL, *(f"ansible.builtin.{name}" for name in _SHELL)),
        }
    ),
    words=frozenset({"runcmd", "bootcmd"}),
    endings=("Command", "_command"),
    special=_of_ansible,
    marks=("pip:", "pipx:"),
)
