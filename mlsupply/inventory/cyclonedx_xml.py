"""CycloneDX XML (1.2 to 1.7) as input: brought into the shape of the JSON form and read as that.

Source: https://cyclonedx.org/docs/1.7/xml/. A document type declaration ends the reading: entities that expand or name other
files need one, and no SBOM does.
"""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

from mlsupply.inventory import cyclonedx
from mlsupply.inventory.parsing import gap, opened
from mlsupply.model import Gap, Inventory, Reason
from mlsupply.world import Limits, Tree

_NAMESPACE = "http://cyclonedx.org/schema/bom/"
_DEPTH = 200  # elements inside elements; what is deeper is not read

# element -> the elements in it that are read; all others are passed over with what is in them
_REFERENCE = {"url", "hashes"}
_COMPONENT = {"name", "version", "purl", "hashes", "licenses", "externalReferences", "components"}
_READ = {
    "bom": {"metadata", "components", "dependencies"},
    "metadata": {"component"},
    "components": {"component"},
    "component": _COMPONENT,
    "hashes": {"hash"},
    "licenses": {"license", "expression"},
    "license": {"id", "name"},
    "externalReferences": {"reference"},
    "reference": _REFERENCE,
    "dependencies": {"dependency"},
    "dependency": {"dependency"},
}
_LISTS = {"components", "hashes", "licenses", "externalReferences", "dependencies"}


def read(path: str, tree: Tree, limits: Limits) -> Inventory:
    """The packages of a document."""
    contents = opened(path, tree, limits, _document)
    if isinstance(contents, Gap):
        return Inventory(path=path, format=cyclonedx.FORMAT, gaps=(contents,))
    text, document = contents
    return cyclonedx.inventory_of(path, document, text, limits)


def _document(path: str, text: str) -> dict[str, Any] | Gap:
    """The document in the shape of the JSON form, or a gap with the line where XML ends."""
    building = _Building()
    parser = expat.ParserCreate("utf-8", " ")  # the text is decoded already, whatever its first line says
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = building.refuse
    parser.StartElementHandler = building.start
    parser.EndElementHandler = building.end
    parser.CharacterDataHandler = building.text
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        detail = f"not XML: {expat.ErrorString(error.code)}"
        return gap(path, Reason.MALFORMED, detail, error.lineno, "fix the file or exclude it")
    except _NoSbomError as error:
        return gap(path, Reason.UNSUPPORTED, str(error), parser.CurrentLineNumber, "convert it to CycloneDX")
    return building.document


class _NoSbomError(ValueError):
    """What is no CycloneDX document; the message says why."""


class _Building:
    """The document while its elements come in. stack: (element, what is made of it), from the outermost on."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = {}
        self._stack: list[tuple[str, dict[str, Any]]] = []
        self._passed = 0  # elements that are open inside one that is passed over
        self._text: list[str] = []

    def refuse(self, *_: object) -> None:
        raise _NoSbomError("it has a document type declaration, which no SBOM needs, and was not read")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, element = name.rpartition(" ")
        if not self._stack:
            self._begin(namespace, element)
            return
        outer = self._stack[-1][0]
        if self._passed or element not in _READ.get(outer, ()) or len(self._stack) > _DEPTH:
            self._passed += 1
            return
        self._text.clear()
        self._stack.append((element, dict(attributes)))

    def _begin(self, namespace: str, element: str) -> None:
        if element != "bom" or not namespace.startswith(_NAMESPACE):
            raise _NoSbomError("this XML is no CycloneDX document")
        self.document = {"bomFormat": "CycloneDX", "specVersion": namespace.removeprefix(_NAMESPACE).strip("/")}
        self._stack.append((element, self.document))

    def text(self, data: str) -> None:
        if not self._passed:
            self._text.append(data)

    def end(self, _name: str) -> None:
        if self._passed:
            self._passed -= 1
            return
        element, made = self._stack.pop()
        if self._stack:
            self._put(element, made, "".join(self._text).strip(), *self._stack[-1])
        self._text.clear()

    def _put(self, element: str, made: dict[str, Any], text: str, outer: str, into: dict[str, Any]) -> None:
        """Put an element where the JSON form has it."""
        if element == "dependency":
            into.setdefault("dependencies" if outer == "dependencies" else "dependsOn", []).append(
                made if outer == "dependencies" else made.get("ref")
            )
        elif element == "hash":
            into.setdefault("hashes", []).append({"alg": made.get("alg"), "content": text})
        elif element == "license":
            into.setdefault("licenses", []).append({"license": made})
        elif element == "expression":
            into.setdefault("licenses", []).append({"expression": text})
        elif element == "reference":
            into.setdefault("externalReferences", []).append(made)
        elif element == "component" and outer == "components":
            into.setdefault("components", []).append(made)
        elif element in _LISTS:
            into.setdefault(element, []).extend(made.get(element, ()))
        else:
            into[element] = made if element in _READ else text
