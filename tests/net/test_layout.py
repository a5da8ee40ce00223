"""Columns of boxes, and where boxes and the ends of arrows stand."""

from __future__ import annotations

from stackgen.net.layout import LINE, Box, columns_of, place

MARGIN, BETWEEN = 7, 10


def numbers(count: int, *arrows: tuple[int, int]) -> list[list[int]]:
    return [[box.number for box in column] for column in columns_of(count, arrows)]


def test_a_box_is_right_of_all_that_lead_to_it() -> None:
    assert numbers(3, (0, 1), (1, 2)) == [[0], [1], [2]]
    assert numbers(3, (2, 1), (1, 0)) == [[2], [1], [0]]
    assert numbers(2) == [[0, 1]]


def test_a_box_that_nothing_leads_to_is_beside_the_first_that_it_leads_to() -> None:
    assert numbers(4, (0, 1), (1, 2), (3, 2)) == [[0], [1, 3], [2]]
    assert numbers(5, (0, 1), (1, 2), (3, 2), (3, 1)) == [[0, 3, 4], [1, -1], [2]]


def test_an_arrow_over_several_columns_has_a_passage_in_each_between() -> None:
    assert numbers(4, (0, 1), (1, 2), (2, 3), (0, 3)) == [[0], [1, -1], [2, -1], [3]]


def test_boxes_stand_in_an_order_in_which_arrows_do_not_cross() -> None:
    assert numbers(4, (0, 3), (1, 2)) == [[0, 1], [3, 2]]
    assert numbers(6, (0, 5), (1, 4), (2, 3)) == [[0, 1, 2], [5, 4, 3]]


def test_an_arrow_that_closes_a_circle_points_to_the_left() -> None:
    (first,), (second,) = columns_of(2, [(0, 1), (1, 0)])
    assert [step.head for step in first.right] == ["right", "left"]
    assert first.right == second.left


def sized(count: int, *arrows: tuple[int, int]) -> list[list[Box]]:
    columns = columns_of(count, arrows)
    for column in columns:
        for box in column:
            box.width, box.height = 30 + box.number, 40
    place(columns, [5] * (len(columns) - 1), MARGIN, BETWEEN)
    return columns


def test_columns_are_centered_and_as_wide_as_their_widest_box() -> None:
    left, (right,) = sized(3, (0, 2), (1, 2))
    assert [(b.x, b.y, b.width) for b in left] == [(7, 7, 31), (7, 57, 31)]
    assert (right.x, right.y, right.middle) == (7 + 31 + 5, 32, 52)


def test_ends_of_arrows_are_a_line_apart_around_the_middle() -> None:
    left, (right,) = sized(4, (0, 3), (1, 3), (2, 3))
    steps = right.left
    assert [step.left.number for step in steps] == [0, 1, 2]
    middle = right.middle
    assert [step.end for step in steps] == [middle - LINE, middle, middle + LINE]
    assert [step.start for box in left for step in box.right] == [box.middle for box in left]
