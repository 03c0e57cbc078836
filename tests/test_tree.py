"""Walking and reading a project on disk: pruned, bounded, and never outside what the user named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlsupply.disk_tree import DiskTree
from mlsupply.memory import MemoryTree
from mlsupply.model import Reason
from mlsupply.world import Failure, Limits, Skipped


def _write(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path, encoding="utf-8")
    return root


def test_a_walk_gives_files_before_folders_in_name_order(tmp_path: Path) -> None:
    _write(tmp_path, "b/x.txt", "a/y.txt", "z.txt", "c.txt")
    assert list(DiskTree(tmp_path).walk()) == ["c.txt", "z.txt", "a/y.txt", "b/x.txt"]


def test_what_others_installed_is_not_walked_and_said(tmp_path: Path) -> None:
    _write(tmp_path, "pyproject.toml", "app/node_modules/x/package.json", "env/pyvenv.cfg", "env/lib/a.py")
    _write(tmp_path, "pkg/_vendor/requirements.txt", "build/lib/setup.py", ".git/config", "tests/data/requirements.txt")
    survey = DiskTree(tmp_path).survey()
    assert survey.files == ("pyproject.toml", "tests/data/requirements.txt")
    assert sorted(survey.skipped) == [
        Skipped("app/node_modules", "installed JavaScript"),
        Skipped("build", "build output"),
        Skipped("env", "virtual environment"),
        Skipped("pkg/_vendor", "vendored code"),
    ]


def test_a_folder_named_build_is_walked_where_nothing_is_built(tmp_path: Path) -> None:
    _write(tmp_path, "docker/build/requirements.txt")
    assert list(DiskTree(tmp_path).walk()) == ["docker/build/requirements.txt"]


def test_a_pruned_folder_is_walked_when_the_user_names_it(tmp_path: Path) -> None:
    _write(tmp_path, "vendor/requirements.txt", "env/pyvenv.cfg")
    assert list(DiskTree(tmp_path, ["vendor", "env"]).walk()) == ["vendor/requirements.txt", "env/pyvenv.cfg"]


def test_paths_read_as_the_user_wrote_the_start(tmp_path: Path) -> None:
    _write(tmp_path, "proj/a.txt", "other/b.txt")
    tree = DiskTree(tmp_path, ["./proj/", str(tmp_path / "other"), "proj/a.txt"])
    assert list(tree.walk()) == ["proj/a.txt", (tmp_path / "other/b.txt").as_posix()]
    assert tree.read("proj/a.txt", 100) == b"proj/a.txt"


def test_nothing_outside_the_named_project_is_read(tmp_path: Path) -> None:
    _write(tmp_path, "proj/a.txt", "secret.txt")
    (tmp_path / "proj/link.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "proj/folder").symlink_to(tmp_path)
    tree = DiskTree(tmp_path / "proj")
    for path in ("../secret.txt", "link.txt", "folder/secret.txt", str(tmp_path / "secret.txt")):
        answer = tree.read(path, 100)
        assert isinstance(answer, Failure)
        assert answer.reason is Reason.FORBIDDEN
    for path in ("..", "folder", str(tmp_path)):
        listed = tree.entries(path)
        assert isinstance(listed, Failure)
        assert listed.reason is Reason.FORBIDDEN
    assert Skipped("folder", "link to a place outside the project") in tree.survey().skipped


def test_a_folder_whose_name_only_begins_as_the_projects_is_another_one(tmp_path: Path) -> None:
    _write(tmp_path, "proj/a.txt", "proj-secrets/b.txt")
    (tmp_path / "proj/link.txt").symlink_to(tmp_path / "proj-secrets/b.txt")
    answer = DiskTree(tmp_path / "proj").read("link.txt", 100)
    assert isinstance(answer, Failure)
    assert answer.reason is Reason.FORBIDDEN


@pytest.mark.skipif(os.name != "posix", reason="needs names with line ends")
def test_two_files_whose_names_are_shown_alike_are_both_read(tmp_path: Path) -> None:
    (tmp_path / "a\n.txt").write_text("with a line end", encoding="utf-8")
    (tmp_path / "a\\n.txt").write_text("with a backslash", encoding="utf-8")
    tree = DiskTree(tmp_path)
    said = {path: tree.read(path, 100) for path in tree.walk()}
    assert said == {"a\\n.txt": b"with a backslash", "a\\n.txt_": b"with a line end"}


def test_a_named_file_may_lead_to_the_rest_of_its_project(tmp_path: Path) -> None:
    _write(tmp_path, "proj/pyproject.toml", "proj/requirements/cuda.txt", "proj/common.txt", "secret.txt")
    tree = DiskTree(tmp_path, ["proj/requirements/cuda.txt"])
    assert tree.read("proj/requirements/../common.txt", 100) == b"proj/common.txt"
    assert isinstance(tree.read("secret.txt", 100), Failure)


def test_a_link_inside_the_project_is_met_once_at_its_target(tmp_path: Path) -> None:
    _write(tmp_path, "a/x.txt")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert list(DiskTree(tmp_path).walk()) == ["a/x.txt"]


def test_a_link_to_a_file_beside_the_named_folder_is_met_where_the_link_stands(tmp_path: Path) -> None:
    """In a repository of several projects the requirements of one may be a link to those of all."""
    _write(tmp_path, "mono/setup.py", "mono/shared/all.txt", "mono/shared/extra/more.txt", "mono/services/api/app.txt")
    api = tmp_path / "mono/services/api"
    (api / "requirements.txt").symlink_to("../../shared/all.txt")
    (api / "common").symlink_to("../../shared")
    (api / "top").symlink_to("../..")
    survey = DiskTree(api).survey()
    assert survey.files == ("app.txt", "common/all.txt", "common/extra/more.txt", "requirements.txt")
    assert survey.skipped == (Skipped("top", "link to a folder around it"),)


def test_a_link_under_another_name_is_met_where_the_two_names_are_of_different_kinds(tmp_path: Path) -> None:
    _write(tmp_path, "deps/pins.list", "deps/a.txt")
    (tmp_path / "requirements.txt").symlink_to("deps/pins.list")
    (tmp_path / "b.txt").symlink_to("deps/a.txt")
    (tmp_path / "a.txt").symlink_to("deps/a.txt")
    survey = DiskTree(tmp_path).survey()
    assert survey.targets == {"requirements.txt": "deps/pins.list", "b.txt": "deps/a.txt"}
    assert survey.met(lambda path: path.endswith(".txt")) == ("deps/a.txt", "deps/pins.list", "requirements.txt")


def test_a_link_into_a_folder_that_is_left_out_is_read_or_said(tmp_path: Path) -> None:
    _write(tmp_path, "vendor/a/pins.txt", ".cache/model.bin", ".cache/x/y.txt")
    (tmp_path / "requirements.txt").symlink_to("vendor/a/pins.txt")
    (tmp_path / "model.bin").symlink_to(".cache/model.bin")
    (tmp_path / "kept").symlink_to(".cache/x")
    (tmp_path / "theirs").symlink_to("vendor/a")
    survey = DiskTree(tmp_path).survey()
    assert survey.files == ("model.bin", "requirements.txt")
    said = {("kept", "link to a cache"), ("theirs", "link to vendored code"), ("vendor", "vendored code")}
    assert set(survey.skipped) == said


def test_links_that_lead_to_each_other_end(tmp_path: Path) -> None:
    _write(tmp_path, "mono/setup.py", "mono/a/x.txt", "mono/b/y.txt")
    (tmp_path / "mono/a/b").symlink_to("../b")
    (tmp_path / "mono/b/a").symlink_to("../a")
    (tmp_path / "mono/b/itself").symlink_to(".")
    assert list(DiskTree(tmp_path / "mono/a").walk()) == ["x.txt", "b/y.txt"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_neither_walked_nor_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "requirements.txt")
    tree = DiskTree(tmp_path)
    assert list(tree.walk()) == []
    assert isinstance(tree.read("requirements.txt", 100), Failure)


def test_limits_end_the_walk_and_are_said_with_their_number(tmp_path: Path) -> None:
    _write(tmp_path, *(f"f{number}.txt" for number in range(20)), "a/b/c/d.txt")
    few = DiskTree(tmp_path, limits=Limits(files_walked=10)).survey()
    assert len(few.files) < 20
    assert [failure.reason for _, failure in few.failures] == [Reason.LIMIT]
    shallow = DiskTree(tmp_path, limits=Limits(depth=2)).survey()
    assert shallow.failures == (("a/b/c", Failure(Reason.LIMIT, "folders deeper than 2 were not walked")),)


def test_a_file_over_its_limit_is_a_failure_that_names_the_limit(tmp_path: Path) -> None:
    _write(tmp_path, "a.txt")
    assert DiskTree(tmp_path).read("a.txt", 5) == b"a.txt"
    answer = DiskTree(tmp_path).read("a.txt", 3)
    assert answer == Failure(Reason.TOO_LARGE, "a.txt is larger than 3 bytes")


def test_a_tree_in_memory_is_walked_from_the_same_starts_as_one_on_disk(tmp_path: Path) -> None:
    files = {"src/a.py": "", "src/b/c.py": "", "srcs/d.py": "", "uv.lock": ""}
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    for starts in ((".",), ("src",), ("src/", "uv.lock"), ("src/b", "nowhere")):
        walked = sorted(DiskTree(tmp_path).starting(starts).walk())
        assert sorted(MemoryTree(files).starting(starts).walk()) == walked


def test_entries_tell_folders_from_files(tmp_path: Path) -> None:
    _write(tmp_path, "a/x.txt", "b.txt")
    tree = DiskTree(tmp_path)
    assert tree.entries(".") == ("a/", "b.txt")
    assert (tree.kind("a"), tree.kind("b.txt"), tree.kind("c"), tree.kind("\0")) == ("folder", "file", "", "")
