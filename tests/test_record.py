"""Records behave as frozen dataclasses do."""

from __future__ import annotations

import dataclasses
from dataclasses import field

import pytest

from stackgen import record as module
from stackgen.record import record, slotted


@record
class Point:
    """A place."""

    x: int
    y: int = 2
    tags: tuple[str, ...] = field(default_factory=tuple)

    @property
    def sum(self) -> int:
        return self.x + self.y


def test_fields_come_by_position_by_name_and_by_default() -> None:
    assert (Point(1).x, Point(1).y, Point(1).tags) == (1, 2, ())
    assert Point(1, tags=("a",)).tags == ("a",)
    assert Point(3, 4).sum == 7


@pytest.mark.parametrize(
    ("arguments", "given", "reason"),
    [
        ((), {}, "Point needs x"),
        ((1, 2, (), 4), {}, "takes 3 values, not 4"),
        ((1,), {"x": 2}, "got x twice"),
        ((1, 2), {"x": 2}, "got x twice"),
        ((1,), {"z": 2}, "has no z"),
        ((1, 2), {"z": 2}, "has no z"),
    ],
)
def test_wrong_arguments_are_refused(
    arguments: tuple[int, ...], given: dict[str, int], reason: str
) -> None:
    with pytest.raises(TypeError, match=reason):
        Point(*arguments, **given)  # type: ignore[arg-type]


def test_records_are_frozen_equal_and_hashable() -> None:
    point = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x
    assert point == Point(1, 2) and point != Point(2) and point != (1, 2, ())
    assert len({point, Point(1), Point(2)}) == 2
    assert repr(point) == "Point(x=1, y=2, tags=())"


def test_dataclass_tools_work_on_them() -> None:
    assert [f.name for f in dataclasses.fields(Point)] == ["x", "y", "tags"]  # type: ignore[arg-type]
    assert dataclasses.replace(Point(1), y=5) == Point(1, 5)  # type: ignore[type-var]


def test_a_record_may_be_equal_to_itself_alone() -> None:
    @record(eq=False)
    class Thing:
        name: str
        tags: dict[str, str] = dataclasses.field(default_factory=dict)

    one, other = Thing("a"), Thing("a")
    assert one != other
    assert len({one, other, one}) == 2
    assert dataclasses.replace(one, name="b").name == "b"
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "c"  # type: ignore[misc]


def test_a_class_of_many_records_makes_them_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MANY", 5)

    @record
    class Spot:
        x: int
        y: int = 2
        tags: list[str] = field(default_factory=list)

    several = [Spot(1) for _ in range(10)]
    assert several[0] == several[-1] == Spot(x=1, y=2, tags=[])
    assert several[0].__dict__ == several[-1].__dict__
    assert several[-1].tags is not several[-2].tags
    assert list(several[-1].__dict__) == ["x", "y", "tags"]
    assert dataclasses.replace(several[-1], y=3) == Spot(1, 3)
    assert Spot.__init__ is not Point.__init__
    with pytest.raises(TypeError):
        Spot()  # type: ignore[call-arg]


def test_a_class_of_many_records_may_name_its_fields_as_any_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MANY", 5)

    @record
    class Words:
        kept: int
        values: list[int] = field(default_factory=lambda: [2])
        taken: int = 3

    every = [Words(1) for _ in range(10)]
    assert all((w.kept, w.values, w.taken) == (1, [2], 3) for w in every)


def test_slotted_records_are_equal_and_hashable() -> None:
    @slotted
    class Pair:
        a: int
        b: int = 2

    assert Pair(1) == Pair(1, 2) and Pair(1) != Pair(2)
    assert len({Pair(1), Pair(1, 2), Pair(2)}) == 2
    assert dataclasses.replace(Pair(1), b=3) == Pair(1, b=3)
    assert not hasattr(Pair(1), "__dict__")
