"""Releases and indexes as they look on the day, through `mlsupply scan` and an index on loopback: each story names the
rules that fire, and every built-in rule of releases, indexes and requirements fires in one of them.

Dates count back from now: the command has the real clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mlsupply.cli import main
from mlsupply.report import FORMATS
from mlsupply.ruleset.library import builtin_rules
from mlsupply.world import PUBLIC_FILES, PUBLIC_INDEX
from tests.loopback_index import File, LoopbackIndex, provenance

FACETS = {"release", "index", "requirement", "pinning", "origin"}
ELSEWHERE = {"MLS-R020"}  # needs an attestation: see test_provenance
COMMIT = "0123456789abcdef0123456789abcdef01234567"
BOTH = ("wheel", "sdist")
OWN = provenance(repository="acme/demo")


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Stage:
    """An index, a second one, the project's folder and more words for the command."""

    index: LoopbackIndex
    other: LoopbackIndex
    folder: Path
    words: list[str] = field(default_factory=list)

    def history(self, *, until: float = 60, count: int = 4, name: str = "demo", **more: Any) -> None:
        """`count` ordinary monthly releases 1.0, 1.1, ... of wheel and sdist, the last of them `until` days ago."""
        for number in range(count):
            usual: dict[str, Any] = {"kinds": BOTH, "size": 200_000, "provenance": OWN} | more
            self.index.add(name, f"1.{number}", uploaded=ago(until + 30 * (count - 1 - number)), **usual)

    def release(self, days: float = 20, version: str = "2.0", name: str = "demo", **more: Any) -> list[File]:
        usual: dict[str, Any] = {"kinds": BOTH, "size": 210_000, "provenance": OWN} | more
        return self.index.add(name, version, uploaded=ago(days), **usual)

    def pin(self, version: str = "2.0", name: str = "demo", hashes: Sequence[str] = (), line: str = "") -> None:
        """A requirements file that pins one release by the hashes of its files."""
        known = [file.sha256 for file in self._files(name) if file.version == version]
        text = " ".join(f"--hash=sha256:{value}" for value in hashes or known or ["0" * 64])
        self.write("requirements.txt", (line or f"{name}=={version}") + f" {text}\n")

    def _files(self, name: str) -> list[File]:
        return self.index.project(name).files if name in self.index.projects else []

    def lock(self, version: str = "2.0", host: str = "", sha256: str = "", filename: str = "") -> None:
        """A uv.lock with the wheel of one release."""
        wheel = next(file for file in self.index.project("demo").files if file.version == version and file.is_wheel)
        url = f"{host or self.index.url + '/files'}/{filename or wheel.filename}"
        self.write(
            "uv.lock",
            f'version = 1\nrequires-python = ">=3.11"\n\n[[package]]\nname = "demo"\nversion = "{version}"\n'
            f'source = {{ registry = "{self.index.simple}" }}\n'
            f'wheels = [{{ url = "{url}", hash = "sha256:{sha256 or wheel.sha256}", size = 1 }}]\n',
        )

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def scan(self, *words: str) -> Result:
        command = ["scan", str(self.folder), "--index-url", self.index.simple, "--check", "release", "--check", "index"]
        environ = {"MLSUPPLY_CACHE_DIR": str(self.folder.parent / "cache"), "MLSUPPLY_TRUSTED_ROOT": ""}
        return CliRunner().invoke(main, [*command, "--no-resolve", "--no-progress", *self.words, *words], env=environ)

    def report(self) -> dict[str, Any]:
        result = self.scan("-o", "json")
        assert result.exit_code in {0, 1, 3}, result.output
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def fired(self) -> set[str]:
        return {finding["id"] for finding in self.report()["findings"]}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr("mlsupply.evidence.attestations.LIBRARY", "no_such_library")
    (tmp_path / "project").mkdir()
    with LoopbackIndex("pypi") as index, LoopbackIndex("pypi") as other:
        index.project("demo").info = {"project_urls": {"Source": "https://github.com/acme/demo"}}
        yield Stage(index, other, tmp_path / "project")


Story = Callable[[Stage], None]
STORIES: list[tuple[str, set[str], Story]] = []


def story(words: str, *rules: str) -> Callable[[Story], Story]:
    """A story by its sentence, and the rules that fire in it: these and no others."""

    def told(make: Story) -> Story:
        STORIES.append((words, set(rules), make))
        return make

    return told


# --- the release --------------------------------------------------------------------------------------------------------


@story("an ordinary release, three weeks old, pinned by its hashes")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.pin()


