"""The text a user sees, to the letter."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from stackgen.escape import lines
from stackgen.findings.model import Fix, Place
from stackgen.findings.suppress import Suppression
from stackgen.manifest.document import Mark
from stackgen.report import render
from stackgen.report.style import Style, style_for
from tests.findings.given import CHIPS, HINT, PROBE, WHOLE_HOST, outcome, service, whole_host

ONE = """\
error[tpu-whole-host]: qwen2-3b-pattern1 asks for 2 of the 4 chips of a ct6e-standard-4t host
 --> stack.yaml:9:16
  |
9 |         chips: 2
  |                ^ 2 chips
  |
 ::: stack.yaml:5:58
5 |       - {name: tpu-v6e-pool, accelerator: v6e, topology: 2x2, nodes: {min...
  |                                                          --- this host has 4
  = in the cluster: kubelet rejects the pod (UnexpectedAdmissionError) and it
      never starts
  = help: drop `chips`; the whole host is the default
  = rendered: out/prod/4-serving/llminferenceservice-qwen2-3b-pattern1.yaml:14
  = docs: stackgen explain tpu-whole-host
"""


def text(*findings: object, width: int = 80, **more: object) -> str:
    return render("text", outcome(findings, **more), Style(width=width))  # type: ignore[arg-type]


def at(line: str, column: int, end: int, note: str = "", number: int = 1) -> Place:
    source = "\n" * (number - 1) + line + "\n"
    return Place(file="stack.yaml", text=source, mark=Mark(number, column, end), note=note)


def shown(place: Place, width: int = 80, *others: Place) -> list[str]:
    """The excerpt's lines."""
    lines = text(WHOLE_HOST.finding("m", place, *others), width=width).splitlines()
    start = next(i for i, line in enumerate(lines) if "-->" in line)
    stop = next(i for i, line in enumerate(lines) if " = " in line)
    return lines[start:stop]


def test_a_finding_in_full() -> None:
    assert text(whole_host()) == ONE + "\n1 error in 12 documents\n"


def test_several_findings_with_what_was_suppressed_and_can_be_fixed() -> None:
    findings = [
        whole_host(fix=Fix("stack.yaml", CHIPS, remove=True)),
        PROBE.finding("the startup probe gives up after 30 s", Place(service(), ("metadata",))),
        HINT.finding("vllm/vllm-tpu:v0.8 is a tag"),
    ]
    suppressions = [Suppression("policy-image-digest", "pinned by the registry")]
    assert text(*findings, suppressions=suppressions) == (
        ONE.replace("  = rendered", "  = fix: `--fix` does this\n  = rendered")
        + """
warning[serving-probe-budget]: the startup probe gives up after 30 s
 --> stack.yaml:8:15
  |
8 |       - name: qwen2-3b-pattern1
  |               ^^^^^^^^^^^^^^^^^
  |
  = note: confidence is medium: check whether it applies
  = in the cluster: kubelet restarts the container in the middle of XLA
      compilation, again and again
  = help: raise failureThreshold
  = rendered: out/prod/4-serving/llminferenceservice-qwen2-3b-pattern1.yaml:4
  = docs: stackgen explain serving-probe-budget

1 error, 1 warning in 12 documents, 1 suppressed, 1 fixable with --fix
"""
    )


def test_nothing_found() -> None:
    assert text() == "no findings in 12 documents\n"
    assert text(documents=1) == "no findings in 1 document\n"


def test_nothing_checked_does_not_look_green() -> None:
    assert text(documents=0) == "nothing was checked: no documents\n"


def test_finding_without_a_place() -> None:
    assert text(HINT.finding("something is off")) == (
        "info[policy-image-digest]: something is off\n"
        "  = in the cluster: Another image may run tomorrow under the same name.\n"
        "  = help: name the digest\n"
        "  = docs: stackgen explain policy-image-digest\n"
        "\n"
        "1 info in 12 documents\n"
    )


def test_whole_file() -> None:
    assert shown(Place(file="values.yaml", note="no such chart")) == [
        " --> values.yaml",
        "  | no such chart",
    ]


def test_gutter_is_as_wide_as_the_widest_number() -> None:
    finding = WHOLE_HOST.finding("m", at("chips: 2", 8, 9), at("pool: x", 7, 8, "here", 120))
    lines = text(finding).splitlines()
    assert lines[1:9] == [
        "   --> stack.yaml:1:8",
        "    |",
        "  1 | chips: 2",
        "    |        ^",
        "    |",
        "   ::: stack.yaml:120:7",
        "120 | pool: x",
        "    |       - here",
    ]


def test_further_marks_on_the_same_line_share_the_excerpt() -> None:
    line = "pool: {accelerator: v6e, topology: 3x3}"
    finding = WHOLE_HOST.finding("m", at(line, 36, 39), at(line, 21, 24, "of this"))
    assert text(finding).splitlines()[1:7] == [
        " --> stack.yaml:1:36",
        "  |",
        "1 | pool: {accelerator: v6e, topology: 3x3}",
        "  |                                    ^^^",
        "  |                     --- of this",
        "  |",
    ]


@pytest.mark.parametrize("width", range(48, 100, 4))
def test_marks_are_below_their_texts_when_the_line_is_cut(width: int) -> None:
    for gap in range(0, 60, 3):
        line = "items: " + " " * gap + "{first: aaaa, more: here, second: bbbb, rest: 1, last: 2}"
        places = [(line.index(word) + 1, word) for word in ("aaaa", "bbbb")]
        first, second = (at(line, column, column + 4) for column, _ in places)
        lines = shown(first, width, second)
        for mark, (_, word) in zip(("^^^^", "----"), places, strict=True):
            number = next(i for i, x in enumerate(lines) if x.endswith(mark))
            source = next(x for x in reversed(lines[:number]) if x.startswith("1 |"))
            start = lines[number].index(mark)
            assert source[start : start + 4] == word


def test_long_note_goes_below_and_wraps() -> None:
    note = "this is a long explanation of what is the matter with the value on this line of text"
    assert shown(at("replicas: 2  # " + "x" * 40, 11, 12, note), 60) == [
        " --> stack.yaml:1:11",
        "  |",
        "1 | replicas: 2  # " + "x" * 40,
        "  |           ^",
        "  |    this is a long explanation of what is the matter with",
        "  |    the value on this line of text",
        "  |",
    ]


def test_mark_far_to_the_right_is_shown() -> None:
    line = "args: [" + ", ".join(f"--flag-number-{i}" for i in range(20)) + "]"
    column = line.index("--flag-number-15") + 1
    lines = shown(at(line, column, column + 16))
    assert lines[2:4] == [
        "1 | ..., --flag-number-13, --flag-number-14, --flag-number-15, --flag-number-...",
        "  |                                          ^^^^^^^^^^^^^^^^",
    ]


def test_short_rest_behind_the_mark_is_kept() -> None:
    line = "- {name: default-pool, machineType: n1-standard-4, nodes: {min: 2, max: four}}"
    lines = shown(at(line, 73, 77), 60)
    assert lines[2:4] == [
        "1 | ...chineType: n1-standard-4, nodes: {min: 2, max: four}}",
        "  |                                                   ^^^^",
    ]


def test_mark_longer_than_the_line_is_cut() -> None:
    lines = shown(at("text: " + "word " * 40, 7, 205))
    assert all(len(line) <= 80 for line in lines)
    assert lines[2].startswith("1 | text: word word ")
    assert lines[2].endswith("...")
    assert lines[3].startswith("  |       ^^^^")


@pytest.mark.parametrize("width", [40, 60, 80, 100])
@pytest.mark.parametrize("column", [1, 30, 79, 80, 81, 150, 199, 201])
def test_no_excerpt_is_wider_than_asked_and_carets_stay_below_their_text(
    width: int, column: int
) -> None:
    line = "".join(chr(97 + i % 26) for i in range(200))
    lines = shown(at(line, column, column + 3), width)
    assert all(len(shown_line) <= width for shown_line in lines[1:])
    start = lines[3].index("^")
    if column < 199:
        assert lines[2][start : start + 3] == line[column - 1 : column + 2]


def test_wide_and_combining_characters_keep_the_caret_in_place() -> None:
    line = "名前: e\u0301 x"
    assert shown(at(line, 8, 9))[2:4] == ["1 | 名前: e\u0301 x", "  |         ^"]


def test_tabs_and_control_characters_reach_no_terminal() -> None:
    line = "a:\t\x1b[31mred\u202e"
    assert shown(at(line, 4, 5))[2] == "1 | a: \\x1b[31mred\\u202e"
    finding = WHOLE_HOST.finding("bad \x1b[2J name\nof two lines", at("a: 1", 4, 5))
    assert text(finding).splitlines()[0] == (
        "error[tpu-whole-host]: bad \\x1b[2J name\\nof two lines"
    )


def test_mark_behind_the_end_of_its_line() -> None:
    assert shown(at("a:", 9, 10))[2:4] == ["1 | a:", "  |   ^"]


def test_lines_have_no_blanks_at_their_end() -> None:
    report = text(whole_host(), PROBE.finding("slow", at("", 1, 2)))
    assert all(line == line.rstrip() for line in report.splitlines())


def test_colour() -> None:
    report = render("text", outcome([whole_host()]), Style(color=True))
    assert report.startswith("\x1b[1;31merror[tpu-whole-host]\x1b[0m\x1b[1m: qwen2")
    assert "\x1b[1;31m^ 2 chips\x1b[0m" in report
    import re

    assert re.sub("\x1b\\[[0-9;]*m", "", report) == text(whole_host())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("terminal", "when", "environment", "color"),
    [
        (False, "auto", {}, False),
        (True, "auto", {}, True),
        (True, "auto", {"NO_COLOR": "1"}, False),
        (True, "auto", {"NO_COLOR": ""}, True),
        (False, "auto", {"FORCE_COLOR": "1"}, True),
        (False, "auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (True, "auto", {"FORCE_COLOR": "0"}, False),
        (True, "auto", {"TERM": "dumb"}, False),
        (True, "never", {"FORCE_COLOR": "1"}, False),
        (False, "always", {"NO_COLOR": "1"}, True),
    ],
)
def test_when_there_is_colour(
    terminal: bool, when: str, environment: dict[str, str], color: bool
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    assert style_for(stream, when, environment).color is color


def test_what_is_piped_has_a_fixed_width() -> None:
    assert style_for(io.StringIO(), "auto", {"COLUMNS": "20"}).width == 80


def test_places_and_rules_are_links_where_the_terminal_supports_them(tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text("chips: 2\n")
    style = Style(links="vscode://file{path}:{line}:{column}", root=str(tmp_path))
    known = replace(WHOLE_HOST, id="tpu-lws-size")
    shown = render("text", outcome([known.finding("m", at("chips: 2", 8, 9))]), style)
    place = f"\x1b]8;;vscode://file{tmp_path}/stack.yaml:1:8\x1b\\stack.yaml:1:8\x1b]8;;\x1b\\"
    assert f"--> {place}\n" in shown
    assert "docs/rules/tpu-lws-size.md:1:1\x1b\\tpu-lws-size\x1b]8;;\x1b\\]: m\n" in shown
    assert lines(shown) == shown  # nothing of it is taken for a sequence of a stranger
    strange = "\x1b]8;;https://example.com\x1b\\a\x1b]8;;\x1b\\"
    assert lines(strange).count("\x1b") == 2  # the end of a link alone does nothing


@pytest.mark.parametrize(
    ("given", "begin"),
    [
        ({"TERM_PROGRAM": "vscode"}, "vscode://file"),
        ({"TERM_PROGRAM": "WezTerm"}, "file://"),
        ({"VTE_VERSION": "7600"}, "file://"),
        ({"VTE_VERSION": "4999"}, ""),
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM_PROGRAM": "vscode", "NO_COLOR": "1"}, ""),
        ({"TERM_PROGRAM": "vscode", "FORCE_HYPERLINK": "0"}, ""),
        ({"TERM": "dumb", "KONSOLE_VERSION": "1"}, ""),
    ],
)
def test_links_are_for_terminals_that_are_known(given: dict[str, str], begin: str) -> None:
    links = style_for(Terminal(), "auto", given).links
    assert links.startswith(begin) and bool(links) == bool(begin)
    assert style_for(io.StringIO(), "auto", given).links == ""
