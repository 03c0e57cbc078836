"""uv's words about a failure become one class, one package and one plain sentence."""

from __future__ import annotations

import pytest

from mlsupply.inventory.uv_reason import Fault, understood
from mlsupply.model import Reason

HEAD = (
    "Using CPython 3.11.7 interpreter at: /usr/bin/python3\nerror: No solution found when resolving dependencies:\n  cause: "
)
TAIL = "\n\nhint: Consider limiting your project's supported Python versions using `requires-python`.\n"
TARGET = "Python 3.12 on Linux (x86_64)"


@pytest.mark.parametrize(
    ("words", "fault", "name", "sentence"),
    [
        (
            "Because grown-up was not found in the package registry and your project depends on grown-up, we can conclude "
            "that your project's requirements are unsatisfiable.",
            Fault.UNKNOWN_NAME,
            "grown-up",
            "grown-up is not on the index that was asked",
        ),
        (
            "Because there is no version of Proxy[server]==1.82.8 and your project depends on Proxy[server]==1.82.8, we can "
            "conclude that your project's requirements are unsatisfiable.",
            Fault.NO_VERSION,
            "proxy",
            "no version of proxy on the index satisfies what is asked for",
        ),
        (
            "Because all versions of docparse have no usable wheels and speller==0.5.10 depends on docparse>=0.6.2, we can "
            "conclude that speller==0.5.10 cannot be used.\n         And because your project depends on speller==0.5.10, "
            "we can conclude that your project's requirements are unsatisfiable.",
            Fault.NEEDS_BUILD,
            "docparse",
            "docparse (asked for by speller) is published only as source, and building would run its code",
        ),
        (
            "Because arrays==1.20.0 has no `python_full_version >= '3.12'`-compatible wheels and your project depends on "
            "arrays==1.20, we can conclude that your project's requirements are unsatisfiable.",
            Fault.NO_WHEEL_HERE,
            "arrays",
            "no wheel of arrays fits Python 3.12 on Linux (x86_64), and building from source would run its code",
        ),
        (
            "Because all of:\n             engine<=0.1.3\n             engine==0.2.1\n          have no usable wheels and "
            "only the following versions of engine are available:\n             engine<=0.1.3\n             engine>=0.1.4\n"
            "         we can conclude that engine<0.1.4 cannot be used.\n         And because engine>=0.1.4 has no "
            "`sys_platform == 'darwin'`-compatible wheels and your project depends on engine, we can conclude that your "
            "project's requirements are unsatisfiable.",
            Fault.NO_WHEEL_HERE,
            "engine",
            "no wheel of engine fits",
        ),
        (
            "Because your project depends on click==8.1.7 and click>8.1.8, we can conclude that your project's requirements "
            "are unsatisfiable.",
            Fault.CONFLICT,
            "click",
            "the requirements contradict each other: the project depends on click==8.1.7 and click>8.1.8",
        ),
        (
            "Because speller>=2.0 depends on arrays>=2 and speller==2.1.1 has no usable wheels, we can conclude that "
            "speller>=2.0 depends on arrays>=2.\n         And because your project depends on speller>=2.0 and "
            "arrays==1.10.9, we can conclude that your project's requirements are unsatisfiable.",
            Fault.CONFLICT,
            "arrays",
            "the requirements contradict each other: the project depends on speller>=2.0 and arrays==1.10.9",
        ),
    ],
)
def test_each_kind_of_dead_end_has_its_class_and_culprit(words: str, fault: Fault, name: str, sentence: str) -> None:
    direct = {"grown-up", "proxy", "speller", "arrays", "engine", "click"}
    found = understood(HEAD + words + TAIL, direct, TARGET)
    assert (found.fault, found.name) == (fault, name)
    assert found.sentence.startswith(sentence)
    assert "\n" not in found.sentence


def test_a_certificate_that_is_not_trusted_is_told_with_what_helps() -> None:
    words = (
        "error: Failed to fetch: `https://index.example/simple/torch/`\n  Caused by: client error (Connect)\n"
        "  Caused by: invalid peer certificate: UnknownIssuer\n\nhint: Consider enabling use of system TLS certificates"
    )
    found = understood(words, {"torch"}, TARGET)
    assert (found.fault, found.reason) == (Fault.INDEX, Reason.FORBIDDEN)
    assert found.sentence == (
        "index.example shows a certificate not trusted here (SSL_CERT_FILE may name others): "
        "invalid peer certificate: UnknownIssuer"
    )


def test_an_index_that_refuses_is_told_from_a_name_that_is_missing() -> None:
    words = "Because inner was not found in the package registry and your project depends on inner, we can conclude that "
    words += (
        "your project's requirements are unsatisfiable.\n\nhint: An index URL (https://index.example/simple) could not be "
    )
    words += "queried due to a lack of valid authentication credentials (401 Unauthorized)."
    found = understood(HEAD + words, {"inner"}, TARGET)
    assert found.reason is Reason.FORBIDDEN
    assert found.sentence.startswith("index.example refused the request")


def test_a_network_failure_names_the_host_and_the_innermost_cause_without_credentials() -> None:
    words = (
        "error: Request failed after 3 retries in 10.7s\n"
        "  cause: Failed to fetch: https://build:hunter2@index.example/simple/six/\n"
        "  cause: error sending request for url (https://build:hunter2@index.example/simple/six/)\n"
        "  cause: failed to lookup address information: Name or service not known\n"
    )
    found = understood(words, {"six"}, TARGET)
    assert (found.fault, found.reason) == (Fault.INDEX, Reason.OFFLINE)
    assert found.sentence == (
        "index.example could not be asked: failed to lookup address information: Name or service not known"
    )


def test_a_line_of_the_manifest_that_uv_rejects_is_pointed_at() -> None:
    words = (
        "error: Failed to parse: `pyproject.toml`\n  cause: TOML parse error at line 6, column 3\n    |\n"
        '  6 |   "six ~= 1",\n    |   ^^^^^^\n  Invalid comparison operator for version\n'
    )
    found = understood(words, {"six"}, TARGET)
    assert (found.fault, found.line) == (Fault.MANIFEST, 6)
    assert found.sentence.endswith("Invalid comparison operator for version")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "error: No solution found",
        "error: \x1b[31mBecause\x1b[0m \u202e",
        "Because " + "a" * 100_000 + " unsatisfiable",
        "unsatisfiable because all of:\n" + "      x<=1\n" * 20_000 + " have no usable",
        "your project depends on " * 5_000 + " unsatisfiable",
        "No solution found " + "a[b]{c}==1 " * 15_000,
    ],
)
def test_hostile_or_endless_words_end_soon_in_one_safe_sentence(words: str) -> None:
    found = understood(words, {"a"}, TARGET)
    assert len(found.sentence) < 500
    assert found.sentence.isprintable()
