"""Config Connector's objects, the gcloud script and the Terraform file say the same."""

from __future__ import annotations

import copy
import json
import os
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackgen.cli.main import cli
from stackgen.errors import UsageError
from stackgen.machines.fields import tables
from stackgen.machines.gcloud import script
from stackgen.machines.terraform import PROVIDER, document
from stackgen.manifest.resource import Resource
from tests.machines.provider import provider, refused
from tests.sandbox import ROOT
from tests.stacks import build_data

PATTERNS = ROOT / "generator" / "stackgen" / "patterns"
Facts = dict[str, Any]
SAME = (
    "project", "location", "cluster", "machine", "zones", "start", "min", "max", "policy", "pods",
    "spot", "flex", "longest", "reservation", "labels", "taints", "disk", "disk type", "repair",
    "account", "surge",
)  # fmt: skip


def _machines(data: dict[str, Any]) -> tuple[Resource, list[Resource], str]:
    compiled = build_data("prod", data)
    assert compiled.bundle is not None, [f.message for f in compiled.findings]
    found = [*compiled.bundle.objects, *compiled.bundle.outside]
    (cluster,) = (r for r in found if r.kind == "ContainerCluster")
    project = data["spec"]["cluster"]["project"]
    return cluster, [r for r in found if r.kind == "ContainerNodePool"], project


@st.composite
def _stacks(draw: st.DrawFn) -> dict[str, Any]:
    data: dict[str, Any] = copy.deepcopy(build_data("prod").loaded.data)
    cluster, (plain, tpu) = data["spec"]["cluster"], data["spec"]["cluster"]["nodePools"]
    cluster["managed"] = draw(st.booleans())
    cluster["dns"] = draw(st.sampled_from(["kube-dns", "cloud-dns"]))
    cluster["releaseChannel"] = draw(st.sampled_from(["RAPID", "REGULAR", "STABLE"]))
    data["spec"]["observe"] = {"engine": draw(st.sampled_from(["gmp", "none"]))}
    if draw(st.booleans()):
        cluster["location"] = "europe-west4"
        tpu["zone"] = "europe-west4-a"
    if draw(st.booleans()):
        del cluster["nodeServiceAccount"]
    for pool in (plain, tpu):
        low = draw(st.integers(0, 4))
        pool["nodes"] = {"min": low, "max": low + draw(st.integers(1, 9))}
        pool["purchase"] = draw(st.sampled_from(["on-demand", "spot", "flex-start", "1-year"]))
        if draw(st.booleans()):
            pool["diskSizeGb"] = draw(st.integers(10, 500))
        if pool["purchase"] in ("on-demand", "1-year") and draw(st.booleans()):
            pool["reservation"] = draw(
                st.sampled_from(["machines", "projects/other-project/reservations/machines"])
            )
    tpu["explicitScheduling"] = draw(st.booleans())
    tpu["topology"] = draw(st.sampled_from(["1x1", "2x2", "2x4"]))
    return data


def _of_object(pool: Resource, project: str) -> Facts:
    spec, config = pool.data["spec"], pool.data["spec"]["nodeConfig"]
    return {
        "project": project,
        "location": spec["location"],
        "cluster": spec["clusterRef"]["name"],
        "machine": config["machineType"],
        "zones": spec.get("nodeLocations"),
        "start": spec["initialNodeCount"],
        "min": spec["autoscaling"]["minNodeCount"],
        "max": spec["autoscaling"]["maxNodeCount"],
        "policy": spec["autoscaling"].get("locationPolicy"),
        "pods": spec.get("maxPodsPerNode"),
        "spot": config.get("spot", False),
        "flex": config.get("flexStart", False),
        "longest": config.get("maxRunDuration"),
        "reservation": (config.get("reservationAffinity") or {}).get("values"),
        "labels": config.get("labels"),
        "taints": config.get("taint"),
        "disk": config.get("diskSizeGb"),
        "disk type": config.get("diskType"),
        "repair": spec["management"]["autoRepair"],
        "account": (config.get("serviceAccountRef") or {}).get("external"),
        "surge": (spec.get("upgradeSettings") or {}).get("maxSurge"),
    }


