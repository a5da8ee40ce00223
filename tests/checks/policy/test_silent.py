"""Which policies are evaluated: no verdict is lost by those that are not."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stackgen.checks.context import Context
from stackgen.checks.policy import evaluate, headers, pack, pass_shipped, silent
from stackgen.checks.policy.profile import facts
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.shipped import shipped
from tests.checks.policy.test_pack import spoilt_documents
from tests.checks.policy.test_rego import answers, whole_pack
from tests.growth.manifests import manifests

OBJECTS = [data for _, data in manifests(1, "apart")]
ROWS = shipped(silent.__file__, "silent.yaml")
# What rows are about, put anywhere.
VALUES: list[Any] = [
    None, 1, [], {}, {"a": 1}, [{}], {"cidr": "10.0.0.1/8"}, {"cidr": "0.0.0.0/0"}, "", "default",
    "kube-system", "{{ .a }}", "${A}", "Memory", "hf_" + "a" * 34, "AKIA" + "A" * 16,
    "https://me:secret@example.com", "--trust-remote-code",
    *(text for row in ROWS.values() for text in row.get("texts", ())),
]  # fmt: skip
KEYS = [
    "status", "uid", "labels", "annotations", "namespace", "privileged", "hostNetwork", "hostPort",
    "volumes", "replicas", "namespaceSelector", "from", "to", "policyTypes", "ipBlock",
    "kubectl.kubernetes.io/last-applied-configuration",
]  # fmt: skip


def told(documents: list[Any]) -> list[str]:
    """What `lint` says of the documents, and of the set."""
    bundle = Bundle(tuple(Resource(data, "f") for data in documents))
    return sorted(
        repr((f.rule.id, f.message, list(f.places[0].path)))
        for f in pass_shipped.check(Context(bundle))
    )


def told_by_all(documents: list[Any]) -> list[str]:
    """What all policies say."""
    bundle = Bundle(tuple(Resource(data, "f") for data in documents))
    engine = whole_pack(json.dumps(facts(Context(bundle)), sort_keys=True))
    inputs = [*documents, [{"path": "f", "contents": data} for data in documents]]
    return sorted(
        repr((r["id"], r["msg"], r["path"])) for i in inputs for _, r in answers(engine, i)
    )


def test_malformed_documents_get_the_verdicts_of_all_policies() -> None:
    documents = [data for some in spoilt_documents(seed=5) for data in some][:120]
    assert told(documents) == told_by_all(documents)


@st.composite
def changed(draw: st.DrawFn) -> Any:
    """An object with a value of VALUES anywhere."""
    found = copy.deepcopy(draw(st.sampled_from(OBJECTS)))
    here: Any = found
    while True:
        inside = [x for x in (here.values() if isinstance(here, dict) else here) if x]
        inside = [x for x in inside if isinstance(x, (dict, list))]
        if not inside or draw(st.integers(0, 3)) == 0:
            break
        here = draw(st.sampled_from(inside))
    value = draw(st.sampled_from(VALUES))
    if isinstance(here, list):
        here.append(value)
    else:
        here[draw(st.sampled_from([*here, *KEYS]))] = value
    return found


@given(st.lists(changed(), min_size=1, max_size=4))
@settings(max_examples=20, deadline=None)
def test_changed_documents_get_the_verdicts_of_all_policies(documents: list[Any]) -> None:
    assert told(documents) == told_by_all(documents)


def test_each_row_is_of_a_policy_on_single_objects_that_names_its_texts() -> None:
    files = {one.file for one in pack.policies_on("file")}
    for name, row in ROWS.items():
        assert f"{name}.rego" in files
        assert set(row) <= {"kinds", "texts", "fits"}
        assert row.get("texts") or row.get("fits")


def test_a_kind_that_no_policy_on_the_set_names_is_not_given_to_them() -> None:
    config, pod = (
        Resource({"kind": kind, "metadata": {"name": "x", "namespace": "n"}}, "f")
        for kind in ("ConfigMap", "Pod")
    )
    assert silent.of_set([config, pod]) == [1]
    assert silent.of_set([config, pod, config]) == [0, 1, 2]
    assert "gitops-unique-objects.rego" not in silent.on_set([config, pod])
    assert "gitops-unique-objects.rego" in silent.on_set([config, config])


def test_policies_on_the_set_look_objects_up_by_kind() -> None:
    """Or are for all kinds: `silent.of_set` gives them no object of another kind."""
    open_lookup = re.compile(
        r"set\.(documents|identified)\b|some \w+, \w+ in (data\.lib\.)?set\.of_kind"
    )
    for one in pack.policies_on("set"):
        assert "all" in one.kinds or not open_lookup.search(one.text), one.file


def test_an_object_of_which_no_policy_speaks_reaches_no_engine(monkeypatch: Any) -> None:
    asked: list[int] = []
    each = evaluate.each
    monkeypatch.setattr(
        evaluate, "each", lambda job: asked.append(len(job["documents"])) or each(job)
    )
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}}
    pods = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}}] * 9
    told([config] * 50)
    assert asked == []
    told([config, *pods])
    assert asked == [1]  # equal objects are asked about once


def test_headers_are_read_alike() -> None:
    needs = {one.file: one.needs for scope in ("file", "set") for one in pack.policies_on(scope)}
    assert needs == {f"{one.rule.id}.rego": one.needs for one in pack.policies()}
    assert headers.files() == tuple(sorted(needs))
