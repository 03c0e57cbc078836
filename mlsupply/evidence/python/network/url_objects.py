"""URL objects of libraries (httpx, yarl, furl): the address they stand for, as far as it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsupply.evidence.python.values.value import HOLE, NOTHING, Value, layers_of, taint_of, text_of
from mlsupply.lazy import expression

if TYPE_CHECKING:
    from mlsupply.evidence.python.interpreter.call import Call

_MAKERS = expression(
    r"(?:httpx\.URL|yarl\.URL(?:\.build)?|furl\.furl|starlette\.datastructures\.URL|pydantic\.\w{0,20}Ur[li]|"
    r"urllib3\.util\.(?:url\.)?(?:parse_url|Url)|hyperlink\.(?:parse|(?:Decoded)?URL(?:\.from_text)?))$"
)
_CHANGED = expression(
    r"(?:httpx\.URL|yarl\.URL|furl\.furl|starlette\.datastructures\.URL|hyperlink\.URL)\(\)\."
    r"(?:join\w*|copy\w*|with_\w+|replace|child|click|add|set|update_query|extend_query|include_query_params|human_repr)$"
)
_ROOT = expression(r"[a-z][a-z0-9+.-]{0,20}://[^/?#]{1,300}")
_BELOW = ("join", "joinpath", "child", "click")  # methods that put a path, or another address, behind the URL


def modelled(call: Call) -> Value | None:
    """The URL object that a call makes, or the other one that a method of it gives; None for any other call. Its `text` is
    the address."""
    if _MAKERS.match(call.ref):
        first = call.arg(0, "url", "val")
        text = text_of(first) if first is not None else HOLE
        return _url(call, call.ref.removesuffix(".build").removesuffix(".from_text"), _with_parts(call, text))
    if not _CHANGED.match(call.ref) or call.receiver is None:
        return None
    made, _, name = call.ref.rpartition("().")
    text = call.receiver.text
    if name in _BELOW:
        for part in call.args:
            text = _below(text, text_of(part))
    return _url(call, made, _with_parts(call, text))


def _url(call: Call, ref: str, text: str) -> Value:
    of = [*call.all, *([call.receiver] if call.receiver is not None else [])]
    return Value(f"{ref}()", NOTHING, taint_of(*of), text, layers_of(*of))


def _with_parts(call: Call, text: str) -> str:
    """The address with the scheme, host and path that keywords give it."""
    given = {name: text_of(value) for name, value in call.keywords.items()}
    host = given.get("host") or given.get("netloc") or given.get("authority")
    path = given.get("path") or given.get("raw_path") or ""
    if host is None and not path:
        return text
    if host is None:
        root = _ROOT.match(text)
        return _below(root[0], path) if root is not None else text
    return _below(f"{given.get('scheme') or 'https'}://{host}", path)


def _below(text: str, path: str) -> str:
    """An address with a path behind it; another whole address takes its place."""
    if _ROOT.match(path):
        return path
    root = _ROOT.match(text)
    if path.startswith("/") and root is not None:
        return root[0] + path
    return f"{text.rstrip('/')}/{path}" if path else text
