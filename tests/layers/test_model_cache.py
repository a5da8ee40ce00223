"""Weights and compiled programs that servers share: volumes, Jobs, delivery, network, plan."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.bootstrap.model_storage import buckets
from stackgen.bootstrap.teardown import teardown
from stackgen.compiler import Compiled
from stackgen.manifest.resource import Bundle, Resource
from stackgen.net.flows import flows_of
from stackgen.net.profile import profile_of
from stackgen.net.world import world_of
from stackgen.plan.model import ModelPlan, Plan
from stackgen.provenance.impact import impact
from tests.stacks import of_one_model

ISTIO, ONE = {"exposure": "internal"}, {"accelerator": "v6e", "topology": "2x4"}
IMAGE = "registry.example.com/models/qwen3-32b@sha256:" + "0" * 64
EXPECTED = {"supply-image-digest", "supply-model-revision-pinned"}


def stack(
    release: str, pool: dict[str, Any] | None = None, prove: bool = True, **model: Any
) -> Compiled:
    return of_one_model(release, ISTIO, {**ONE, **(pool or {})}, prove, **model)


@pytest.fixture(scope="module")
def bucket() -> Compiled:
    cache = {"type": "gcs-fuse", "bucket": "acme-models"}
    return stack("llm-d-0.9", modelCache=cache, compileCache={"bucket": "acme-compiled"})


@pytest.fixture(scope="module")
def kserve() -> Compiled:
    return stack("kserve-0.21", modelCache={"type": "gcs-fuse", "bucket": "acme-models"})


@pytest.fixture(scope="module")
def disk() -> Compiled:
    return stack("llm-d-0.9", replicas=3, modelCache={"type": "hyperdisk-ml"})


@pytest.fixture(scope="module")
def plain() -> Compiled:
    return stack("llm-d-0.9")


def bundle_of(compiled: Compiled) -> Bundle:
    assert compiled.bundle is not None, [f.message for f in compiled.findings]
    return compiled.bundle


def plan_of(compiled: Compiled) -> Plan:
    assert compiled.plan is not None
    return compiled.plan


def model_of(compiled: Compiled) -> ModelPlan:
    (model,) = plan_of(compiled).models
    return model


def the(compiled: Compiled, kind: str, part: str = "") -> Resource:
    (found,) = [r for r in bundle_of(compiled).objects if r.kind == kind and part in r.name]
    return found


def all_of(compiled: Compiled, kind: str) -> dict[str, Resource]:
    return {r.name: r for r in bundle_of(compiled).objects if r.kind == kind}


def server(compiled: Compiled) -> dict[str, Any]:
    found: dict[str, Any] = all_of(compiled, "Deployment")["qwen"].data["spec"]["template"]
    return found


def test_each_stack_is_proven(bucket: Compiled, kserve: Compiled, disk: Compiled) -> None:
    for compiled in (bucket, kserve, disk):
        assert {f.rule.id for f in compiled.findings} <= EXPECTED


def test_a_bucket_is_read_by_servers_and_written_by_a_job(bucket: Compiled) -> None:
    volumes = all_of(bucket, "PersistentVolume")
    weights, fill, programs = (
        next(v for n, v in volumes.items() if n.startswith(start) and n.endswith("-fill") == filled)
        for start, filled in (("qwen-model", False), ("qwen-model", True), ("qwen-programs", False))
    )
    csi = weights.data["spec"]["csi"]
    assert (csi["driver"], csi["readOnly"]) == ("gcsfuse.csi.storage.gke.io", True)
    assert csi["volumeHandle"] == f"acme-models:{weights.name}"
    assert {"only-dir=Qwen/Qwen3-32B", "uid=1000"} <= set(weights.data["spec"]["mountOptions"])
    assert weights.data["spec"]["accessModes"] == ["ReadOnlyMany"]
    assert "readOnly" not in fill.data["spec"]["csi"]
    assert fill.data["spec"]["accessModes"] == ["ReadWriteMany"]
    assert "only-dir=compile-cache/qwen" in programs.data["spec"]["mountOptions"]
    # Two volumes of one bucket in one Pod need handles that differ.
    assert len({v.data["spec"]["csi"]["volumeHandle"] for v in volumes.values()}) == 3
    job = the(bucket, "Job").data["spec"]["template"]
    claims = [v.get("persistentVolumeClaim", {}).get("claimName") for v in job["spec"]["volumes"]]
    assert fill.name in claims
    assert job["spec"]["containers"][0]["args"] == ["hf://Qwen/Qwen3-32B", "/mnt/models"]
    for template in (job, server(bucket)):
        assert template["metadata"]["annotations"]["gke-gcsfuse/volumes"] == "true"


def test_servers_read_the_volume_and_keep_programs(bucket: Compiled) -> None:
    pod = server(bucket)["spec"]
    (container,) = pod["containers"]
    assert container["args"][0] == "/mnt/models"
    assert "--served-model-name=Qwen/Qwen3-32B" in container["args"]
    assert {"name": "VLLM_XLA_CACHE_PATH", "value": "/compile-cache"} in container["env"]
    mounts = {m["mountPath"]: m for m in container["volumeMounts"]}
    assert mounts["/mnt/models"]["readOnly"] is True
    assert "readOnly" not in mounts["/compile-cache"]
    assert container["resources"]["requests"]["ephemeral-storage"] == "10Gi"


def test_kserve_is_told_the_claim_and_the_annotations(kserve: Compiled) -> None:
    service = the(kserve, "LLMInferenceService")
    claim = next(n for n in all_of(kserve, "PersistentVolumeClaim") if not n.endswith("-fill"))
    assert service.data["spec"]["model"] == {"uri": f"pvc://{claim}", "name": "Qwen/Qwen3-32B"}
    assert service.data["spec"]["annotations"]["gke-gcsfuse/volumes"] == "true"
    assert "initContainers" not in service.data["spec"]["template"]


def test_a_disk_is_filled_on_a_node_of_the_servers_and_then_read_only(disk: Compiled) -> None:
    name = model_of(disk).cache.name.value
    volumes = all_of(disk, "PersistentVolume")
    reads, fills = volumes[name], volumes[f"{name}-fill"]
    handle = f"projects/my-project/zones/us-central1-b/disks/{name}"
    assert {v.data["spec"]["csi"]["volumeHandle"] for v in (reads, fills)} == {handle}
    assert reads.data["spec"]["csi"]["readOnly"] is True
    assert fills.data["spec"]["accessModes"] == ["ReadWriteOnce"]
    pod = the(disk, "Job").data["spec"]["template"]["spec"]
    assert pod["nodeSelector"]["cloud.google.com/gke-tpu-topology"] == "2x4"
    assert pod["containers"][0]["resources"]["limits"]["google.com/tpu"] == "8"
    # 61 GiB for 3 servers in 60 s are more than samples provision.
    assert model_of(disk).cache.throughput.value == 2400


def test_servers_wait_for_the_job(bucket: Compiled) -> None:
    steps = {r.name: r.data["spec"] for r in bundle_of(bucket).objects if r.kind == "Kustomization"
             and r.group == "kustomize.toolkit.fluxcd.io"}  # fmt: skip
    assert {"name": "demo-4-model-cache"} in steps["demo-4-serving"]["dependsOn"]
    assert steps["demo-4-model-cache"]["wait"] is True


def test_the_rollout_knows_which_job_fills_the_volume(bucket: Compiled) -> None:
    from stackgen.rollout.fills import fillers
    from stackgen.rollout.model import key_of

    there = {key_of(r): r for r in bundle_of(bucket).objects if not r.index}
    found = fillers(there)
    assert list(found) == [("gcsfuse.csi.storage.gke.io", "acme-models", "only-dir=Qwen/Qwen3-32B")]


def test_only_the_job_asks_hugging_face(bucket: Compiled, disk: Compiled, plain: Compiled) -> None:
    def ends(compiled: Compiled) -> set[tuple[str, str]]:
        profile = profile_of(plan_of(compiled))
        flows = flows_of(world_of(bundle_of(compiled), profile), profile)
        return {
            (getattr(f.source, "role", ""), getattr(f.destination, "role", ""))
            for f in flows if f.kind == "needed"
        }  # fmt: skip

    with_bucket, with_disk, without = ends(bucket), ends(disk), ends(plain)
    assert ("model", "hugging-face") in without
    for found in (with_bucket, with_disk):
        assert ("model", "hugging-face") not in found
        assert ("weights-download", "hugging-face") in found
    assert {("model", "google-storage"), ("model", "metadata")} <= with_bucket
    assert ("model", "metadata") not in with_disk


def test_the_start_follows_the_source(bucket: Compiled, disk: Compiled, plain: Compiled) -> None:
    seconds = [model_of(c).startup.expected.value for c in (bucket, disk, plain)]
    assert seconds[0] < seconds[1] < seconds[2]
    # Three servers share 2400 MiB/s.
    assert model_of(disk).cache.speed.value == pytest.approx(2400 / 1024 / 3)
    assert model_of(plain).cache.speed.value is None


def test_an_image_is_a_volume_or_an_address() -> None:
    compiled = stack("llm-d-0.9", modelCache={"type": "oci", "image": IMAGE})
    pod = server(compiled)["spec"]
    assert {"name": "model", "image": {"reference": IMAGE}} in pod["volumes"]
    mounts = {m["mountPath"]: m for m in pod["containers"][0]["volumeMounts"]}
    assert mounts["/mnt/models"] == {
        "name": "model", "mountPath": "/mnt/models", "readOnly": True, "subPath": "models",
    }  # fmt: skip
    assert not all_of(compiled, "Job")
    service = the(
        stack("kserve-0.21", modelCache={"type": "oci", "image": IMAGE}), "LLMInferenceService"
    )
    assert service.data["spec"]["model"]["uri"] == f"oci://{IMAGE}"


def test_accounts_get_what_they_need(bucket: Compiled, kserve: Compiled, disk: Compiled) -> None:
    assert buckets(plan_of(bucket)) == {
        ("acme-compiled", "model-server"): "write-objects",
        ("acme-models", "model-server"): "read-objects",
        ("acme-models", "weights-download"): "write-objects",
    }
    assert buckets(plan_of(kserve))["acme-models", "model-server"] == "read-objects"
    assert buckets(plan_of(disk)) == {}


def test_other_weights_get_another_volume() -> None:
    names = {
        model_of(stack("llm-d-0.9", prove=False, **model)).cache.name.value
        for model in (
            {"modelCache": {"type": "hyperdisk-ml"}},
            {"modelCache": {"type": "hyperdisk-ml", "sizeGb": 200}},
            {"modelCache": {"type": "hyperdisk-ml"}, "model": "hf://Qwen/Qwen3-32B:main"},
        )
    }
    assert len(names) == 2


def test_what_a_cache_changes_is_traced_to_it(bucket: Compiled, plain: Compiled) -> None:
    before, after = ({r.file: r.data for r in bundle_of(c).resources} for c in (plain, bucket))
    changed = {f for f in {*before, *after} if before.get(f) != after.get(f)}
    base: tuple[str | int, ...] = ("spec", "serving", "models", 0)
    paths = [(*base, field) for field in ("modelCache", "compileCache")]
    # The names of new files depend on fields that they name: without them, on the type alone.
    known = {h.file for c in (plain, bucket) for h in impact(bundle_of(c), paths)}
    assert changed <= known
    assert len(changed) > 10


def test_disks_and_buckets_outlive_the_cluster(bucket: Compiled, disk: Compiled) -> None:
    said = teardown(plan_of(disk), bundle_of(disk).objects)
    name = model_of(disk).cache.name.value
    assert f"gcloud compute disks delete {name} --zone=us-central1-b --project=my-project" in said
    assert "gs://acme-models" in teardown(plan_of(bucket), bundle_of(bucket).objects)


def test_claims_of_static_volumes_never_change_their_request(bucket: Compiled) -> None:
    for claim in all_of(bucket, "PersistentVolumeClaim").values():
        assert claim.data["spec"]["resources"]["requests"]["storage"] == "1Gi"
        assert claim.data["spec"]["volumeName"] == claim.name


@pytest.mark.parametrize("release", ["llm-d-0.9", "kserve-0.21"])
def test_a_boot_disk_is_on_the_nodes_that_the_servers_select(release: str) -> None:
    """Also where a label of the nodes is there for some pools only."""
    gateway = {"exposure": "internal"}
    cache = {"type": "boot-disk", "image": "global/images/weights"}
    pool = {"accelerator": "v6e", "topology": "2x4"}
    found = of_one_model(release, gateway, pool, cluster={"managed": False}, modelCache=cache)
    assert found.bundle is not None, [f.message for f in found.findings]
    (volume,) = [r for r in found.bundle.objects if r.kind == "PersistentVolume"]
    (term,) = volume.data["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert {one["key"]: one["values"] for one in term["matchExpressions"]} == {
        "cloud.google.com/gke-tpu-accelerator": ["tpu-v6e-slice"],
        "cloud.google.com/gke-tpu-topology": ["2x4"],
        "cloud.google.com/gke-nodepool": ["tpu"],
    }
