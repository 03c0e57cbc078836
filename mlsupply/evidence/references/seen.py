"""What the readers of references share: a reference with its place, and how its parts are told from text."""

from __future__ import annotations

import re

from mlsupply.evidence.references.facets import (
    GatewayFacet,
    ModelCardFacet,
    ModelReferenceFacet,
    Pin,
    SkillFacet,
    ToolServerFacet,
)
from mlsupply.model import Reason
from mlsupply.named import NamedTuple
from mlsupply.text import safe, without_credentials

AnyFacet = ModelReferenceFacet | ToolServerFacet | GatewayFacet | SkillFacet | ModelCardFacet


class Seen(NamedTuple):
    """A facet and the line it stands on (from 1, 0 where lines mean nothing)."""

    facet: AnyFacet
    line: int = 0


class Unread(NamedTuple):
    """What could not be read of a file, and why. line: where it begins, 0 for the whole file."""

    reason: Reason
    detail: str
    line: int = 0


Found = list[Seen | Unread]
"""What a reader gives: each reference, and what of the file it could not read."""

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
SECRET = re.compile(
    r"\b(?:hf_[A-Za-z0-9]{20,}|sk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}"
    r"|AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{35}|xox[abpr]-[0-9A-Za-z-]{10,}|glpat-[\w-]{20,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,})"
)
FETCH_AND_RUN = re.compile(
    r"(?:curl|wget|iwr|Invoke-WebRequest)\b[^\n|;&]{0,400}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b|(?:curl|wget)\b[^\n|]{0,400}\|"
    r"\s*(?:sudo\s+)?(?:python3?|node|perl|ruby)\b|\b(?:ba|z)?sh\s+-c\s+[\"']?\$\((?:curl|wget)|\biex\b.{0,40}(?:iwr|DownloadString)"
    r"|(?:ba)?sh\s+<\(\s*(?:curl|wget)",
    re.IGNORECASE,
)
# tag characters, zero-width characters, direction overrides
HIDDEN = re.compile(
    "[\U000e0000-\U000e007f\u200b\u2060-\u2064\u202a-\u202e\u2066-\u2069]|\u200d\u200d|\n{120,}|[ \t]{2000,}"
)
_LOCAL_HOSTS = re.compile(
    r"^https?://(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0|host\.docker\.internal|[a-z0-9_-]{1,63})(?::\d+)?(?:/|$)"
)
_IP = re.compile(r"^https?://(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?:/|$)")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT = re.compile(r"[0-9a-f]{7,39}")
_HUB_URL = re.compile(
    r"https?://(?:huggingface\.co|hf\.co)/(?:(datasets|spaces)/)?([\w.-]+/[\w.-]+)(?:/(?:resolve|blob|tree|raw)/([^/?#]+)(/[^?#]*)?)?"
)
_PICKLED = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".dill", ".sav", ".h5", ".keras", ".npy")


def pin_of(revision: str) -> Pin:
    """What a revision amounts to."""
    if not revision:
        return "none"
    if _COMMIT.fullmatch(revision):
        return "commit"
    return "short commit" if _SHORT.fullmatch(revision) else "branch or tag"


def is_local(text: str) -> bool:
    """Whether the text is a path rather than a name on a registry."""
    return (
        text.startswith(("./", "../", "/", "~", "file:", "$", "\\"))
        or text in {".", ""}
        or text.count("/") > 1
        or "\\" in text
    )


def plain_http(url: str) -> bool:
    """A host other than this machine or its own network's short names, reached without TLS."""
    return url.startswith("http://") and not _LOCAL_HOSTS.match(url)


def suffix_of(text: str) -> str:
    """`.safetensors` of a path or URL, "" where there is none."""
    name = text.split("?", 1)[0].rpartition("/")[2]
    return f".{name.rpartition('.')[2].lower()}" if "." in name and len(name.rpartition(".")[2]) < 12 else ""


def reference(text: str, **more: object) -> ModelReferenceFacet:
    """A reference whose id is `text`: a hub name, a URL (of the hub or not) or a path; `more` as in the facet."""
    clean = safe(without_credentials(text)[0], 300)
    facts: dict[str, object] = {"id": clean, "suffix": suffix_of(clean)}
    if found := _HUB_URL.match(clean):
        facts |= {"id": found[2].removesuffix(".git"), "registry": "huggingface", "plain_http": plain_http(clean)}
        facts["revision"] = found[3] or ""
        facts |= {"kind": "dataset"} if found[1] == "datasets" else {}
    elif clean.startswith(("http://", "https://", "s3://", "gs://", "hdfs://", "az://")):
        facts |= {"registry": "url", "plain_http": plain_http(clean), "bare_ip": bool(_IP.match(clean)), "pin": "none"}
    elif is_local(clean) or (facts["suffix"] in _PICKLED and more.get("registry") is None):
        facts |= {"registry": "local", "pin": "local"}
    facts |= {key: value for key, value in more.items() if value not in ("", None)}
    facts.setdefault("pin", pin_of(str(facts.get("revision", ""))))
    if SECRET.search(text):
        facts["token"] = True
    return ModelReferenceFacet(**facts)  # type: ignore[arg-type]  # the keys are the facet's own fields
