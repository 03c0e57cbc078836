"""Pipelines of CI systems other than GitHub's, and lists of tasks: what their steps install.

Sources: the references of GitLab (https://docs.gitlab.com/ci/yaml/), Azure Pipelines, Bitbucket, CircleCI, Woodpecker,
Drone, Travis, AppVeyor, Cirrus, Buildkite, Semaphore, AWS CodeBuild, Google Cloud Build, SourceHut, Concourse, Read the Docs
(https://docs.readthedocs.com/platform/stable/config-file/v2.html) and Task (https://taskfile.dev/reference/schema).
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import basename

from mlsupply.inventory import steps
from mlsupply.inventory.install_commands import Commands, Found, Include, installs
from mlsupply.inventory.yaml_text import Rows, Table
from mlsupply.model import Inventory, Place
from mlsupply.world import Limits, Tree

FORMAT = "CI pipeline"
_KEYS = steps.Keys(
    runs=frozenset(
        {
            *("script", "scripts", "before_script", "after_script", "run", "command", "commands", "cmd", "cmds", "sh", "ps"),
            *(
                "bash",
                "pwsh",
                "powershell",
                "inline",
                "inlineScript",
                "source",
                "before_install",
                "install",
                "before_deploy",
            ),
            *("after_success", "after_failure", "after_deploy", "init", "before", "on_finish", "tasks", "preconditions"),
        }
    ),
    endings=("_script",),
)


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """Requirements, indexes and included files of all steps."""
    keys = _OF_READ_THE_DOCS if "readthedocs" in basename(path).lower() else _WITH_ORBS
    return steps.inventory(Commands(path, tree, limits), FORMAT, keys)


def _of_read_the_docs(path: str, table: Table) -> Iterator[Found]:
    """`python: install: - requirements: docs/deps.txt` and `conda: environment: docs/env.yml`."""
    python, conda = table.get("python"), table.get("conda")
    installed = python.get("install") if isinstance(python, Table) else None
    asked = [(one, "requirements") for one in installed or () if isinstance(installed, Rows) and isinstance(one, Table)]
    asked += [(conda, "environment")] if isinstance(conda, Table) else []
    for one, key in asked:
        if isinstance(file := one.get(key), str):
            yield Include(file, Place(path, one.lines[key]))


_OF_READ_THE_DOCS = _KEYS._replace(special=_of_read_the_docs, marks=("requirements", "environment"))


def _of_orbs(path: str, table: Table) -> Iterator[Found]:
    """What CircleCI's orb for Python installs: `python/install-packages: {pip-dependency-file: x.txt, args: a b}`."""
    given = table.get("python/install-packages")
    if isinstance(given, Table):
        file, args = given.get("pip-dependency-file"), given.get("args")
        asked = [(f"-r {file}", "pip-dependency-file")] if isinstance(file, str) else []
        asked += [(args, "args")] if isinstance(args, str) and given.get("pkg-manager", "pip") == "pip" else []
        for text, key in asked:
            yield from installs(path, f"pip install {text}", given.lines[key])


_WITH_ORBS = _KEYS._replace(special=_of_orbs, marks=("python/install-packages",))
