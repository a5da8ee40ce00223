"""What an AppProject refuses of the objects in the folders of its Applications."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.checks.context import Context
from stackgen.checks.gitops.argocd_project_refuses import check
from stackgen.manifest.resource import Bundle, Resource

ARGO = "argoproj.io/v1alpha1"
HERE = "https://kubernetes.default.svc"


def refused(lists: dict[str, Any], *objects: dict[str, Any]) -> list[str]:
    """The messages about objects in a folder that an Application of a project applies."""
    spec = {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}], **lists}
    project = {"apiVersion": ARGO, "kind": "AppProject", "metadata": {"name": "p"}, "spec": spec}
    source = {"repoURL": "https://git.example.org/a", "path": "app"}
    app = {"project": "p", "source": source, "destination": {"server": HERE, "namespace": "a"}}
    given = {"apiVersion": ARGO, "kind": "Application", "metadata": {"name": "a"}, "spec": app}
    files = [("argo.yaml", project), ("argo.yaml", given)]
    files += [(f"app/{i}.yaml", one) for i, one in enumerate(objects)]
    bundle = Bundle(tuple(Resource(data, file) for file, data in files))
    return [str(one.message) for one in check(Context(bundle))]


def made(kind: str, version: str = "v1", name: str = "x") -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}}


@pytest.mark.parametrize(
    ("lists", "kinds"),
    [
        ({}, ["Namespace of the core group"]),
        ({"clusterResourceWhitelist": [{"group": "", "kind": "Name*"}]}, []),
        ({"namespaceResourceWhitelist": []}, ["Namespace of the core group", "Job of batch"]),
        (
            {
                "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
                "namespaceResourceBlacklist": [{"group": "batch", "kind": "*"}],
            },
            ["Job of batch"],
        ),
    ],
)
def test_each_kind_is_told_once(lists: dict[str, Any], kinds: list[str]) -> None:
    objects = [made("Namespace"), made("Namespace", name="y"), made("Job", "batch/v1")]
    unknown = made("Thing", "example.org/v1")
    said = [f"AppProject p does not permit {k}, which Application a applies" for k in kinds]
    assert refused(lists, *objects, unknown) == said


def test_repositories_are_compared_as_git_reads_them() -> None:
    for pattern, fits in (
        ("git@git.example.org:a.git", True),
        ("https://git.example.org/*", True),
        ("https://*/a", True),
        ("https://*", False),
        ("!https://git.example.org/a", False),
    ):
        found = refused({"sourceRepos": [pattern]})
        assert (found == []) is fits, pattern


def test_a_kind_in_namespaces_is_in_the_list_for_it() -> None:
    whitelist = [{"group": "apps", "kind": "Deployment"}, {"group": "", "kind": "Namespace"}]
    lists = {"clusterResourceWhitelist": whitelist}
    assert refused(lists) == []
    (said,) = refused({**lists, "namespaceResourceWhitelist": [{"group": "", "kind": "Secret"}]})
    assert said.startswith("Deployment is in a namespace")
    assert refused({**lists, "namespaceResourceWhitelist": [{"group": "*", "kind": "*"}]}) == []
