"""What the verbs share: the options of a run, its `World`, and how an error that stops it is shown."""

from __future__ import annotations

import errno
import functools
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from mlsupply.cli import no_more_output, stopped
from mlsupply.cli.options import JUDGING, RESOLVING, RUN, with_options
from mlsupply.disk_tree import DiskTree
from mlsupply.errors import MlsupplyError
from mlsupply.hints import TYPE_CHECKING, Any, NoReturn, TypeVar
from mlsupply.paths import Path
from mlsupply.request import Request, Targets
from mlsupply.text import safe
from mlsupply.world import Fetch, OfflineFetch, Say, Tree, World, silent

if TYPE_CHECKING:
    from mlsupply.config import Config

_IN_NAMES = str.maketrans("", "", "-_.")
Verb = TypeVar("Verb", bound=Callable[..., Any])


def reading_options(verb: Verb) -> Verb:
    """The options of a verb that reads a project and judges nothing."""
    return with_options(RUN, JUDGING)(verb)


def looking_options(verb: Verb) -> Verb:
    """The options of a verb that looks into files and reads no project."""
    return with_options(RUN, (*RESOLVING, "feed", "feed_url"))(verb)


def taken_for_names(subjects: Iterable[str], tree: Tree) -> None:
    """Say of bare words that name no file or folder, as one misspelt would, what they were taken for."""
    for word in subjects:
        if word.translate(_IN_NAMES).isalnum() and not tree.kind(word):
            sys.stderr.write(f"mlsupply: there is no file or folder {word}: it was taken for the name of a package\n")


def request_of(subjects: tuple[str, ...], options: Mapping[str, Any]) -> Request:
    """The request that the options (`cli.options.RUN`) and the configuration describe; options win."""
    from mlsupply.cli.configuration import config_of, policy_of, rules_of

    for option in ("index_url", "feed_url"):
        if options[option] and not options[option].lower().startswith(_SPOKEN):
            message = f"{safe(options[option])} is no address for --{option.replace('_', '-')}"
            raise MlsupplyError("bad-url", message, "write it whole, like https://index.example/simple")
    config = config_of(subjects, options.get("config", ""))
    return Request(
        subjects=subjects or (".",),
        environment=options["environment"],
        offline=options["offline"] or bool(config.offline),
        resolve=not options["no_resolve"],
        targets=Targets(
            python=options["python"],
            platforms=options["platforms"],
            extras=options["extras"],
            groups=options["groups"],
            exclude_newer=options["exclude_newer"],
        ),
        checks=options.get("checks") or config.checks,
        skip=options.get("skip") or config.skip,
        chosen_in=config.path if _chooses(config, options) else "",
        policy=policy_of(config, options),
        feed=options["feed"] or config.feed or "auto",
        feed_url=options["feed_url"] or config.feed_url,
        index_url=options["index_url"] or config.index_url,
        mirrors=config.mirrors,
        rules=rules_of(config, options),
        settings={**config.settings, "contents": {"mode": options["contents"]}}
        if options.get("contents")
        else config.settings,
    )


_SPOKEN = ("https://", "http://", "file://")


def _chooses(config: Config, options: Mapping[str, Any]) -> bool:
    """Whether the configuration, and not the command line, decides which checks run."""
    return bool((config.checks and not options.get("checks")) or (config.skip and not options.get("skip")))


def real_world(*, offline: bool, say: Say = silent) -> World:
    """The real network, clock and disk, seen from the folder the user stands in. MLSUPPLY_CACHE_DIR and XDG_CACHE_HOME
    name the cache folder."""
    return World(
        fetch=_fetcher(offline),
        now=lambda: datetime.now(UTC),
        tree=DiskTree(Path()),
        cache=_cache_folder(),
        environ=dict(os.environ),
        jobs=_cores(),
        resolving=not offline,
        say=say,
    )


def _cores() -> int:
    """The cores this process may use, which in a container are often fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _fetcher(offline: bool) -> Fetch:
    if offline:
        return OfflineFetch()
    from mlsupply.fetch import LiveFetch

    return LiveFetch(os.environ)


def _cache_folder() -> Path:
    """The XDG specification says to ignore relative paths (specifications.freedesktop.org/basedir-spec): what is in the
    folder under audit is not this user's cache. Where no folder is left, one that cannot be made, so that nothing is
    kept."""
    if chosen := os.environ.get("MLSUPPLY_CACHE_DIR"):
        return Path(chosen).absolute()
    for base in (os.environ.get("XDG_CACHE_HOME", ""), _in_home(".cache")):
        if os.path.isabs(base):  # noqa: PTH117  pathlib is not imported at start
            return Path(base) / "mlsupply"
    return Path(os.devnull) / "mlsupply"


def _in_home(name: str) -> str:
    try:
        return str(Path.home() / name)
    except RuntimeError:  # no HOME, and no entry of this user among the system's
        return ""


def shows_errors(verb: Verb) -> Verb:
    """Turn `MlsupplyError`, and what the system refuses, into words on stderr and an exit code."""

    @functools.wraps(verb)
    def wrapped(*args: object, **kwargs: object) -> object:
        try:
            return verb(*args, **kwargs)
        except MlsupplyError as error:
            _stop(error)
        except BrokenPipeError:
            raise  # `| head`, which click ends quietly
        except OSError as error:
            stop_refused(error)
        except KeyboardInterrupt:
            stopped()

    return wrapped  # type: ignore[return-value]  # functools.wraps keeps the signature, which a TypeVar cannot say


def _stop(error: MlsupplyError) -> NoReturn:
    import click

    from mlsupply.cli.terminal import fitted

    try:
        click.echo(fitted(f"mlsupply: {error.message} [{error.reference}]", err=True), err=True)
        if error.hint:
            click.echo(fitted(f"  hint: {error.hint}", err=True), err=True)
    except OSError:  # nor can stderr be written: the exit code is all that can be told
        os._exit(error.exit_code)
    sys.exit(error.exit_code)


def stop_refused(error: OSError) -> NoReturn:
    """End with what the system refused, in words."""
    _stop(_refused(error))


def _refused(error: OSError) -> MlsupplyError:
    """The system's refusal as an error; one that names no file comes from asking for the current folder, which is gone, or
    from writing the standard output (a full disk)."""
    if error.filename:
        hint = _STEPS.get(error.errno or 0, "see that it is there and that this user may use it")
        return MlsupplyError("system-refused", f"{safe(str(error.filename))}: {error.strerror}", hint)
    if error.errno == errno.ENOENT:
        return MlsupplyError("system-refused", "the folder this was started in is gone", "change to one that is there")
    no_more_output()
    return MlsupplyError("output-not-written", f"the output could not be written: {error.strerror}")


_STEPS = {
    **dict.fromkeys((errno.EACCES, errno.EPERM), "let this user read it (and write, where it is to be written)"),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free some space, or name another place"),
    errno.EROFS: "name a place that can be written",
    errno.ELOOP: "remove the circular link, or name what it should point to",
    errno.ENAMETOOLONG: "name it by a shorter path, from a folder further down",
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "raise the number of open files that is allowed (ulimit -n)"),
    errno.EIO: "the disk fails: copy what it still gives, and run on the copy",
}


def no_device(path: Path) -> None:
    """Raises `MlsupplyError` (`file-not-read`) for something that is neither file nor folder: reading a pipe or device might
    never end."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise MlsupplyError("file-not-read", f"{path} is a pipe, socket or device", "name a file")
