"""Which files are read, which outranks which, and how the paths and requirements the user named become inputs."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from posixpath import basename
from shlex import quote

from mlsupply.disk_tree import NO_FILE, NO_TARGET
from mlsupply.errors import MlsupplyError
from mlsupply.inventory import SCRIPT_FORMATS, Reader, reader_named, reader_of
from mlsupply.inventory.cover import met_by_neighbours, said_once, settle_covered
from mlsupply.inventory.dangling import with_dangling
from mlsupply.inventory.local_folders import with_unread
from mlsupply.inventory.parsing import gap, requirement
from mlsupply.inventory.pinned import without_conda, without_resolving
from mlsupply.inventory.sniff import MOST_OF_SCRIPT, Scripts, manifest_files, reader_by_content, script_files
from mlsupply.model import COMMAND_LINE, Gap, Inventory, Place, Reason, SourceKind
from mlsupply.named import NamedTuple
from mlsupply.request import Request
from mlsupply.text import count, safe, without_credentials
from mlsupply.value import replace
from mlsupply.world import Failure, Survey, Tree, World

_FILE_ENDINGS = (
    *(".txt", ".toml", ".lock", ".json", ".yml", ".yaml", ".cfg", ".py", ".whl", ".gz", ".zip", ".in", ".ipynb"),
    *(".md", ".rst", ".xml", ".ini", ".sh"),
)
_RESOLVED_AT_ONCE = 4
_REPORT = "this is a defect of mlsupply: please report it with the file"
_STEPS = {Reason.FORBIDDEN: "let this user list it, and scan again", Reason.LIMIT: "scan by name what lies further on"}
_ENVIRONMENT = "an environment, read as a folder: what is installed in it was not looked at"
_SITES = ("site-packages", "dist-packages")
_TYPED = Place(COMMAND_LINE)
# most of these install nothing, or are something else, and are no inputs
_OFTEN_EMPTY = frozenset(
    {
        *("Dockerfile", "GitHub workflow", "CI pipeline", "Compose file", "dev container", "pre-commit", "deployment"),
        *("notebook", "conda explicit", "environment.yml", "cyclonedx", "spdx"),
        *("pip settings", "uv.toml", ".env", "Truss", "SkyPilot", "dstack", "Ray", "Databricks", "MCP configuration"),
        *(".condarc", "MLproject", "langgraph.json", "nixpacks.toml", "conda recipe", "Python code", "DVC", "Kubeflow"),
        *("ZenML", "Azure ML", "Cerebrium", "PyScript", "Claude settings"),
        *("PKG-INFO", "buildout.cfg", "pip report", "pex lock", "list of requirements", "text notebook"),
        *SCRIPT_FORMATS,
        *("Earthfile", "tox", "noxfile"),
    }
)


class Found(NamedTuple):
    """An input and the reader that read it."""

    reader: Reader
    inventory: Inventory


def paths_of(request: Request, tree: Tree) -> tuple[str, ...]:
    """The subjects that are files or folders. Raises `MlsupplyError` for one that looks like a path and is missing."""
    if request.environment and request.subjects == (".",):
        return ()
    if "" in request.subjects:
        hint = "is a variable empty? . is the folder you are in"
        raise MlsupplyError("path-not-found", "an empty argument names no file or folder", hint)
    paths = tuple(subject for subject in request.subjects if tree.kind(subject))
    for subject in request.subjects:
        if subject not in paths and (why := unusable(subject, tree)):
            hint = "give a folder, a file or a requirement that this user may read"
            raise MlsupplyError("path-not-found", f"{safe(subject)} {why}", hint)
        if subject in paths and not subject.isprintable():
            hint = "rename it, or name the folder above it"
            raise MlsupplyError("path-not-found", f"{safe(subject)} has characters in its name that cannot be shown", hint)
        if subject not in paths and _looks_like_a_path(subject):
            raise MlsupplyError("path-not-found", f"there is no file or folder {safe(subject)}", _step(subject))
    return paths


def unusable(subject: str, tree: Tree) -> str:
    """Why what stands there is neither a file nor a folder to us; "" where nothing does."""
    path = tree.on_disk(subject)
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return "is a link that leads nowhere" if path.is_symlink() else ""
    except OSError as error:
        return "" if error.errno == errno.ENAMETOOLONG else f"cannot be looked at: {error.strerror}"
    return "is neither a file nor a folder (a pipe, socket or device)"


def _looks_like_a_path(subject: str) -> bool:
    if "@" in subject or "==" in subject:
        return False
    return "/" in subject or "\\" in subject or subject.startswith(".") or subject.lower().endswith(_FILE_ENDINGS)


def _step(missing: str) -> str:
    """What to give instead of a path that is not there."""
    if missing.lower().endswith(".py") and not reader_of(missing) and not isinstance(requirement(missing, _TYPED), Gap):
        package = f'"{missing}==VERSION" scans it, `mlsupply check {missing}` checks its name'  # discord.py is one
        return f"give a folder or a file; if a package is meant, {package}"
    if "://" in missing:
        return "nothing is fetched from an address; a package at one is written NAME @ ADDRESS"
    return 'give a folder, a file or a requirement such as "litellm[proxy]==1.82.8"'


def inventories(request: Request, world: World) -> tuple[Inventory, ...]:
    """One inventory for each input of the request, in the order named and walked, each settled as far as allowed."""
    paths = paths_of(request, world.tree)
    found: list[Inventory] = []
    if request.environment:
        from mlsupply.inventory.environment import read_environment

        found.append(read_environment(request.environment, world.tree, world.limits))
    found += settle_covered(said_once(met_by_neighbours(list(_files(paths, world)))))
    if not (request.environment and request.subjects == (".",)):
        found += [_typed(subject) for subject in request.subjects if subject not in paths]
    if found and (request.targets.extras or request.targets.groups):
        found[0] = replace(found[0], gaps=(*found[0].gaps, *_unknown_groups(found, request)))
    if any(one.requires_python for one in found):
        from mlsupply.inventory.pythons import for_their_pythons

        found = for_their_pythons(found)
    apart = [path for path in paths if path != request.environment and is_environment(path, world.tree)]
    return _with_survey(_settled(found, request, world), world.tree.survey(), paths, apart)


def _files(paths: tuple[str, ...], world: World) -> Iterator[Found]:
    named = {path for path in paths if world.tree.kind(path) == "file"}
    survey = world.tree.survey()
    files = survey.met(_kind)
    scripts = script_files(files, world.tree, world.limits.reading_seconds)
    if reader := reader_named("script"):
        yield from (Found(reader, inventory) for inventory in _not_looked_into(scripts))
    manifests = manifest_files(files, world.tree, world.limits.reading_seconds)
    if (unread := [*scripts.unread, *manifests.unread]) and reader:
        yield Found(reader, _not_readable(unread))
    if manifests.unopened and (reader := reader_named("deployment")):
        yield Found(reader, _not_opened(manifests.unopened))
    end, late = time.monotonic() + world.limits.reading_seconds, list[Found]()
    for number, path in enumerate(files):
        reader = scripts.readers.get(path) or manifests.readers.get(path) or reader_of(path)
        if reader and path not in named and time.monotonic() > end:
            late.append(Found(reader, Inventory(path=path, format=reader.format)))
            continue
        if path.endswith(".tar.gz") and path not in named and not _is_sdist(path, world.tree):
            continue
        if path in named and reader is None:
            reader = reader_by_content(path, world.tree)
        if reader is None:
            if path in named:
                raise MlsupplyError(
                    "unknown-format", f"{safe(path)} is no file that mlsupply reads", "see the list of formats in the README"
                )
            continue
        world.say("reading inputs", number, len(files))
        found = _read_named(path, reader, world) if path in named else _read(path, reader, world)
        if path in named or reader.format not in _OFTEN_EMPTY or _says_something(found.inventory):
            yield found
    if late:
        yield _without_time(late, world.limits.reading_seconds)


def _read_named(path: str, reader: Reader, world: World) -> Found:
    """A file that the request names: where it holds nothing of what its name says, it is read as what is in it."""
    found = _read(path, reader, world)
    if not _says_something(found.inventory):
        other = reader_by_content(path, world.tree)
        again = _read(path, other, world) if other and other.format != reader.format else found
        found = again if _says_something(again.inventory) else found
    if reader.role == "sbom" and not _says_something(found.inventory):
        said = gap(path, Reason.MALFORMED, "no SBOM: neither CycloneDX nor SPDX", 1)
        found = found._replace(inventory=replace(found.inventory, gaps=(said,)))
    return found


def _kind(path: str) -> tuple[str, bool]:
    """What a file's name says of how it is read: a link is read too where its own name says more."""
    reader = reader_of(path)
    return reader.format if reader else "", path.endswith(".py")