@story("a release of this morning", "MLS-R001")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(0.1)
    stage.pin()


@story("a release of this morning, of a project the configuration exempts")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(0.1)
    stage.pin()
    stage.write("mlsupply.toml", '[release]\nexempt = ["dem*"]\n')


@story("a release of this morning, from an index the configuration exempts")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(0.1)
    stage.pin()
    stage.write("mlsupply.toml", '[release]\nexempt-indexes = ["127.0.0.1:*"]\n')


@story("a release of yesterday where a day of waiting is enough")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(1.5)
    stage.pin()
    stage.write("mlsupply.toml", '[rules]\nvalues = {cooling_off = "1 day"}\n')


@story("a release of this morning that a published advisory names as its fix")
def _(stage: Stage) -> None:
    stage.history(name="litellm", count=3)
    stage.release(0.1, "1.84.0", "litellm")
    stage.pin("1.84.0", "litellm")


@story("a release that was yanked as broken", "MLS-R002")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(yanked="broken on Windows")
    stage.pin()


@story("a release that was yanked without a word", "MLS-R002")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(yanked="")
    stage.pin()


@story("a release that was yanked as compromised", "MLS-R003")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(yanked="account compromised, do not install")
    stage.pin()


@story("a release of which one file alone was yanked")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()[1].yanked = "broken sdist"
    stage.pin()


@story("a project in quarantine", "MLS-R004")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.index.project("demo").status = "quarantined"
    stage.pin()


@story("an archived project", "MLS-R005")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.index.project("demo").status = "archived"
    stage.pin()


@story("a deprecated project", "MLS-R005")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.index.project("demo").status = "deprecated"
    stage.pin()


@story("a pinned release that the index has no more", "MLS-R006")
def _(stage: Stage) -> None:
    stage.history()
    stage.pin("1.82.8")


@story("a pinned project that the index has no more", "MLS-R007")
def _(stage: Stage) -> None:
    stage.pin("1.0", "vanished-project")


@story("the first release of a new project", "MLS-R008")
def _(stage: Stage) -> None:
    stage.release(10)
    stage.pin()


@story("a first release of long ago")
def _(stage: Stage) -> None:
    stage.release(700)
    stage.pin()


@story("a release out of the blue after three years", "MLS-R009")
def _(stage: Stage) -> None:
    stage.history(until=1100)
    stage.release()
    stage.pin()


@story("a release many times as large as the one before", "MLS-R010")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(size=11_000_000)
    stage.pin()


@story("a project that ships compiled code for the first time", "MLS-R011")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.release(kinds=["wheel"], tag="cp312-cp312-manylinux_2_28_x86_64")
    stage.pin()


@story("a release without the sdist that all before had", "MLS-R012")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(kinds=["wheel"])
    stage.pin()


@story("a release without the wheel that all before had", "MLS-R012")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(kinds=["sdist"])
    stage.pin()


@story("a wheel added to a release half a year after its siblings", "MLS-R013")
def _(stage: Stage) -> None:
    stage.history(until=430)
    stage.release(400)
    stage.release(200, kinds=["wheel"], tag="py3-none-win_amd64")
    stage.pin()


@story("a lock whose hash of a file is not the index's", "MLS-R014")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.lock(sha256="1" * 64)


@story("a lock that names a file the index has not", "MLS-R015")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.lock(filename="demo-2.0-py3-none-win_amd64.whl", sha256="1" * 64)


@story("a requirement whose hash belongs to no file of the release", "MLS-R015")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.pin(hashes=["1" * 64])


@story("a release without the attestations that those before had", "MLS-R016")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(provenance=None)
    stage.pin()


@story("a release from a project that never had attestations")
def _(stage: Stage) -> None:
    stage.history(provenance=None)
    stage.release(provenance=None)
    stage.pin()


@story("a release published by a stranger's repository", "MLS-R017", "MLS-R018")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(provenance=provenance(repository="mallory/demo"))
    stage.pin()


@story("a release published from the same repository by a renamed workflow, its name in other letters")
def _(stage: Stage) -> None:
    stage.history()
    stage.release(provenance=provenance(repository="ACME/demo", workflow="publish.yml"))
    stage.pin()


@story("releases always published from a repository the project does not link to", "MLS-R018")
def _(stage: Stage) -> None:
    other = provenance(repository="acme-build/demo")
    stage.history(provenance=other)
    stage.release(provenance=other)
    stage.pin()


