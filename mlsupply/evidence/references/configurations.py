"""References in structured files: MCP client configurations, LiteLLM gateways, training configurations, model cards,
DVC files and notebooks. Parsed within bounds; a file that does not parse is a gap."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from mlsupply.evidence.models.names import words
from mlsupply.evidence.references.command_lines import cut, references_in_lines
from mlsupply.evidence.references.facets import GatewayFacet, ModelCardFacet, ToolServerFacet
from mlsupply.evidence.references.python_code import references_in
from mlsupply.evidence.references.seen import FETCH_AND_RUN, HIDDEN, SECRET, Found, Seen, Unread, plain_http, reference
from mlsupply.lazy import expression
from mlsupply.model import Reason
from mlsupply.text import safe, without_credentials
from mlsupply.yaml_values import document, documents

# what is not closed goes on to the end: looked for at each of its marks, it would take forever
_COMMENTS = expression(r'("(?:[^"\\]|\\.)*+"?)|//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?', re.DOTALL)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_EXACT = expression(r"\d++(?:\.\d++){1,3}+(?:[-+.]?[\w.]++)?")
_SECRET_NAME = re.compile(r"(?i)(?:api[_-]?key|token|secret|passw|credential|authorization|private[_-]?key)")
_REFERS = re.compile(r"^\s*(?:\$|\$\{|%|<|os\.environ/|env:|\{\{|your|xxx|changeme|\*+|\.\.\.)|^\s*$|\$\{", re.IGNORECASE)
_WIDE = re.compile(r"^(?:/|~|/home|/Users|/root|[A-Za-z]:\\?|\$HOME|/etc|/var/run/docker\.sock|\$\{HOME\}|/var/run)$")
_MOST_VALUES = 20_000  # of a training configuration


def _json(text: str) -> Any:
    """JSON, with the comments and trailing commas editors allow. Raises `ValueError`, `RecursionError`."""
    try:
        return json.loads(text)
    except ValueError:
        plain = _COMMENTS.sub(lambda found: found[1] or "", text)
        return json.loads(_TRAILING_COMMA.sub(r"\1", plain))


def tool_servers(text: str) -> Found:
    """MCP servers of a client configuration (`mcpServers` or `servers`), JSON or TOML."""
    try:
        value = _json(text) if text.lstrip()[:1] in {"{", "["} else _toml(text)
    except (ValueError, RecursionError) as error:
        return [Unread(Reason.MALFORMED, f"an MCP configuration that cannot be parsed: {safe(str(error), 120)}")]
    found: Found = []
    tables = value if isinstance(value, Mapping) else {}
    for key in ("mcpServers", "servers", "mcp_servers", "context_servers", "mcp"):
        servers = tables.get(key)
        servers = servers.get("servers", servers) if isinstance(servers, Mapping) else servers
        for name, entry in servers.items() if isinstance(servers, Mapping) else ():
            if isinstance(entry, Mapping) and ({"command", "url", "httpUrl", "serverUrl"} & entry.keys()):
                found.append(Seen(_server(str(name), entry), _line_of(text, str(name))))
    return found


def _toml(text: str) -> Any:
    import tomli

    return tomli.loads(text)


def _line_of(text: str, word: str) -> int:
    at = text.find(f'"{word}"')
    at = at if at >= 0 else text.find(word)
    return text.count("\n", 0, at) + 1 if at >= 0 else 0


def _server(name: str, entry: Mapping[str, Any]) -> ToolServerFacet:
    command = entry.get("command")
    words = [str(word) for word in (command if isinstance(command, list) else [command] if command else ())]
    words += [str(word) for word in entry.get("args", ()) if isinstance(word, str | int)]
    runner = words[0].replace("\\", "/").rpartition("/")[2].removesuffix(".cmd").removesuffix(".exe") if words else ""
    package, pinned = _package(runner, words[1:])
    url = next((str(entry[key]) for key in ("url", "httpUrl", "serverUrl") if isinstance(entry.get(key), str)), "")
    line = " ".join(words)
    return ToolServerFacet(
        name=safe(name, 120),
        runner=safe(runner, 60),
        package=safe(package, 200),
        pinned=pinned,
        url=without_credentials(url)[0],
        plain_http=plain_http(url),
        shell=runner in {"sh", "bash", "zsh", "cmd", "powershell", "pwsh"},
        fetches_and_runs=bool(FETCH_AND_RUN.search(line)),
        secrets=tuple(_secrets(entry)),
        wide=tuple(safe(w, 80) for word in words[1:] for w in _mounts(word) if _WIDE.match(w)),
        hidden=bool(HIDDEN.search(json.dumps(entry, ensure_ascii=False))),
    )


def _mounts(word: str) -> list[str]:
    """A path, or the host side of a docker mount."""
    if word.startswith("type=bind"):
        return [part.partition("=")[2] for part in word.split(",") if part.startswith(("src=", "source="))]
    return [word.partition(":")[0] if word.count(":") in {1, 2} and word.startswith(("/", "~", "$")) else word]


def _package(runner: str, words: list[str]) -> tuple[str, bool]:
    """(what the runner fetches, whether it is pinned)."""
    plain = [word for word in words if not word.startswith("-")]
    if runner in {"npx", "bunx", "pnpx", "npm", "pnpm", "yarn"}:
        plain = [word for word in plain if word not in {"exec", "dlx", "x"}]
        name = plain[0] if plain else ""
        version = name[1:].partition("@")[2] if name.startswith("@") else name.partition("@")[2]
        return name, bool(_EXACT.fullmatch(version)) or not name or name.startswith((".", "/"))
    if runner in {"uvx", "pipx", "uv"}:
        source = next((words[i + 1] for i, word in enumerate(words[:-1]) if word in {"--from", "--spec"}), "")
        plain = [word for word in plain if word not in {"run", "tool", "x", source}]
        name = source or (plain[0] if plain else "")
        if runner == "uv" and "run" in words and not source and "--with" not in words:
            return "", True
        exact = (re.split(r"==|@", name, maxsplit=1)[1:] or [""])[0]
        pinned = bool(_EXACT.fullmatch(exact)) or bool(re.search(r"@[0-9a-f]{40}$", name))
        return name, pinned or not name or name.startswith((".", "/"))
    if runner in {"docker", "podman"}:
        return _image(words)
    return "", True


_WITH_VALUE = {
    "-v",
    "--volume",
    "-e",
    "--env",
    "--mount",
    "--name",
    "-p",
    "--publish",
    "--network",
    "-w",
    "--workdir",
    "--env-file",
}


def _image(words: list[str]) -> tuple[str, bool]:
    at = words.index("run") + 1 if "run" in words else 0
    while at < len(words):
        if words[at] in _WITH_VALUE:
            at += 2
        elif words[at].startswith("-"):
            at += 1
        else:
            name = words[at]
            tag = name.rpartition("/")[2].partition(":")[2]
            return name, "@sha256:" in name or bool(_EXACT.fullmatch(tag.removeprefix("v")))
    return "", True


def _secrets(entry: Mapping[str, Any]) -> Iterator[str]:
    """Names of the settings that hold a literal secret; the values are never kept."""
    for group in ("env", "headers"):
        settings = entry.get(group)
        for key, value in settings.items() if isinstance(settings, Mapping) else ():
            if isinstance(value, str) and _literal_secret(str(key), value):
                yield safe(f"{group}.{key}", 80)
    if any(isinstance(word, str) and SECRET.search(word) for word in entry.get("args", ()) or ()):
        yield "args"
    if isinstance(entry.get("url"), str) and without_credentials(entry["url"])[1]:
        yield "url"


def _literal_secret(name: str, value: str) -> bool:
    if SECRET.search(value):
        return True
    return bool(_SECRET_NAME.search(name)) and not _REFERS.search(value.removeprefix("Bearer ")) and len(value) >= 8


def yaml_file(text: str) -> Found:
    """LiteLLM gateways, training configurations (`base_model`, `datasets`), and command lines in any YAML."""
    import yaml

    found: Found = [*references_in_lines(text), *cut(text)]
    if not _YAML_HINT.search(text):
        return found
    try:
        read = [one for one in documents(text) if isinstance(one, dict)]
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        return [*found, Unread(Reason.MALFORMED, f"YAML that cannot be parsed: {safe(why, 120)}")]
    try:
        for one in read:
            found += _gateway(one, text) if isinstance(one.get("model_list"), list) else _training(one, text)
    except OverflowError as error:
        found.append(Unread(Reason.LIMIT, str(error)))
    return found


_YAML_HINT = re.compile(
    r"^[ \t]*+(?:- )?(?:model_list|base_model|(?:pretrained_)?model_name_or_path|tokenizer_name_or_path|model_id"
    r"|hub_model_id|dataset_name|datasets?)\s*:",
    re.MULTILINE,
)
_NAMING = {
    "base_model": "model",
    "model_name_or_path": "model",
    "pretrained_model_name_or_path": "model",
    "model_id": "model",
}
_NAMING |= {
    "dataset_name": "dataset",
    "tokenizer_name_or_path": "model",
    "adapter_name_or_path": "model",
    "hub_model_id": "model",
}


def _gateway(document: Mapping[str, Any], text: str) -> Iterator[Seen]:
    """LiteLLM's proxy configuration."""
    models = [entry for entry in document["model_list"] if isinstance(entry, Mapping)]
    secrets: list[str] = []
    hosts: list[str] = []
    for entry in models:
        params = _mapping(entry.get("litellm_params"))
        name = params.get("model")
        if isinstance(name, str):
            registry = {"ollama": "ollama", "huggingface": "huggingface"}.get(name.partition("/")[0], "api")
            model = reference(name, kind="hosted model", registry=registry, loader="litellm", pin="not applicable")
            yield Seen(model, _line_of(text, name))
        base = params.get("api_base") or params.get("base_url")
        if isinstance(base, str) and plain_http(base):
            hosts.append(without_credentials(base)[0])
        literal = (key for key, value in params.items() if isinstance(value, str) and _literal_secret(key, value))
        secrets += [safe(f"{name}: {key}", 120) for key in literal]
    guards = document.get("guardrails") or _mapping(document.get("litellm_settings")).get("guardrails") or ()
    facet = GatewayFacet(
        models=len(models),
        guardrails=len(guards) if isinstance(guards, list | dict) else 0,
        master_key=_master_key(_mapping(document.get("general_settings")).get("master_key")),
        secrets=tuple(secrets),
        plain_http=tuple(hosts),
    )
    yield Seen(facet, _line_of(text, "model_list"))


