"""`build --fix` fixes what the findings about the spec offer, in the file and item they mean."""

from __future__ import annotations

from pathlib import Path

from tests.program import stackgen

STACK = Path(__file__).parents[2] / "cases" / "stacks" / "two-models" / "stack.yaml"


def _fix(folder: Path, overlay: str, base: str | None = None) -> tuple[str, str]:
    """Base and overlay after `build --fix`."""
    (folder / "stack.yaml").write_text(base or STACK.read_text())
    (folder / "overlays" / "prod").mkdir(parents=True)
    file = folder / "overlays" / "prod" / "stack.yaml"
    file.write_text(overlay)
    run = stackgen("build", "--fix", "--select", "spec", cwd=folder)
    assert run.code == 0, run.text
    return (folder / "stack.yaml").read_text(), file.read_text()


def test_an_item_of_an_overlay_is_mended_where_it_stands_there(tmp_path: Path) -> None:
    """The overlay counts its items otherwise than the merged spec: `small` is its first."""
    base, overlay = _fix(
        tmp_path,
        "spec:\n"
        "  serving:\n"
        "    models:\n"
        '      - {name: small, replicas: "2"}  # on purpose\n'
        "      - {name: large, replica: 3}\n",
    )
    assert base == STACK.read_text()
    assert overlay == (
        "spec:\n"
        "  serving:\n"
        "    models:\n"
        "      - {name: small, replicas: 2}  # on purpose\n"
        "      - {name: large, replicas: 3}\n"
    )


def test_ambiguous_words_become_what_the_field_needs(tmp_path: Path) -> None:
    _, overlay = _fix(
        tmp_path,
        "spec:\n"
        "  network: {defaultDeny: yes}\n"
        "  serving:\n"
        "    models:\n"
        "      - {name: small, maxModelLen: 2_048, servedName: 1_000}\n",
    )
    assert overlay == (
        "spec:\n"
        "  network: {defaultDeny: true}\n"
        "  serving:\n"
        "    models:\n"
        '      - {name: small, maxModelLen: 2048, servedName: "1_000"}\n'
    )


def test_values_in_another_case(tmp_path: Path) -> None:
    _, overlay = _fix(tmp_path, "spec:\n  delivery:\n    engine: ArgoCD\n")
    assert overlay == "spec:\n  delivery:\n    engine: argocd\n"
