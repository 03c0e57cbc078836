"""Core metadata as installers read it: what is folded, and where the headers end."""

from __future__ import annotations

from email.parser import HeaderParser

import pytest

from mlsupply.headers import first, headers, is_cut
from mlsupply.inventory.metadata import parse

FOLDED = """Metadata-Version: 2.1
Name: demo
License: Licence agreement of the demo
        ==============================
        \n\
        1. You may use it.
\t
        2. Requires-Dist: nothing of this is a header
Requires-Python: >=3.9
Requires-Dist: numpy>=1.23
Requires-Dist: pillow>=8; extra == "images"

Requires-Dist: this-is-the-description
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_licence_folded_into_a_header_does_not_end_the_headers(end: str) -> None:
    found = parse(FOLDED.replace("\n", end).encode())
    assert [edge.name for edge in found.requires] == ["numpy", "pillow"]
    assert found.requires_python == ">=3.9"


def test_the_headers_are_those_the_standard_parser_finds() -> None:
    message = HeaderParser().parsestr(FOLDED)
    found = headers(FOLDED.encode())
    assert sorted(found) == sorted({name.lower() for name in list(message)})
    for name in ("Requires-Dist", "Requires-Python", "Name"):
        assert list(found[name.lower()]) == message.get_all(name)
    assert first(found, "license").startswith("Licence agreement of the demo =====")


def test_separators_that_are_no_line_ends_begin_no_header() -> None:
    data = "Summary: one\x0cRequires-Dist: evil\u2028Requires-Dist: worse\nName: demo\n".encode()
    assert set(headers(data)) == {"summary", "name"}


def test_headers_that_end_within_what_is_read_are_not_called_cut() -> None:
    folded = b"Name: demo\n" + b"        \n" * 30_000
    assert is_cut(folded + b"Requires-Dist: a\n")
    assert not is_cut(b"Name: demo\n\n" + b"word\n" * 300_000)
