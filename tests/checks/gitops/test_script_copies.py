"""Which copies of objects to another namespace fail when they are made again."""

from __future__ import annotations

import pytest

from stackgen.checks.gitops.script_copies import findings
from stackgen.manifest.document import Source

READ = "kubectl get secret registry -n mesh -o yaml"
MOVED = "sed 's/namespace: mesh/namespace: models/'"


@pytest.mark.parametrize(
    ("script", "found"),
    [
        (f"{READ} | {MOVED} | kubectl apply -f -", True),
        (f"{READ} 2>/dev/null | \\\n  {MOVED} | \\\n  oc apply -n models -f - || true", True),
        (f"{READ} |\n  {MOVED} |\n  kubectl apply -f -", True),
        (f"{READ} | {MOVED} | kubectl create -f -", False),
        (f"{READ} | {MOVED} | kubectl apply --force -f -", False),
        (f"{READ} | {MOVED} | grep -v 'resourceVersion\\|uid' | kubectl apply -f -", False),
        (f'echo "{READ} | {MOVED} | kubectl apply -f -"', False),
        (f"# {READ} | {MOVED} | kubectl apply -f -", False),
        (f"{READ} | sed 's/a/b/' | kubectl apply -f -", False),
        (f"kubectl delete secret x\n{READ} | {MOVED} | kubectl apply -f -", False),
        (f"if ! kubectl get secret x; then\n{READ} | {MOVED} | kubectl apply -f -\nfi", False),
    ],
)
def test_copies(script: str, found: bool) -> None:
    assert bool(list(findings([Source("setup.sh", script)]))) is found
    assert not list(findings([Source("main.tf", script)]))
