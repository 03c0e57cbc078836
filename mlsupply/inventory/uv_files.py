"""The lists of files in a uv.lock, set aside before TOML is parsed: they are nine tenths of the text, and every line of
them looks the same.

A list written exactly as uv writes it is taken out and replaced by a string that names it; the TOML parser, which reads what
is left, decides in which table that string stands, so the result is the same as parsing the whole text. A list with a line
written in any other way is left where it is. In a plain text (`sheet.is_plain`) no string spans lines, so a match at the
start of a line cannot lie inside one.
"""

from __future__ import annotations

import re

from mlsupply.inventory.files import file_name
from mlsupply.model import Artifact

_MARK = "files set aside: "
_FILE = (  # printable ASCII but the quote: TOML would refuse a control character, and so must this
    r'url = "([ !#-~]{1,2000}+)", hash = "sha256:([0-9a-f]{64})"'
    r'(?:, size = ([1-9][0-9]{0,14}+))?(?:, upload-time = "([ !#-~]{1,40}+)")?'
)
_WHEEL = re.compile(rf"^    \{{ {_FILE} \}},$", re.MULTILINE)
_SDIST = re.compile(rf"\{{ {_FILE} \}}")
_OPENS, _CLOSES, _SDIST_OPENS = "\nwheels = [\n", "\n]\n", "\nsdist = "


class Aside:
    """text: what is left to parse. The lists are those of one file."""

    def __init__(self, text: str) -> None:
        self._lists: list[tuple[Artifact, ...]] = []
        self.text = text if _MARK in text else self._without_sdists(self._without_wheels(text))

    def files(self, value: object) -> tuple[Artifact, ...] | None:
        """The list a value of the parsed document names, None where it names none."""
        if type(value) is not str or not value.startswith(_MARK):
            return None
        number = value[len(_MARK) :]
        return self._lists[int(number)] if number.isascii() and number.isdigit() and int(number) < len(self._lists) else None

    def _set_aside(self, found: list[tuple[str, str, str, str]], kind: str, odd: bool) -> str:
        """The name of a list from now on. odd: some address needs more than cutting at its last slash."""
        make = Artifact._make
        artifacts = [
            make((url[url.rfind("/") + 1 :], kind, url, int(size) if size else -1, (("sha256", digest),), uploaded, None))
            for url, digest, size, uploaded in found
        ]
        if odd:
            artifacts = [artifact._replace(filename=file_name(artifact.url)) for artifact in artifacts]
        self._lists.append(tuple(artifacts))
        return f'"{_MARK}{len(self._lists) - 1}"'

    def _without_wheels(self, text: str) -> str:
        """Every line between the brackets must be one of uv's, or the list stays."""
        parts, position = [], 0
        while (opened := text.find(_OPENS, position)) >= 0:
            begun = opened + len(_OPENS)
            closed = text.find(_CLOSES, begun)
            if closed < 0:
                break
            lines = text[begun:closed]
            found = _WHEEL.findall(lines)
            if len(found) == lines.count("\n") + 1:
                parts += [text[position:opened], "\nwheels = ", self._set_aside(found, "wheel", _is_odd(lines))]
                position = closed + 2
            else:
                parts.append(text[position:closed])  # also what opens within: each character is looked at once
                position = closed
        return "".join((*parts, text[position:]))

    def _without_sdists(self, text: str) -> str:
        parts, position = [], 0
        while (opened := text.find(_SDIST_OPENS, position)) >= 0:
            begun = opened + len(_SDIST_OPENS)
            closed = text.find("\n", begun)
            found = _SDIST.fullmatch(text, begun, closed)
            if found is None:
                parts.append(text[position:begun])
                position = begun
            else:
                one = [(found[1], found[2], found[3], found[4] or "")]
                parts += [text[position:begun], self._set_aside(one, "sdist", _is_odd(found[0]))]
                position = closed
        return "".join((*parts, text[position:]))


def _is_odd(text: str) -> bool:
    return "%" in text or "#" in text or "?" in text
