"""HTML that cannot be broken out of: every string is escaped unless it is already `Html`, and a page runs and loads nothing
but what is written into it here."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from importlib.resources import files

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


def page(title: str, *body: Html | str, style: str, script: str = "") -> bytes:
    """A whole page, UTF-8. Nothing is loaded from outside: its content security policy (CSP level 3) allows the one style
    and the one script that stand in it, by their hashes."""
    scripts = f" script-src '{_hash(script)}';" if script else ""
    policy = f"default-src 'none'; style-src '{_hash(style)}';{scripts} base-uri 'none'; form-action 'none'"
    head = join(
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        element("style", Html(style)),
    )
    last = element("script", Html(script)) if script else ""
    whole = element("html", element("head", head), element("body", *body, last), lang="en")
    return f"<!doctype html>\n{whole}\n".encode()


def asset(name: str) -> str:
    """A style sheet or script that lies beside this module."""
    return files("mlsupply.report").joinpath(name).read_text(encoding="utf-8")


def section(name: str, title: str, *children: Html | str) -> Html:
    """A part of a page with its heading; name: the id it is linked by."""
    heading = element("h2", title, id=f"{name}-title")
    return element("section", heading, *children, id=name, aria_labelledby=f"{name}-title")


def scrolled(child: Html, label: str, class_: str = "scroll") -> Html:
    """What may be wider than the page, in a box that scrolls by keyboard too."""
    return element("div", child, class_=class_, tabindex="0", role="region", aria_label=label)


def table(heads: Iterable[str], rows: Iterable[Html], **attributes: str) -> Html:
    """A table of `tr` elements under its heads; attributes are those of its body."""
    head = element("tr", join(*(element("th", text, scope="col") for text in heads)))
    return element("table", element("thead", head), element("tbody", join(*rows), **attributes))


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()
