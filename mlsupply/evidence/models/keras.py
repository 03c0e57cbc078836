"""Keras models: the configuration tree of .keras archives and HDF5 files. What it names is imported and called by the
loader, so names are judged as a pickle's are; Lambda layers carry marshalled code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping

from mlsupply.evidence.models.dispatch import inside
from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.hdf5 import expected_end, external_data, external_links, json_texts
from mlsupply.evidence.models.looking import BrokenError, Look, OverBudgetError, Span
from mlsupply.evidence.models.names import words
from mlsupply.evidence.models.standing import Standing, resolve, standing, top
from mlsupply.evidence.models.ziptable import Entry, Table
from mlsupply.text import safe

_KERAS = {"keras", "tf_keras", "keras_nlp", "keras_hub", "keras_cv", "keras_core", "keras_preprocessing"}
_BUILDING = words(
    """
    layers models optimizers optimizer losses metrics initializers regularizers constraints activations
    dtype_policies mixed_precision quantizers random ops callbacks engine core applications backend legacy wrappers
    tokenizers samplers bounding_box visualization trainers distribution distillation experimental feature_column
    api src
    """
)
# class -> what it does when the model is loaded or first used
_ACTING = {
    "Lambda": "runs code carried in the file",
    "__lambda__": "carries marshalled code",
    "TFSMLayer": "loads another SavedModel from a place the file names (CVE-2026-1462)",
    "TorchModuleWrapper": "unpickles a torch module carried in the file (CVE-2025-49655)",
    "JaxLayer": "carries functions",
    "FlaxLayer": "carries functions",
}
_LOOKUPS = {"StringLookup", "IntegerLookup", "TextVectorization", "IndexLookup", "WordPieceTokenizer", "BytePairTokenizer"}
_MODES = {
    "__tensor__",
    "__numpy__",
    "__bytes__",
    "__ellipsis__",
    "__slice__",
    "__tuple__",
    "__keras_tensor__",
    "__typespec__",
}
_MODES |= {
    "__none__",
    "__autocast__",
    "CompositeTensor",
    "TypeSpec",
    "TensorShape",
    "DType",
    "KerasTensor",
    "__list__",
    "__complex__",
}
_FUNCTIONS = {"function", "builtin_function_or_method", "type", "method", "partial"}
_OP_LAYERS = {"TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "ClassMethod", "InstanceMethod", "InstanceProperty"}
_OP_ACTS = (
    "io.",
    "py_function",
    "numpy_function",
    "load_",
    "saved_model",
    "raw_ops.ReadFile",
    "raw_ops.WriteFile",
    "print",
    "WriteFile",
)
_KERAS_FUNCTIONS = words(
    """
    relu relu6 leaky_relu elu selu celu gelu silu swish sigmoid hard_sigmoid hard_silu hard_swish softmax log_softmax
    softplus
    softsign tanh linear exponential mish glu sparse_plus squareplus threshold mean_squared_error mean_absolute_error mse mae
    mape msle mean_squared_logarithmic_error mean_absolute_percentage_error binary_crossentropy categorical_crossentropy
    sparse_categorical_crossentropy categorical_hinge hinge squared_hinge huber log_cosh kl_divergence kld poisson
    cosine_similarity binary_focal_crossentropy categorical_focal_crossentropy binary_accuracy categorical_accuracy
    sparse_categorical_accuracy top_k_categorical_accuracy sparse_top_k_categorical_accuracy
    """
)
_CONFIGS = {
    "class_name",
    "config",
    "model_config",
    "layers",
    "optimizer_config",
    "loss",
    "training_config",
    "module",
    "optimizer",
}

_BESIDE = re.compile(r"[^'/\\]{1,100}")  # the name of a file in the same folder


def look_at_hdf5(span: Span, look: Look) -> None:
    """An HDF5 file: it is whole, its links stay inside, and the Keras configurations in it are data."""
    end = expected_end(span)
    if end > span.size:
        look.doubt(Cause.TRUNCATED, f"the file should have {end:,} bytes and has {span.size:,}", span.size)
    for at, target in external_links(span):
        variant = "beside" if _BESIDE.fullmatch(target) and target.isprintable() else ""
        look.block(Cause.PATH, f"a link to another file, {target!r} (CVE-2026-1669)", at, variant)
    for at, target in external_data(span):
        look.block(Cause.PATH, f"numbers that lie in another file, {target!r} (CVE-2026-1669)", at)
    for at, value in json_texts(span, look.limits.json):
        if value is None:
            look.doubt(Cause.TRUNCATED, "a configuration that breaks off", at)
        elif isinstance(value, dict) and value.keys() & _CONFIGS:
            judge_config(value, look, at)


def look_at_archive(table: Table, look: Look, contents: Callable[[Entry, Look], Span]) -> None:
    """The configuration of a .keras archive (Keras 3)."""
    configs = [entry for entry in table.entries if entry.name.lower() == "config.json"]
    if not configs:
        look.doubt(Cause.MALFORMED, "a Keras archive without config.json")
    if len(configs) > 1:
        look.doubt(Cause.DISGUISE, "two configurations: readers disagree on which one counts")
    for config in configs:
        with inside(look, config.name):
            _judge_text(contents(config, look), look)


def _judge_text(span: Span, look: Look) -> None:
    if span.size > look.limits.json:
        raise OverBudgetError("the configuration is larger than is read")
    try:
        value = json.loads(span.read(0, span.size))
    except (ValueError, RecursionError) as error:
        raise BrokenError(f"the configuration is not JSON: {error}", 0) from error
    judge_config(value, look, 0)


def judge_config(value: object, look: Look, offset: int) -> None:
    """Judge every object description in a configuration tree, wherever it stands. Raises `OverBudgetError`."""
    look.saw("keras-config")
    for node in _nodes(value, look.limits.records):
        _judge_node(node, look, offset)


def _nodes(value: object, most: int) -> Iterator[Mapping[str, object]]:
    """Every table of the tree, without recursion."""
    stack = [value]
    while stack:
        most -= 1
        if most < 0:
            raise OverBudgetError("a configuration of more values than are read")
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, str) and item.startswith('{"class_name"'):
            stack.append(_inner_json(item))


def _inner_json(text: str) -> object:
    """Keras 2 keeps some configurations as JSON text inside JSON."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _judge_node(node: Mapping[str, object], look: Look, offset: int) -> None:
    kind = node.get("class_name")
    if not isinstance(kind, str):
        return
    name = safe(kind, 120)
    module = node.get("module")
    config = node.get("config")
    if kind in _ACTING:
        if kind == "Lambda" and isinstance(config, Mapping) and _named_function(config):
            look.doubt(Cause.CONFIG, "a Lambda layer around a function of the loading program", offset)
        else:
            look.block(Cause.CONFIG, f"{name} {_ACTING[kind]}", offset)
    elif kind in _OP_LAYERS:
        _op_layer(name, config, look, offset)
    elif kind in _LOOKUPS and isinstance(config, Mapping) and isinstance(config.get("vocabulary"), str):
        look.block(Cause.PATH, f"{name} reads its vocabulary from a place the file names (CVE-2025-12058)", offset)
    if isinstance(module, str) and module:
        _judge_module(safe(module, 200), name, config, look, offset)
    registered = node.get("registered_name")
    if isinstance(registered, str) and ">" in registered and not registered.startswith(("keras", "Keras", "Addons")):
        look.doubt(Cause.UNKNOWN, f"needs the registered class {safe(registered, 120)}", offset)


