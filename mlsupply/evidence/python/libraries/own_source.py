"""What a module reads of its own text: annotations, defaults, constants, comments and docstrings, lines by their number; and
the annotations that a library evaluates."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable
from itertools import takewhile
from typing import TYPE_CHECKING

from mlsupply.evidence.python import knowledge as know
from mlsupply.evidence.python.syntax import quietly
from mlsupply.evidence.python.syntax.survey import descendants
from mlsupply.evidence.python.values import folding
from mlsupply.evidence.python.values.value import NOTHING, Closure, Value, constant, taint_of, text_of

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call
    from mlsupply.evidence.python.interpreter.machine import Machine

_MAX_TEXT = 1 << 18  # characters of a module's text that is read as a whole
_A_STEP = 16  # lines that are read for one step of the budget
_MAX_PARTS = 200  # constants, comments or annotations
NAMES = frozenset(
    {"__annotations__", "__defaults__", "__kwdefaults__", "__type_params__", "co_consts", "__func__", "__class__"}
)
_EVALUATES = frozenset({"typing.get_type_hints", "typing_extensions.get_type_hints"})
_EVALUATES_IF = frozenset({"inspect.get_annotations", "inspect.signature", "annotationlib.get_annotations"})
_TOKENS = frozenset({"tokenize.tokenize", "tokenize.generate_tokens"})
_MEMBERS = frozenset({"inspect.getmembers", "inspect.getmembers_static"})
_CALLS = frozenset(
    {
        *_TOKENS, *_MEMBERS, "linecache.getline", "linecache.getlines", "inspect.getsource",
        "inspect.getsourcelines", "inspect.getcomments", "inspect.getdoc", "pydoc.getdoc",
    }
)  # fmt: skip


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of a call that reads the text of this module, as far as it is known; None for any other call."""
    if _TRANSLATES.match(call.ref):
        return _translated(machine, call)
    if call.ref not in _CALLS or not call.args or _is_repeated(machine):
        return None
    if call.ref == "linecache.getline":
        return _line(machine, call)
    if call.ref in _MEMBERS:
        return _members(machine, call)
    first, name = call.args[0], call.ref.rpartition(".")[2]
    if name == "getdoc":
        return documentation(machine, first)
    machine.tick(len(machine.lines) // _A_STEP)
    if call.ref in _TOKENS:
        return _comments(machine) if any("package-file:__file__" in value.taint for value in call.all) else None
    if call.ref.startswith("linecache."):
        lines = [f"{line}\n" for line in machine.lines_at(text_of(first)) or ()] or None
    else:
        lines = _lines_of(machine, first, comments=name == "getcomments")
    if lines is None or sum(map(len, lines)) > _MAX_TEXT:
        return None
    if name in {"getlines", "getsourcelines"}:
        listed = folding.listed(list(map(constant, lines)))
        return listed if name == "getlines" else folding.listed([listed, constant(0)])
    return constant("".join(lines))


_KINDS = {
    "inspect.isfunction": (ast.FunctionDef, ast.AsyncFunctionDef),
    "inspect.isroutine": (ast.FunctionDef, ast.AsyncFunctionDef),
    "inspect.isclass": (ast.ClassDef,),
}


def _members(machine: Analyser, call: Call) -> Value | None:
    """The names of this module, or of one that is followed together with it, each with its value; of any other module, the
    entries of its namespace."""
    what = call.args[0]
    names = machine.names_of(what.ref) or (machine.module.names if is_module(machine, what) else {})
    asked = call.arg(1, "predicate")
    kinds = _KINDS.get(asked.ref) if asked is not None else None
    machine.tick(len(names))
    held = [
        folding.listed([constant(name), value])
        for name, value in sorted(names.items())
        if kinds is None or (value.closure is not None and isinstance(value.closure.node, kinds))
    ]
    if not names and what.ref:
        return Value(f"{what.ref}.__dict__.items()", NOTHING, taint_of(*call.args))
    return folding.listed(held) if names else None


def _line(machine: Analyser, call: Call) -> Value | None:
    place, lines = call.args[1].const if len(call.args) > 1 else None, machine.lines_at(text_of(call.args[0]))
    if not isinstance(place, int) or lines is None or not 0 < place <= len(lines):
        return None
    return constant(f"{lines[place - 1]}\n")


_TRANSLATES = know.Calls(
    r"^gettext\.install$|^(?:gettext|babel\.support|i18n)\.(?:[\w()]{1,60}\.)?(?:[dn]{0,2}p?gettext|u[n]?gettext|lgettext|t)$"
)


def _translated(machine: Analyser, call: Call) -> Value:
    """A text out of a catalogue of the package; `install` makes the function known to every module."""
    if call.ref == "gettext.install":
        machine.module.set("_", Value("gettext.gettext"))
        return Value()
    label = machine.origin("encoded", "a catalogue of translations", call.line)
    return Value(call.ref + "()", NOTHING, label | taint_of(*call.args))


def _is_repeated(machine: Analyser) -> bool:
    """Is the code that is followed run by itself, or by the whole text of the module? What it reads was read before."""
    running = machine.code_running
    return len(set(running)) < len(running) or any(len(one) >= sum(map(len, machine.lines)) for one in running)


def whole(machine: Analyser, lines: list[str], *, binary: bool) -> object:
    """The text of a module as a constant; NOTHING where it is too long, and for code that it made run before."""
    machine.tick(len(lines) // _A_STEP)
    text = "\n".join(lines)
    if len(text) > _MAX_TEXT or _is_repeated(machine):
        return NOTHING
    return text.encode("utf-8", "replace") if binary else text


def _lines_of(machine: Analyser, what: Value, *, comments: bool) -> list[str] | None:
    """The lines of a function or class, or of the whole module; comments: those of comments in front of it."""
    if what.closure is None:
        if not is_module(machine, what):
            return None
        whole = machine.lines_of(what.ref)
        return [f"{line}\n" for line in (takewhile(_before_code, whole) if comments else whole)]
    node, source = what.closure.node, machine.lines_around(what.closure)
    start = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))]) - 1
    if not comments:
        return [f"{line}\n" for line in source[start : node.end_lineno]]
    first = start
    while first > 0 and source[first - 1].lstrip().startswith("#"):
        first -= 1
    return [f"{line}\n" for line in source[first:start]]


