"""The order of steps: nothing missing, nothing twice, whichever of them are there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stackgen.layers.delivery.order import dependencies, levels, waited
from stackgen.origin import literal
from stackgen.render.delivery import Step

NAMES = tuple("abcdefgh")


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    """Steps that need earlier ones, and those that are there."""
    needs = {
        name: tuple(draw(st.sets(st.sampled_from(NAMES[:number])))) if number else ()
        for number, name in enumerate(NAMES)
    }
    return needs, frozenset(draw(st.sets(st.sampled_from(NAMES), min_size=1)))


def _all_before(name: str, edges: dict[str, tuple[str, ...]]) -> set[str]:
    return {*edges[name], *(far for near in edges[name] for far in _all_before(near, edges))}


def _steps(needs: dict[str, tuple[str, ...]], present: frozenset[str]) -> list[Step]:
    is_there = {name: literal(name in present, "test", "") for name in needs}
    return [Step(name, before, there=is_there[name]) for name, before in needs.items()]


@given(graphs())
def test_a_step_waits_for_all_that_it_needs_and_for_nothing_twice(
    graph: tuple[dict[str, tuple[str, ...]], frozenset[str]],
) -> None:
    needs, present = graph
    edges = {name: waited(name, needs, present) for name in needs if name in present}
    for name, before in edges.items():
        # What is needed, through steps that are not there as well.
        assert _all_before(name, edges) == _all_before(name, needs) & present
        for one in before:
            others = [other for other in before if other != one]
            assert not any(one in _all_before(other, edges) for other in others)


@given(graphs())
def test_each_step_is_in_the_first_group_that_it_can_be_in(
    graph: tuple[dict[str, tuple[str, ...]], frozenset[str]],
) -> None:
    needs, present = graph
    groups = levels(_steps(needs, present))
    assert sorted(name for group in groups for name in group) == sorted(present)
    for number, group in enumerate(groups):
        for name in group:
            before = _all_before(name, needs) & present
            assert before <= {other for earlier in groups[:number] for other in earlier}
            assert not number or before & set(groups[number - 1])


def test_a_dependency_depends_on_its_step_and_on_those_that_are_missing_in_between() -> None:
    needs = {"a": (), "b": ("a",), "c": ("b",)}
    some = _steps(needs, frozenset("ac"))
    (only,) = [one for one in dependencies(some[2], some) if one.value]
    assert only.value == "a"
    whole = _steps(needs, frozenset("abc"))
    assert [one.value for one in dependencies(whole[2], whole)] == ["b"]
    assert [one.value for one in dependencies(whole[0], whole)] == []
