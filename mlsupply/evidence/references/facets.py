"""What a project says of the models, datasets, tool servers, gateways and skills it uses: facts a rule may look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mlsupply.ruleset.facets import VersionText

Pin = Literal["commit", "short commit", "branch or tag", "none", "digest", "local", "not applicable"]
Passed = Literal["true", "false", "not passed"]
AssetKind = Literal["model", "dataset", "file", "hosted model", "data package"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReferenceFacet:
    """One place that names a model, a dataset or a model file.

    id: as written (`owner/name`, a URL, a path), "" where it is not constant (then `constant` is false and `expression`
    says what stands there); registry: `huggingface`, `ollama`, `torch.hub`, `url`, `local`, `spacy` ...; loader: the call
    or command; library: the PyPI name of its package and library_version the version that is locked, "" where none is;
    revision: as written; pin: what it amounts to; remote_code: code of the repository is trusted; weights_only,
    safetensors: as passed; unpickles: the loader unpickles what it is given; suffix: of the file named;
    plain_http, bare_ip: how a URL reaches its host; token: a token stands in the source; implicit: the library chooses.
    """

    kind: AssetKind = "model"
    id: str = ""
    registry: str = "huggingface"
    loader: str = ""
    library: str = ""
    library_version: VersionText = ""
    revision: str = ""
    pin: Pin = "none"
    constant: bool = True
    expression: str = ""
    remote_code: bool = False
    weights_only: Passed = "not passed"
    safetensors: Passed = "not passed"
    unpickles: bool = False
    suffix: str = ""
    plain_http: bool = False
    bare_ip: bool = False
    token: bool = False
    implicit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolServerFacet:
    """An MCP server of a client configuration. runner: `npx`, `uvx`, `pipx`, `docker`, another command or "" for a URL;
    package: what the runner fetches; pinned: to an exact version or digest; url and plain_http; shell: the command is a
    shell line; fetches_and_runs: it pipes a download into an interpreter; secrets: names of settings that hold a literal
    secret; wide: folders or sockets it is given that reach beyond the project; hidden: text no reader sees."""

    name: str
    runner: str = ""
    package: str = ""
    pinned: bool = True
    url: str = ""
    plain_http: bool = False
    shell: bool = False
    fetches_and_runs: bool = False
    secrets: tuple[str, ...] = ()
    wide: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayFacet:
    """A model gateway's configuration (LiteLLM). models: how many it serves; guardrails: how many are configured;
    master_key: `none`, `literal` or `environment`; secrets: settings that hold a literal secret; plain_http: hosts reached
    without TLS that are not this machine."""

    models: int = 0
    guardrails: int = 0
    master_key: Literal["none", "literal", "environment"] = "none"
    secrets: tuple[str, ...] = ()
    plain_http: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillFacet:
    """An agent skill or instruction file. fetches_and_runs: its text or scripts pipe a download into an interpreter;
    hidden: invisible characters or a wall of empty lines; unread: files in its folder that are binary or archives; tools:
    what it allows itself; unpinned: packages it installs without a version; orders: phrases that tell an agent to keep
    something from the user or to send secrets."""

    name: str
    fetches_and_runs: bool = False
    hidden: bool = False
    unread: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    unpinned: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCardFacet:
    """The front matter of a model's or dataset's card. licence: as stated, "" where nothing is; use: what the licence is
    known to allow (`open`, `conditions`, `non-commercial`, `unknown`, `missing`); bases: base models; datasets."""

    kind: Literal["model", "dataset"] = "model"
    licence: str = ""
    use: Literal["open", "conditions", "non-commercial", "unknown", "missing"] = "missing"
    bases: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelContentFacet:
    """What reading a model file said (see `evidence.models`): one of its marks. verdict: `blocked` or `not verified`."""

    verdict: Literal["blocked", "not verified"] = "blocked"
    cause: Literal[
        "dangerous-call",
        "dangerous-reference",
        "unknown-code",
        "template-escape",
        "config-code",
        "path-escape",
        "dangerous-operator",
        "custom-operator",
        "disguise",
        "trailing-data",
        "malformed",
        "truncated",
        "encrypted",
        "unsupported",
        "limit",
        "unreadable",
    ] = "dangerous-call"
    format: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelIntegrityFacet:
    """A model's file, or the signature over its files, held against what was recorded. outcome: the file was `changed`, or
    the signature was `refused`; against: the lock file or the signature; model, path: whose file; detail: how it differs."""

    outcome: Literal["changed", "refused"] = "changed"
    against: Literal["lock", "signature"] = "lock"
    model: str = ""
    path: str = ""
    detail: str = ""
