"""Fit and KV cache of each model, before and after."""

from __future__ import annotations

from stackgen.review.model import Memory, Side
from stackgen.review.review import memory
from tests.plan.planning import compiled, served


def _side(overlay: str) -> Side:
    return Side("x", (), compiled=compiled(overlay))


def test_what_changes_in_the_memory_of_a_model_is_shown_with_both_values() -> None:
    old, new = _side("spec: {}\n"), _side(served("maxModelLen: 4096"))
    found = {one.figure: (one.old, one.new) for one in memory(old, new)}
    assert set(found) == {"max model len", "max concurrency"}
    assert found["max model len"] == (32768, 4096)
    before, after = found["max concurrency"]
    assert before is not None and after is not None and after > 7 * before
    assert memory(old, old) == ()


def test_an_unknown_size_and_a_missing_model_are_not_the_same() -> None:
    known, unknown = _side("spec: {}\n"), _side(served("model: hf://acme/unheard"))
    tokens = next(one for one in memory(known, unknown) if one.figure == "KV tokens")
    assert tokens.new is None and tokens.there == (True, True)
    gone = memory(known, Side("tree", ()))
    assert gone and all(one.new is None and one.there == (True, False) for one in gone)
    assert isinstance(gone[0], Memory)
