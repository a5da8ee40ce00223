"""What scripts and Terraform files make."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.machines import gcloud
from stackgen.machines.made import made_by
from stackgen.manifest.document import Source
from stackgen.manifest.resource import Resource


def made(text: str, name: str = "setup.sh") -> dict[tuple[str, str], Resource]:
    return {(r.kind, r.name): r for r in made_by([Source(name, text)])}


SPEC: dict[str, Any] = {
    "location": "us-east5-b",
    "clusterRef": {"name": "llm"},
    "placementPolicy": {"type": "COMPACT", "tpuTopology": "4x4"},
    "autoscaling": {"totalMinNodeCount": 0, "totalMaxNodeCount": 4, "locationPolicy": "ANY"},
    "management": {"autoRepair": True, "autoUpgrade": False},
    "nodeConfig": {
        "machineType": "ct6e-standard-4t",
        "diskSizeGb": 200,
        "spot": True,
        "labels": {"role": "serving"},
        "taint": [{"key": "google.com/tpu", "value": "present", "effect": "NO_SCHEDULE"}],
    },
}


def test_what_the_script_of_a_pool_makes_is_the_pool() -> None:
    data = {"kind": "ContainerNodePool", "metadata": {"name": "tpu"}, "spec": SPEC}
    flags = gcloud.flags_of(Resource(data, "pool.yaml"))
    words = ["gcloud container node-pools create tpu", *flags, "--quiet"]
    (pool,) = made(" \\\n  ".join(words)).values()
    assert pool.data["spec"] == SPEC


def test_terraform_makes_the_same() -> None:
    text = """