def _without_time(late: list[Found], seconds: float) -> Found:
    """The first of the inputs for which no time was left, with a gap for all of them."""
    reader, first = late[0]
    detail = f"reading inputs took {seconds:,.0f} s; {count(len(late), 'input')} from here on were not read"
    said = gap(first.path, Reason.LIMIT, detail, hint="scan by name what lies further on")
    return Found(reader, replace(first, gaps=(said,)))


def _unknown_groups(found: list[Inventory], request: Request) -> Iterator[Gap]:
    """A gap for each extra or group that nothing belongs to: a misspelt name would silently leave out what was meant."""
    from mlsupply.inventory.target import unknown_groups

    for name in unknown_groups(found, request.targets):
        detail = f"nothing that was read belongs to an extra or group {safe(name, 80)}"
        hint = "check the spelling; of a requirement write it so: litellm[proxy]"
        yield gap(found[0].path, Reason.NOT_FOUND, detail, hint=hint)


def _not_looked_into(scripts: Scripts) -> Iterator[Inventory]:
    for path in scripts.long:
        detail = f"only its first {MOST_OF_SCRIPT:,} bytes were looked into for requirements of its own (PEP 723)"
        yield Inventory(path=path, format="script", gaps=(gap(path, Reason.LIMIT, detail),))
    if paths := scripts.unopened:
        detail = f"{len(paths):,} Python files from here on were not looked into for requirements of their own (PEP 723)"
        hint = "scan the folders of scripts by name"
        yield Inventory(path=paths[0], format="script", gaps=(gap(paths[0], Reason.LIMIT, detail, hint=hint),))