def _master_key(key: object) -> Literal["none", "literal", "environment"]:
    if not isinstance(key, str):
        return "none"
    return "environment" if _REFERS.search(key) else "literal"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _training(document: Mapping[str, Any], text: str) -> Iterator[Seen]:
    """Keys that training and fine-tuning tools use for models and datasets, at any depth. Raises `OverflowError` for more
    values than are looked at."""
    stack: list[Any] = [document]
    left = _MOST_VALUES
    while stack:
        left -= 1
        if left < 0:
            raise OverflowError(f"YAML of more than {_MOST_VALUES:,} values, which may name models further down")
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(item)
        if not isinstance(item, Mapping):
            continue
        stack.extend(item.values())
        for key, kind in _NAMING.items():
            name = item.get(key)
            if isinstance(name, str) and "/" in name and not name.startswith("$"):
                remote = item.get("trust_remote_code") is True
                revision = item.get("revision") or item.get("revision_of_model") or ""
                facet = reference(name, kind=kind, loader=key, revision=str(revision), remote_code=remote)
                yield Seen(facet, _line_of(text, name))
        sets = item.get("datasets")
        for entry in sets if isinstance(sets, list) else ():
            name = entry.get("path") if isinstance(entry, Mapping) else None
            if isinstance(name, str) and "/" in name:
                yield Seen(
                    reference(name, kind="dataset", loader="datasets", revision=str(entry.get("revision") or "")),
                    _line_of(text, name),
                )


