"""A review as text: cut where it gets long, and what is cut is counted."""

from __future__ import annotations

from stackgen.report import review_text
from stackgen.report.style import Style
from tests.review.given import reviewed

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: %s\n"


def text(old: str, new: str) -> str:
    return review_text.render([reviewed(old, new)], Style())


def block(lines: list[str]) -> str:
    return CONFIG % ("\n  a: |\n" + "".join(f"    {line}\n" for line in lines))


def test_a_text_of_lines_shows_the_lines_that_differ() -> None:
    lines = [f"line {i}" for i in range(50)]
    found = text(block(lines), block([*lines[:20], "other", *lines[21:]]))
    assert "        -line 20\n        +other\n" in found
    assert "line 19" not in found


def test_many_lines_that_differ_are_counted() -> None:
    found = text(block([f"a{i}" for i in range(30)]), block([f"b{i}" for i in range(30)]))
    assert "        ... and 48 lines more\n" in found


def test_huge_texts_are_not_laid_side_by_side() -> None:
    found = text(block([f"a{i}" for i in range(3000)]), block([f"b{i}" for i in range(3000)]))
    assert "        - 3000 lines\n        + 3000 lines\n" in found


def test_long_values_are_shown_where_they_differ() -> None:
    value = "x" * 200 + "%s" + "y" * 200
    found = text(CONFIG % f"{{a: {value % 'OLD'}}}", CONFIG % f"{{a: {value % 'NEW'}}}")
    old, new = (f"...{'x' * 20}{word}{'y' * 20}..." for word in ("OLD", "NEW"))
    assert f"{old} ->\n      {new}\n" in found


def test_many_fields_are_counted() -> None:
    old, new = ({f"k{i}": f"{n}" for i in range(100)} for n in ("1", "2"))
    assert "    ... and 60 fields more\n" in text(CONFIG % old, CONFIG % new)


def test_many_objects_are_counted_and_the_riskiest_are_shown() -> None:
    one = CONFIG.replace("name: c", "name: c%d")
    plain = ["---\n".join(one % (i, f"{{a: '{n}'}}") for i in range(300)) for n in (1, 2)]
    claim = "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: cache}\n"
    found = text(plain[0] + claim, plain[1])
    assert "... and 101 objects more\n" in found
    assert "- PersistentVolumeClaim cache\n" in found
    assert "301 objects: 300 changed, 1 removed; risk high\n" in found


def test_nothing_moves_or_colours_the_terminal() -> None:
    evil = '"\\e[31m\\u202e"'
    found = text(CONFIG % "{a: b}", CONFIG % f"{{a: {evil}}}")
    assert "\x1b" not in found
    assert "\u202e" not in found


def test_colour_when_it_is_asked_for() -> None:
    review = reviewed(CONFIG % "{a: b}", CONFIG % "{a: c}")
    assert "\x1b[" in review_text.render([review], Style(color=True))