def _before_code(line: str) -> bool:
    """May this line stand in front of the first statement of a module?"""
    return not line.strip() or line.lstrip().startswith("#")


def is_module(machine: Analyser, what: Value) -> bool:
    """Is this the module itself, or one that is followed together with it?"""
    own = what.ref.startswith("sys.modules") or (bool(what.ref) and what.ref == machine.dotted)
    return own or bool(machine.names_of(what.ref))


def documentation(machine: Analyser, what: Value) -> Value | None:
    """The docstring of a function, class or module that is followed, as `inspect.getdoc` gives it; None where there is
    none."""
    if what.closure is None:
        names = machine.names_of(what.ref) or (machine.module.names if is_module(machine, what) else {})
        held = names.get("__doc__", Value())
        return constant(inspect.cleandoc(held.const), held.layers, held.taint) if isinstance(held.const, str) else None
    node = what.closure.node
    text = (
        ast.get_docstring(node, clean=False)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        else None
    )
    if text is None and isinstance(node, ast.ClassDef):
        return next((found for one in _bases(machine, what.closure) if (found := documentation(machine, one))), None)
    return constant(inspect.cleandoc(text)) if text is not None else None


def _bases(machine: Analyser, closure: Closure) -> list[Value]:
    """The classes that a class is made below, as far as they are followed."""
    found = []
    for state in machine.class_state(closure).parents if isinstance(closure.node, ast.ClassDef) else ():
        if state.closure is not None:
            found.append(Value())
            found[-1].closure = state.closure
    return found


def _comments(machine: Analyser) -> Value:
    """The tokens of the module, of which only comments are told."""
    found = (line.strip() for line in machine.lines if line.lstrip().startswith("#"))
    tokens = []
    for text, _ in zip(found, range(_MAX_PARTS), strict=False):
        token = Value()
        token.keys = {"string": constant(text)}
        token.items = [Value(), constant(text), Value(), Value(), Value()]
        tokens.append(token)
    return folding.listed(tokens)


def of_function(closure: Closure, name: str) -> Value | None:
    """The attribute of a function or class by which Python gives it, its type or a part of its text (`NAMES`); None where
    there is none."""
    node = closure.node
    if name == "__annotations__":
        return _by_name(annotated(node))
    if name == "__type_params__":
        return folding.listed(list((closure.type_parameters or {}).values()))
    if isinstance(node, ast.ClassDef):
        return None
    if name == "__class__":
        return Value("types.FunctionType")
    if name == "__func__":
        plain = Value()
        plain.closure = closure
        return plain
    if name == "__defaults__":
        return folding.listed([_constant(one) for one in node.args.defaults])
    if name == "__kwdefaults__":
        pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        return _by_name((one.arg, value) for one, value in pairs if value is not None)
    body = node.body if isinstance(node.body, list) else []
    first = [] if body and ast.get_docstring(node, clean=False) is not None else [constant(None)]  # type: ignore[arg-type]  # no lambda
    inner = sorted(
        (one for one in descendants(body) if isinstance(one, ast.Constant)), key=lambda one: (one.lineno, one.col_offset)
    )
    return folding.listed([*first, *map(_constant, inner[:_MAX_PARTS])])


def of_module(machine: Machine) -> Value:
    """`__annotations__` of the module level."""
    machine.tick(len(machine.lines))
    try:
        tree = quietly.tree_of("\n".join(machine.lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Value()
    return _by_name(annotated(tree))


def annotated(node: ast.AST) -> list[tuple[str, ast.expr]]:
    """The annotated names of a function, a class or a module, with what they are annotated with."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        spec = node.args
        parameters = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg]
        found = [(one.arg, one.annotation) for one in parameters if one is not None and one.annotation is not None]
        return [*found, *([("return", node.returns)] if node.returns is not None else [])][:_MAX_PARTS]
    body = node.body if isinstance(node, ast.ClassDef | ast.Module) else []
    stated = (one for one in body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name))
    return [(one.target.id, one.annotation) for one in stated][:_MAX_PARTS]  # type: ignore[union-attr]  # a name, as was just asked


def _by_name(pairs: Iterable[tuple[str, ast.expr]]) -> Value:
    result = Value()
    result.keys = {name: _constant(value) for name, value in pairs}
    return result


def _constant(node: ast.expr) -> Value:
    """A text as it stands; of a call, what it is called where annotations are kept as texts (PEP 563)."""
    if isinstance(node, ast.Constant):
        return constant(node.value)
    return constant(ast.unparse(node)) if isinstance(node, ast.Call) else Value()


def evaluated(machine: Analyser, call: Call) -> None:
    """Follows annotations that are texts as code, where they call anything and this call of a library evaluates them."""
    if call.ref not in _EVALUATES and not (
        call.ref in _EVALUATES_IF and call.keywords.get("eval_str", Value()).const is True
    ):
        return
    what = call.args[0].closure if call.args else None
    for _, one in annotated(what.node) if what is not None else ():
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and "(" in one.value:
            machine.run_text(one.value, (), call.line)