def _of_terraform(pool: Any, clusters: Any) -> Facts:
    config = pool["node_config"]
    (key,) = clusters
    assert pool["cluster"] == f"${{google_container_cluster.{key}.name}}"
    return {
        "project": pool["project"],
        "location": pool["location"],
        "cluster": clusters[key]["name"],
        "machine": config["machine_type"],
        "zones": pool.get("node_locations"),
        "start": pool["initial_node_count"],
        "min": pool["autoscaling"]["min_node_count"],
        "max": pool["autoscaling"]["max_node_count"],
        "policy": pool["autoscaling"].get("location_policy"),
        "pods": pool.get("max_pods_per_node"),
        "spot": config.get("spot", False),
        "flex": config.get("flex_start", False),
        "longest": config.get("max_run_duration"),
        "reservation": (config.get("reservation_affinity") or {}).get("values"),
        "labels": config.get("labels"),
        "taints": config.get("taint"),
        "disk": config.get("disk_size_gb"),
        "disk type": config.get("disk_type"),
        "repair": pool["management"]["auto_repair"],
        "account": config.get("service_account"),
        "surge": (pool.get("upgrade_settings") or {}).get("max_surge"),
    }


def _of_gcloud(words: list[str]) -> Facts:
    """The facts in the words of one `node-pools create`."""
    flags: dict[str, str] = {}
    for word in words:
        name, _, value = word.partition("=")
        assert name not in flags, f"{name} twice"
        flags[name] = value

    def number(name: str) -> int | None:
        return int(flags[name]) if name in flags else None

    assert ("--reservation" in flags) == (flags.get("--reservation-affinity") == "specific")
    assert ("--enable-autorepair" in flags) != ("--no-enable-autorepair" in flags)
    assert "--enable-autoscaling" in flags
    effects = {"NoSchedule": "NO_SCHEDULE"}
    taints = []
    for item in flags["--node-taints"].split(",") if "--node-taints" in flags else ():
        key, _, rest = item.partition("=")
        value, _, effect = rest.partition(":")
        taints.append({"key": key, "value": value, "effect": effects[effect]})
    labels = dict(p.split("=") for p in flags["--node-labels"].split(",")) if (
        "--node-labels" in flags
    ) else None  # fmt: skip
    return {
        "project": flags["--project"],
        "location": flags["--location"],
        "cluster": flags["--cluster"],
        "machine": flags["--machine-type"],
        "zones": flags["--node-locations"].split(",") if "--node-locations" in flags else None,
        "start": number("--num-nodes"),
        "min": number("--min-nodes"),
        "max": number("--max-nodes"),
        "policy": flags.get("--location-policy"),
        "pods": number("--max-pods-per-node"),
        "spot": "--spot" in flags,
        "flex": "--flex-start" in flags,
        "longest": flags.get("--max-run-duration"),
        "reservation": [flags["--reservation"]] if "--reservation" in flags else None,
        "labels": labels,
        "taints": taints or None,
        "disk": number("--disk-size"),
        "disk type": flags.get("--disk-type"),
        "repair": "--enable-autorepair" in flags,
        "account": flags.get("--service-account"),
        "surge": number("--max-surge-upgrade"),
    }