@story("a project that changed hands since the last run", "MLS-R019")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.pin()
    stage.index.project("demo").ownership = {"organization": None, "roles": [{"role": "Owner", "user": "ann"}]}
    assert stage.fired() == set()
    stage.index.project("demo").ownership = {"organization": None, "roles": [{"role": "Owner", "user": "mallory"}]}
    details = stage.folder.parent / "cache" / "registry"
    for kept in details.iterdir():  # as if six hours had passed
        value = json.loads(kept.read_bytes())
        kept.write_text(json.dumps(value | {"at": value["at"] - 7 * 3600} if "at" in value else value), encoding="utf-8")


@story("a wheel without attestation, of a new kind, beside files that have it", "MLS-R011", "MLS-R021")
def _(stage: Stage) -> None:
    stage.history(kinds=["wheel"])
    stage.release(kinds=["wheel"])
    stage.release(kinds=["wheel"], tag="py3-none-win_amd64", provenance=None)
    stage.pin()


# --- the index ----------------------------------------------------------------------------------------------------------


@story("an extra index beside the public one, nothing pinned to it", "MLS-I001", "MLS-I010")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.write("requirements.txt", "--extra-index-url https://wheels.example/nightly\ndemo==2.0\n")


@story("the same with hashes for every requirement")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.pin()
    path = stage.folder / "requirements.txt"
    path.write_text(
        "--extra-index-url https://wheels.example/nightly\n" + path.read_text(encoding="utf-8"), encoding="utf-8"
    )


@story("a package of an extra index whose name the public one has too", "MLS-I002", "MLS-R007")
def _(stage: Stage) -> None:
    stage.write("pyproject.toml", _WITH_EXTRA_INDEX.format(url="https://wheels.example/simple", explicit="false"))
    stage.write("uv.lock", _TAKEN_FROM.format(url="https://wheels.example/simple"))


@story("the same, pinned to an explicit index", "MLS-R007")
def _(stage: Stage) -> None:
    stage.write("pyproject.toml", _WITH_EXTRA_INDEX.format(url="https://wheels.example/simple", explicit="true") + _PINNED)
    stage.write("uv.lock", _TAKEN_FROM.format(url="https://wheels.example/simple"))


_WITH_EXTRA_INDEX = """\
[project]
name = "app"
version = "0"
dependencies = ["triton"]

[[tool.uv.index]]
name = "wheels"
url = "{url}"
explicit = {explicit}
"""
_PINNED = '\n[tool.uv.sources]\ntriton = { index = "wheels" }\n'
_TAKEN_FROM = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "app"
version = "0"
source = {{ virtual = "." }}
dependencies = [{{ name = "triton" }}]

