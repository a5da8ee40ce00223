"""Programs that stand for gcloud, kubectl and others: they keep what was created, and log calls.

A second `create` of the same thing fails, as it does for real. STAND_IN names the folder of the
state; it holds `answers`, which a test writes, and `calls` and `state`, which the programs write.
These files are literals of Python: to import json would double the time of a program.
"""

from __future__ import annotations

import ast
import copy
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = "#!PYTHON -SE\nimport stand_in\n"  # Python keeps a module compiled, and no program
MODULE = r"""
import os, sys
folder = os.environ["STAND_IN"]
name, words = os.path.basename(sys.argv[0]), sys.argv[1:]
with open(folder + "/answers") as file:
    answers = eval(file.read())
with open(folder + "/calls", "a") as file:
    file.write(repr([name, *words]) + "\n")
number = sum(1 for _ in open(folder + "/calls"))
line = " ".join(words)
if number == answers.get("broken"):
    sys.exit("broken")
state_file = folder + "/state"
before = open(state_file).read() if os.path.exists(state_file) else "{}"
state = eval(before)

def done(code=0):
    if repr(state) != before:  # the other end of a pipe may read it
        with open(state_file, "w") as file:
            file.write(repr(state))
    sys.exit(code)

def flag(key):
    return next((w.partition("=")[2] for w in words if w.startswith(key + "=")), None)

plain = []
skip = False
for word in words:
    if skip:
        skip = False
    elif word in ("--namespace", "-n", "--filename", "-k", "-C", "--output"):
        skip = True
    elif not word.startswith("-"):
        plain.append(word)

def after(key):
    return words[words.index(key) + 1] if key in words else ""

def gcloud():
    verb_at = next((i for i, w in enumerate(plain) if w in (
        "describe", "create", "create-auto", "list", "enable", "add", "get-credentials", "cp",
        "add-iam-policy-binding")), None)
    if verb_at is None:
        done()
    group, verb, rest = " ".join(plain[:verb_at]), plain[verb_at], plain[verb_at + 1:]
    named = [one.partition("@")[0] for one in rest[:1]]  # an account by its e-mail
    thing = " ".join([group, *named, flag("--secret") or "", flag("--zone") or ""]).strip()
    if group == "secrets versions":
        thing = "secrets versions " + (flag("--secret") or rest[0])
    for part, text in answers["gcloud"].items():
        if part in line:
            print(text)
            done()
    if verb == "list":
        print(state.get("list " + group, ""))
    elif verb == "describe":
        if thing not in state and group != "projects":
            sys.exit("not found")
        print(state.get(thing, ""))
    elif verb in ("create", "create-auto"):
        if thing in state:
            sys.exit("already exists: " + thing)
        state[thing] = flag("--rrdatas") or "there"
        if flag("--purpose"):
            state["list " + group] = flag("--range")
    elif verb == "add":
        data = flag("--data-file")
        if not os.path.getsize(data):
            sys.exit("empty")
        state[thing] = "there"
    elif verb == "cp":
        import tarfile, io
        with tarfile.open(rest[-1], "w:gz") as bundle:
            for kind in ("", "autopilot-"):
                file = "operator-system/" + kind + "configconnector-operator.yaml"
                bundle.addfile(tarfile.TarInfo(file), io.BytesIO())
    done()

def objects(*names):
    for one in names:
        state["kubectl " + one] = "there"

def kubectl():
    verb = plain[0]
    space = after("--namespace") or after("-n")
    for part, text in answers["kubectl"].items():
        if part in line and verb == "get":
            print(text)
            done()
    if verb == "get" and "containers[0].args" in line:
        print("\n".join(state.get("args", [])))
    elif verb == "get" and "containers[0].image" in line:
        print("ghcr.io/x/y:v" + answers["versions"][plain[2]])
    elif verb == "get":
        if "kubectl " + "/".join([*plain[1:3], space]) not in state:
            sys.exit("not found")
    elif verb == "create":
        kind = plain[1]
        named = plain[3] if kind == "secret" else plain[2]
        key = "kubectl " + "/".join([kind, named, space])
        if "--dry-run=client" in words:
            print("kind: Secret")
            done()
        if key in state:
            sys.exit("already exists: " + key)
        state[key] = "there"
    elif verb == "port-forward":
        print("Forwarding from 127.0.0.1:40000 -> 9090")
    elif verb == "apply":
        what = after("--filename") or after("-k")
        objects(*answers["applied"].get(os.path.basename(what), []))
    elif verb == "patch":
        import json
        patch = json.loads(flag("--patch"))
        state.setdefault("args", []).extend(one["value"] for one in patch)
    done()

if name == "gcloud":
    gcloud()
elif name == "kubectl":
    kubectl()
elif name == "podman":
    with open(flag("--authfile"), "w") as file:
        file.write("{}")
elif name == "sops":
    print("sealed:", len(sys.stdin.read()))
elif name == "git" and "rev-parse" in words:
    print(folder)
elif name == "curl":
    for part, text in answers["curl"].items():
        if part in line:
            print(text)
            break
done()
"""
NAMES = ("gcloud", "kubectl", "podman", "sops", "curl", "sleep", "git")
ANSWERS: dict[str, Any] = {
    "gcloud": {
        "projectNumber": "123456789012",
        "autopilot.enabled": "True",
        "autoCreateSubnetworks": "True",
        "compute regions describe": "CPUS\t8\t1000\nIN_USE_ADDRESSES\t1\t80",
        "compute project-info describe": "CPUS_ALL_REGIONS\t8\t1000\nGPUS_ALL_REGIONS\t0\t8",
        "quotas info list": "TPUS-PER-TPU-FAMILY-per-project-region\tCT6E\teurope-west4\t16",
        "managed-zones list": "",
        "compute reservations describe": "READY",
    },
    "kubectl": {
        ".subsets": "172.16.0.2",
        ".spec.mode": "namespaced",
        "status.addresses": "192.0.2.7",
        "{.items[0].metadata.name}": "some-pod",
        ":15020/": "istio_requests_total 3",
        "--raw": "vllm:num_requests_waiting vllm:num_requests_running "
        "vllm:time_to_first_token_seconds vllm:e2e_request_latency_seconds",
        "gke-tpu-accelerator!=": "",
        "{.data.token}": "YS10b2tlbg==",
    },
    "versions": {
        "kustomize-controller": "1.9.4", "helm-controller": "1.6.3", "source-controller": "1.9.4",
        "argocd-applicationset-controller": "3.5.1", "argocd-repo-server": "3.5.1",
    },
    "applied": {
        "install.yaml": [
            "deployment/kustomize-controller/flux-system",
            "deployment/argocd-applicationset-controller/argocd",
        ],
        "configconnector-operator.yaml": ["crd/configconnectors.core.cnrm.cloud.google.com/"],
        "autopilot-configconnector-operator.yaml": [
            "statefulset/configconnector-operator/configconnector-operator-system",
            "crd/configconnectors.core.cnrm.cloud.google.com/",
        ],
        "configconnector.yaml": [
            "configconnector/configconnector.core.cnrm.cloud.google.com/",
            "crd/configconnectorcontexts.core.cnrm.cloud.google.com/",
        ],
    },
    "curl": {
        "127.0.0.1:40000/metrics": "inference_pool_ready_pods inference_objective_request_total",
        "stream": "data: [DONE]", "completions": '{"choices": [{"text": "4"}]}',
        "models": '{"data": [{"id": "Qwen/Qwen2.5-3B-Instruct"}]}',
    },
}  # fmt: skip


