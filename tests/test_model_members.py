"""What a model file inside a package holds is told whole, or counted as a gap."""

from __future__ import annotations

from mlsupply.evidence.members import model_facts

CALL = "last: !!python/object/apply:os.system [id]\n"


def _named(count: int) -> str:
    return "".join(f"k{at}: !!python/name:collections.C{at}\n" for at in range(count))


def test_a_tag_that_calls_is_told_behind_many_that_only_name() -> None:
    facts, gaps = model_facts("demo/tests/data/a.data", (_named(12) + CALL).encode())
    assert any("apply:os.system" in fact.detail for fact in facts)
    assert not gaps


def test_what_is_too_much_to_tell_is_a_gap() -> None:
    facts, gaps = model_facts("demo/tests/data/a.data", (_named(150) + CALL).encode())
    assert len(facts) == 50
    assert any("perhaps more" in gap.detail for gap in gaps)