_FRONT = re.compile(r"\A---[ \t\r]*+\n(.{0,20000}?)\n---[ \t\r]*+(?:\n|\Z)", re.DOTALL)
_CARD_KEYS = {
    "base_model",
    "datasets",
    "library_name",
    "pipeline_tag",
    "model-index",
    "task_categories",
    "size_categories",
    "dataset_info",
}
OPEN = words(
    """
    apache-2.0 mit bsd bsd-2-clause bsd-3-clause cc0-1.0 cc-by-4.0 cc-by-3.0 cc-by-2.0 isc unlicense wtfpl zlib
    odc-by pddl ecl-2.0 bsl-1.0 artistic-2.0 postgresql ncsa mpl-2.0 lgpl-3.0 gpl-3.0 agpl-3.0 cc-by-sa-4.0
    cc-by-sa-3.0 odbl
    """
)
CONDITIONS = re.compile(
    r"llama|gemma|openrail|creativeml|bigscience|deepfloyd|falcon|cc-by-nd|qwen|deepseek|mistral-ai|health|eula|other"
)


def card(text: str) -> list[Seen]:
    """The front matter of a model's or dataset's README."""
    front = _FRONT.match(text)
    if front is None:
        return []
    import yaml

    try:
        head = document(front[1])
    except (yaml.YAMLError, RecursionError, ValueError):
        return []  # not a card: any text may begin with three dashes
    if not isinstance(head, Mapping) or not (head.keys() & _CARD_KEYS):
        return []
    licence = ", ".join(_texts(head.get("license")))
    dataset = bool(head.keys() & {"task_categories", "size_categories", "dataset_info"})
    facet = ModelCardFacet(
        kind="dataset" if dataset else "model",
        licence=safe(licence, 120),
        use=use_of(licence),
        bases=_texts(head.get("base_model")),
        datasets=_texts(head.get("datasets")),
    )
    found = [Seen(facet, 1)]
    found += [Seen(reference(name, loader="base_model"), _line_of(text, name)) for name in facet.bases if "/" in name]
    found += [
        Seen(reference(name, kind="dataset", loader="datasets"), _line_of(text, name))
        for name in facet.datasets
        if "/" in name
    ]
    return found


