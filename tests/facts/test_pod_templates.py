"""Every kind that makes pods is read from one table, with its templates where they stand."""

from __future__ import annotations

import pytest

from stackgen.facts.pod_templates import beside, kind_of, pod_templates, workload_kinds
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse


def read(text: str) -> Resource:
    (document,) = parse(text, "a.yaml")
    return Resource(document.data, "a.yaml", document=document)


def test_a_pod_is_its_own_template() -> None:
    pod = read("{apiVersion: v1, kind: Pod, metadata: {labels: {a: b}}, spec: {nodeName: one}}")
    (found,) = pod_templates(pod)
    assert (found.path, found.spec_path) == ((), ("spec",))
    assert (found.labels, found.spec) == ({"a": "b"}, {"nodeName": "one"})


def test_the_templates_of_a_list_each_have_their_index() -> None:
    jobs = read("""\
apiVersion: jobset.x-k8s.io/v1alpha2
kind: JobSet
spec:
  replicatedJobs:
    - {name: a, replicas: 2, template: {spec: {template: {spec: {nodeName: node-1}}}}}
    - broken
    - {name: b, template: {spec: {parallelism: 4, template: {spec: {nodeName: node-2}}}}}
""")
    kind = kind_of(jobs)
    assert kind is not None
    found = list(pod_templates(jobs))
    assert [t.path for t in found] == [
        ("spec", "replicatedJobs", 0, "template", "spec", "template"),
        ("spec", "replicatedJobs", 2, "template", "spec", "template"),
    ]
    assert [beside(kind.name, t)[2] for t in found] == [0, 2]
    assert jobs.get(*beside(kind.group_size, found[1])) == 4


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "spec: 1",
        "spec: {template: []}",
        "spec: {template: null}",
        "spec: {template: {spec: 1}}",
    ],
)
def test_odd_shapes_have_no_template_or_an_empty_one(spec: str) -> None:
    resource = read(f"apiVersion: apps/v1\nkind: Deployment\n{spec}\n")
    assert [(t.spec, t.labels) for t in pod_templates(resource)] in ([], [({}, {})])


def test_a_kind_of_another_group_is_another_kind() -> None:
    assert kind_of(read("{apiVersion: example.com/v1, kind: Deployment}")) is None
    assert list(pod_templates(read("{apiVersion: example.com/v1, kind: Rollout}"))) == []


def test_a_change_below_the_root_of_the_pods_replaces_them() -> None:
    kinds = workload_kinds()
    assert kinds["apps", "Deployment"].pod_root == ("spec", "template")
    group = kinds["leaderworkerset.x-k8s.io", "LeaderWorkerSet"]
    assert group.pod_root == ("spec", "leaderWorkerTemplate")
