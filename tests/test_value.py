"""`value` makes dataclasses, and `named` named tuples, in every way that callers rely on."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import typing
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

import mlsupply
from mlsupply.model import Coordinate, Finding, Kind, Package, Severity
from mlsupply.named import NamedTuple
from mlsupply.value import FEW, field, kept, names_of, record, replace, value


@value
class Parcel:
    """A field and what follows from it."""

    weight: int

    @kept
    def label(self) -> str:
        """For the outside."""
        return f"{self.weight} kg"


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
    assert names_of(one) == ("name", "size", "notes")
    assert names_of("a text") == ()
    assert replace(one, size=4) == dataclasses.replace(one, size=4) == Example(name="a", size=4)
    assert one != Example(name="b")
    other: object = "a"
    assert one != other
    assert repr(one) == "Example(name='a', size=3, notes={})"
    assert Example(name="a").notes is not one.notes


def test_a_plain_subclass_has_its_fields_whichever_of_the_two_comes_first() -> None:
    @value
    class Base:
        name: str

    class Named(Base):
        """Adds no field."""

    for _ in range(2 * FEW):
        assert Named(name="a").name == "a"
    assert Base(name="a").name == "a"
    assert Named(name="a") == Named(name="a")
    assert Named(name="a") != Base(name="a")
    assert replace(Named(name="a"), name="b") == Named(name="b")


def test_it_is_frozen_slotted_and_keyword_only() -> None:
    for one in (Example(name="a") for _ in range(2 * FEW)):
        with pytest.raises(FrozenInstanceError):
            one.size = 4  # type: ignore[misc]  # what is tested
        with pytest.raises(FrozenInstanceError):
            del one.size
        assert type(one) is Example
        assert not hasattr(one, "__dict__")
    with pytest.raises(TypeError):
        Example("a")  # type: ignore[call-arg]  # what is tested
    with pytest.raises(TypeError):
        Example()  # type: ignore[call-arg]  # what is tested


def test_the_first_instances_are_like_those_that_compiled_code_makes() -> None:
    @value
    class Fresh:
        name: str
        size: int = 3
        notes: dict[str, str] = field(default_factory=dict)

    for _ in range(2 * FEW):
        one = Fresh(name="a", size=4)
        assert (one.name, one.size, one.notes) == ("a", 4, {})
        assert one.notes is not Fresh(name="a").notes
        assert (Fresh(name="a").size, Fresh(name="a", notes={"b": "c"}).notes) == (3, {"b": "c"})

    class Pair(NamedTuple):
        first: int
        second: int = 2

    for _ in range(2 * FEW):
        assert Pair(1) == Pair(first=1) == Pair(1, second=2) == Pair(second=2, first=1) == (1, 2)


def test_the_first_instances_refuse_what_compiled_code_refuses() -> None:
    for wrong in ({}, {"size": 1}, {"name": "a", "other": 1}, {"other": 1}):

        @value
        class Fresh:
            name: str
            size: int = 3

        class Pair(NamedTuple):
            name: str
            size: int = 3

        for made in (Fresh, Pair):
            with pytest.raises(TypeError, match="argument"):
                made(**wrong)


def test_the_real_values_hash_and_cross_process_borders() -> None:
    package = Package(coordinate=Coordinate("pypi", "torch", "2.9.0"))
    finding = Finding(id="X", check="c", kind=Kind.ADVISORY, title="t", message="m", severity=Severity.LOW)
    for thing in (package, finding):
        copied = pickle.loads(pickle.dumps(thing))
        assert copied == thing
        assert hash(copied) == hash(thing)


def test_what_the_module_dataclasses_says_of_it_is_what_it_says_of_its_own() -> None:
    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class Twin:
        name: str
        size: int = 3
        notes: dict[str, str] = dataclasses.field(default_factory=dict)

    assert [(f.name, f.type, f.default, f.default_factory, f.kw_only) for f in fields(Example)] == [
        (f.name, f.type, f.default, f.default_factory, f.kw_only) for f in fields(Twin)
    ]
    assert dataclasses.asdict(Example(name="a")) == dataclasses.asdict(Twin(name="a"))


def test_a_default_that_instances_would_share_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(TypeError, match="notes: its default is made by"):

        @value
        class Shared:
            notes: list[str] = []  # noqa: RUF012  what is tested

    with pytest.raises(TypeError, match="notes: its default is made by"):

        @value
        class Foreign:
            notes: list[str] = dataclasses.field(default_factory=list)


def test_what_is_kept_is_made_once_and_is_no_field() -> None:
    one, same = Parcel(weight=3), Parcel(weight=3)
    assert one.label == "3 kg"
    assert one.label is one.label
    assert one == same
    assert hash(one) == hash(same)
    assert repr(one) == "Parcel(weight=3)"
    again = pickle.loads(pickle.dumps(one))
    assert (again, again.label) == (one, "3 kg")
    with pytest.raises(FrozenInstanceError):
        one.label = "4 kg"  # type: ignore[misc]  # that is what is tried


def test_a_record_may_change_and_equals_itself_alone() -> None:
    @record
    class Line:
        name: str
        parents: list[str] = field(default_factory=list)

    one, other = Line(name="a"), Line(name="a")
    one.name = "b"
    one.parents.append("c")
    assert (one.name, one.parents, other.parents) == ("b", ["c"], [])
    assert one != Line(name="b", parents=["c"])
    assert not hasattr(one, "__dict__")


class Point(NamedTuple):
    """A point."""

    x: int
    y: int = 0
    label: str = ""

    @property
    def sum(self) -> int:
        return self.x + self.y


class TypingPoint(typing.NamedTuple):
    """The same as `typing` makes it."""

    x: int
    y: int = 0
    label: str = ""


def test_a_named_tuple_is_what_typing_makes() -> None:
    one, twin = Point(1, label="a"), TypingPoint(1, label="a")
    assert tuple(one) == tuple(twin) == (1, 0, "a")
    assert one == (1, 0, "a")
    assert hash(one) == hash(twin)
    assert isinstance(one, tuple)
    assert repr(one) == repr(twin).replace("TypingPoint", "Point")
    for name in ("_fields", "_field_defaults", "__match_args__", "__slots__"):
        assert getattr(Point, name) == getattr(TypingPoint, name), name
    assert (one.x, one.y, one.label, one.sum) == (1, 0, "a", 1)
    assert one._asdict() == twin._asdict()
    assert one._replace(y=2) == Point(1, 2, "a") == Point._make([1, 2, "a"])
    assert pickle.loads(pickle.dumps(one)) == copy.copy(one) == one
    assert type(pickle.loads(pickle.dumps(one))) is Point
    assert Point.__doc__ == "A point."
    match one:
        case Point(x, y):
            assert (x, y) == (1, 0)


class Nothing(NamedTuple):
    """No fields."""


def test_a_named_tuple_may_have_no_fields() -> None:
    assert Nothing() == ()
    assert repr(Nothing()) == "Nothing()"


def test_a_named_tuple_refuses_what_typing_refuses() -> None:
    attempts: list[Callable[[type[Any]], object]] = [
        lambda cls: cls(),
        lambda cls: cls(1, 2, "a", 3),
        lambda cls: cls(1, z=2),
        lambda cls: cls._make([1]),
        lambda cls: cls(1)._replace(z=2),
        lambda cls: setattr(cls(1), "x", 2),
        lambda cls: setattr(cls(1), "z", 2),
    ]
    for attempt in attempts:
        for cls in (Point, TypingPoint):
            with pytest.raises((TypeError, ValueError, AttributeError)):
                attempt(cls)
    with pytest.raises(TypeError, match="stand last"):
        exec("class Wrong(NamedTuple):\n a: int = 1\n b: int", {"NamedTuple": NamedTuple})


def test_named_tuples_stand_where_annotations_are_text() -> None:
    """From Python 3.14 on a class body holds its annotations only where the module asks for text."""
    for path in Path(mlsupply.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "(NamedTuple)" not in text or "from __future__ import annotations" in text, path
