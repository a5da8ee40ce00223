"""`.stackgen.yaml`: what it may say, and how it is told what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.errors import UsageError
from stackgen.findings import config
from stackgen.findings.config import Config, load, read
from tests.findings.given import RULES


def test_everything_it_may_say() -> None:
    text = (
        "select: [tpu, serving]\nignore: policy-image-digest\nfail-on: warning\npaths:\n"
        "  - path: vendor/**\n    ignore: [policy, tpu-*]\n    reason: not ours\n"
        '    until: "2027-01-31"\n'
    )
    config = read(text, ".stackgen.yaml", RULES)
    assert config.select == ("tpu", "serving")
    assert config.ignore == ("policy-image-digest",)
    assert config.fail_on == "warning"
    found = [(s.rule, s.path, s.reason, s.until, s.kind) for s in config.suppressions]
    assert found == [
        ("policy", "vendor/**", "not ours", "2027-01-31", "config"),
        ("tpu-*", "vendor/**", "not ours", "2027-01-31", "config"),
    ]
    mark = config.suppressions[0].place.mark
    assert mark is not None
    assert (mark.line, mark.column) == (5, 11)


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_empty_file_says_nothing(text: str) -> None:
    assert read(text, ".stackgen.yaml", RULES) == Config()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct: [tpu]\n", '1:1: unknown key "selct"; did you mean "select"?'),
        ("x: 1\n", f'1:1: unknown key "x"; the keys are {", ".join(config.KEYS)}'),
        ("select: [tpus]\n", '1:9: "tpus" is no rule and no family; did you mean "tpu"?'),
        ("exclude: 3\n", "1:10: `exclude` is not a list of patterns, in the syntax of .gitignore"),
        ("exclude: ['!']\n",
         "1:10: `exclude` '!' is not a valid pattern in the syntax of .gitignore"),
        ("respect-gitignore: 1\n", "1:20: `respect-gitignore` is not true or false"),
        ("ignore:\n  - 3\n", "2:3: `ignore` is not a list of families, rule ids or globs"),
        ("fail-on: never\n", '1:10: `fail-on` "never" is not one of error, warning, info'),
        ("paths: {a: b}\n", "1:8: `paths` is not a list"),
        ("paths:\n  - x\n", "2:5: is not an object with the keys path, ignore, reason, until"),
        ("paths:\n  - {ignore: tpu}\n", "2:5: needs a `path`"),
        ("paths:\n  - {path: a}\n", "2:5: needs `ignore`: families, rule ids or globs"),
        ("paths:\n  - {path: a, ignore: tpu, reson: x}\n",
         '2:28: unknown key "reson"; did you mean "reason"?'),
        ("- a\n", f"1:1: is not an object with the keys {', '.join(config.KEYS)}"),
        ("profile: {stage: staging}\n", "1:18: `stage` is not one of dev, test, prod"),
        ("profile: {stag: dev}\n", '1:11: unknown key "stag"; did you mean "stage"?'),
        ("select: [tpu\n", "2:1: brackets are not closed, or a comma is missing"),
        ("select: [tpu]\nselect: [spec]\n",
         "2:1: the key 'select' occurs twice; first at line 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        read(text, ".stackgen.yaml", RULES)
    assert str(error.value) == f".stackgen.yaml:{message}"


def test_file_is_read_from_the_folder_of_the_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load("", RULES) == Config()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / ".stackgen.yaml").write_text("fail-on: info\n", encoding="utf-8")
    assert load("sub", RULES).fail_on == "info"
    (tmp_path / "sub" / ".stackgen.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UsageError, match=r"^sub/.stackgen.yaml: is not UTF-8 text$"):
        load("sub", RULES)


def test_so_many_paths_and_no_more() -> None:
    entry = "  - {path: a, ignore: tpu, reason: x}\n"
    assert len(read("paths:\n" + entry * 200, ".stackgen.yaml", RULES).suppressions) == 200
    with pytest.raises(UsageError, match=r"^\.stackgen\.yaml:2:3: `paths` has more than 200"):
        read("paths:\n" + entry * 201, ".stackgen.yaml", RULES)