def _not_readable(files: list[tuple[str, Failure]]) -> Inventory:
    (path, failure), *more = files
    others = f" (as {count(len(more), 'other file')})" if more else ""
    detail = f"{failure.detail}{others}: not looked into for what it installs"
    return Inventory(path=path, format="script", gaps=(gap(path, failure.reason, detail),))


def _not_opened(paths: list[str]) -> Inventory:
    detail = f"{count(len(paths), 'YAML file')} from here on were not looked into for what containers and machines install"
    said = gap(paths[0], Reason.LIMIT, detail, hint="scan the folders of manifests by name")
    return Inventory(path=paths[0], format="deployment", gaps=(said,))


def _says_something(inventory: Inventory) -> bool:
    held = inventory.packages or inventory.requirements or inventory.indexes or inventory.gaps or inventory.includes
    return bool(held) or inventory.complete


def _is_sdist(path: str, tree: Tree) -> bool:
    from mlsupply.inventory.archive import is_sdist

    return is_sdist(path, tree)


def _read(path: str, reader: Reader, world: World) -> Found:
    """Read the file; where it is not what its name says (a `uv.lock` that holds requirement lines) read it as what it is."""
    inventory = _guarded(path, reader, world)
    broken = any(gap.reason is Reason.MALFORMED for gap in inventory.gaps)
    if broken and not inventory.packages and not inventory.requirements:
        other = reader_by_content(path, world.tree)
        if other is not None and other.format != reader.format:
            again = _guarded(path, other, world)
            if again.packages or again.requirements:
                return Found(other, with_dangling(again))
    if inventory.requirements and any(index.packages for index in inventory.indexes):
        from mlsupply.inventory.indexes import from_their_indexes

        inventory = from_their_indexes(inventory)
    return Found(reader, with_dangling(inventory))


def _typed(subject: str) -> Inventory:
    """A requirement from the command line as an input of its own. Raises `MlsupplyError` where it is none."""
    parsed = requirement(subject, _TYPED)
    if isinstance(parsed, Gap) or (parsed.source.kind is SourceKind.URL and ":" not in parsed.source.url):  # `flask@2.0`
        from mlsupply.inventory.named import instead

        _, hint = instead(subject) or ("", 'give a folder, a file or a requirement such as "litellm[proxy]==1.82.8"')
        shown = without_credentials(subject)[0]
        raise MlsupplyError("path-not-found", f"{shown} is neither a file nor a folder nor a requirement", hint)
    return Inventory(path=safe(subject), format="requirement", requirements=(parsed,))


