"""References in command lines: Dockerfiles, compose and workflow files, shell scripts, Makefiles, notebooks' `!` lines,
`.env` samples and Ollama's Modelfile. Lines are text; nothing is expanded or run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlsupply.evidence.references.facets import ModelReferenceFacet
from mlsupply.evidence.references.seen import HUB_ID, SECRET, Seen, Unread, reference
from mlsupply.model import Reason
from mlsupply.text import safe

_MOST = 200_000  # lines
_LONG = 20_000  # characters of a line
_WORDS = (
    "hf",
    "model",
    "tokenizer",
    "serve",
    "ollama",
    "spacy",
    "nltk",
    "git",
    "http",
    "python",
)  # of all that is looked for
_DOWNLOAD = re.compile(r"\b(?:huggingface-cli|hf)\s+download\s+(?P<rest>[^\n;&|]+)")
_SERVE = re.compile(
    r"\b(?:vllm\s+serve|sglang\.launch_server|text-generation-launcher|text-embeddings-router|vllm\.entrypoints\S*)"
)
_MODEL_FLAG = re.compile(
    r"(?:^|[\s\"',\[])--(?:model|model-path|model-id|model-name|model_name_or_path|tokenizer|speculative-model|base-model)"
    r"(?:[ =]+|\"\s*,\s*\")[\"']?(?P<id>\$?\{?[\w][\w./:@-]*)"
)
_VLLM_SERVE = re.compile(r"\bvllm\s+serve\s+[\"']?(?P<id>[\w][\w./:-]+)")
_REVISION = re.compile(r"--(?:code-|tokenizer-)?revision(?:[ =]+|\"\s*,\s*\")[\"']?([\w./-]+)")
_LLAMA = re.compile(
    r"\b(?:llama-server|llama-cli|llama-run|\./main|\./server)\b[^\n]*?\s(?:-hf|--hf-repo|-hfr)\s+[\"']?([\w./:-]+)"
)
_OLLAMA = re.compile(r"\bollama\s+(?:pull|run)\s+[\"']?([\w./-]+(?::[\w.-]+)?)")
_CLONE = re.compile(r"\bgit\s+clone\b[^\n]*?(https?://(?:huggingface\.co|hf\.co)/\S+)")
_FETCHED = re.compile(
    r"(https?://[^\s\"'<>|)]{1,500}\.(?:safetensors|gguf|bin|pt|pth|ckpt|pkl|onnx|h5|keras|joblib|npz|tflite|nemo))\b"
)
_HUB_FILE = re.compile(r"(https?://(?:huggingface\.co|hf\.co)/[\w.-]+/[\w.-]+/(?:resolve|raw)/[^\s\"'<>|)]{1,300})")
_SPACY = re.compile(r"\bspacy\s+download\s+([\w-]+)")
_NLTK = re.compile(r"\bnltk\.downloader\s+(?:-d\s+\S+\s+)?([\w-]+)")
_SETTING = re.compile(
    r"^\s*(?:-\s+|ENV\s+|ARG\s+|export\s+)?[\"']?(?P<name>[A-Z][A-Z0-9_]*(?:MODEL|CHECKPOINT|REPO)(?:_ID|_NAME|_PATH|_REPO|_NAME_OR_PATH)?"
    r"|MODEL(?:_ID|_NAME|_PATH|_REPO)?)[\"']?\s*[:=]\s*[\"']?(?P<id>[^\s\"'#,]+)"
)
_INLINE = re.compile(r"\bpython[\d.]{0,5}\s+-c\s+([\"'])((?:\\.|(?!\1)[^\\])*)\1")
_EXEC_FORM = re.compile(r"[\[\]\",]+")
_FLAGS = ("--trust-remote-code", "--trust_remote_code", "trust-remote-code: true")
_HUB_NAME = re.compile(r"(?:ollama/|huggingface/)?[A-Za-z0-9][\w.-]*/[\w.-]+")


def references_in_lines(text: str) -> Iterator[Seen]:
    """The references of a text, line by line, in commands and in settings such as `MODEL_ID=...`."""
    for number, whole in enumerate(_joined(text), 1):
        if not (line := whole[:_LONG]):
            continue
        yield from (Seen(facet, number) for facet in _line(line))
        for found in _INLINE.finditer(line):
            yield from _inline(found[2], number)


def cut(text: str) -> Iterator[Unread]:
    """What `references_in_lines` and `references_in_modelfile` do not look at in a text, where it may name something."""
    lines = 0
    for lines, line in enumerate(_joined(text), 1):
        if len(line) > _LONG and any(word in line[_LONG:] for word in _WORDS):
            yield Unread(Reason.LIMIT, f"a line of {len(line):,} characters, {_LONG:,} are looked at", lines)
    if lines >= _MOST and (more := len(text.splitlines()) - _MOST) > 0:
        yield Unread(Reason.LIMIT, f"{more:,} lines from here on were not looked at", _MOST + 1)


def _inline(code: str, number: int) -> Iterator[Seen]:
    """Python given on the command line."""
    from mlsupply.evidence.references.python_code import references_in

    seen = references_in(code.replace('\\"', '"').encode())
    if isinstance(seen, list):  # else it is no Python, but shell that makes some
        yield from (Seen(one.facet, number) for one in seen)


def _joined(text: str) -> Iterator[str]:
    """Lines with what a backslash continues, the continued ones empty so that numbers stay right."""
    held = ""
    empty = 0
    for line in text.splitlines()[:_MOST]:
        if line.rstrip().endswith("\\") and len(held) < _LONG:
            held += line.rstrip()[:-1] + " "
            empty += 1
            continue
        yield held + line
        yield from [""] * empty
        held, empty = "", 0
    if held:
        yield held


def _line(line: str) -> Iterator[ModelReferenceFacet]:
    bare = line.lstrip()
    if bare.startswith("#") and not bare.startswith("#!"):
        return
    if '", "' in line or '","' in line:  # the exec form of Dockerfile and compose
        line = _EXEC_FORM.sub(" ", line)
    remote = any(flag in line for flag in _FLAGS)
    revision = found[1] if (found := _REVISION.search(line)) else ""
    if found := _DOWNLOAD.search(line):
        yield from _downloaded(found["rest"], revision)
    yield from _served(line, revision, remote)
    yield from _pulled(line)
    for pattern, loader in ((_CLONE, "git clone"), (_HUB_FILE, "download"), (_FETCHED, "download")):
        for found in pattern.finditer(line):
            if pattern is not _FETCHED or not _HUB_FILE.match(found[1]):
                yield reference(found[1], loader=loader)
    if (found := _SETTING.match(line)) and _HUB_NAME.fullmatch(found["id"]) and "/" in found["id"]:
        yield reference(found["id"], loader=safe(found["name"], 80))


_PULLS = (
    (_LLAMA, "huggingface", "llama.cpp"),
    (_OLLAMA, "ollama", "ollama pull"),
    (_SPACY, "spacy", "spacy download"),
    (_NLTK, "nltk", "nltk.downloader"),
)


def _pulled(line: str) -> Iterator[ModelReferenceFacet]:
    """What tools with registries of their own fetch."""
    for pattern, registry, loader in _PULLS:
        for found in pattern.finditer(line):
            name, _, tag = found[1].partition(":")
            whole = found[1] if registry == "ollama" else name
            if registry in {"spacy", "nltk"}:
                kind, pin = "data package", "not applicable"
            else:
                kind, pin = "model", None
            yield reference(whole, kind=kind, registry=registry, loader=loader, revision=tag, pin=pin)


def _downloaded(rest: str, revision: str) -> Iterator[ModelReferenceFacet]:
    """`hf download ID [file ...] [--revision R] [--repo-type dataset]`."""
    kind = "dataset" if re.search(r"--repo-type[ =]+dataset", rest) else "model"
    name = next((word.strip("\"'") for word in rest.split() if not word.startswith("-")), "")
    if HUB_ID.fullmatch(name):
        yield reference(name, kind=kind, revision=revision, loader="hf download", token=bool(SECRET.search(rest)))
    elif name:
        yield reference("", constant=False, expression=safe(name, 80), loader="hf download", pin="not applicable")


def _served(line: str, revision: str, remote: bool) -> Iterator[ModelReferenceFacet]:
    """Inference servers' command lines."""
    names = [found["id"] for found in _VLLM_SERVE.finditer(line)]
    flags = [found["id"] for found in _MODEL_FLAG.finditer(line)]
    if not (names or _SERVE.search(line)):
        flags = [name for name in flags if HUB_ID.fullmatch(name)]
    for name in dict.fromkeys([*names, *flags]):
        if name.startswith("$"):
            yield reference("", constant=False, expression=safe(name, 80), loader="command line", pin="not applicable")
        elif "/" in name or names:
            yield reference(name, revision=revision, remote_code=remote, loader="command line")


_FROM = re.compile(r"^\s*(FROM|ADAPTER)\s+(\S+)", re.IGNORECASE)


def references_in_modelfile(text: str) -> Iterator[Seen]:
    """Ollama's Modelfile: FROM a model, a file or a hub repository."""
    for number, line in enumerate(text.splitlines()[:_MOST], 1):
        if found := _FROM.match(line):
            name, tag = found[2], found[2].partition(":")[2]
            if name.startswith("hf.co/"):
                yield Seen(
                    reference(name.removeprefix("hf.co/").partition(":")[0], loader="Modelfile", revision=tag), number
                )
            elif name.startswith((".", "/")) or name.endswith((".gguf", ".safetensors", ".bin")):
                yield Seen(reference(name, kind="file", registry="local", pin="local", loader="Modelfile"), number)
            else:
                pin = "digest" if "@sha256:" in name else None
                yield Seen(reference(name, registry="ollama", revision=tag, pin=pin, loader="Modelfile"), number)
