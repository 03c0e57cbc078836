"""What the verbs share: the world they run in, and how an error that stops the run is shown."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from mlsupply.errors import MlsupplyError
from mlsupply.world import DiskTree, Fetch, OfflineFetch, World

Result = TypeVar("Result")


def real_world(root: Path, *, offline: bool, say: Callable[[str], None] = lambda words: None) -> World:
    """The real network, clock and disk. MLSUPPLY_CACHE_DIR and XDG_CACHE_HOME name the cache folder."""
    return World(
        fetch=_fetcher(offline),
        now=lambda: datetime.now(UTC),
        tree=DiskTree(root),
        cache=_cache_folder(),
        environ=dict(os.environ),
        jobs=os.cpu_count() or 1,
        say=say,
    )


def _fetcher(offline: bool) -> Fetch:
    return OfflineFetch()


def _cache_folder() -> Path:
    if chosen := os.environ.get("MLSUPPLY_CACHE_DIR"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "mlsupply"


def shows_errors(verb: Callable[..., Result]) -> Callable[..., Result]:
    """Turn `MlsupplyError` into words on stderr and its exit code."""

    @functools.wraps(verb)
    def wrapped(*args: object, **kwargs: object) -> Result:
        try:
            return verb(*args, **kwargs)
        except MlsupplyError as error:
            click.echo(f"mlsupply: {error.message} [{error.reference}]", err=True)
            if error.hint:
                click.echo(f"  hint: {error.hint}", err=True)
            sys.exit(error.exit_code)

    return wrapped
