"""JSON that stands beside weights: what a loader imports, trusts or renders because they say so."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping

from mlsupply.evidence.models.facts import Cause
from mlsupply.evidence.models.keras import judge_config
from mlsupply.evidence.models.looking import BrokenError, Look, OverBudgetError, Span
from mlsupply.evidence.models.names_allowed import KNOWN_PACKAGES
from mlsupply.evidence.models.standing import Standing, resolve, standing, top
from mlsupply.evidence.models.templates import judge_template
from mlsupply.evidence.models.yamls import judge_target
from mlsupply.text import safe

_REMOTE = re.compile(r"[\w.-]+/[\w.-]+")
_KERNELS = {"_attn_implementation", "_attn_implementation_internal", "attn_implementation", "_attn_implementation_autoset"}
_TEMPLATES = {"chat_template", "template", "prompt_template", "default_chat_template"}
_PICKLED = {"py/object", "py/reduce", "py/function", "py/type", "py/repr", "py/newargs", "!!python/object"}


def look_at_json(span: Span, look: Look) -> None:
    """A configuration. Raises `BrokenError` where it is no JSON, `OverBudgetError`."""
    if span.size > look.limits.json:
        raise OverBudgetError(f"JSON of {span.size:,} bytes")
    try:
        value = json.loads(span.read(0, span.size).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BrokenError(f"not JSON: {safe(str(error), 120)}", getattr(error, "pos", -1)) from error
    if isinstance(value, dict) and ("class_name" in value or "keras_version" in value):
        judge_config(value, look, 0)
    for path, key, item in _walk(value, look.limits.records):
        _judge(path, key, item, look)
    _pipeline(value, look)


def _walk(value: object, most: int) -> Iterator[tuple[str, str, object]]:
    """(key of the parent, key, value) of every table entry. Raises `OverBudgetError`."""
    stack: list[tuple[str, object]] = [("", value)]
    while stack:
        parent, item = stack.pop()
        children = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
        for key, child in children:
            most -= 1
            if most < 0:
                raise OverBudgetError("JSON of more values than are read")
            if isinstance(key, str):
                yield parent, key, child
            if isinstance(child, dict | list):
                stack.append((key if isinstance(key, str) else parent, child))


def _judge(parent: str, key: str, value: object, look: Look) -> None:
    if key in _TEMPLATES and isinstance(value, str):
        judge_template(value, look, -1, key)
    elif key == "auto_map" and isinstance(value, Mapping):
        for name in sorted({str(part) for item in value.values() for part in (item if isinstance(item, list) else [item])}):
            where = "another repository" if "--" in name else "this repository"
            look.doubt(Cause.CONFIG, f"auto_map names code of {where}: {safe(name, 120)}")
            look.notes.append(f"auto_map: {safe(name, 120)}")
    elif key == "trust_remote_code" and value is True:
        look.block(Cause.CONFIG, "the configuration itself switches trust_remote_code on (CVE-2026-5241)")
    elif key in _KERNELS and isinstance(value, str) and _REMOTE.match(value):
        look.block(
            Cause.CONFIG, f"{key} names the repository {safe(value, 120)}, whose code old loaders run (CVE-2026-4372)"
        )
    elif key in {"custom_pipelines", "custom_pipeline"}:
        look.doubt(Cause.CONFIG, "names a pipeline whose code comes with the repository")
    elif key in _PICKLED:
        _pickled(key, value, look)
    elif key == "_target_" and isinstance(value, str):
        judge_target(value, look, -1)
    elif key == "weight_map" and isinstance(value, Mapping):
        _weight_map(value, look)
    elif key == "auto_mapping" and isinstance(value, Mapping):
        _auto_mapping(value, look)
    elif key == "type" and isinstance(value, str) and parent == "" and value.count("."):
        _module(value, look)


def _weight_map(files: Mapping[str, object], look: Look) -> None:
    """The shards an index names lie beside it."""
    for file in sorted({str(file) for file in files.values()}):
        flat = posixpath.normpath(file.replace("\\", "/"))
        if flat.startswith(("/", "../")) or flat == ".." or file[1:2] == ":" or "://" in file:
            look.block(Cause.PATH, f"the index names weights outside the model's folder: {safe(file, 120)}")


def _auto_mapping(value: Mapping[str, object], look: Look) -> None:
    """An adapter's configuration names the library its base model's class is imported from."""
    library = value.get("parent_library")
    if isinstance(library, str) and not library.startswith("transformers."):
        look.doubt(Cause.CONFIG, f"the base model's class is imported from {safe(library, 120)}")


def _module(name: str, look: Look) -> None:
    """`modules.json` of sentence-transformers: a list of classes that are imported and built."""
    module, _, last = name.rpartition(".")
    if top(module) == "sentence_transformers" or not module.replace(".", "_").isidentifier() or not last.isidentifier():
        return
    if standing(*resolve(module, last))[0] is Standing.DANGEROUS:
        look.block(Cause.CONFIG, f"a module of the class {safe(name, 120)}")
    elif top(module) not in KNOWN_PACKAGES:
        look.doubt(Cause.CONFIG, f"a module of the class {safe(name, 120)}, which is code of the repository")


def _pickled(key: str, value: object, look: Look) -> None:
    """jsonpickle builds what such keys name."""
    name = str(value) if isinstance(value, str) else ""
    module, _, last = name.rpartition(".")
    if standing(*resolve(module, last or "x"))[0] is Standing.DANGEROUS or key in {"py/reduce", "py/repr"}:
        look.block(Cause.CONFIG, f"a jsonpickle document that builds {safe(name, 120) or key}")
    else:
        look.doubt(Cause.CONFIG, f"a jsonpickle document that builds {safe(name, 120) or key}")


def _pipeline(value: object, look: Look) -> None:
    """diffusers' model_index.json: a component whose library is a file of the repository is code of it."""
    if not isinstance(value, dict) or "_diffusers_version" not in value:
        return
    kind = value.get("_class_name")
    if isinstance(kind, list):
        look.doubt(Cause.CONFIG, f"the pipeline's class is code of the repository: {safe(str(kind), 120)}")
    for name, item in value.items():
        known = {"diffusers", "transformers", "onnxruntime", "optimum", "stable_diffusion", "flax", None}
        if isinstance(item, list) and len(item) == 2 and item[0] not in known and not name.startswith("_"):
            look.doubt(
                Cause.CONFIG, f"the component {safe(name, 80)} comes from {safe(str(item[0]), 80)}, not from a known library"
            )
