"""TensorFlow SavedModel and GraphDef: the operators, read from the protobuf. Field numbers from saved_model.proto,
meta_graph.proto, graph.proto, function.proto and node_def.proto of TensorFlow."""

from __future__ import annotations

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import Look, OverBudgetError, Span
from mlsupply.evidence.models.protobuf import BYTES, VARINT, fields, head
from mlsupply.text import safe

_BLOCKED = {
    "ReadFile": "reads a file of the author's choice",
    "WriteFile": "writes a file of the author's choice",
    "MatchingFiles": "lists files of the author's choice",
    "PrintV2": "may write to a file of the author's choice",
    "Save": "writes a file of the author's choice",
    "SaveSlices": "writes a file of the author's choice",
    "ShardedFilename": "",
    "PyFunc": "calls Python",
    "PyFuncStateless": "calls Python",
    "EagerPyFunc": "calls Python",
    "NumpyFunction": "calls Python",
    "LoadLibrary": "loads native code",
    "DebugIdentityV2": "writes a file of the author's choice",
    "DebugNumericSummaryV2": "writes a file of the author's choice",
    "WriteSummary": "writes a file of the author's choice",
    "CreateSummaryFileWriter": "writes a file of the author's choice",
    "CreateSummaryDbWriter": "writes a file of the author's choice",
    "WriteGraphSummary": "writes a file of the author's choice",
    "WriteAudioSummary": "writes a file of the author's choice",
    "DatasetToTFRecord": "writes a file of the author's choice",
    "SaveDataset": "writes a file of the author's choice",
    "SaveDatasetV2": "writes a file of the author's choice",
    "LoadDataset": "reads a file of the author's choice",
    "DistributedSave": "writes a file of the author's choice",
    "RegisterDataset": "reaches a host",
    "RegisterDatasetV2": "reaches a host",
    "RpcCall": "reaches a host",
    "RpcServerStart": "opens a port",
    "Rpc": "reaches a host",
    "TryRpc": "reaches a host",
    "DataServiceDataset": "reaches a host",
    "DataServiceDatasetV2": "reaches a host",
}
_DOUBTED = {
    "TextLineReader",
    "WholeFileReader",
    "FixedLengthRecordReader",
    "TFRecordReader",
    "TFRecordDataset",
    "TextLineDataset",
}
_DOUBTED |= {
    "WholeFileReaderV2",
    "TFRecordReaderV2",
    "TextLineReaderV2",
    "FixedLengthRecordDataset",
    "SqlDataset",
    "IdentityReader",
}
_DEPTH = 20


def is_savedmodel(span: Span) -> bool:
    """A SavedModel (version 1, then meta graphs), or a GraphDef whose nodes have names and operators."""
    found = head(span, 4)
    if len(found) >= 2 and (found[0].number, found[0].wire, found[0].value) == (1, VARINT, 1):
        return found[1].number == 2 and found[1].wire == BYTES and any(f.number in {1, 2} for f in head(found[1].span, 2))
    if found and all(f.number == 1 and f.wire == BYTES for f in found):
        inner = head(found[0].span, 3)
        return len(inner) >= 2 and [f.number for f in inner[:2]] == [1, 2] and all(f.wire == BYTES for f in inner[:2])
    return False


def look_at_savedmodel(span: Span, look: Look) -> None:
    """Judge the operators of all graphs and functions. Raises `BrokenError`, `OverBudgetError`."""
    walk = _Walk(look)
    first = head(span, 1)
    if first and first[0].wire == BYTES:
        walk.graph(span)
        return
    for meta in fields(span):
        if meta.number == 2 and meta.wire == BYTES:
            for field in fields(meta.span):
                if field.number == 2 and field.wire == BYTES:
                    walk.graph(field.span)
                elif field.number == 7 and field.wire == BYTES:
                    walk.objects(field.span)


class _Walk:
    def __init__(self, look: Look) -> None:
        self._look = look
        self._left = look.limits.records
        self._seen: set[str] = set()

    def graph(self, span: Span) -> None:
        for field in fields(span):
            if field.number == 1 and field.wire == BYTES:
                self.node(field.span)
            elif field.number == 2 and field.wire == BYTES:
                for function in fields(field.span):
                    if function.number == 1 and function.wire == BYTES:
                        self.function(function.span)

    def function(self, span: Span) -> None:
        for field in fields(span):
            if field.number == 3 and field.wire == BYTES:
                self.node(field.span)

    def objects(self, span: Span) -> None:
        """The object graph names Keras classes in its metadata; a Lambda layer carries marshalled code there."""
        at = span.find(b'"class_name": "Lambda"')
        if at >= 0:
            self._look.block(Cause.CONFIG, "a Keras Lambda layer, whose code is in the file", span.start + at)

    def node(self, span: Span) -> None:
        self._left -= 1
        if self._left < 0:
            raise OverBudgetError("more operators than are read")
        operator = next((f.text(200) for f in fields(span) if f.number == 2 and f.wire == BYTES), "")
        if operator in self._seen:
            return
        self._seen.add(operator)
        if why := _BLOCKED.get(operator):
            self._look.block(Cause.OPERATOR, f"the operator {operator} {why}", span.start)
        elif operator in _DOUBTED:
            self._look.doubt(Cause.OPERATOR, f"the operator {operator} reads files named in the graph", span.start)
        elif operator and not operator.replace("_", "").replace(">", "").isalnum():
            self._look.doubt(Cause.CUSTOM, f"the operator {safe(operator, 80)!r} has no operator's name", span.start)
