"""The quotas that the scripts read: which, how much, and when the script stops."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from typing import Any

import pytest

from stackgen.bootstrap.needs import needs
from stackgen.bootstrap.quotas import Family, Quotas, quota_steps, quotas
from stackgen.escape import shell_word
from stackgen.manifest.resource import Resource
from stackgen.plan.model import Plan
from tests.plan.planning import plan

CPU_POOL = {"name": "default-pool", "machineType": "n1-standard-4", "nodes": {"min": 2, "max": 4}}
TPU_POOL = {"name": "tpu", "accelerator": "v6e", "topology": "2x2", "nodes": {"min": 0, "max": 3}}


CLUSTER = Resource({"kind": "ContainerCluster", "metadata": {"name": "a"}}, "a.yaml")
PRIVATE = Resource(
    {**CLUSTER.data, "spec": {"privateClusterConfig": {"enablePrivateNodes": True}}}, "a.yaml"
)


@cache
def stack(cluster: str) -> Plan:
    """The plan of a small stack. cluster: fields of its cluster, as JSON."""
    return plan(json.dumps({"spec": {"cluster": json.loads(cluster)}}))


def counted(*pools: dict[str, Any], **cluster: Any) -> Quotas:
    """The quotas of a stack with these node pools."""
    return quotas(
        stack(json.dumps({"location": "us-central1-a", **cluster, "nodePools": pools})), CLUSTER
    )


def test_every_pool_counts_with_its_maximum() -> None:
    found = counted(CPU_POOL, TPU_POOL)
    assert found.regional == {
        "CPUS": 16, "INSTANCES": 7, "IN_USE_ADDRESSES": 7, "SSD_TOTAL_GB": 400,
        "HDB_TOTAL_GB": 300, "REGIONAL_INTERNAL_LB_BACKEND_SERVICES": 1,
    }  # fmt: skip
    # The vCPUs of TPU hosts count in no quota, and chips do not count as GPUs.
    assert found.project == {"CPUS_ALL_REGIONS": 16}
    assert found.families == {Family("tpu", "CT6E", "v6e", False): 12}
    assert found.unknown == ()


CPU = {**CPU_POOL, "nodes": {"min": 1, "max": 2}}
GPU = {"name": "gpu-pool", "nodes": {"min": 0, "max": 3}}


@pytest.mark.parametrize(
    ("pool", "regional", "families"),
    [
        ({**CPU, "machineType": "e2-standard-8"}, {"E2_CPUS|CPUS": 16}, {}),
        ({**CPU, "machineType": "e2-medium"}, {"E2_CPUS|CPUS": 4}, {}),
        ({**CPU, "machineType": "n2-standard-8"}, {"N2_CPUS": 16}, {}),
        (
            {**CPU, "machineType": "n2d-standard-8", "purchase": "spot"},
            {"PREEMPTIBLE_CPUS|N2D_CPUS": 16},
            {},
        ),
        ({**CPU, "purchase": "1-year"}, {"CPUS": 8}, {}),
        ({**GPU, "accelerator": "t4", "gpus": 1}, {"CPUS": 12, "NVIDIA_T4_GPUS": 3}, {}),
        (
            {**GPU, "accelerator": "a100-80", "gpus": 2, "purchase": "spot"},
            {
                "PREEMPTIBLE_CPUS|A2_CPUS": 72,
                "PREEMPTIBLE_NVIDIA_A100_80GB_GPUS|NVIDIA_A100_80GB_GPUS": 6,
            },
            {},
        ),
        (
            {**GPU, "accelerator": "l4", "gpus": 1, "machineType": "g2-standard-8"},
            {"NVIDIA_L4_GPUS": 3},
            {Family("cpu", "G2", "g2", False): 24},
        ),
        (
            {**GPU, "accelerator": "h100", "gpus": 8},
            {},
            {
                Family("gpu", "NVIDIA_H100", "h100", False): 24,
                Family("cpu", "A3", "a3", False): 624,
            },
        ),
        (
            {**GPU, "accelerator": "v5e", "topology": "2x2", "purchase": "spot"},
            {"PREEMPTIBLE_TPU_LITE_PODSLICE_V5|TPU_LITE_PODSLICE_V5": 12},
            {},
        ),
        ({**GPU, "accelerator": "v6e", "topology": "2x2", "reservation": "mine"}, {}, {}),
    ],
)
def test_machines_and_accelerators_count_in_their_own_quota(
    pool: dict[str, Any], regional: dict[str, int], families: dict[Family, int]
) -> None:
    alone = counted(CPU_POOL, TPU_POOL)
    both = counted(CPU_POOL, TPU_POOL, {**pool, "name": "more"})
    shared = {"INSTANCES", "IN_USE_ADDRESSES", "SSD_TOTAL_GB", "HDB_TOTAL_GB", "DISKS_TOTAL_GB"}
    more = {
        name: count - alone.regional.get(name, 0)
        for name, count in both.regional.items()
        if name not in shared and count != alone.regional.get(name)
    }
    other = {one: n for one, n in both.families.items() if n != alone.families.get(one)}
    assert (more, other) == (regional, families)
    high = pool["nodes"]["max"]
    assert both.regional["INSTANCES"] == alone.regional["INSTANCES"] + high


def test_a_pool_without_a_zone_has_its_nodes_in_each_zone_of_a_regional_cluster() -> None:
    zone = {"zone": "us-east5-a"}
    found = counted(CPU_POOL, {**TPU_POOL, **zone}, location="us-east5")
    assert (found.regional["CPUS"], found.regional["INSTANCES"]) == (48, 15)


def test_an_external_load_balancer_has_an_address_and_forwarding_rules() -> None:
    overlay = {"spec": {"gateway": {"exposure": "external"}}}
    found = quotas(plan(json.dumps(overlay)), PRIVATE)
    assert {name: n for name, n in found.regional.items() if "LB" in name or "ADDR" in name} == {
        "IN_USE_ADDRESSES": 1, "EXTERNAL_NETWORK_LB_FORWARDING_RULES": 1,
        "REGIONAL_EXTERNAL_NETWORK_LB_BACKEND_SERVICES": 1,
    }  # fmt: skip


def test_the_size_of_disks_counts_and_private_nodes_have_no_address() -> None:
    of = stack(json.dumps({"nodePools": [{**CPU_POOL, "diskSizeGb": 50}, TPU_POOL]}))
    found = quotas(of, PRIVATE)
    assert found.regional["SSD_TOTAL_GB"] == 200
    assert "IN_USE_ADDRESSES" not in found.regional


def run(
    found: Quotas, listed: str, there: bool = False, **env: str
) -> subprocess.CompletedProcess[str]:
    """The steps, with a gcloud that prints `listed`."""
    lines = ["set -euo pipefail", 'stop() { printf "%s\\n" "$@" >&2; exit 1; }',
             f"gcloud() {{ printf '%b\\n' {shell_word(listed)}; }}"]  # fmt: skip
    of = stack(json.dumps({"nodePools": [CPU_POOL, TPU_POOL]}))
    lines.append(f"exists() {{ {'true' if there else 'false'}; }}")
    for step in quota_steps(of, found, needs(of, CLUSTER)):
        lines += step.commands
    return subprocess.run(
        ["bash"], input="\n".join(lines), capture_output=True, text=True, check=False, env=env
    )


@pytest.mark.parametrize(
    ("wanted", "listed", "shown", "code"),
    [
        ({"CPUS": 16}, "CPUS 8 24", "CPUS 8 24 16", 0),
        ({"CPUS": 17}, "CPUS 8 24", "CPUS 8 24 17", 1),
        ({"A": 1}, "CPUS 8 24", "A is not listed: unknown, needed: 1", 0),
        ({"E2_CPUS|CPUS": 8, "CPUS": 4}, "E2_CPUS 0 8\\nCPUS 0 4", "E2_CPUS 0 8 8", 0),
        ({"E2_CPUS|CPUS": 8, "CPUS": 4}, "CPUS 0 11", "CPUS 0 11 12", 1),
        ({"PREEMPTIBLE_CPUS|CPUS": 8}, "PREEMPTIBLE_CPUS 0 0\\nCPUS 0 8", "CPUS 0 8 8", 0),
        ({"PREEMPTIBLE_A|A": 2}, "PREEMPTIBLE_A 0 0\\nA 0 0", "A 0 0 2", 1),
        ({"PREEMPTIBLE_A|A": 2}, "PREEMPTIBLE_A 0 1", "PREEMPTIBLE_A 0 1 2", 1),
    ],
)
def test_a_quota_that_is_too_small_stops_the_script(
    wanted: dict[str, int], listed: str, shown: str, code: int
) -> None:
    done = run(Quotas(wanted, {}, {}, ("disk type x",)), listed)
    assert (done.returncode, done.stderr.startswith("A quota is too small")) == (code, code == 1)
    assert shown in done.stdout.splitlines()
    assert done.stdout.startswith("disk type x: unknown, not counted\n")
    skipped = run(Quotas(wanted, {}, {}, ()), listed, SKIP_QUOTAS="yes")
    assert skipped.returncode == 0


@pytest.mark.parametrize(("most", "code"), [(24, 0), (25, 1)])
def test_the_nodes_of_the_stack_itself_are_no_reason_to_stop(most: int, code: int) -> None:
    found = Quotas({"CPUS": most}, {}, {}, ())
    assert run(found, "CPUS 20 24").returncode == 1
    assert run(found, "CPUS 20 24", there=True).returncode == code


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        ("ID\\tCT6E\\tus-east5\\t12", 0),
        ("ID\\tCT6E\\tus-east5,us-west1\\t11", 1),
        ("ID\\tCT6E\\tus-east5\\t-1", 0),
        # The limit of the family counts, and not that of all others.
        ("ID\\tCT6E\\tus-east5\\t0\\nID\\t\\tus-east5\\t100", 1),
        ("ID\\t\\tus-east5\\t100\\nID\\tCT6E\\tus-east5\\t0", 1),
        ("ID\\tCT6E\\tus-east5\\t0\\nSPOT\\tCT6E\\tus-east5\\t16", 0),
        ("ID\\tCT6E\\tus-east50\\t0", 0),
        ("", 0),
    ],
)
def test_the_limit_of_a_family_in_the_region_counts(listed: str, code: int) -> None:
    done = run(Quotas({}, {}, {Family("tpu", "CT6E", "v6e", False): 12}, ()), listed)
    assert done.returncode == code, done.stdout + done.stderr
    unknown = "CT6E is not listed in us-east5: unknown" in done.stdout
    assert unknown == (not listed or "east50" in listed)
    assert "--preferred-value=12" in done.stdout
    assert "--dimensions=region=us-east5,tpu_family=CT6E" in done.stdout
