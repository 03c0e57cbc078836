"""Where the configuration is found, and how it and the command line become one request. The command line wins."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from mlsupply.cli.common import no_device
from mlsupply.config import Config, parse
from mlsupply.errors import MlsupplyError
from mlsupply.folders import files_below
from mlsupply.hints import Any
from mlsupply.model import Severity
from mlsupply.paths import Path
from mlsupply.request import Policy, RuleSettings, VexStatement

_NAMES = ("mlsupply.toml", "pyproject.toml")
_MAX_FILE = 16 << 20  # bytes of a configuration, VEX document or baseline


def config_of(subjects: tuple[str, ...], chosen: str) -> Config:
    """The file the user chose; otherwise mlsupply.toml or pyproject.toml in the folder of the one path that is audited, or
    in the current folder. Raises `MlsupplyError` (`bad-config`, `file-not-read`)."""
    if chosen:
        return parse(_text(Path(chosen)), chosen)
    one = subjects[0] if len(subjects) == 1 else "."
    folder = Path(one if os.path.exists(one) else ".")  # noqa: PTH110  pathlib raises where a requirement is too long for a name
    folder = folder if folder.is_dir() else folder.parent
    for name in _NAMES:
        path = folder / name
        if path.is_file() and (name != "pyproject.toml" or _speaks_of_us(_bytes(path))):
            config = parse(_text(path), path.as_posix())
            if config.path:
                return config
    return Config()


def _speaks_of_us(data: bytes) -> bool:
    """Whether a pyproject.toml may hold configuration, in UTF-16 too. One that is not UTF-8 and says nothing of
    us is left to the reader of manifests, which makes a gap of it."""
    return b"mlsupply" in data.replace(b"\0", b"")


def policy_of(config: Config, options: Mapping[str, Any]) -> Policy:
    """Thresholds, waivers, VEX statements and the baseline of both."""
    typed = options.get("fail_on")
    baseline = options.get("baseline") or _beside(config, config.baseline)
    vex = (*(_beside(config, path) for path in config.vex), *options.get("vex", ()))
    return Policy(
        fail_on=Severity(typed) if typed else config.fail_on or Severity.HIGH,
        by_kind=config.fail_on_kind,
        by_group=config.fail_on_group,
        unknown=config.unknown_as or Severity.UNKNOWN,
        waivers=config.waivers,
        vex=tuple(statement for path in vex for statement in _vex(path)),
        baseline=_fingerprints(baseline) if baseline else frozenset(),
        tolerated=config.tolerated,
    )


def rules_of(config: Config, options: Mapping[str, Any]) -> RuleSettings:
    """The user's rules and what is switched off or changed."""
    folders = (*(_beside(config, folder) for folder in config.rule_folders), *options.get("rule_folders", ()))
    return RuleSettings(
        files=rule_files(Path(folder) for folder in folders),
        off=config.rules_off,
        severity=config.rule_severity,
        values=config.rule_values,
        origin=config.path,
    )


def rule_files(folders: Iterable[Path]) -> tuple[tuple[str, str], ...]:
    """(path, text) of every YAML file below the folders, or of a file itself. Raises `MlsupplyError`
    (`file-not-read`)."""
    found: list[tuple[str, str]] = []
    for folder in folders:
        if not folder.exists():
            raise MlsupplyError(
                "file-not-read", f"there is no rules folder {folder}", "check --rules and [tool.mlsupply.rules]"
            )
        paths = [folder] if folder.is_file() else files_below(folder, (".yaml", ".yml"))
        found.extend((path.as_posix(), _text(path)) for path in paths)
    return tuple(found)


def _beside(config: Config, path: str) -> str:
    """A path in the configuration, seen from the folder the user stands in."""
    return (Path(config.path).parent / path).as_posix() if path else ""


def _text(path: Path) -> str:
    """As inputs are read: UTF-8, or what its byte order mark says."""
    from mlsupply.inventory.parsing import decode

    text = decode(path.as_posix(), _bytes(path))
    if isinstance(text, str):
        return text
    line = text.place.line if text.place else 1
    raise MlsupplyError("file-not-read", f"{path}:{line}: {text.detail}", text.hint)


def _bytes(path: Path) -> bytes:
    no_device(path)
    try:
        if path.stat().st_size > _MAX_FILE:
            raise MlsupplyError("file-not-read", f"{path} is larger than {_MAX_FILE} bytes", "name another file")
        return path.read_bytes()
    except OSError as error:
        raise MlsupplyError("file-not-read", f"{path} cannot be read: {error.strerror}", "check the path") from None


def _vex(path: str) -> tuple[VexStatement, ...]:
    from mlsupply.vex import statements

    return statements(path, _bytes(Path(path)))


def _fingerprints(path: str) -> frozenset[str]:
    from mlsupply.report.baseline import fingerprints

    return fingerprints(path, _bytes(Path(path)))
