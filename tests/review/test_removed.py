"""What the review says of objects that are no longer rendered: what the engine really does."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.review.model import Review
from tests.review.given import of_edits

UNMANAGED = [("  cluster:\n", "  cluster:\n    managed: false\n")]
ENGINES = {"flux": "Flux", "argocd": "Argo CD"}


def handed_over(folder: Path, engine: str, text: str = "") -> Review:
    edits = {"stack.yaml": [*UNMANAGED]}
    both = [("  delivery:\n", f"  delivery:\n    engine: {engine}\n{text}")]
    return of_edits(folder, edits, both={"stack.yaml": both})


@pytest.mark.parametrize("engine", ["flux", "argocd"])
def test_handing_the_cluster_over_deletes_nothing(tmp_path: Path, engine: str) -> None:
    found = handed_over(tmp_path, engine)
    said = {f"{c.resource.kind}": [x.id for x in c.consequences] for c in found.changes}
    assert said["ContainerNodePool"] == said["ContainerCluster"] == ["left-resource"]
    assert said["Namespace"] == ["left-behind"]
    assert said["Kustomization" if engine == "flux" else "Application"] == ["delivery-left"]
    (gone,) = [c for c in found.general if c.id == "delivery-gone"]
    step = f"{'Kustomization' if engine == 'flux' else 'Application'} llmd-istio-tpu-1-cluster"
    assert gone.message == (
        f"out/prod/delivery/management-cluster no longer exists: {ENGINES[engine]} reports an "
        f"error and deletes nothing. Its delivery objects stay, with what they applied: {step}"
    )
    assert found.risk == "medium"


def test_a_pool_that_config_connector_leaves_when_its_object_goes(tmp_path: Path) -> None:
    patch = (
        "  patches:\n"
        "    - target: {kind: ContainerNodePool, name: spare}\n"
        "      patch:\n"
        "        metadata:\n"
        "          annotations: {cnrm.cloud.google.com/deletion-policy: abandon}\n"
    )
    pool = "      - {name: spare, machineType: n1-standard-4, nodes: {min: 1, max: 1}}\n"
    at = "    nodePools:\n"
    for abandoned in (False, True):
        edits = {"stack.yaml": [(at + pool, at), *([(patch, "")] if abandoned else [])]}
        both = [
            (at, at + pool),
            *([("  delivery:\n", f"{patch}  delivery:\n")] if abandoned else []),
        ]
        found = of_edits(tmp_path / str(abandoned), edits, both={"stack.yaml": both})
        (change,) = [c for c in found.changes if c.resource.name == "spare"]
        wanted = ["abandoned"] if abandoned else ["node-pool-removed"]
        assert [c.id for c in change.consequences] == wanted
