"""Node pools of several tpu7x hosts, which take a workload policy, and no compact placement."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.bootstrap.files import files
from stackgen.compiler import Compiled
from stackgen.machines.gcloud import flags_of
from tests.stacks import of_one_model


def compiled(accelerator: str, topology: str, **cluster: Any) -> Compiled:
    pool = {"accelerator": accelerator, "topology": topology, "nodes": {"min": 0, "max": 4}}
    return of_one_model("llm-d-0.9", {"exposure": "internal"}, pool, cluster=cluster)


def made(accelerator: str, topology: str, **cluster: Any) -> tuple[dict[str, Any], list[str], str]:
    """The placement of the node pool, its flags of gcloud, and the script for the project."""
    found = compiled(accelerator, topology, **cluster)
    assert found.bundle is not None and found.plan is not None, found.findings
    pools = [one for one in found.bundle.objects if one.kind == "ContainerNodePool"]
    pool = next(one for one in pools if one.name.startswith("tpu"))
    script = files(found.plan, found.bundle)["project.sh"]
    return pool.data["spec"].get("placementPolicy", {}), flags_of(pool), script


def test_several_hosts_name_the_policy_that_bootstrap_creates() -> None:
    placement, flags, script = made("tpu7x", "2x2x2", location="us-central1-c")
    assert placement == {
        "type": "", "tpuTopology": "2x2x2", "policyNameRef": {"external": "tpu7x-2x2x2"},
    }  # fmt: skip
    assert "--placement-policy=tpu7x-2x2x2" in flags
    assert not [flag for flag in flags if flag.startswith("--placement-type")]
    (line,) = (one for one in script.splitlines() if "create workload-policy" in one)
    assert "--type=HIGH_THROUGHPUT" in script and "--accelerator-topology=2x2x2" in script
    assert "tpu7x-2x2x2" in line and "provision_only" not in script


@pytest.mark.parametrize(
    ("accelerator", "topology", "location", "placement"),
    [
        ("tpu7x", "2x2x1", "us-central1-c", {}),
        ("v6e", "4x4", "us-east5-b", {"type": "COMPACT", "tpuTopology": "4x4"}),
    ],
)
def test_single_hosts_and_other_generations_need_none(
    accelerator: str, topology: str, location: str, placement: dict[str, str]
) -> None:
    found, _, script = made(accelerator, topology, location=location)
    assert found == placement
    assert "workload-policy" not in script
