"""Where rules come from: the compiled built-in ones, and YAML files of the user. Reads the package's own data only.

The YAML in `rules/` is the source; `data/rules.json` is made from it by `mlsupply rules compile`, so that a scan parses no
YAML. A test keeps the two equal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlsupply.errors import MlsupplyError
from mlsupply.request import RuleSettings
from mlsupply.ruleset.conditions import Values
from mlsupply.ruleset.facets import nearest
from mlsupply.ruleset.judging import Rules
from mlsupply.ruleset.rule import Rule, rule_from_json, rule_to_json
from mlsupply.value import replace

if TYPE_CHECKING:
    from mlsupply.ruleset.located import Fault

_PACKAGE = Path(__file__).resolve().parent.parent
COMPILED = _PACKAGE / "data" / "rules.json"
_SHOWN = 20  # faults written out in one error


def load(settings: RuleSettings, now: datetime, facet: str = "") -> Rules:
    """The rules of a run: built-in ones, the user's, what is switched off and changed. facet: where the caller knows it, the
    only one that will be judged; only its rules are made ready. Raises `MlsupplyError` (`bad-rule`, `unknown-rule`) with
    every fault of the user's files."""
    values, rules = _compiled(facet if settings.is_plain else "")
    if settings.files or settings.values:
        values, own = read_own(settings.files, values, {rule.id for rule in rules}, settings.values)
        rules = [*rules, *own]
    _refuse_unknown((*settings.off, *dict(settings.severity)), rules)
    severity = dict(settings.severity)
    kept = [rule for rule in rules if rule.id not in settings.off]
    changed = [replace(rule, severity=severity[rule.id]) if rule.id in severity else rule for rule in kept]
    return Rules(changed, values, now)


def _refuse_unknown(ids: Iterable[str], rules: list[Rule]) -> None:
    known = [rule.id for rule in rules]
    for wanted in ids:
        if wanted not in known:
            message = f"the configuration names the rule {wanted}, which there is not{nearest(wanted, known)}"
            raise MlsupplyError("unknown-rule", message, "mlsupply rules list shows all")


def _compiled(facet: str = "") -> tuple[dict[str, Any], list[Rule]]:
    """The named values and the built-in rules, or those that look at one facet. The file holds one rule a line."""
    text = COMPILED.read_text(encoding="utf-8")
    if facet:
        head, _, body = text.partition('"rules": [\n')
        wanted = [line.rstrip(",") for line in body.splitlines() if f'"looks_at": "{facet}"' in line]
        text = f'{head}"rules": [{",".join(wanted)}]}}'
    data = json.loads(text)
    return data["values"], [rule_from_json(value) for value in data["rules"] if not facet or value["looks_at"] == facet]


def read_own(
    files: Iterable[tuple[str, str]], values: Values, taken: set[str], replaced: Iterable[tuple[str, Any]] = ()
) -> tuple[dict[str, Any], list[Rule]]:
    """The user's rule and list files, (path, text) each, on top of the named values there are. Raises `MlsupplyError`
    with all faults."""
    merged, rules, faults = read_files(files, values, replaced)
    faults = [*faults, *claimed(rules, taken)]
    if faults:
        raise bad_rules(faults)
    return merged, rules


def claimed(rules: Iterable[Rule], taken: set[str]) -> list[Fault]:
    """A fault for each of the user's rules that has the id of a built-in one."""
    from mlsupply.ruleset.located import Fault

    hint = "give yours another id; to change a built-in rule, set its severity or switch it off"
    return [Fault(rule.file, rule.line, 1, f"{rule.id} is a built-in rule", hint) for rule in rules if rule.id in taken]


def read_files(
    files: Iterable[tuple[str, str]], values: Values, replaced: Iterable[tuple[str, Any]] = ()
) -> tuple[dict[str, Any], list[Rule], list[Fault]]:
    """Rules and lists of a folder. A file in a folder named `lists` is a list named by its stem."""
    from mlsupply.ruleset.lists import is_list, merged
    from mlsupply.ruleset.reading import read_all

    files = list(files)
    named, faults = merged([pair for pair in files if is_list(pair[0])], values)
    named.update(replaced)
    rules, more = read_all((pair for pair in files if not is_list(pair[0])), named)
    return named, rules, [*faults, *more]


def bad_rules(faults: list[Fault]) -> MlsupplyError:
    """One error that lists them all."""
    shown = "\n".join(f"  {fault}" for fault in faults[:_SHOWN])
    more = f"\n  and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    noun = "fault" if len(faults) == 1 else "faults"
    return MlsupplyError(
        "bad-rule", f"{len(faults)} {noun} in rule files:\n{shown}{more}", "mlsupply rules test DIR shows them again"
    )


def rules_folder() -> Path:
    """Where the YAML is: inside the installed package, or at the top of a checkout."""
    inside = _PACKAGE / "rules"
    return inside if inside.is_dir() else _PACKAGE.parent / "rules"


def builtin_files() -> list[tuple[str, str]]:
    """(path from the rules' folder, text) of every built-in rule and list, in order."""
    folder = rules_folder()
    paths = sorted(path for path in folder.rglob("*.yaml"))
    return [(f"rules/{path.relative_to(folder).as_posix()}", path.read_text(encoding="utf-8")) for path in paths]


def builtin_rules() -> tuple[dict[str, Any], list[Rule]]:
    """The built-in rules from their YAML, with pages and samples. Raises `MlsupplyError` (`bad-rule`)."""
    values, rules, faults = read_files(builtin_files(), {})
    if faults:
        raise bad_rules(faults)
    return values, rules


def compile_builtin() -> bytes:
    """What `data/rules.json` should hold."""
    values, rules = builtin_rules()
    lines = ",\n".join(
        json.dumps(rule_to_json(rule), ensure_ascii=False) for rule in sorted(rules, key=lambda rule: rule.id)
    )
    named = ",\n".join(f"{json.dumps(name)}: {json.dumps(values[name], ensure_ascii=False)}" for name in sorted(values))
    return f'{{"values": {{\n{named}\n}},\n"rules": [\n{lines}\n]}}\n'.encode()