def _created(text: str) -> dict[str, list[str]]:
    """The words of every `node-pools create` of the script, by pool."""
    lines = text.replace(" \\\n", " ").splitlines()
    commands = [shlex.split(line) for line in lines if "node-pools create" in line]
    return {words[4]: words[5:] for words in commands}


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(_stacks())
def test_the_three_forms_state_the_same_facts(data: dict[str, Any]) -> None:
    cluster, pools, project = _machines(data)
    terraform = json.loads(document(cluster, pools, project))["resource"]
    clusters = terraform["google_container_cluster"]
    created = _created(script(cluster, pools, project))
    assert set(created) == {pool.name for pool in pools}
    for pool in pools:
        wanted = _of_object(pool, project)
        assert set(wanted) == set(SAME)
        mine = terraform["google_container_node_pool"][pool.name]
        assert mine["name"] == pool.name
        assert _of_terraform(mine, clusters) == wanted
        assert _of_gcloud(created[pool.name]) == wanted
        assert refused("google_container_node_pool", mine) == []
    ((_, first),) = clusters.items()
    assert refused("google_container_cluster", first) == []
    assert first["dns_config"]["cluster_dns"] == "CLOUD_DNS" if "dns_config" in first else True
    assert ("dns_config" in first) == (data["spec"]["cluster"]["dns"] == "cloud-dns")
    prometheus = first["monitoring_config"]["managed_prometheus"]["enabled"]
    assert prometheus == (data["spec"]["observe"]["engine"] == "gmp")


def test_every_attribute_that_a_field_can_become_is_the_providers() -> None:
    fields = provider()[1]
    for table, resource in (
        ("cluster", "google_container_cluster"),
        ("pool", "google_container_node_pool"),
    ):
        for path, row in tables()[table].items():
            found = fields.get(f"{resource}.{row['terraform']}")
            assert found is not None, path
            assert found.use != "computed", path


def test_the_file_asks_for_the_provider_whose_schema_is_known() -> None:
    version, _ = provider()
    major, minor, _ = version.removeprefix("v").split(".")
    assert PROVIDER["version"] == f"~> {major}.{minor}"


ENVIRONMENTS = [
    (name, env)
    for name in sorted(p.name for p in PATTERNS.iterdir() if (p / "stack.yaml").exists())
    for env in sorted(p.name for p in (PATTERNS / name / "overlays").iterdir())
]


@pytest.mark.parametrize(("pattern", "env"), ENVIRONMENTS)
def test_the_provider_takes_the_machines_of_every_pattern(pattern: str, env: str) -> None:
    done = CliRunner().invoke(
        cli, ["cluster", "-C", str(PATTERNS / pattern), "--env", env, "--format", "terraform"]
    )
    assert done.exit_code == 0, done.output
    resources = json.loads(done.stdout)["resource"]
    assert set(resources) == {"google_container_cluster", "google_container_node_pool"}
    for kind, named in resources.items():
        for data in named.values():
            assert refused(kind, data) == []
    pools = resources["google_container_node_pool"].values()
    if pattern == "gpu":
        (accelerator,) = next(p for p in pools if "guest_accelerator" in p["node_config"])[
            "node_config"
        ]["guest_accelerator"]
        assert accelerator["gpu_driver_installation_config"] == {"gpu_driver_version": "DEFAULT"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"node_config": {"taints": []}}, "google_container_node_pool.node_config has no taints"),
        ({"cluster": None}, "google_container_node_pool.cluster is None, and string is needed"),
        ({"instance_group_urls": []}, "google_container_node_pool.instance_group_urls cannot be"),
        ({"autoscaling": [{}, {}]}, "google_container_node_pool.autoscaling is there 2 times"),
        ({"initial_node_count": True}, "initial_node_count is True, and int is needed"),
        (
            {"node_config": {"guest_accelerator": [{"type": "l4"}]}},
            "google_container_node_pool.node_config.guest_accelerator needs count",
        ),
    ],
)
def test_what_the_provider_refuses_is_seen(change: dict[str, Any], why: str) -> None:
    (said,) = refused("google_container_node_pool", {"cluster": "a", **change})
    assert why in said


def test_a_field_without_a_translation_is_said_and_not_dropped() -> None:
    data = copy.deepcopy(build_data("prod").loaded.data)
    data["spec"]["patches"] = [{
        "target": {"kind": "ContainerNodePool", "name": "tpu-v6e-pool"},
        "patch": {"spec": {"nodeConfig": {"minCpuPlatform": "Intel Ice Lake"}}},
    }]  # fmt: skip
    machines = _machines(data)
    for form in (script, document):
        with pytest.raises(UsageError, match=r"spec\.nodeConfig\.minCpuPlatform"):
            form(*machines)


