"""What commands in documentation make counts as there."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.machines.documented import documented
from stackgen.manifest.collect import collect
from stackgen.manifest.excluded import Excluded
from stackgen.manifest.resource import Resource

NOTHING = Excluded((), False)

README = """\
# Install

Create the namespace `models` with a Secret:

```bash
$ kubectl create namespace models
kubectl -n models create secret generic hf --from-literal=token=<your token>
helm install chat ./chat
kubectl apply -f - <<EOF
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: models}
EOF
kubectl scale deployment chat --replicas 2
```

```yaml
kubectl create namespace nothing
```

kubectl create namespace prose
"""


def found_in(folder: Path, excluded: Excluded = NOTHING) -> tuple[Resource, ...]:
    return documented(collect([str(folder)], excluded=excluded).commands)


def made(folder: Path) -> list[tuple[str, str, str]]:
    found = found_in(folder)
    assert all(one.data.keys() <= {"apiVersion", "kind", "metadata"} for one in found)
    return [(one.kind, one.namespace, one.name) for one in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "install.md").write_text(README)
    return tmp_path


def test_a_few_kinds_of_blocks_of_commands(folder: Path) -> None:
    assert made(folder) == [
        ("Namespace", "", "models"),
        ("Secret", "models", "hf"),
        ("ConfigMap", "models", "settings"),
    ]


def test_each_is_at_its_line(folder: Path) -> None:
    found = found_in(folder)
    lines = {one.kind: mark.line for one in found if (mark := one.mark(("metadata", "name")))}
    assert lines == {"Namespace": 6, "Secret": 7, "ConfigMap": 12}


def test_what_is_excluded_is_not_read(folder: Path) -> None:
    excluded = Excluded((("--exclude", str(folder), ("docs",)),), False)
    assert found_in(folder, excluded) == ()


def test_large_files_and_other_texts_are_not_read(folder: Path) -> None:
    (folder / "docs" / "install.md").write_bytes(b"kubectl \xff")
    (folder / "large.md").write_text(README.replace("```bash", "```bash\n" + "kubectl\n" * 100_000))
    (folder / "notes.txt").write_text(README)
    assert made(folder) == []
