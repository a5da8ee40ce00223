from __future__ import annotations

import pytest

from stackgen.rollout.durations import seconds, words


@pytest.mark.parametrize(
    ("text", "found"),
    [("1h", 3600), ("1h30m", 5400), ("90s", 90), ("0.5s", 1), ("1500ms", 2), ("2m0s", 120)],
)
def test_durations_are_whole_seconds_rounded_up(text: str, found: int) -> None:
    assert seconds(text) == found


@pytest.mark.parametrize("value", ["", "5", "1d", "1h ", "-1h", "h", None, 30, "1h" * 30])
def test_what_is_no_duration_is_none(value: object) -> None:
    assert seconds(value) is None


@pytest.mark.parametrize(
    ("duration", "said"),
    [(30, "30 s"), (60, "60 s"), (150, "2.5 min"), (3600, "1 h"), (5400, "90 min"), (7200, "2 h")],
)
def test_durations_are_said_in_the_unit_that_fits(duration: int, said: str) -> None:
    assert words(duration) == said
