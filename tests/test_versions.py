"""Sort keys of versions: the order is PEP 440's, held against packaging over every form a version can take."""

from __future__ import annotations

import itertools
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from mlsupply.advisories.versions import bound, is_dev, public_key, sort_key

_PARTS = st.tuples(
    st.sampled_from(["", "1!", "12!"]),
    st.lists(st.integers(0, 10**12), min_size=1, max_size=5).map(lambda numbers: ".".join(map(str, numbers))),
    st.sampled_from(["", "a0", "a10", "b2", "rc1", "rc11"]),
    st.sampled_from(["", ".post0", ".post2", ".post10"]),
    st.sampled_from(["", ".dev0", ".dev9", ".dev20250801"]),
    st.sampled_from(["", "+cu128", "+cu12", "+1", "+1.a", "+a.1", "+a", "+a.b", "+12", "+01"]),
)
VERSIONS = _PARTS.map("".join)


def _same_order(one: str, other: str) -> bool:
    first, second = sort_key(one), sort_key(other)
    assert first is not None
    assert second is not None
    left, right = Version(one), Version(other)
    return (first < second, first == second) == (left < right, left == right)


@given(VERSIONS, VERSIONS)
def test_keys_sort_as_the_versions_do(one: str, other: str) -> None:
    assert _same_order(one, other)


def test_every_form_of_close_versions_sorts_as_it_should() -> None:
    tails = [
        "".join(parts) for parts in itertools.product(["", "a1", "rc1"], ["", ".post1"], ["", ".dev1"], ["", "+cpu", "+1"])
    ]
    forms = [release + tail for release in ("0", "1", "1.0.1", "1.10", "1.9", "2") for tail in tails]
    assert all(_same_order(one, other) for one, other in itertools.combinations(forms, 2))


@given(VERSIONS)
def test_the_public_key_is_the_key_of_the_public_version(version: str) -> None:
    key = sort_key(version)
    assert key is not None
    assert public_key(key) == sort_key(Version(version).public)
    assert is_dev(key) == Version(version).is_devrelease


def test_versions_are_compared_by_value_not_by_spelling() -> None:
    assert sort_key("1.0-RC1") == sort_key("1.0rc1") == sort_key("v1.0.0c1")
    assert sort_key("01.02") == sort_key("1.2.0")


@given(VERSIONS, st.sampled_from(["", "v", " ", "\n"]), st.sampled_from(["", " "]))
def test_a_version_has_one_key_however_it_is_read(version: str, before: str, after: str) -> None:
    """In its normal form it is read here, with anything around it by packaging."""
    assert sort_key(version) == sort_key(str(Version(version))) == sort_key(before + version + after)


@pytest.mark.parametrize("version", ["1.82.6", "2.0rc1", "1.0a0.post3.dev4", "1!2.0", "2.9.0+cu128", "0.0.1.dev20260324"])
def test_the_normal_form_needs_no_library(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = sort_key(f" {version}")
    monkeypatch.setitem(sys.modules, "packaging.version", None)
    assert sort_key(version) == expected


def test_what_is_no_version_has_no_key() -> None:
    assert sort_key("2.0.0-final-release") is None
    assert sort_key("") is None
    assert sort_key("1" * 5000) is None
    assert sort_key("1.0rc²") is None
    assert sort_key("1..0") is None
    assert sort_key("1.0+cu_128") == sort_key("1.0+cu.128")
    assert sort_key("1.0\n2") is None
    assert sort_key("²") is None  # a digit to Python's isdigit, not to PEP 440


def test_a_bound_that_is_no_version_is_read_as_the_release_it_begins_with() -> None:
    assert bound("2.6.0-NA").read_as == "2.6.0"
    assert bound("7.2.0-12.1").read_as == "7.2.0"
    assert bound("0.2.0-alpha\\.33").read_as == "0.2.0"
    assert bound("2.6.0").read_as == ""
    assert bound("trunk").key is None
