"""Which versions a range has."""

import pytest

from stackgen.facts.version_ranges import in_range


@pytest.mark.parametrize(
    ("version", "wanted", "found"),
    [
        ("1.2.3", "1.x", True),
        ("2.0.0", "1.x", False),
        ("v1.2.3", ">=1.2.0 <1.3", True),
        ("1.3.0", ">=1.2.0, <1.3", False),
        ("0.2.9", "^0.2.3", True),
        ("0.3.0", "^0.2.3", False),
        ("1.9.0", "^1.2", True),
        ("1.3.0", "~1.2", False),
        ("1.9.0", "~1", True),
        ("1.2.5", ">1.2", False),
        ("1.2.5", "<=1.2", True),
        ("3.0.0", "1.x || 3.x", True),
        ("1.2.3-rc.1", ">=1.0.0", False),
        ("1.2.3-rc.1", ">=1.0.0-0", None),
        ("1.2.3", "1.0 - 2.0", None),
        ("main-5", "*", None),
        ("1.2.3", "*", True),
    ],
)
def test_a_range(version: str, wanted: str, found: bool | None) -> None:
    assert in_range(version, wanted) is found