def test_patches_of_the_spec_are_in_all_forms() -> None:
    data = copy.deepcopy(build_data("prod").loaded.data)
    data["spec"]["patches"] = [{
        "target": {"kind": "ContainerNodePool", "name": "tpu-v6e-pool"},
        "patch": {"spec": {"nodeConfig": {"labels": {"team": "a b; $(id) ${x}"}}}},
    }]  # fmt: skip
    machines = _machines(data)
    words = _created(script(*machines))["tpu-v6e-pool"]
    assert "--node-labels=team=a b; $(id) ${x}" in words
    pool = json.loads(document(*machines))["resource"]["google_container_node_pool"]["tpu-v6e-pool"]
    assert pool["node_config"]["labels"] == {"team": "a b; $(id) $${x}"}


# -- the script as it runs -----------------------------------------------------------------------

GCLOUD = """\
#!/usr/bin/env bash
# Stands in for gcloud: knows what it made, by files.
set -eu
echo "$*" >> "$STATE/log"
verb="$3"; name="$4"
case "$verb" in
  describe)
    test -e "$STATE/$2-$name" || exit 1
    case "$*" in *--format=*) cat "$STATE/$2-$name" ;; esac ;;
  create)
    test ! -e "$STATE/$2-$name" || { echo "already exists" >&2; exit 1; }
    echo mine > "$STATE/$2-$name"
    if [ "$2" = clusters ]; then echo yes > "$STATE/node-pools-default-pool"; fi ;;
  delete) rm "$STATE/$2-$name" ;;
esac
"""


def _run(folder: Path, text: str) -> list[str]:
    """Run the script; the verbs and names it called gcloud with that changed something."""
    tool = folder / "bin" / "gcloud"
    if not tool.exists():
        tool.parent.mkdir()
        tool.write_text(GCLOUD)
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
        (folder / "state").mkdir()
    log = folder / "state" / "log"
    log.write_text("")
    env = {"PATH": f"{tool.parent}:{os.environ['PATH']}", "STATE": str(folder / "state")}
    subprocess.run(["bash", "-c", text], env=env, check=True, capture_output=True, text=True)
    said = [line.split()[1:4] for line in log.read_text().splitlines()]
    return [" ".join(words) for words in said if words[1] != "describe"]


def test_the_script_makes_what_is_missing_and_can_run_again(tmp_path: Path) -> None:
    text = script(*_machines(build_data("prod").loaded.data))
    assert _run(tmp_path, text) == [
        "clusters create llmd-istio-tpu",
        "node-pools delete default-pool",
        "node-pools create default-pool",
        "node-pools create tpu-v6e-pool",
    ]
    assert _run(tmp_path, text) == []
    # It stopped after the cluster: the pool that came with it is not taken for ours.
    (tmp_path / "state" / "node-pools-tpu-v6e-pool").unlink()
    (tmp_path / "state" / "node-pools-default-pool").write_text("yes\n")
    assert _run(tmp_path, text) == [
        "node-pools delete default-pool",
        "node-pools create default-pool",
        "node-pools create tpu-v6e-pool",
    ]


def test_the_script_stops_at_the_first_command_that_fails(tmp_path: Path) -> None:
    text = script(*_machines(build_data("prod").loaded.data))
    _run(tmp_path, "true")
    tool = tmp_path / "bin" / "gcloud"
    tool.write_text('#!/usr/bin/env bash\necho "$*" >> "$STATE/log"\nexit 1\n')
    env = {"PATH": f"{tool.parent}:{os.environ['PATH']}", "STATE": str(tmp_path / "state")}
    done = subprocess.run(["bash", "-c", text], env=env, check=False, capture_output=True)
    assert done.returncode == 1
    log = (tmp_path / "state" / "log").read_text().splitlines()
    assert [line.split()[2] for line in log] == ["describe", "create"]
