"""The stage of a story: an index on loopback, a second one, a project, and what `mlsupply scan` says of it.

Dates count back from now: the command has the real clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from mlsupply.cli import main
from tests.loopback_index import File, LoopbackIndex, provenance

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

    def published(self, days: float = 20, **more: Any) -> list[File]:
        """An ordinary history and, `days` ago, the release 2.0 of the story; its files."""
        self.history()
        return self.release(days, **more)

    def pinned(self, days: float = 20, *, above: str = "", **more: Any) -> None:
        """The same, pinned by its hashes. above: lines that stand before the pin."""
        self.published(days, **more)
        self.pin(above=above)

    def pin(self, version: str = "2.0", name: str = "demo", hashes: Sequence[str] = (), above: str = "") -> None:
        """A requirements file that pins one release by the hashes of its files."""
        known = [file.sha256 for file in self._files(name) if file.version == version]
        text = " ".join(f"--hash=sha256:{value}" for value in hashes or known or ["0" * 64])
        self.write("requirements.txt", f"{above}{name}=={version} {text}\n")

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

    def configure(self, text: str) -> None:
        """The project's mlsupply.toml."""
        self.write("mlsupply.toml", text)

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


Story = Callable[[Stage], None]
STORIES: list[tuple[str, set[str], Story]] = []


def story(words: str, *rules: str) -> Callable[[Story], Story]:
    """A story by its sentence, and the rules that fire in it: these and no others."""

    def told(make: Story) -> Story:
        STORIES.append((words, set(rules), make))
        return make

    return told
