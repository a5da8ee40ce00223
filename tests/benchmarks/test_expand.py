"""The comparison of a prediction with what a controller made."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from benchmarks.equality import differences, identity, like
from benchmarks.expand import compare, main
from benchmarks.facts import facts

SERVICE = """
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec: {model: {uri: "hf://Qwen/Qwen3-0.6B", name: qwen}, replicas: 1}
"""


def made(**spec: Any) -> dict[str, Any]:
    meta = {"name": "a", "namespace": "b", "uid": "1"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": {}}


def told(mine: dict[str, Any], real: dict[str, Any]) -> list[str]:
    return list(differences(like(mine), like(real, mine)))


def test_defaults_and_the_servers_own_fields_are_no_difference() -> None:
    ours, theirs = made(containers=[{"name": "x"}]), made(
        containers=[{"name": "x", "terminationMessagePath": "/dev/termination-log"}],
        restartPolicy="Always", dnsPolicy="ClusterFirst",
    )  # fmt: skip
    del ours["metadata"]["uid"], ours["status"]
    assert told(ours, theirs) == []
    limits = made(resources={"limits": {"memory": "1024Mi"}})
    assert told(limits, made(resources={"limits": {"memory": "1Gi"}})) == []


def test_all_else_is_told_with_its_path() -> None:
    assert told(made(a=1), made(a=2)) == ["spec.a: predicted 1, created 2"]
    assert told(made(a=1), made()) == ["spec.a: predicted 1, not created"]
    assert told(made(a=True), made(a=1)) == ["spec.a: predicted True, created 1"]
    assert told(made(a=[{"b": 1}]), made(a=[{"b": 2}])) == ["spec.a[].b: predicted 1, created 2"]


def test_a_script_is_compared_by_its_hash() -> None:
    start = "prepare\n"
    digest = hashlib.sha256(start.encode()).hexdigest()
    ours = made(args=[f"# preset script: {len(start)} characters, sha256:{digest}\nvllm serve"])
    assert told(ours, made(args=[f"{start}vllm serve"])) == []
    for other in (f"{start}vllm bench", "Prepare\nvllm serve", "vllm serve"):
        assert len(told(ours, made(args=[other]))) == 1


def test_what_is_missing_and_what_is_too_much() -> None:
    one, two = made(), {**made(), "kind": "Secret"}
    found = compare("case", [one], [two])
    assert (found.created, found.predicted, found.equal) == (1, 1, 0)
    assert found.missing == (identity(one),) and found.extra == (identity(two),)


def test_a_recording_of_our_own_prediction_is_equal(tmp_path: Path, capsys: Any) -> None:
    from benchmarks.expand import predicted

    from stackgen.catalog.load import Catalog

    row = "odh-3.5"
    objects = predicted(SERVICE, row, Catalog())
    assert len(objects) == 3
    path = tmp_path / "recording.jsonl"
    case = {"release": row, "case": "serving/qwen", "input": SERVICE, "objects": objects}
    path.write_text(json.dumps(case) + "\n")
    assert main(["--recording", str(path)]) == 0
    assert (
        "created 3, predicted 3, equal but for API defaults 3 (100.0%)" in capsys.readouterr().out
    )
    objects[0]["metadata"]["labels"] = {"other": "1"}
    path.write_text(json.dumps(case) + "\n")
    assert main(["--recording", str(path)]) == 1


def test_facts_are_those_of_equal_objects_and_no_others() -> None:
    text = "a text of others that is longer than what is written as it is"
    pod = {"containers": [{"name": "main", "ports": [{"containerPort": 8000}], "args": [text]}]}
    (found,) = facts([made(**pod)]).values()
    assert found["spec.containers.names"] == ["main"]
    assert found["spec.containers[main].ports"] == [{"containerPort": 8000}]
    assert text not in json.dumps(found) and found["spec.containers[main].args"].startswith("#")
    pod["containers"][0]["terminationMessagePath"] = "/dev/termination-log"
    assert facts([made(**pod)]) == {identity(made()): found}
    pod["containers"][0]["args"] = [text.upper()]
    assert facts([made(**pod)]) != {identity(made()): found}
    start = "prepare the start\n"
    digest = hashlib.sha256(start.encode()).hexdigest()
    ours = made(args=[f"# preset script: {len(start)} characters, sha256:{digest}\nvllm serve"])
    assert facts([made(args=[f"{start}vllm serve"])], [ours]) == facts([ours])


def test_what_the_api_server_allocates_and_fills_in_is_no_difference() -> None:
    ours = made(serviceAccountName="a", containers=[{"name": "x", "image": "r.example.com/a:1"}])
    theirs = made(
        serviceAccountName="a", serviceAccount="a", clusterIP="10.0.0.1", clusterIPs=["10.0.0.1"],
        containers=[{"name": "x", "image": "r.example.com/a:1", "imagePullPolicy": "IfNotPresent"}],
    )  # fmt: skip
    assert told(ours, theirs) == []
    assert told(made(), made(clusterIP="None")) != []
    for image, policy in (("a", "IfNotPresent"), ("r:5000/a", "IfNotPresent"), ("a:1", "Always")):
        other = made(containers=[{"name": "x", "image": image, "imagePullPolicy": policy}])
        assert told(made(containers=[{"name": "x", "image": image}]), other) != []