[[package]]
name = "triton"
version = "3.0.0"
source = {{ registry = "{url}" }}
"""


@story("a repository of a stranger under a public name", "MLS-I003")
def _(stage: Stage) -> None:
    stage.history(name="requests")
    stage.index.project("requests").info = {"project_urls": {"Source": "https://github.com/psf/requests"}}
    stage.write("requirements.txt", f"requests @ git+https://github.com/stranger/requests@{COMMIT}\n")


@story("the project's own repository at a commit")
def _(stage: Stage) -> None:
    stage.history(name="requests")
    stage.index.project("requests").info = {"project_urls": {"Source": "https://github.com/psf/requests"}}
    stage.write("requirements.txt", f"requests @ git+https://github.com/psf/requests@{COMMIT}\n")


@story("a private repository at a branch", "MLS-I004")
def _(stage: Stage) -> None:
    stage.write("requirements.txt", "inner-tool @ git+https://git.example/team/inner-tool@main\n")


@story("an index over plain http", "MLS-I005")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.pin()
    path = stage.folder / "requirements.txt"
    path.write_text("--index-url http://index.example/simple\n" + path.read_text(encoding="utf-8"), encoding="utf-8")


@story("an archive over plain http", "MLS-I006")
def _(stage: Stage) -> None:
    stage.write("requirements.txt", "inner-tool @ http://files.example/inner_tool-1.0-py3-none-any.whl\n")


@story("an index whose certificate nobody checks", "MLS-I007")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.pin()
    path = stage.folder / "requirements.txt"
    head = "--index-url https://index.example/simple\n--trusted-host index.example\n"
    path.write_text(head + path.read_text(encoding="utf-8"), encoding="utf-8")


@story("a password in the address of an index", "MLS-I008")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.pin()
    path = stage.folder / "requirements.txt"
    path.write_text("--index-url https://build:hunter2@index.example/simple\n" + path.read_text("utf-8"), encoding="utf-8")


@story("open versions in a Dockerfile", "MLS-I009")
def _(stage: Stage) -> None:
    stage.write("Dockerfile", "FROM python:3.12\nRUN pip install demo\n")


@story("a gateway by a wildcard in a file that installs", "MLS-I009", "MLS-I011")
def _(stage: Stage) -> None:
    stage.write("requirements.txt", "litellm==1.*\n")


@story("an address behind four hundred blanks", "MLS-I012", "MLS-I003")
def _(stage: Stage) -> None:
    stage.history(name="requests")
    stage.write("requirements.txt", f"requests{' ' * 434}@ git+https://git.example/stranger/requests@{COMMIT}\n")


@story("a lock that takes one file from another host", "MLS-I013")
def _(stage: Stage) -> None:
    files = f"{PUBLIC_FILES}/packages"
    lines = ['version = 1\nrequires-python = ">=3.11"\n']
    for name, host in (("one", files), ("two", files), ("three", "https://cdn.evil.example")):
        (file,) = stage.index.add(name, "1.0", uploaded=ago(900))
        wheel = f'{{ url = "{host}/{file.filename}", hash = "sha256:{file.sha256}", size = 1 }}'
        source = f'{{ registry = "{PUBLIC_INDEX}" }}'
        lines.append(f'[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {source}\nwheels = [{wheel}]\n')
    stage.write("uv.lock", "\n".join(lines))


@story("a private name that the public index may serve", "MLS-I014")
def _(stage: Stage) -> None:
    stage.history(name="inner-tool")
    stage.release(name="inner-tool")
    stage.pin(name="inner-tool")
    stage.write("mlsupply.toml", '[index]\nprivate = {"inner-*" = "https://corp.example/simple"}\n')


@story("an index that is not among those allowed", "MLS-I015")
def _(stage: Stage) -> None:
    stage.history()
    stage.release()
    stage.pin()
    stage.write("mlsupply.toml", '[index]\nallowed = ["https://corp.example/simple"]\n')


@pytest.mark.parametrize(("rules", "make"), [row[1:] for row in STORIES], ids=[row[0] for row in STORIES])
def test_the_rules_of_the_story_fire_and_no_others(rules: set[str], make: Story, stage: Stage) -> None:
    make(stage)
    assert stage.fired() == rules


def test_every_rule_of_releases_and_indexes_fires_in_a_story() -> None:
    known = {rule.id for rule in builtin_rules()[1] if rule.looks_at in FACETS}
    assert known - ELSEWHERE == set().union(*(rules for _, rules, _ in STORIES))


@pytest.mark.parametrize("output", [one.name for one in FORMATS])
def test_a_password_in_an_address_is_in_no_output(output: str, stage: Stage) -> None:
    url = stage.other.simple.replace("http://", "http://build:hunter2@")
    stage.history()
    stage.release()
    text = f"--index-url {url}\n--extra-index-url https://token-hunter2@wheels.example/simple?key=hunter2\ndemo==2.0\n"
    stage.write("requirements.txt", text + "tool @ git+https://user:hunter2@git.example/team/tool@main\n")
    for words in ([], ["-v"]):
        result = stage.scan("-o", output, *words)
        assert result.exit_code in {0, 1, 3}, result.output
        assert "hunter2" not in result.output
    kept = [
        path for path in (stage.folder.parent / "cache").rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()
    ]
    assert kept == []


@pytest.mark.parametrize("kind", ["mirror", "plain"])
def test_what_an_index_does_not_offer_is_told_once_and_what_it_offers_is_judged(kind: str, stage: Stage) -> None:
    stage.index.kind = kind
    for name in ("demo", "other", "third"):
        stage.history(name=name)
        stage.release(name=name, yanked="compromised")
    stage.write("requirements.txt", "demo==2.0\nother==2.0\nthird==2.0\n")
    report = stage.report()
    assert "MLS-R003" in {finding["id"] for finding in report["findings"]}
    gaps = [gap["detail"] for gap in report["gaps"] if gap["check"] == "release"]
    assert len(gaps) == len(set(gaps))
    missing = {"mirror": {"status", "provenance", "owners"}, "plain": {"status", "provenance", "owners", "upload", "file"}}
    if kind == "mirror":  # its page of the project, fetched for the sizes, has the owners too
        missing["mirror"].discard("owners")
    for word in missing[kind]:
        assert any(word in detail for detail in gaps), word
    assert len(gaps) == len(missing[kind])
