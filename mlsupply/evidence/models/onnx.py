"""ONNX models: operators by domain, external data, nested graphs. Field numbers from onnx.proto (ONNX 1.16)."""

from __future__ import annotations

import posixpath

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import Look, OverBudgetError, Span
from mlsupply.evidence.models.protobuf import BYTES, VARINT, fields, head, parts, text_of
from mlsupply.text import safe

# domains whose operators the runtimes ship; anything else needs native code from beside the model
_DOMAINS = {
    "",
    "ai.onnx",
    "ai.onnx.ml",
    "ai.onnx.preview",
    "ai.onnx.preview.training",
    "ai.onnx.training",
    "com.microsoft",
    "com.microsoft.experimental",
    "com.microsoft.nchwc",
    "com.ms.internal.nhwc",
    "org.pytorch.aten",
    "pkg.onnxscript.torch_lib",
}
_PYTHON = {"PyOp", "PythonOp", "PyCustomOpDef"}
_DEPTH = 12


def is_onnx(span: Span) -> bool:
    """A ModelProto: an IR version first, and a graph, a producer or an operator set among the first fields."""
    found = head(span)
    if not found or found[0].number != 1 or found[0].wire != VARINT or not 1 <= found[0].value <= 40:
        return False
    known = all(
        (f.number in {1, 5}) == (f.wire == VARINT) and f.number in {1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26} for f in found
    )
    return known and any(f.wire == BYTES and f.number in {2, 7, 8} for f in found)


def look_at_onnx(span: Span, look: Look) -> None:
    """Walk the model's graphs. Raises `BrokenError`, `OverBudgetError`."""
    own = {_text(function, 10) for function in parts(span, 25)}
    walk = _Walk(look, own)
    for field in fields(span):
        if field.wire != BYTES:
            continue
        if field.number == 7:
            walk.graph(field.span, 0)
        elif field.number == 20:
            walk.training(field.span)
        elif field.number == 8:
            walk.domain(_text(field.span, 1), "the model", span)
        elif field.number == 25:
            walk.function(field.span)


def _text(span: Span, number: int) -> str:
    return next((safe(text_of(part), 200) for part in parts(span, number)), "")


class _Walk:
    """own: domains of the functions the model brings along."""

    def __init__(self, look: Look, own: set[str]) -> None:
        self._look = look
        self._left = look.limits.records
        self._domains = _DOMAINS | own

    def training(self, span: Span) -> None:
        """Graphs that initialise a training and step through it."""
        for graph in parts(span, 1, 2):
            self.graph(graph, 0)

    def _spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise OverBudgetError("more nodes than are read")

    def domain(self, domain: str, what: str, span: Span) -> None:
        if domain not in self._domains:
            self._look.doubt(Cause.CUSTOM, f"{what} needs operators of {domain!r}, which come as native code", span.start)

    def graph(self, span: Span, depth: int) -> None:
        if depth > _DEPTH:
            raise OverBudgetError("graphs nested too deeply")
        for field in fields(span):
            if field.number == 1 and field.wire == BYTES:
                self.node(field.span, depth)
            elif field.number in {5, 15} and field.wire == BYTES:
                self.tensor(field.span, sparse=field.number == 15)

    def node(self, span: Span, depth: int) -> None:
        self._spend()
        operator, domain = _text(span, 4), _text(span, 7)
        if operator in _PYTHON:
            self._look.doubt(Cause.OPERATOR, f"the operator {operator} calls Python", span.start)
        self.domain(domain, f"the operator {operator}", span)
        for attribute in parts(span, 5):
            self.attribute(attribute, depth)

    def attribute(self, span: Span, depth: int) -> None:
        for field in fields(span):
            if field.wire != BYTES:
                continue
            if field.number in {6, 11}:
                self.graph(field.span, depth + 1)
            elif field.number in {5, 10}:
                self.tensor(field.span)

    def function(self, span: Span) -> None:
        for node in parts(span, 7):
            self.node(node, 0)

    def tensor(self, span: Span, *, sparse: bool = False) -> None:
        """A tensor's numbers may lie in a file beside the model; its place must be below the model's folder."""
        self._spend()
        if sparse:
            for part in parts(span, 1, 2):
                self.tensor(part)
        else:
            for entry in parts(span, 13):
                self._external(entry)

    def _external(self, entry: Span) -> None:
        key, value = _text(entry, 1), _text(entry, 2)
        at = entry.start
        if key not in {"location", "offset", "length", "checksum", "basepath"}:
            self._look.doubt(Cause.MALFORMED, f"external data with the unknown key {key!r}", at)
        if key in {"location", "basepath"}:
            flat = posixpath.normpath(value.replace("\\", "/"))
            if flat.startswith(("/", "../")) or flat == ".." or value[1:2] == ":" or "://" in value:
                self._look.block(Cause.PATH, f"reads its numbers from {value!r}, outside the model's folder", at)
            else:
                self._look.notes.append(f"external data: {value}")
