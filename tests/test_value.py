"""`value` makes dataclasses in every way that callers rely on."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, field, fields, is_dataclass, replace

import pytest

from mlsupply.model import Coordinate, Finding, Kind, Package, Severity
from mlsupply.value import value


@value
class Example:
    """Two fields and a list."""

    name: str
    size: int = 3
    notes: dict[str, str] = field(default_factory=dict)


def test_it_is_a_dataclass_that_can_be_listed_copied_compared_and_shown() -> None:
    one = Example(name="a")
    assert is_dataclass(one)
    assert [spec.name for spec in fields(one)] == ["name", "size", "notes"]
    assert replace(one, size=4) == Example(name="a", size=4)
    assert one != Example(name="b")
    other: object = "a"
    assert one != other
    assert repr(one) == "Example(name='a', size=3, notes={})"
    assert Example(name="a").notes is not one.notes


def test_it_is_frozen_slotted_and_keyword_only() -> None:
    one = Example(name="a")
    with pytest.raises(FrozenInstanceError):
        one.size = 4  # type: ignore[misc]  # what is tested
    with pytest.raises(FrozenInstanceError):
        del one.size
    assert not hasattr(one, "__dict__")
    with pytest.raises(TypeError):
        Example("a")  # type: ignore[call-arg]  # what is tested
    with pytest.raises(TypeError):
        Example()  # type: ignore[call-arg]  # what is tested


def test_the_real_values_hash_and_cross_process_borders() -> None:
    package = Package(coordinate=Coordinate("pypi", "torch", "2.9.0"))
    finding = Finding(id="X", check="c", kind=Kind.ADVISORY, title="t", message="m", severity=Severity.LOW)
    for thing in (package, finding):
        copied = pickle.loads(pickle.dumps(thing))
        assert copied == thing
        assert hash(copied) == hash(thing)
