"""Repositories with known truth: the states of every commit are kept here in plain dictionaries, and what was exposed from
when to when is read off them by looking at every commit, sharing nothing with the program's own reading of git.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

BAD = ("1.82.7", "1.82.8")
GOOD = ("1.80.0", "1.82.6", "1.83.7")
OPEN = {">=1.80": True, "": True, "~=1.82.0": True, "<1.82.7": False, ">=1.83": False}  # does it admit a bad one?
WINDOW = (1774348740, 1774357860, 1774368000)  # opens, first stated end, last stated end (2026-03-24 UTC)
START = WINDOW[0] - 86_400 * 10

State = dict[str, str]
"""File to content."""


@dataclass
class Made:
    """A commit as it was made."""

    oid: str
    number: int
    parents: list[int]
    time: int
    state: State


@dataclass
class Repo:
    """A repository and its truth."""

    folder: Path
    commits: list[Made] = field(default_factory=list)
    tips: dict[str, int] = field(default_factory=dict)
    kind: str = "plain"
    damaged: str = ""  # a file whose first version was damaged


def lock(name: str, version: str, salt: int) -> str:
    """A lock in the format of the file name that pins litellm and something that changes beside it."""
    if name.endswith("uv.lock"):
        return (
            f'version = 1\n\n[[package]]\nname = "httpx"\nversion = "0.{salt}"\n'
            'source = { registry = "https://i.example" }\n\n'
            f'[[package]]\nname = "litellm"\nversion = "{version}"\nsource = {{ registry = "https://i.example" }}\n'
        )
    if name.endswith("poetry.lock"):
        return (
            f'[[package]]\nname = "httpx"\nversion = "0.{salt}"\noptional = false\nfiles = []\n\n'
            f'[[package]]\nname = "litellm"\nversion = "{version}"\noptional = false\nfiles = []\n\n'
            '[metadata]\nlock-version = "2.1"\n'
        )
    if name.endswith("Pipfile.lock"):
        pins = {"httpx": {"version": f"==0.{salt}"}, "litellm": {"version": f"=={version}"}}
        return json.dumps({"_meta": {}, "default": pins}) + "\n"
    return f"httpx==0.{salt}\nlitellm=={version}\n"


def version_in(content: str | None) -> str | None:
    """The litellm version a generated lock pins."""
    if content is None:
        return None
    return next((v for v in (*BAD, *GOOD) if f'"{v}"' in content or f"=={v}" in content), None)


_FILES = ("app/uv.lock", "svc/poetry.lock", "train/Pipfile.lock", "pins/requirements.txt")


def generate(folder: Path, seed: int, kind: str) -> Repo:
    """kind: `plain` (branches, merges, reverts, deletions), `fork` (the plain one of the same seed and more), `open`
    (requirements without a lock), `renames` (one line of history whose lock moves), `shallow`, `damaged` (one object is
    spoilt), `submodule`."""
    draw = random.Random(seed)
    repo = Repo(folder, kind=kind)
    _Maker(repo, draw).make()
    _write(repo)
    return repo


class _Maker:
    """Draws a history, commit by commit."""

    def __init__(self, repo: Repo, draw: random.Random) -> None:
        self.repo, self.draw, self.time = repo, draw, START + draw.randrange(86_400)
        self.salt = 0

    def make(self) -> None:
        files = self.draw.sample(_FILES, 1 if self.repo.kind == "renames" else self.draw.randint(1, 3))
        state = {name: self._lock(name, "1.82.6") for name in files}
        if self.repo.kind == "open":
            state = {"open/requirements.txt": f"litellm{self.draw.choice(list(OPEN))}\n"}
        self._commit("main", [], state)
        for _ in range(self.draw.randint(15, 40)):
            self.time += self.draw.randrange(60, 60_000)
            branch = self.draw.choice(list(self.repo.tips))
            getattr(self, self._step())(branch)
        for _ in range(6 if self.repo.kind == "fork" else 0):  # what the fork adds to the history it shares
            self.time += self.draw.randrange(60, 60_000)
            getattr(self, self._step())(self.draw.choice(list(self.repo.tips)))

    def _step(self) -> str:
        if self.repo.kind == "open":
            return self.draw.choice(["noise", "reopen"])
        if self.repo.kind == "renames":
            return self.draw.choice(["bump", "noise", "rename"])
        return self.draw.choice(["bump", "bump", "noise", "branch", "merge", "revert", "delete"])

    def _lock(self, name: str, version: str) -> str:
        self.salt += 1
        return lock(name, version, self.salt)

    def _commit(self, branch: str, parents: list[int], state: State) -> None:
        number = len(self.repo.commits) + 1
        self.repo.commits.append(Made("", number, parents, self.time, state))
        self.repo.tips[branch] = number

    def _state(self, branch: str) -> State:
        return dict(self.repo.commits[self.repo.tips[branch] - 1].state)

    def bump(self, branch: str) -> None:
        state = self._state(branch)
        locks = [name for name in state if name != "notes.txt"]
        if locks:
            name = self.draw.choice(locks)
            state[name] = self._lock(name, self.draw.choice((*BAD, *GOOD)))
        self._commit(branch, [self.repo.tips[branch]], state)

    def noise(self, branch: str) -> None:
        self.salt += 1
        self._commit(branch, [self.repo.tips[branch]], {**self._state(branch), "notes.txt": f"{self.salt}\n"})

    def reopen(self, branch: str) -> None:
        state = {**self._state(branch), "open/requirements.txt": f"litellm{self.draw.choice(list(OPEN))}\n"}
        self._commit(branch, [self.repo.tips[branch]], state)

    def branch(self, branch: str) -> None:
        if len(self.repo.tips) < 20:
            self.repo.tips[f"b{len(self.repo.commits)}"] = self.repo.tips[branch]
        self.bump(branch)

    def merge(self, branch: str) -> None:
        other = self.draw.choice(list(self.repo.tips))
        if self.repo.tips[other] == self.repo.tips[branch]:
            return self.noise(branch)
        mine, theirs = self._state(branch), self._state(other)
        state = {name: self.draw.choice((mine, theirs)).get(name) for name in {**mine, **theirs}}
        self._commit(
            branch, [self.repo.tips[branch], self.repo.tips[other]], {n: c for n, c in state.items() if c is not None}
        )
        return None

    def revert(self, branch: str) -> None:
        self._commit(branch, [self.repo.tips[branch]], dict(self.draw.choice(self.repo.commits).state))

    def delete(self, branch: str) -> None:
        state = self._state(branch)
        if len(state) > 1:
            del state[self.draw.choice(list(state))]
        self._commit(branch, [self.repo.tips[branch]], state)

    def rename(self, branch: str) -> None:
        state = self._state(branch)
        name = next((name for name in state if name != "notes.txt"), None)
        if name is not None:
            state[f"moved{self.salt}/{name.rpartition('/')[2]}"] = state.pop(name)
        self.salt += 1
        self._commit(branch, [self.repo.tips[branch]], state)


def _write(repo: Repo) -> None:
    """The history through `git fast-import`, its ids read back; then what the kind asks for."""
    repo.folder.mkdir(parents=True)
    _git(repo.folder, "init", "-q", "-b", "main")
    words: list[str] = []
    for made in repo.commits:
        words.append(
            f"commit refs/heads/tmp{made.number}\nmark :{made.number}\ncommitter Dev <dev@example.com> {made.time} +0000\n"
        )
        parents = zip(("from", "merge"), made.parents, strict=False)
        words.append("data 1\nx\n" + "".join(f"{key} :{parent}\n" for key, parent in parents))
        words.append("deleteall\n")
        words += [
            f"M 100644 inline {name}\ndata {len(content.encode())}\n{content}\n" for name, content in made.state.items()
        ]
        if repo.kind == "submodule":
            words.append(f"M 160000 {'1' * 40} third/uv.lock\n")
    words += [f"reset refs/heads/{branch}\nfrom :{number}\n\n" for branch, number in repo.tips.items()]
    marks = repo.folder / ".git" / "marks"
    _git(
        repo.folder,
        "-c",
        "fastimport.unpackLimit=1000000",
        "fast-import",
        "--quiet",
        f"--export-marks={marks}",
        stdin="".join(words),
    )
    ids = dict(line.split() for line in marks.read_text(encoding="ascii").splitlines())
    for made in repo.commits:
        made.oid = ids[f":{made.number}"]
    doomed = "".join(f"delete refs/heads/tmp{made.number}\n" for made in repo.commits)
    _git(repo.folder, "update-ref", "--stdin", stdin=doomed)
    if repo.kind == "shallow":
        boundary = repo.commits[repo.tips["main"] - 1]
        (repo.folder / ".git" / "shallow").write_text(f"{boundary.oid}\n", encoding="ascii")
    if repo.kind == "damaged":
        repo.damaged = _damage(repo)


def _damage(repo: Repo) -> str:
    """Spoil the first version of one lock; returns the file. Small imports are kept as loose objects by git."""
    objects = repo.folder / ".git" / "objects"
    first = repo.commits[0]
    name = sorted(first.state)[0]
    oid = _git(repo.folder, "rev-parse", f"{first.oid}:{name}").strip()
    blob = objects / oid[:2] / oid[2:]
    blob.chmod(0o644)
    blob.write_bytes(b"spoilt")
    return name


def _git(folder: Path, *words: str, stdin: str = "") -> str:
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *words], cwd=folder, env=environ, input=stdin, capture_output=True, text=True, check=True)
    return done.stdout


@dataclass(frozen=True)
class Truth:
    """What should be found of one thing: first commit, last commit ("" while a ref has it), refs that have it."""

    first: str
    last: str
    refs: frozenset[str]


def resolved(repo: Repo) -> dict[tuple[str, str], Truth]:
    """(file, bad version) to the truth, by looking at every commit. In a history with renames the file is the last name."""
    found: dict[tuple[str, str], Truth] = {}
    by_number = {made.number: made for made in repo.commits}
    alive = _reachable(repo, by_number)

    def has(made: Made, name: str, version: str) -> bool:
        return version_in(made.state.get(name)) == version

    if repo.kind == "renames":
        return _renamed(repo)
    names = {name for made in repo.commits for name in made.state}
    for name in names:
        for version in BAD:
            came = [
                m for m in alive if has(m, name, version) and not any(has(by_number[p], name, version) for p in m.parents)
            ]
            left = [
                m for m in alive if not has(m, name, version) and any(has(by_number[p], name, version) for p in m.parents)
            ]
            refs = frozenset(b for b, n in repo.tips.items() if has(by_number[n], name, version))
            if came:
                last = "" if refs or not left else max(left, key=lambda m: m.time).oid
                found[name, version] = Truth(min(came, key=lambda m: m.time).oid, last, refs)
    return found


def _reachable(repo: Repo, by_number: dict[int, Made]) -> list[Made]:
    seen: set[int] = set()
    todo = list(repo.tips.values())
    while todo:
        number = todo.pop()
        if number not in seen:
            seen.add(number)
            todo += by_number[number].parents
    return [made for made in repo.commits if made.number in seen]


def _renamed(repo: Repo) -> dict[tuple[str, str], Truth]:
    """One line of history: stretches that a rename joins are one, under the last name. A stretch begins where the commit
    before held the version under no name."""
    came: dict[tuple[str, str], list[Made]] = {}
    left: dict[tuple[str, str], list[Made]] = {}
    heir: dict[tuple[str, str], tuple[str, str]] = {}
    before: tuple[str, str] | None = None
    for made in repo.commits:
        now = next(((name, v) for name, content in made.state.items() if (v := version_in(content)) in BAD), None)
        if now and before and now[1] == before[1] and now != before:
            heir[before] = now
        else:
            if now and (not before or now[1] != before[1]):
                came.setdefault(now, []).append(made)
            if before and (not now or now[1] != before[1]):
                left.setdefault(before, []).append(made)
        before = now
    found: dict[tuple[str, str], Truth] = {}
    members: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for key in {*came, *left, *heir, *heir.values()}:
        last = key
        while last in heir:
            last = heir[last]
        members.setdefault(last, []).append(key)
    for last, keys in members.items():
        first = min((made for key in keys for made in came.get(key, ())), key=lambda made: made.time)
        ends = [made for key in keys for made in left.get(key, ())]
        still = before in keys
        end = "" if still or not ends else max(ends, key=lambda made: made.time).oid
        found[last] = Truth(first.oid, end, frozenset({"main"} if still else ()))
    return found


def verdict_of_open(repo: Repo) -> str:
    """The worst verdict the open requirements of a repository deserve: by minute for every state that stood."""
    worst = "no"
    line = repo.commits
    for made, following in zip(line, [*line[1:], None], strict=True):
        specifier = made.state["open/requirements.txt"].removeprefix("litellm").strip()
        until = following.time if following else WINDOW[2] + 1
        if not OPEN[specifier] or until < WINDOW[0] or made.time > WINDOW[2]:
            continue
        late = made.time > WINDOW[1]
        worst = "would have resolved" if not late or worst == "would have resolved" else "could have"
    return worst


def collection(folder: Path, count: int) -> Iterator[Repo]:
    """Repositories of every kind in turn."""
    kinds = ("plain", "fork", "renames", "open", "plain", "submodule", "open", "damaged", "shallow")
    for seed in range(count):
        kind = kinds[seed % len(kinds)]
        origin = seed - 1 if kind == "fork" else seed  # a fork shares every commit of the plain one before it
        yield generate(folder / f"{kind}-{seed}", origin, kind)
