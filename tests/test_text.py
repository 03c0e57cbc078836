"""Hostile text is harmless once it is inside."""

from __future__ import annotations

import pytest

from mlsupply.text import canonical, is_loopback, safe, without_credentials


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("torch", "torch"),
        ("\x1b[31mred\x1b[0m", "\ufffdred\ufffd"),
        ("\x1b]8;;http://x.example\x07link", "\ufffdlink"),
        ("a\u202egnp.exe", "a\ufffdgnp.exe"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("zero\u200bwidth", "zero\ufffdwidth"),
        ("x" * 300, "x" * 239 + "…"),
    ],
)
def test_safe_keeps_one_printable_line(hostile: str, shown: str) -> None:
    assert safe(hostile) == shown
    assert safe(shown) == shown


def test_canonical_is_pep_503() -> None:
    assert canonical("Foo_.-Bar") == "foo-bar"


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://user:pw@index.example/simple", "https://index.example/simple"),
        ("https://index.example/simple?token=abc&x=1", "https://index.example/simple?token=REDACTED&x=1"),
        ("https://blobs.example/a.whl?sv=2025&sig=abc%2B=", "https://blobs.example/a.whl?sv=2025&sig=REDACTED"),
        ("git+ssh://git@host.example/x.git@v1", "git+ssh://git@host.example/x.git@v1"),
        ("https://user:p@ss@index.example/simple", "https://index.example/simple"),  # pip cuts at the last @ as well
        ("git+https://me:a@@b@git.example/x@main", "git+https://git.example/x@main"),
        ("git+ssh://git:pw@git@host.example/x", "git+ssh://host.example/x"),
        ("https://index.example/a@1.0", "https://index.example/a@1.0"),
        (
            "a @ https://u:p@x.example/a --find-links https://v:q@r@y.example/",
            "a @ https://x.example/a --find-links https://y.example/",
        ),
    ],
)
def test_credentials_never_come_in(url: str, clean: str) -> None:
    assert without_credentials(url) == (clean, url != clean)


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("localhost", True),
        ("localhost:8080", True),
        ("127.0.0.1:3141", True),
        ("127.9.9.9", True),
        ("[::1]:8080", True),
        ("::1", True),
        ("127.0.0.1.x.invalid", False),
        ("localhost.x.invalid:443", False),
        ("10.0.0.1", False),
        ("[fe80::1]", False),
        ("", False),
    ],
)
def test_this_machine_is_known_by_its_names_and_addresses(host: str, is_here: bool) -> None:
    assert is_loopback(host) is is_here