@dataclass
class Machine:
    """A folder with the programs on its PATH. answers: what they say, see ANSWERS."""

    folder: Path
    answers: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(ANSWERS))

    def __post_init__(self) -> None:
        programs = self.folder / "bin"
        programs.mkdir(parents=True)
        (programs / "stand_in.py").write_text(MODULE, encoding="utf-8")
        for name in NAMES:
            file = programs / name
            file.write_text(PROGRAM.replace("PYTHON", sys.executable), encoding="utf-8")
            file.chmod(0o755)
        for name in ("token", "key", "hosts"):
            (self.folder / name).write_text("a value\n", encoding="utf-8")

    def run(self, script: Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a script; the calls are kept until the next run."""
        (self.folder / "answers").write_text(repr(self.answers), encoding="utf-8")
        (self.folder / "calls").unlink(missing_ok=True)
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        names = {
            "HF_TOKEN_FILE": "token", "GIT_TOKEN_FILE": "token", "AGE_KEY_FILE": "key",
            "SSH_KEY_FILE": "key", "KNOWN_HOSTS_FILE": "hosts",
        }  # fmt: skip
        files = {name: str(self.folder / file) for name, file in names.items()}
        return subprocess.run(
            ["bash", str(script)], capture_output=True, text=True, check=False, timeout=120,
            env={**os.environ, "PATH": path, "STAND_IN": str(self.folder), **files, **more},
        )  # fmt: skip

    def calls(self) -> list[list[str]]:
        """The calls of the last run, each with the name of its program."""
        file = self.folder / "calls"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [ast.literal_eval(line) for line in lines]

    def lines(self) -> list[str]:
        """The calls of the last run as text."""
        return [shlex.join(call) for call in self.calls()]

    def state(self) -> dict[str, Any]:
        """What was created so far."""
        file = self.folder / "state"
        found: dict[str, Any] = ast.literal_eval(file.read_text()) if file.exists() else {}
        return found
