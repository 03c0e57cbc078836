"""A file that several archives of a run share is analysed once, and is told of each of them with its own paths."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlsupply.evidence import pool as pools
from mlsupply.evidence.answers import Answers, key_of
from mlsupply.evidence.package import look_inside
from mlsupply.evidence.pool import Lost, Pool, Task
from tests.made_wheels import METADATA, put, wheel
from tests.test_archives import tarred

ASKS = b"import urllib.request\nurllib.request.urlopen('https://x.example/ping')\n"
OTHER = b"import subprocess\nsubprocess.run(['ls', '-l'])\n"
BESIDE_ITSELF = b"import os\nos.system('sh ' + os.path.dirname(__file__) + '/run.sh')\n"


def released(folder: Path, version: str, modules: dict[str, bytes]) -> Path:
    return put(folder, f"demo-{version}-py3-none-any.whl", wheel(modules))


def source(folder: Path, version: str, modules: dict[str, bytes]) -> Path:
    top = f"demo-{version}"
    members = [(f"{top}/PKG-INFO", METADATA), *((f"{top}/{path}", text) for path, text in modules.items())]
    return put(folder, f"{top}.tar.gz", tarred(members))


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the modules that a worker was given alone, in order."""
    given: list[str] = []
    run = pools._Worker.run

    def counted(worker: pools._Worker, task: Task) -> object:
        given.extend([task.path] if task.kind == "module" else [])
        return run(worker, task)

    monkeypatch.setattr(pools._Worker, "run", counted)
    return given


def test_the_release_before_costs_only_what_changed(tmp_path: Path, analysed: list[str]) -> None:
    now = released(tmp_path, "1.1", {"demo/__init__.py": ASKS, "demo/tool.py": OTHER})
    before = released(tmp_path, "1.0", {"demo/__init__.py": OTHER, "demo/tool.py": OTHER})
    with Pool(1) as pool:
        look_inside(now, pool)
        del analysed[:]
        facts = look_inside(before, pool)
    assert analysed == ["demo/__init__.py"]
    with Pool(1) as fresh:
        assert look_inside(before, fresh) == facts


def test_the_source_archive_has_its_own_paths(tmp_path: Path, analysed: list[str]) -> None:
    modules = {"demo/__init__.py": ASKS, "demo/tool.py": OTHER}
    archives = [released(tmp_path, "1.1", modules), source(tmp_path, "1.1", modules), source(tmp_path, "1.0", modules)]
    with Pool(1) as pool:
        shared = [look_inside(path, pool) for path in archives]
    assert sorted(analysed) == ["demo/__init__.py", "demo/tool.py"]
    for path, facts in zip(archives, shared, strict=True):
        with Pool(1) as fresh:
            assert look_inside(path, fresh) == facts
    assert {fact.member for fact in shared[2].code} == {"demo-1.0/demo/__init__.py", "demo-1.0/demo/tool.py"}


def test_what_tells_the_folder_of_one_release_is_not_told_of_another(tmp_path: Path, analysed: list[str]) -> None:
    """A path that starts at the file itself has the top folder of the archive in it, which names the release."""
    with Pool(1) as pool:
        for version in ("1.0", "1.1"):
            facts = look_inside(source(tmp_path, version, {"demo/__init__.py": BESIDE_ITSELF}), pool)
            (ran,) = (fact for fact in facts.code if fact.behaviour == "runs-command")
            assert ran.member == f"demo-{version}/demo/__init__.py"
            assert not {"1.0", "1.1"} - {version} & set(ran.detail.split("/"))
    assert len(analysed) == 2
    other = Task("module", "demo-1.1/a.py", "a.py", b"x", top="demo-1.1/")
    answers = Answers()
    telling = Task("module", "demo-1.0/a.py", "a.py", b"x", top="demo-1.0/")
    answers.keep(
        telling,
        key_of(telling),
        json.dumps({"path": telling.path, "stopped": "", "exports": [["f", "demo-1.0/a.py"]]}).encode(),
    )
    assert answers.of(other, key_of(other)) is None
    answers.keep(telling, key_of(telling), json.dumps({"path": telling.path, "stopped": ""}).encode())
    assert answers.of(other, key_of(other)) == {"path": "demo-1.1/a.py", "stopped": ""}


def test_a_folder_whose_name_is_not_ascii_is_recognised_where_an_answer_tells_it() -> None:
    answers = Answers()
    one, other = (Task("module", f"d\u00e9mo-{number}/a.py", "a.py", b"x", top=f"d\u00e9mo-{number}/") for number in "12")
    answers.keep(one, key_of(one), json.dumps({"path": one.path, "stopped": "beside d\u00e9mo-1/b.py"}).encode())
    assert answers.of(other, key_of(other)) is None


@pytest.mark.parametrize(
    "other",
    [
        Task("module", "a.py", "", b"import os "),
        Task("module", "b.py", "", b"import os"),
        Task("module", "a.py", "demo/a.py", b"import os"),
        Task("module", "a.py", "", b"import os", {"names": ["run"]}),
        Task("module", "a.py", "", b"import os", foreign=True),
        Task("pth", "a.py", "", b"import os"),
    ],
)
def test_only_the_same_task_has_the_same_answer(other: Task) -> None:
    answers = Answers()
    one = Task("module", "a.py", "", b"import os")
    answers.keep(one, key_of(one), b'{"path": "a.py"}')
    assert answers.of(one, key_of(one)) == {"path": "a.py"}
    assert answers.of(other, key_of(other)) is None


def test_old_answers_make_room_for_new_ones() -> None:
    answers = Answers(room=80)
    tasks = [Task("module", f"{name}.py", "", b"") for name in "abc"]
    for task in tasks:
        answers.keep(task, key_of(task), json.dumps({"path": task.path, "x": "-" * 10}).encode())
    assert [answers.of(task, key_of(task)) is None for task in tasks] == [True, False, False]
    answers.keep(
        tasks[0], key_of(tasks[0]), json.dumps({"path": "a.py", "x": "-" * 100}).encode()
    )  # larger than all the room there is
    assert [answers.of(task, key_of(task)) is None for task in tasks] == [True, True, True]


def test_a_task_that_was_lost_is_tried_again() -> None:
    task = Task("module", "a.py", "", b"import os")
    with Pool(1, seconds=0.001) as pool:
        (late,) = pool.map([task])
        assert isinstance(late, Lost)
        for worker in pool._all:
            worker._seconds = 60.0
        (done,) = pool.map([task])
    assert isinstance(done, dict)
