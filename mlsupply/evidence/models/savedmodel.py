"""TensorFlow SavedModel and GraphDef: the operators, read from the protobuf. Field numbers from saved_model.proto,
meta_graph.proto, graph.proto, function.proto and node_def.proto of TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.looking import Look, OverBudgetError, Span
from mlsupply.evidence.models.names import words
from mlsupply.evidence.models.protobuf import BYTES, VARINT, fields, head, parts, text_of
from mlsupply.text import safe

# operator -> what it does with a place that the graph names
_READS = words(
    """
    ReadFile LoadDataset LoadAndRemapMatrix MatchingFiles MatchingFilesDataset ExperimentalMatchingFilesDataset ImportEvent
    InitializeTableFromTextFile InitializeTableFromTextFileV2 FixedLengthRecordReader FixedLengthRecordReaderV2
    IdentityReader IdentityReaderV2 TextLineReader TextLineReaderV2 TFRecordReader TFRecordReaderV2 WholeFileReader
    WholeFileReaderV2 LMDBReader ReaderRead ReaderReadV2 ReaderReadUpTo ReaderReadUpToV2 RecordInput
    FixedLengthRecordDataset FixedLengthRecordDatasetV2 TextLineDataset TFRecordDataset TFRecordDatasetV2 LMDBDataset
    ExperimentalLMDBDataset CSVDataset CSVDatasetV2 ExperimentalCSVDataset SqlDataset ExperimentalSqlDataset
    SnapshotDatasetReader SnapshotNestedDatasetReader ListSnapshotChunksDataset SnapshotChunkDataset
    """
)
_WRITES = words(
    """
    WriteFile PrintV2 Save SaveSlices DebugIdentity DebugIdentityV2 DebugIdentityV3 DebugNumericSummary
    DebugNumericSummaryV2 DebugNanCount DumpTensor WriteSummary CreateSummaryFileWriter CreateSummaryDbWriter
    WriteGraphSummary WriteAudioSummary WriteHistogramSummary WriteImageSummary WriteRawProtoSummary WriteScalarSummary
    DatasetToTFRecord ExperimentalDatasetToTFRecord SaveDataset SaveDatasetV2 DistributedSave SnapshotDataset
    SnapshotDatasetV2 LookupTableExportToFile
    """
)
_REACHES = words(
    """
    RegisterDataset RegisterDatasetV2 RpcCall RpcClient RpcServer RpcServerStart RpcServerRegister Rpc TryRpc
    DataServiceDataset DataServiceDatasetV2 DataServiceDatasetV3 DataServiceDatasetV4 FileSystemSetConfiguration
    BigQueryReader
    """
)
_PYTHON = words("PyFunc PyFuncStateless EagerPyFunc NumpyFunction")
# read a place as well, and stand in ordinary exports too: a vocabulary lies among the model's assets
_ASSETS = words("InitializeTableFromTextFile InitializeTableFromTextFileV2")
_BLOCKED = {
    **dict.fromkeys(_READS - _ASSETS, "reads files the graph names"),
    **dict.fromkeys(_WRITES, "writes a file of the author's choice"),
    **dict.fromkeys(_REACHES, "reaches a host"),
    **dict.fromkeys(_PYTHON, "calls Python"),
    "LoadLibrary": "loads native code",
}


def is_savedmodel(span: Span) -> bool:
    """A SavedModel (version 1, then meta graphs), or a GraphDef whose nodes have names and operators."""
    found = head(span, 4)
    if len(found) >= 2 and (found[0].number, found[0].wire, found[0].value) == (1, VARINT, 1):
        return found[1].number == 2 and found[1].wire == BYTES and any(f.number in {1, 2} for f in head(found[1].span, 2))
    if found and all(f.number == 1 and f.wire == BYTES for f in found):
        inner = head(found[0].span, 3)
        return len(inner) >= 2 and [f.number for f in inner[:2]] == [1, 2] and all(f.wire == BYTES for f in inner[:2])
    return False


def is_fingerprint(span: Span) -> bool:
    """FingerprintDef of fingerprint.proto: hashes in fields 1 to 5 and 7, the producer's version in field 6."""
    found = head(span, 8)
    numbers = [field.number for field in found]
    whole = sum(field.span.size for field in found if field.wire == BYTES) <= 40
    return (
        whole
        and len(found) >= 4
        and numbers[0] == 1
        and max(numbers) <= 7
        and all(field.wire != BYTES or field.number in {6, 7} for field in found)
    )


def look_at_savedmodel(span: Span, look: Look) -> None:
    """Judge the operators of all graphs and functions. Raises `BrokenError`, `OverBudgetError`."""
    walk = _Walk(look)
    first = head(span, 1)
    if first and first[0].wire == BYTES:
        walk.graph(span)
        return
    for meta in parts(span, 2):
        for field in fields(meta):
            if field.number == 2 and field.wire == BYTES:
                walk.graph(field.span)
            elif field.number == 7 and field.wire == BYTES:
                walk.objects(field.span)


def why_blocked(operator: str) -> str:
    """What an operator does with a place of the author's choice, "" where it only computes."""
    return _BLOCKED.get(operator, "")


@cache
def known_operators() -> frozenset[str]:
    """The operators TensorFlow registers itself."""
    from importlib.resources import files

    lines = files("mlsupply").joinpath("data", "tensorflow-operators.txt").read_text("utf-8").splitlines()
    return words(" ".join(line for line in lines if not line.startswith("#")))


def _function_names(graph: Span) -> Iterator[str]:
    """Names of the functions a graph brings along: nodes call them as if they were operators."""
    for library in parts(graph, 2):
        for function in parts(library, 1):
            for signature in parts(function, 1):  # an OpDef
                yield from (text_of(name, 400) for name in parts(signature, 1))


class _Walk:
    def __init__(self, look: Look) -> None:
        self._look = look
        self._left = look.limits.records
        self._seen: set[str] = set()
        self._known = known_operators()
        self._functions: set[str] = set()

    def graph(self, span: Span) -> None:
        self._functions |= set(_function_names(span))
        for field in fields(span):
            if field.number == 1 and field.wire == BYTES:
                self.node(field.span)
            elif field.number == 2 and field.wire == BYTES:
                for function in parts(field.span, 1):
                    for node in parts(function, 3):
                        self.node(node)

    def objects(self, span: Span) -> None:
        """The object graph names Keras classes in its metadata; a Lambda layer carries marshalled code there."""
        at = span.find(b'"class_name": "Lambda"')
        if at >= 0:
            self._look.block(Cause.CONFIG, "a Keras Lambda layer, whose code is in the file", span.start + at)

    def node(self, span: Span) -> None:
        self._left -= 1
        if self._left < 0:
            raise OverBudgetError("more operators than are read")
        operator = next((text_of(part, 200) for part in parts(span, 2)), "")
        if operator in self._seen:
            return
        self._seen.add(operator)
        if why := _BLOCKED.get(operator):
            self._look.block(Cause.OPERATOR, f"the operator {operator} {why}", span.start)
        elif operator and operator not in self._known and operator not in self._functions:
            self._look.doubt(
                Cause.CUSTOM,
                f"the operator {safe(operator, 80)} is none of TensorFlow's; it comes as native code",
                span.start,
            )