def use_of(licence: str) -> Any:
    """What a stated licence is known to allow."""
    plain = licence.strip().lower()
    if not plain or plain in {"none", "unknown"}:
        return "missing"
    if "-nc" in plain or "noncommercial" in plain or "non-commercial" in plain or "research" in plain:
        return "non-commercial"
    return "open" if plain in OPEN else "conditions" if CONDITIONS.search(plain) else "unknown"


def _texts(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(safe(item, 200) for item in values if isinstance(item, str) and item)


def notebook(data: bytes) -> Found:
    """The code cells of a notebook; `!` and `%` lines as command lines. Lines are counted through the cells' sources."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        return [Unread(Reason.MALFORMED, f"a notebook that is not JSON: {safe(str(error), 120)}")]
    cells = value.get("cells") if isinstance(value, Mapping) else None
    code, shell = [], []
    for cell in cells if isinstance(cells, list) else ():
        if isinstance(cell, Mapping) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            text = "".join(str(part) for part in source) if isinstance(source, list) else str(source)
            for line in text.splitlines():
                magic = line.lstrip().startswith(("!", "%", "?"))
                code.append("" if magic else line)
                shell.append(line if magic else "")
    found = references_in("\n".join(code).encode())
    commands = "\n".join(shell)
    return [*([found] if isinstance(found, Unread) else found), *references_in_lines(commands), *cut(commands)]
