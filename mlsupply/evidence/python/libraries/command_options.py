"""Options of command lines that a variable may give (`envvar=` of click and typer): the function gets its value."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mlsupply.evidence.python.libraries import argument_defaults
from mlsupply.evidence.python.values.value import Closure, Value, constant, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_DEFAULTS = expression(r"(?:typer|cyclopts)\.(?:[\w.]{1,40}\.)?(?:Option|Argument|Parameter)$")
_DECORATORS = expression(r"(?:click|asyncclick|rich_click|cloup)\.(?:[\w.]{1,40}\.)?(?:option|argument)\(\)$")


def default(machine: Analyser, call: Call) -> Value | None:
    """What `typer.Option(DEFAULT, envvar=NAME)` makes the default of a parameter; None for any other call."""
    if _DEFAULTS.match(call.ref) is None:
        return None
    named = call.keywords.get("envvar") or call.keywords.get("env_var")
    if named is not None:
        return machine.environment(_first(named), call.node)
    written = call.arg(0, "default")
    return Value(call.ref + "()", text=text_of(written)) if written is not None and isinstance(written.const, str) else None


def declared(machine: Analyser, registrar: Value, function: Closure, node: ast.AST) -> None:
    """Notes what a decorator `click.option(..., envvar=NAME)` or one with a default gives a function, and
    follows its `callback` with that."""
    if not isinstance(node, ast.Call) or _DECORATORS.match(registrar.ref) is None:
        return
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if "envvar" in given:
        value = machine.environment(_first(machine.value(given["envvar"])), node)
    elif "default" in given and (default := argument_defaults.of_parameter(given["default"], machine)) is not None:
        value = default
    else:
        return
    function.settings = {**(function.settings or {}), _parameter(node.args): value}
    called = machine.value(given["callback"]).closure if "callback" in given else None
    if called is not None:
        root, machine.root = machine.root, called.name  # it is called when the command line is read
        try:
            machine.enter(called, [Value(), Value(), value], {}, node)
        finally:
            machine.root = root


def _first(named: Value) -> Value:
    """The name of a variable; the first of several."""
    return constant(next(iter(named.const), "")) if isinstance(named.const, list | tuple) else named


def _parameter(declarations: list[ast.expr]) -> str:
    """The parameter that an option is passed as: a name written without dashes, else the longest one (click, "Options")."""
    names = [one.value for one in declarations if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    plain = [name for name in names if name.isidentifier()]
    longest = max(names, key=lambda name: (name.startswith("--"), len(name)), default="")
    return plain[-1] if plain else longest.partition("/")[0].lstrip("-").replace("-", "_").lower()
