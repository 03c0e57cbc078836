"""HTML that cannot be broken out of: every string is escaped unless it is already `Html`."""

from __future__ import annotations

from html import escape

_VOID = {"meta", "input", "br", "link"}


class Html(str):
    """Markup that this package wrote; anything else is text."""

    __slots__ = ()


def element(name: str, /, *children: Html | str, **attributes: str) -> Html:
    """`element("a", "x<y", href="#z")` -> `<a href="#z">x&lt;y</a>`. `class_` is `class`, other underscores are dashes."""
    words = "".join(f' {_attribute(key)}="{escape(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{words}>" if name in _VOID else f"<{name}{words}>{join(*children)}</{name}>")


def join(*children: Html | str) -> Html:
    """The children one after the other, text among them escaped."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children))


def _attribute(key: str) -> str:
    return {"class_": "class", "viewBox": "viewBox"}.get(key) or key.replace("_", "-")


def prose(text: str) -> Html:
    """A sentence of ours with what stands between backticks as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return join(text)
    return join(*(element("code", part) if number % 2 else part for number, part in enumerate(parts)))
