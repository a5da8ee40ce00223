"""The scripts of a bootstrap, run twice against programs that stand for gcloud and kubectl."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stackgen.bootstrap.files import files
from stackgen.bootstrap.script import script
from stackgen.bootstrap.terraform import document
from tests.bootstrap.stand_ins import Machine
from tests.bootstrap.test_files import STACKS, made_by
from tests.machines.provider import refused
from tests.stacks import build_data

SCRIPTS = ("project.sh", "secrets.sh", "management-cluster.sh", "cluster.sh", "workload-cluster.sh")
CREATES = re.compile(r"^\S+ .*\b(create|create-auto|versions add|patch)\b")


def written(made: dict[str, str], folder: Path) -> Path:
    """The files of a bootstrap in a folder."""
    for name, text in made.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def made_with(changes: dict[str, Any], env: str = "prod") -> dict[str, str]:
    """The files of the reference stack with other values, by the path of each value."""
    data = copy.deepcopy(build_data(env).loaded.data)
    for path, value in changes.items():
        here = data["spec"]
        *above, last = path.split(".")
        for step in above:
            here = here.setdefault(step, {})
        here[last] = value
    compiled = build_data(env, data)
    assert compiled.plan is not None and compiled.bundle is not None
    return files(compiled.plan, compiled.bundle)


def machine(made: dict[str, str], folder: Path) -> Machine:
    """A machine on which delivery makes what the scripts wait for."""
    found = Machine(folder)
    text = "".join(made[name] for name in SCRIPTS if name in made)
    waited = re.findall(r"exists kubectl get (\S+) (\S+)(?: --namespace (\S+))?", text)
    cnrm = [f"{kind}/{name}/{space}" for kind, name, space in waited if kind.startswith("contain")]
    spaces = [f"{kind}/{name}/" for kind, name, _ in waited if kind == "namespace"]
    found.answers["applied"] |= {"management-cluster": cnrm, "workload-cluster": spaces}
    cidr = re.search(r"controlPlaneCidr is ([0-9./]+),", text)
    found.answers["kubectl"][".subsets"] = cidr[1].partition("/")[0] if cidr else "10.0.0.2"
    return found


def run_all(here: Machine, folder: Path, **more: str) -> list[str]:
    """Every script in order, and the calls that create something."""
    created = []
    for name in SCRIPTS:
        if (folder / name).exists():
            done = here.run(folder / name, **more)
            assert (name, done.returncode) == (name, 0), done.stdout + done.stderr
            created += [line for line in here.lines() if CREATES.search(line)]
    return created


@pytest.mark.parametrize("name", STACKS)
def test_bash_reads_each_script(name: str, tmp_path: Path) -> None:
    for file, text in made_by(name).items():
        if file.endswith(".sh"):
            done = subprocess.run(
                ["bash", "-n"], input=text, capture_output=True, text=True, check=False
            )
            assert (file, done.returncode, done.stderr) == (file, 0, "")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("name", STACKS)
def test_shellcheck_agrees(name: str, tmp_path: Path) -> None:
    folder = written(made_by(name), tmp_path)
    scripts = [str(file) for file in folder.glob("*.sh")]
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "name", ["flux", "argocd", "option-a", "sops", "reflector", "existing", "gke-gateway"]
)
def test_the_second_run_creates_nothing(name: str, tmp_path: Path) -> None:
    made = made_by("flux" if name == "existing" else name)
    if name == "existing":
        made = made_with({"secrets.manager": "existing"})
    if name == "gke-gateway":
        made = made_with({
            "gateway": {
                "class": "gke-l7-rilb", "exposure": "internal", "proxyOnlySubnet": "10.9.0.0/23",
                "listeners": [{"name": "http", "port": 80, "hostname": "llm.example.com"}],
            },
            "suppress": [],
        })  # fmt: skip
    here, folder = machine(made, tmp_path / "machine"), written(made, tmp_path / "bootstrap")
    here.answers["gcloud"]["managed-zones list"] = "zone-a\texample.com.\nzone-b\tcom."
    (tmp_path / "bootstrap" / "repo").mkdir()
    answers = here.answers
    answers["gcloud"].pop("autoCreateSubnetworks")
    first = run_all(here, folder)
    state = here.state()
    assert len(first) > 3
    assert run_all(here, folder) == []
    assert here.state() == state
    if name == "gke-gateway":
        assert "subnets create proxy-only-subnet" in " ".join(first)
        assert "--zone=zone-a" in next(line for line in first if "record-sets create" in line)


def test_a_run_that_was_interrupted_is_completed_by_the_next_one(tmp_path: Path) -> None:
    made = made_by("flux")
    folder = written(made, tmp_path / "bootstrap")
    whole = machine(made, tmp_path / "whole")
    run_all(whole, folder)
    calls = 0
    for number in range(4, 40, 9):
        here = machine(made, tmp_path / str(number))
        for name in SCRIPTS:
            if (folder / name).exists():
                here.answers["broken"] = number
                stopped = here.run(folder / name)
                if stopped.returncode:
                    calls += 1
                    here.answers["broken"] = 0
                    assert here.run(folder / name).returncode == 0
        assert here.state() == whole.state(), number
    assert calls > 3


@pytest.mark.parametrize("name", ["flux", "argocd"])
def test_an_engine_that_is_too_old_stops_the_script(name: str, tmp_path: Path) -> None:
    made = made_by(name)
    here, folder = machine(made, tmp_path / "machine"), written(made, tmp_path / "bootstrap")
    old = {"flux": "kustomize-controller", "argocd": "argocd-repo-server"}[name]
    here.answers["versions"][old] = "1.6.3"
    done = here.run(folder / "workload-cluster.sh")
    assert done.returncode == 1
    assert f"{old} 1.6.3 is too old" in done.stderr
    assert not [line for line in here.lines() if "apply -k workload-cluster" in line]


def test_a_version_of_two_digits_is_newer_than_one_of_one(tmp_path: Path) -> None:
    made = made_by("flux")
    here, folder = machine(made, tmp_path / "machine"), written(made, tmp_path / "bootstrap")
    here.answers["versions"]["kustomize-controller"] = "1.10.0"
    assert here.run(folder / "workload-cluster.sh").returncode == 0


@pytest.mark.parametrize(
    ("cidr", "address", "right"),
    [
        ("172.16.0.0/28", "172.16.0.14", True),
        ("172.16.0.0/28", "172.16.0.16", False),
        ("34.90.12.7/32", "34.90.12.7", True),
        ("34.90.12.7/32", "34.90.12.8", False),
        ("200.0.0.0/5", "207.255.255.255", True),
        ("200.0.0.0/5", "208.0.0.0", False),
        (None, "10.0.0.2", False),
    ],
)
def test_delivery_waits_for_the_right_address_of_the_api_server(
    cidr: str | None, address: str, right: bool, tmp_path: Path
) -> None:
    made = made_with({"cluster.controlPlaneCidr": cidr})
    here, folder = machine(made, tmp_path / "machine"), written(made, tmp_path / "bootstrap")
    here.answers["kubectl"][".subsets"] = address
    done = here.run(folder / "workload-cluster.sh")
    applied = [line for line in here.lines() if "apply -k workload-cluster" in line]
    assert (done.returncode == 0, bool(applied)) == (right, right)
    if not right:
        assert f"{address}/32" in done.stderr and "stackgen build" in done.stderr


def test_config_connector_gets_the_account_of_the_spec(tmp_path: Path) -> None:
    account = "kcc@other-project.iam.gserviceaccount.com"
    made = made_with({"cluster.configConnectorServiceAccount": account})
    assert "config-connector/configconnectorcontext.yaml" not in made  # delivery applies it
    here, folder = machine(made, tmp_path / "machine"), written(made, tmp_path / "bootstrap")
    created = run_all(here, folder)
    assert [line for line in created if "create kcc --project=other-project" in line]
    text = made["management-cluster.sh"]
    use = text.index(f"gcloud iam service-accounts add-iam-policy-binding {account} ")
    assert "[cnrm-system/cnrm-controller-manager-gcp-infra]" in text
    assert use < text.index("kubectl apply -k management-cluster")


def test_cert_manager_may_write_challenges_before_delivery() -> None:
    assert "roles/dns.admin" not in made_by("flux")["workload-cluster.sh"]
    acme = {"email": "platform@example.com", "dnsProject": "dns-project"}
    text = made_with({"gateway.acme": acme})["workload-cluster.sh"]
    grant = text.index("gcloud projects add-iam-policy-binding dns-project ")
    assert "--role=roles/dns.admin" in text
    assert text.index("get-credentials") < grant < text.index("kubectl apply -k workload-cluster")
    assert "my-project.svc.id.goog/subject/ns/cert-manager/sa/cert-manager" in text


def test_without_policies_the_address_is_of_no_use(tmp_path: Path) -> None:
    made = made_with({"cluster.controlPlaneCidr": None, "network": {"defaultDeny": False}})
    assert "kubectl get endpoints" not in made["workload-cluster.sh"]


def test_a_range_that_an_auto_mode_network_keeps_is_rejected(tmp_path: Path) -> None:
    made = made_with({
        "gateway": {
            "class": "gke-l7-rilb", "exposure": "internal", "proxyOnlySubnet": "10.129.0.0/23",
            "listeners": [{"name": "http", "port": 80}],
        },
        "suppress": [],
    })  # fmt: skip
    here, folder = machine(made, tmp_path / "machine"), written(made, tmp_path / "bootstrap")
    done = here.run(folder / "project.sh")
    assert done.returncode == 1 and "10.128.0.0/9, which the auto mode network" in done.stderr
    here.answers["gcloud"]["autoCreateSubnetworks"] = "False"
    assert here.run(folder / "project.sh").returncode == 0
    here.answers["gcloud"]["purpose=REGIONAL_MANAGED_PROXY"] = "10.7.0.0/23"
    done = here.run(folder / "project.sh")
    assert done.returncode == 1 and "has the proxy-only subnet 10.7.0.0/23" in done.stderr


def test_a_project_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    made = made_by("flux")
    here, folder = machine(made, tmp_path / "machine"), written(made, tmp_path / "bootstrap")
    here.answers["broken"] = 1
    done = here.run(folder / "project.sh")
    assert done.returncode == 1
    assert "gcloud projects create my-project" in done.stderr
    assert "gcloud billing projects link my-project" in done.stderr
    assert len(here.calls()) == 1


@pytest.mark.parametrize(
    ("env", "url", "wanted"),
    [
        ("prod", "https://github.com/acme/private", "--from-file=password="),
        ("prod", "ssh://git@github.com/acme/private", "--from-file=identity="),
        ("dev", "https://github.com/acme/private", "--from-literal=url=https://github.com/acme/p"),
        ("dev", "ssh://git@github.com/acme/private", "--from-file=sshPrivateKey="),
    ],
)
def test_the_credentials_of_a_private_repository_come_before_it_is_read(
    env: str, url: str, wanted: str, tmp_path: Path
) -> None:
    made = made_with({"delivery.repository": url, "delivery.secret": "git-access"}, env)
    here, folder = machine(made, tmp_path / "machine"), written(made, tmp_path / "bootstrap")
    assert here.run(folder / "workload-cluster.sh").returncode == 0
    lines = here.lines()
    (secret,) = [i for i, line in enumerate(lines) if "create secret generic git-access" in line]
    assert wanted in lines[secret]
    (applied,) = [i for i, line in enumerate(lines) if "apply -k workload-cluster" in line]
    assert secret < applied
    labelled = any("argocd.argoproj.io/secret-type=repository" in line for line in lines)
    assert labelled == (env == "dev")


def test_no_value_of_a_secret_is_an_argument_or_printed(tmp_path: Path) -> None:
    made = made_with({"delivery.secret": "git-access"})
    here, folder = machine(made, tmp_path / "machine"), written(made, tmp_path / "bootstrap")
    for name in ("token", "key", "hosts"):
        (here.folder / name).write_text("the-canary\n")
    for name in SCRIPTS:
        if (folder / name).exists():
            done = here.run(folder / name)
            assert "the-canary" not in done.stdout + done.stderr
            assert not [call for call in here.calls() if "the-canary" in " ".join(call)]


HOSTILE = "x'; touch /tmp/owned; echo $(touch /tmp/owned) `touch /tmp/owned` \"#"


def test_hostile_values_are_words_and_nothing_else(tmp_path: Path) -> None:
    made = made_with({"delivery.branch": HOSTILE} | {
        "delivery.repository": "https://example.com/$(touch%20/tmp/owned)'\"`id`",
    })  # fmt: skip
    here, folder = machine(made, tmp_path / "machine"), written(made, tmp_path / "bootstrap")
    Path("/tmp/owned").unlink(missing_ok=True)
    blocks = re.findall(r"```bash\n(.*?)```", made["README.md"], re.DOTALL)
    (folder / "steps.sh").write_text("stackgen() { :; }\nbash() { :; }\n" + "\n".join(blocks))
    assert here.run(folder / "steps.sh").returncode == 0
    pushed = [call for call in here.calls() if call[:2] == ["git", "push"]]
    assert pushed == [["git", "push", "origin", f"HEAD:{HOSTILE}"]]
    run_all(here, folder)
    assert not Path("/tmp/owned").exists()


def test_terraform_has_what_the_script_creates() -> None:
    for name in STACKS:
        made = made_by(name)
        found = json.loads(made["project.tf.json"])["resource"]
        script = made["project.sh"]
        services = re.search(r"gcloud services enable (.*) --project", script)
        assert services is not None
        for service in services[1].split():
            assert f'"{service}"' in found["google_project_service"]["api"]["for_each"]
        accounts = {one["account_id"] for one in found.get("google_service_account", {}).values()}
        assert accounts == set(re.findall(r"service-accounts create (\S+)", script))
        secrets = {
            one["secret_id"] for one in found.get("google_secret_manager_secret", {}).values()
        }
        assert secrets == set(re.findall(r"gcloud secrets create (\S+)", script))
        roles = {one["role"] for one in found["google_project_iam_member"].values()}
        granted = re.findall(r"projects add-iam-policy-binding .*--role=(\S+)", script)
        assert roles == set(granted)


@pytest.mark.parametrize("name", STACKS)
def test_the_provider_of_terraform_accepts_the_project(name: str) -> None:
    found = json.loads(made_by(name)["project.tf.json"])["resource"]
    for kind, resources in found.items():
        for data in resources.values():
            assert refused(kind, data) == []


@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")
def test_gcloud_knows_each_command_and_flag(tmp_path: Path) -> None:
    """The parser of gcloud itself, which contacts nothing."""
    gateway = {
        "class": "gke-l7-rilb", "exposure": "internal", "proxyOnlySubnet": "10.9.0.0/23",
        "listeners": [{"name": "http", "port": 80, "hostname": "llm.example.com"}],
    }  # fmt: skip
    seen: list[str] = []
    for number, made in enumerate((
        made_by("flux"), made_by("option-a"), made_with({"gateway": gateway, "suppress": []}),
    )):  # fmt: skip
        here = machine(made, tmp_path / f"machine{number}")
        here.answers["gcloud"]["managed-zones list"] = "zone\texample.com."
        folder = written(made, tmp_path / f"bootstrap{number}")
        for name in SCRIPTS:
            if (folder / name).exists():
                printed = here.run(folder / name).stdout
                seen += [line for line in here.lines() if line.startswith("gcloud ")]
                seen += [one.strip() for one in printed.splitlines() if "preferences create" in one]
    commands = [{"command_string": one} for one in dict.fromkeys(seen)]
    file = tmp_path / "commands.json"
    file.write_text(json.dumps(commands))
    done = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--commands-file={file}"],
        capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "CLOUDSDK_CONFIG": str(tmp_path / "config")},
    )  # fmt: skip
    if done.returncode:
        pytest.skip("this gcloud does not check commands")
    judged = json.loads(done.stdout)
    assert len(judged) == len(commands) > 30
    assert [one["error_message"] for one in judged if not one["success"]] == []


def test_the_head_of_a_script_stops_at_the_first_failure() -> None:
    head = script("a script", ())
    assert "set -euo pipefail" in head and "umask 077" in head
    assert document.__doc__