resource "google_container_node_pool" "pool" {
  name     = "tpu"
  location = "us-east5-b"
  node_count = 2
  node_config {
    machine_type = "ct6e-standard-4t"
    guest_accelerator {
      type  = "nvidia-l4"
      count = 1
    }
  }
}
resource "google_service_account_iam_member" "one" {
  service_account_id = "models"
  role   = "roles/iam.workloadIdentityUser"
  member = "serviceAccount:p.svc.id.goog[models/qwen]"
}
"""
    found = made(text, "main.tf")
    pool = found["ContainerNodePool", "tpu"]
    assert pool.get("spec", "nodeCount") == 2
    assert pool.get("spec", "nodeConfig", "guestAccelerator") == [{"type": "nvidia-l4", "count": 1}]
    mark = pool.mark(("spec", "nodeConfig", "machineType"))
    assert mark is not None and mark.line == 7
    assert ("IAMPolicyMember", "serviceAccount:p.svc.id.goog[models/qwen]") in found


def test_secrets_have_keys_and_no_values() -> None:
    text = (
        "kubectl create ns models\n"
        "kubectl create secret generic hf -n models --from-literal=token=x --from-file=a/b.pem\n"
        "kubectl create secret docker-registry pull -n models --docker-password=x\n"
        "kubectl create sa qwen --namespace models\n"
        "gcloud container clusters create-auto llm --region us-east5\n"
    )
    found = made(text)
    secret = found["Secret", "hf"]
    assert secret.namespace == "models"
    assert secret.data["data"] == {"token": "", "b.pem": ""}
    assert set(found["Secret", "pull"].data["data"]) == {".dockerconfigjson"}
    assert {("Namespace", "models"), ("ServiceAccount", "qwen")} <= set(found)
    assert found["ContainerCluster", "llm"].get("spec", "enableAutopilot") is True


def test_scripts_share_the_variables_of_one_that_they_source() -> None:
    scripts = {
        "a/up.sh": ". ./env.sh\nkubectl create secret generic hf -n $SPACE --from-literal=k=x\n",
        "a/env.sh": "SPACE=models\n",
    }
    (secret,) = made_by([Source(name, text) for name, text in scripts.items()])
    assert (secret.namespace, secret.get("data")) == ("models", {"k": ""})


def test_a_namespace_that_another_command_sets_is_not_known() -> None:
    text = "kubectl config set-context --current --namespace=x\nkubectl create secret tls one\n"
    assert made(text)["Secret", "one"].namespace == "$NAMESPACE"


def test_values_that_a_script_gives_take_the_place_of_defaults() -> None:
    file = Source("main.tf", 'variable "m" { default = "n2-standard-4" }\n' + POOL)
    script = Source("up.sh", "terraform apply -var m=g2-standard-8\n")
    (alone,) = made_by([file])
    (with_script,) = made_by([file, script])
    assert alone.get("spec", "nodeConfig", "machineType") == "n2-standard-4"
    assert with_script.get("spec", "nodeConfig", "machineType") == "${var.m}"


POOL = """
resource "google_container_node_pool" "pool" {
  node_config { machine_type = var.m }
}
"""


BINDING = """
variable "space" { default = "own" }
resource "google_service_account_iam_member" "m" {
  service_account_id = "a"
  role   = "roles/iam.workloadIdentityUser"
  member = "serviceAccount:p.svc.id.goog[${var.space}/runner]"
}
"""


def call(value: str) -> str:
    return f'module "iam" {{\n  source = "./modules/iam"\n  space  = {value}\n}}\n'


@pytest.mark.parametrize(
    ("callers", "space"),
    [
        ([call('"models"')], "models"),
        (['variable "s" { default = "apps" }\n' + call("var.s")], "apps"),
        ([call('"one"'), call('"two"')], "${var.space}"),
        ([call("module.other.name")], "${module.other.name}"),
        ([], "own"),
    ],
)
def test_a_module_has_what_its_caller_passes(callers: list[str], space: str) -> None:
    """Two callers with different values leave it unknown."""
    files = [Source(f"tf/main{i}.tf", text) for i, text in enumerate(callers)]
    made = made_by([*files, Source("tf/modules/iam/main.tf", BINDING)])
    (found,) = (one for one in made if one.kind != "Module")
    assert found.get("spec", "member") == f"serviceAccount:p.svc.id.goog[{space}/runner]"


def test_authorized_networks_are_read_from_both() -> None:
    script = (
        "gcloud container clusters create llm --master-authorized-networks 10.0.0.0/8,0.0.0.0/0"
    )
    block = 'cidr_blocks { cidr_block = "0.0.0.0/0" }'
    outer = f"master_authorized_networks_config {{ {block} }}"
    text = f'resource "google_container_cluster" "c" {{ {outer} }}'
    at = ("spec", "masterAuthorizedNetworksConfig", "cidrBlocks")
    (one,) = made_by([Source("up.sh", script + "\n")])
    (two,) = made_by([Source("main.tf", text + "\n")])
    assert one.get(*at) == [{"cidrBlock": "10.0.0.0/8"}, {"cidrBlock": "0.0.0.0/0"}]
    assert two.get(*at) == [{"cidrBlock": "0.0.0.0/0"}]


def test_a_file_of_values_has_the_last_word() -> None:
    pool = """resource "google_container_node_pool" "tpu" {
  name       = var.name
  node_count = var.n
}
"""
    declared = 'variable "name" {\n  default = "a"\n}\nvariable "n" {}\n'
    files = {
        "tf/main.tf": pool + declared,
        "tf/terraform.tfvars": 'name = "b"\nn = 1\n',
        "tf/x.auto.tfvars": "n = 3\n",
        "tf/stage.tfvars": 'name = "c"\n',
    }
    (one,) = made_by([Source(name, text) for name, text in files.items()])
    assert (one.name, one.data["spec"]["nodeCount"]) == ("b", 3)


def test_a_default_that_a_named_file_of_values_changes_is_not_known() -> None:
    files = {
        "tf/main.tf": 'resource "google_container_node_pool" "tpu" {\n  name = "tpu"\n'
        "  node_count = var.n\n  max_pods_per_node = var.pods\n}\n"
        'variable "n" {\n  default = 2\n}\nvariable "pods" {\n  default = 64\n}\n',
        "tf/envs/prod.tfvars": "n = 6\npods = 64\n",
    }
    (one,) = made_by([Source(name, text) for name, text in files.items()])
    assert one.get("spec") == {"nodeCount": "${var.n}", "maxPodsPerNode": 64}