def _named_function(config: Mapping[str, object]) -> bool:
    return config.get("function_type") == "function" and isinstance(config.get("function"), str)


def _op_layer(name: str, config: object, look: Look, offset: int) -> None:
    function = config.get("function") if isinstance(config, Mapping) else None
    text = json.dumps(config)[:4000] if name == "TensorFlowOpLayer" else str(function or "")
    if any(word in text for word in _OP_ACTS):
        look.block(Cause.OPERATOR, f"{name} calls {safe(text, 120)}", offset)


_ACTING_WORDS = frozenset({"load", "save", "get", "file", "from", "deserialize"})  # words in names of functions of Keras
_NOT_MODELS = frozenset({"utils", "saving", "config", "export", "tree", "datasets"})  # its modules that act


def _judge_module(module: str, kind: str, config: object, look: Look, offset: int) -> None:
    """The loader imports `module` and takes the class, or the function that `config` names, from it."""
    name = config if kind in _FUNCTIONS and isinstance(config, str) else kind
    parts = module.split(".")
    if parts[:3] == ["tensorflow", "python", "keras"] or parts[:2] in (["tensorflow", "keras"], ["tf", "keras"]):
        parts = ["keras", *parts[parts.index("keras") + 1 :]]
    shown = f"{module}.{safe(name, 120)}"
    if parts[0] in _KERAS:
        acting = kind in _FUNCTIONS and not _ACTING_WORDS.isdisjoint(str(name).lower().split("_"))
        unsafe = acting or not _NOT_MODELS.isdisjoint(parts[1:3])
        if unsafe and not kind.endswith(("Sequence", "FeatureSpace")):
            look.block(Cause.CONFIG, f"calls {shown}, a function of Keras that loads, fetches or configures", offset)
        elif len(parts) > 1 and parts[1] not in _BUILDING:
            look.doubt(Cause.UNKNOWN, f"names {shown}, which is not a part of a model", offset)
        return
    if kind in _MODES:
        return
    if module == "builtins" and kind in _FUNCTIONS and name in _KERAS_FUNCTIONS:
        return  # Keras looks a plain function name up among its own activations, losses and metrics
    how, why = standing(*resolve(module, safe(name, 120)))
    if how is Standing.DANGEROUS:
        look.block(Cause.CONFIG, f"calls {shown}, which {why}", offset)
    elif how is Standing.UNKNOWN or (top(module) == "builtins" and kind in _FUNCTIONS):
        look.doubt(Cause.UNKNOWN, f"names {shown}, which the lists do not know", offset)
