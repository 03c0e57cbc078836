"""A small repository written commit by commit, and a lock to put into it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class History:
    """A repository being written: files, then a commit at a time of our choosing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str, at: str = "2026-03-01T00:00:00Z") -> str:
        identity = ["-c", "user.name=Dev", "-c", "user.email=dev@example.com", "-c", "commit.gpgsign=false"]
        environ = {**os.environ, "GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": at, "GIT_CONFIG_GLOBAL": os.devnull}
        done = subprocess.run(
            ["git", *identity, *words], cwd=self.folder, env=environ, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, at: str, **files: str | None) -> str:
        """Write (or with None remove) files, `__` standing for a slash and `DOT` for a dot, and commit them."""
        for name, text in files.items():
            path = self.folder / name.replace("__", "/").replace("DOT", ".")
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-qm", f"at {at}", "--allow-empty", at=at)
        return self.git("rev-parse", "HEAD")


def lock(version: str) -> str:
    """A uv.lock of a project that holds this litellm."""
    return (
        'version = 1\nrequires-python = ">=3.11"\n\n'
        f'[[package]]\nname = "litellm"\nversion = "{version}"\nsource = {{ registry = "https://index.example/simple" }}\n\n'
        '[[package]]\nname = "gateway"\nversion = "0.1"\nsource = { virtual = "." }\n'
        'dependencies = [\n    { name = "litellm" },\n]\n'
    )
