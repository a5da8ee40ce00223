"""What a repository brings: never guessed from what its folders hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.errors import UsageError
from stackgen.repository import open_repository


def _folder(root: Path, *names: str, **files: str) -> str:
    for name in names:
        (root / name).mkdir(parents=True)
    for name, text in files.items():
        (root / {"spec": "stack.yaml", "config": ".stackgen.yaml"}[name]).write_text(text)
    return str(root)


def test_the_usual_folders_count_beside_a_spec_whatever_they_hold(tmp_path: Path) -> None:
    root = _folder(tmp_path, "policies/lib", "schemas", spec="")
    (tmp_path / "policies" / "lib" / "kubernetes.rego").write_text("package lib.kubernetes")
    (tmp_path / "schemas" / "MANIFEST").write_text("")
    own = open_repository(root)
    assert own.policies == (str(tmp_path / "policies"),)
    assert own.schemas == (str(tmp_path / "schemas"),)


def test_without_a_spec_nothing_counts_that_is_not_named(tmp_path: Path) -> None:
    root = _folder(tmp_path, "policies", "catalog")
    own = open_repository(root)
    assert (own.policies, own.schemas, own.findings) == ((), (), ())
    (tmp_path / ".stackgen.yaml").write_text("policies: [policies]")
    assert open_repository(root).policies == (str(tmp_path / "policies"),)


def test_the_config_file_names_other_folders_or_none(tmp_path: Path) -> None:
    config = 'policies: [a, b/c]\nschemas: []\ncatalog: ""\n'
    root = _folder(tmp_path, "a", "b/c", "policies", "schemas", "catalog", spec="", config=config)
    (tmp_path / "catalog" / "unheard-of.yaml").write_text("")
    own = open_repository(root)
    assert own.policies == (str(tmp_path / "a"), str(tmp_path / "b" / "c"))
    assert own.schemas == ()
    assert own.findings == ()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("policies: [none]", "1:11: `policies` there is no folder none"),
        ("policies: none", "1:11: `policies` is not a list of folders"),
        ("schemas: [3]", "1:10: `schemas` is not a list of folders"),
        ("catalog: [a]", "1:10: `catalog` is not a folder"),
        ("schemas: [../a]", "1:10: `schemas` ../a is not below the folder of .stackgen.yaml"),
        ("policies: [/etc]", "1:11: `policies` /etc is not below the folder of .stackgen.yaml"),
        ("policy: [a]", '1:1: unknown key "policy"; did you mean "policies"?'),
    ],
)
def test_a_wrong_config_is_refused_at_its_place(tmp_path: Path, config: str, message: str) -> None:
    root = _folder(tmp_path, "a", spec="", config=config)
    with pytest.raises(UsageError) as told:
        open_repository(root)
    assert str(told.value).endswith(f".stackgen.yaml:{message}")


def test_rows_of_the_users_are_read_and_what_is_wrong_is_reported(tmp_path: Path) -> None:
    root = _folder(tmp_path, "rows/releases", config="catalog: rows")
    (tmp_path / "rows" / "releases" / "mine.yaml").write_text("platform: kserve\n")
    own = open_repository(root)
    assert "mine" not in own.catalog.names("release")
    assert {f.rule.id for f in own.findings} == {"catalog-row"}
    assert own.findings[0].places[0].file == "rows/releases/mine.yaml"
