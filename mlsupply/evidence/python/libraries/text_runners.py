"""Calls of the standard library that run a text which is not their first argument, or not Python as it stands: statements
that are timed, a file of examples, Tcl, the command line that a browser is made of, and templates of Jinja.

Source: https://docs.python.org/3/library/timeit.html, …/doctest.html, …/tkinter.html and …/webbrowser.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlsupply.evidence.python.commands import spawning
from mlsupply.evidence.python.libraries import own_source
from mlsupply.evidence.python.libraries.storage import content_of
from mlsupply.evidence.python.values import containers, folding
from mlsupply.evidence.python.values.decoders import hiding
from mlsupply.evidence.python.values.value import Value, constant, taint_of, text_of
from mlsupply.lazy import expression
from mlsupply.text import safe

if TYPE_CHECKING:
    from mlsupply.evidence.python.analyser import Analyser
    from mlsupply.evidence.python.interpreter.call import Call

_TIMED = frozenset({"timeit.timeit", "timeit.repeat", "timeit.Timer"})
_TCL = expression(r"(?:_?tkinter)\.(?:Tcl|Tk|create)\(\)(?:\.tk)?\.(?:eval|call)$")
_TCL_EXEC = expression(r"\s*(?:exec|open)\s+(?:\{?\|)?")
# A line of an example in a docstring: the code in it.
EXAMPLE = expression(r"^[ \t\f]*+(?:>>>|\.\.\.) ?([^\n]*)$", re.MULTILINE)
_SCRIPTS = frozenset({"doctest.script_from_examples", "doctest.testsource"})
_PARSED = "doctest.DocTestParser().get_examples"
_BRACES = expression(r"\{([^{}]*)\}")
_BROWSERS = expression(r"webbrowser\.(?:Generic|Background|Unix)Browser(\(\)\.open(?:_new|_new_tab)?)?$")


def modelled(machine: Analyser, call: Call) -> Value | None:
    """The result of such a call, what it runs followed; None for any other call."""
    ref = call.ref
    if ref in _TIMED:
        machine.execute(call, call.arg(1, "setup"))
        return machine.execute(call, call.arg(0, "stmt"))
    if ref == "timeit.main":
        return _timed_line(machine, call)
    if ref == "doctest.testfile":
        return _file_of_examples(machine, call)
    if ref in _SCRIPTS or ref == _PARSED:
        return _taken_out(machine, call)
    if _TCL.match(ref):
        return _tcl(machine, call)
    if (found := _BROWSERS.match(ref)) is not None:
        return _opened(machine, call) if found[1] else _browser(call)
    if _RENDERS.match(ref):
        _template(machine, call)
    return None


# What makes a template of a text, in an environment of Jinja that lets it reach anything.
_RENDERS = expression(
    r"jinja2\.(?:\w{1,20}\.){0,2}(?:Native)?(?:Environment\(\)\.(?:overlay\(\)\.)?from_string|Template)$|"
    r"flask\.(?:templating\.)?(?:stream|render)_template_string$|jinja2\.(?:\w{1,20}\.){0,2}DictLoader$"
)


def _template(machine: Analyser, call: Call) -> None:
    """Notes a template of the package, in its code or in a data file, that gets hold of Python's functions."""
    from mlsupply.evidence.models.templates import way_out

    texts = [*call.args[:1], *(call.keywords[one] for one in ("source", "mapping") if one in call.keywords)]
    for value in [one for text in texts for one in (text, *containers.entries(text).values())]:
        if isinstance(value.const, str) and (code := way_out(value.const)):
            detail = "a template that calls functions of Python is rendered"
            fields = {"source": "encoded", "sink": call.ref, "layers": hiding(value.layers), "decoded": safe(code)}
            machine.fact("runs-decoded", call.node, detail=detail, **fields)


def _timed_line(machine: Analyser, call: Call) -> Value:
    """`timeit.main([...])`: the words that are no options are statements, and so are those after `-s`."""
    words = call.arg(0, "args")
    for word in folding.items_of(words) if words is not None else ():
        if not text_of(word).startswith("-"):
            machine.execute(call, word)
    return Value()


def _file_of_examples(machine: Analyser, call: Call) -> Value:
    """The examples of a file beside this module are run, as those of a docstring are."""
    name = call.arg(0, "filename")
    if name is not None:
        written = content_of(machine, name)
        beside = Value(taint=machine.origin("package-file", text_of(name), call.line))
        machine.execute(call, beside if written is None else written)
    return Value()


def _taken_out(machine: Analyser, call: Call) -> Value | None:
    """The code of examples, as one script or example by example, which the caller may run; None where they are not known."""
    text = call.args[0] if call.args else None
    if text is not None and call.ref == "doctest.testsource" and len(call.args) > 1:
        text = own_source.documentation(machine, machine.attribute(text, text_of(call.args[1]), call.node))
    if text is None or not isinstance(text.const, str):
        return Value(call.ref + "()", taint=taint_of(*call.all)) if call.all else None
    if call.ref != _PARSED:
        return constant("\n".join(EXAMPLE.findall(text.const)), text.layers, text.taint)
    examples = []
    for block in text.const.split(">>>")[1:]:
        machine.tick()
        one = Value("doctest.Example()")
        one.keys = {"source": constant("\n".join(EXAMPLE.findall(f">>>{block}")), text.layers, text.taint)}
        examples.append(one)
    return folding.listed(examples)


def _tcl(machine: Analyser, call: Call) -> Value | None:
    """Tcl's `exec` and `open "|…"` start programs; its other commands are not followed."""
    one = call.args[0] if len(call.args) == 1 else None
    parts = (folding.items_of(one) if one is not None and not isinstance(one.const, str) else []) or call.args
    text = " ".join(map(text_of, parts))
    found = _TCL_EXEC.match(text)
    if found is None:
        return None
    words = _BRACES.sub(r"'\1'", text[found.end() :])
    line = constant(words, taint=frozenset().union(*(part.taint for part in parts)))
    return spawning.command(machine, call._replace(ref="os.system", args=[line], keywords={}))


def _browser(call: Call) -> Value:
    """A browser that is a command line, with `%s` where the address is put."""
    made = Value(call.ref + "()")
    line = call.arg(0, "name")
    made.keys = {} if line is None else {"name": line}
    return made


def _opened(machine: Analyser, call: Call) -> Value | None:
    line = (call.receiver.keys or {}).get("name") if call.receiver is not None else None
    return (
        None if line is None else spawning.command(machine, call._replace(ref="subprocess.Popen", args=[line], keywords={}))
    )