def _guarded(path: str, reader: Reader, world: World) -> Inventory:
    try:
        return reader.read(path, world.tree, world.limits)
    except Exception as error:  # a defect in one reader must not cost the report of the other files; it is said
        detail = f"the reader of {reader.format} broke off: {type(error).__name__}: {error}"
        return Inventory(path=path, format=reader.format, gaps=(gap(path, Reason.INTERNAL, detail, hint=_REPORT),))


def _settled(found: list[Inventory], request: Request, world: World) -> list[Inventory]:
    """With packages for what they ask for: resolved where that is allowed, otherwise the pinned ones. Resolving waits for
    the index most of the time, so several inputs do so at once; the order stays."""
    found = [inventory if inventory.complete else without_conda(inventory) for inventory in found]
    found = with_unread(found, str(world.tree.root))
    left = [place for place, inventory in enumerate(found) if not inventory.complete]
    if request.offline or not request.resolve or not world.resolving:
        reason = Reason.OFFLINE if request.offline and request.resolve else Reason.UNPINNED
        for place in left:
            found[place] = without_resolving(found[place], reason)
    elif left:
        _resolve(found, left, request, world)
    return found


def _resolve(found: list[Inventory], left: list[int], request: Request, world: World) -> None:
    """Put what is resolved in the place of what is not, in the places that are left."""
    from mlsupply.begun import each

    world.say("resolving what is not locked", 0, len(left))
    answers = each(lambda place: _resolved(found[place], request, world), left, _RESOLVED_AT_ONCE, aside=True)
    try:
        for done, (place, answer) in enumerate(zip(left, answers, strict=True), 1):
            found[place] = answer
            world.say("resolving what is not locked", done, len(left))
    except KeyboardInterrupt:
        from mlsupply.inventory.uv_run import stop_all

        stop_all()
        raise


def _resolved(inventory: Inventory, request: Request, world: World) -> Inventory:
    from mlsupply.inventory.resolver import resolve

    try:
        return resolve(inventory, request, world)
    except MlsupplyError:
        raise
    except Exception as error:  # as for readers: what is pinned is still audited
        detail = f"resolving broke off: {type(error).__name__}: {error}"
        told = replace(inventory, gaps=(*inventory.gaps, gap(inventory.path, Reason.INTERNAL, detail, hint=_REPORT)))
        return without_resolving(told)


def is_environment(path: str, tree: Tree) -> bool:
    """Whether a folder is, by its marks, a virtual or conda environment, or where one keeps its packages."""
    marked = tree.kind(f"{path}/pyvenv.cfg") == "file" or tree.kind(f"{path}/conda-meta") == "folder"
    return marked or (basename(path.rstrip("/")) in _SITES and tree.kind(path) == "folder")


def _with_survey(
    found: list[Inventory], survey: Survey, paths: tuple[str, ...], environments: list[str]
) -> tuple[Inventory, ...]:
    """Add a gap for what the walk left out to the first input, or make an input of it where there is none. environments:
    those of the paths that are one, which is not what they were named as."""
    failures = survey.failures
    gaps = [gap(path, reason, detail, hint=_STEPS.get(reason, "")) for path, (reason, detail) in failures]
    why = Reason.DISABLED if found else Reason.UNSUPPORTED  # a project may lie in an environment of its own
    gaps += [gap(path, why, _ENVIRONMENT, hint=f"mlsupply scan --env {quote(path)}") for path in environments]
    skipped = [one for one in survey.skipped if one.why not in {NO_FILE, NO_TARGET}]
    if environments:
        skipped = [one for one in skipped if one.why != "installed packages"]  # told by the gap above
    gaps += [
        gap(one.path, Reason.UNSUPPORTED, f"{one.why}, where {reader.format} was to be expected: not read")
        for one in survey.skipped
        if one.why in {NO_FILE, NO_TARGET} and (reader := reader_of(one.path))
    ]
    if skipped:
        listed = ", ".join(f"{one.path} ({one.why})" for one in skipped[:8])
        more = f" and {len(skipped) - 8} more" if len(skipped) > 8 else ""
        inside = next((one.path for one in skipped if one.why.endswith("environment")), "")
        hint = f"name such a folder to scan it; an environment with --env {quote(inside) if inside else 'PATH'}"
        gaps.append(gap(paths[0], Reason.DISABLED, f"folders left out: {listed}{more}", hint=hint))
    if not found:
        found = [Inventory(path=path, format="folder") for path in paths]
    if found and gaps:
        found[0] = replace(found[0], gaps=found[0].gaps + tuple(gaps))
    return tuple(found)
