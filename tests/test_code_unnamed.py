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


def ways() -> Iterator[tuple[str, str]]:
    """Name and text of each."""
    whole = (Path(__file__).parent / "code_unnamed.txt").read_text(encoding="utf-8")
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
