"""The layers of the package, held by reading its imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import mlsupply

ROOT = Path(mlsupply.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

# layer -> what it may import of mlsupply, beside itself; the pure ones never see the world
_VALUES = {"model", "errors", "text", "value", "named", "lazy", "begun", "digest", "upgrade", "outcome"}
ALLOWED = {
    "hints": set(),
    "paths": set(),
    "value": set(),
    "lazy": set(),
    "named": set(),
    "begun": set(),
    "digest": set(),
    "upgrade": {"named"},
    "terms": set(),
    "model": {"terms", "value", "named", "digest", "upgrade"},
    "outcome": {"model", "named", "value"},
    "errors": set(),
    "headers": set(),
    "text": {"lazy"},
    "pruned": set(),
    "world": _VALUES,
    "disk_tree": _VALUES | {"pruned", "world"},
    "folders": {"errors"},
    "drafts": set(),
    "limited": set(),
    "aside": set(),
    "yaml_values": set(),
    "connections": {"text"},
    "addresses": _VALUES | {"world"},
    "fetch": _VALUES | {"world", "addresses", "connections"},
    "sites": {"world"},
    "request": _VALUES | {"world"},
    "project": _VALUES,
    "config": _VALUES | {"request"},
    "checkout": _VALUES | {"world", "request"},
    "ledger": _VALUES,
    "licence": {"text", "headers", "lazy"},
    "memory": _VALUES | {"world"},
    "vex": _VALUES | {"request"},
    "policy": _VALUES | {"project", "request", "advisories"},
    "inventory": _VALUES
    | {
        "limited",
        "aside",
        "world",
        "disk_tree",
        "request",
        "project",
        "licence",
        "headers",
        "sites",
        "evidence",  # the resolver asks the index client which releases there are
        "advisories",  # how versions compare
    },
    "evidence": _VALUES
    | {"aside", "drafts", "yaml_values", "folders", "pruned", "world", "sites", "request", "project", "licence", "headers"}
    | {"ruleset", "advisories"},
    "advisories": _VALUES | {"drafts", "yaml_values", "folders", "world", "request", "project"},
    "ruleset": _VALUES | {"request", "project"},
    "report": _VALUES | {"project", "licence"},
    "exposure": _VALUES
    | {
        "aside",
        "limited",
        "memory",
        "folders",
        "world",
        "request",
        "project",
        "inventory",
        "advisories",
        "evidence",
        "report",
    },
    "audit": {"*"},
    "cli": {"*"},
    "__main__": {"start"},
    "start": {"cli"},
    "__init__": set(),
}


def _layer(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "mlsupply":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {name.name for name in node.names}
        elif isinstance(node, ast.Import):
            found |= {name.name.split(".")[1] for name in node.names if name.name.startswith("mlsupply.")}
    return {name for name in found if not name.startswith("__")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_its_own_layer_and_those_below(path: Path) -> None:
    layer = _layer(path)
    allowed = ALLOWED[layer]
    standard = {"hints", "paths"}  # they stand for modules of the standard library
    assert "*" in allowed or _imports(path) <= allowed | {layer} | standard, f"{path} reaches up"


ANALYSER = "mlsupply.evidence.python"
BELOW = [path for name in ("values", "syntax") for path in sorted((ROOT / "evidence/python" / name).glob("*.py"))]


def _run_time_imports(path: Path) -> set[str]:
    """Modules that are imported when this one is: not those for types alone."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {
        f"{node.module}.{name.name}" if node.module == ANALYSER else node.module
        for node in body
        if isinstance(node, ast.ImportFrom) and node.module
        for name in node.names
    }


@pytest.mark.parametrize("path", BELOW, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_values_and_syntax_know_nothing_of_what_follows_them(path: Path) -> None:
    allowed = tuple(f"{ANALYSER}.{name}" for name in ("values", "syntax", "knowledge", "places"))
    used = {name for name in _run_time_imports(path) if name.startswith(ANALYSER)}
    assert not {name for name in used if not name.startswith(allowed)}


@pytest.mark.parametrize("package", ["advisories", "evidence", "exposure"])
def test_the_map_of_a_package_tells_of_each_module(package: str) -> None:
    told = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text(encoding="utf-8"))) or ""
    modules = {path.stem for path in (ROOT / package).glob("*.py")} - {"__init__"}
    assert not {name for name in modules if f"`{name}`" not in told and f"`{name}." not in told}
