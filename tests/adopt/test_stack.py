"""A stack from manifests: what is rendered is adopted as it is, and others by patches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackgen import paths
from stackgen.adopt.gateway import gateway
from stackgen.adopt.read import name_of, read, release_of
from stackgen.adopt.stack import Stack, adopt
from stackgen.catalog.load import Catalog
from stackgen.compiler import compile_environment
from stackgen.manifest.collect import collect_text
from stackgen.manifest.resource import Bundle
from stackgen.starter import patterns
from tests.program import stackgen, state
from tests.stacks import build_data, split_stack

CANARY = "hf_" + "bB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD3f"
SERVER = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: qwen, namespace: llm}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: qwen}}}}
  template:
    metadata: {{labels: {{app: qwen}}}}
    spec:
      nodeSelector:
        cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
        cloud.google.com/gke-tpu-topology: 2x2
      containers:
        - name: server
          image: vllm/vllm-tpu:v0.12.0
          command: [vllm, serve, Qwen/Qwen3-8B]
          args: [--max-model-len=8192, --max-num-batched-tokens=512, --api-key={CANARY}]
          env:
            - {{name: HF_TOKEN, value: {CANARY}}}
          resources: {{limits: {{google.com/tpu: 4}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: others, namespace: llm}}
data: {{a: b}}
"""


def _adopted(text: str) -> Stack:
    bundle = collect_text(text, "in.yaml").bundle
    return adopt(bundle, release_of(bundle, Catalog()), "llm")


@pytest.mark.parametrize("pattern", patterns.names())
def test_what_stackgen_renders_is_adopted_without_a_patch(pattern: str) -> None:
    compiled = compile_environment(paths.patterns(pattern), "prod", prove=False)
    assert compiled.bundle is not None and compiled.stack is not None
    release = release_of(compiled.bundle, Catalog())
    assert release == compiled.stack.spec.release.value
    made = adopt(compiled.bundle, release, name_of(compiled.bundle))
    assert made.errors == ()
    assert len(made.results) > 50
    wrong = [(r.resource.kind, r.resource.name, r.state, r.patch) for r in made.results]
    assert [x for x in wrong if x[2:] != ("equal", None)] == []


def test_a_deployment_of_others_becomes_a_model() -> None:
    made = _adopted(SERVER)
    spec = yaml.safe_load(made.files["stack.yaml"])["spec"]
    assert spec["release"].startswith("llm-d-")
    (model,) = spec["serving"]["models"]
    assert (model["model"], model["replicas"], model["maxModelLen"]) == (
        "hf://Qwen/Qwen3-8B", 2, 8192
    )  # fmt: skip
    assert "--max-num-batched-tokens=512" in model["args"]
    pools = {p["name"]: p for p in spec["cluster"]["nodePools"]}
    assert (pools[model["nodePool"]]["accelerator"], pools[model["nodePool"]]["topology"]) == (
        "v6e", "2x2"
    )  # fmt: skip
    states = {r.resource.kind: r.state for r in made.results}
    # The token is a secret value, which neither template nor patch repeats.
    assert states == {"Deployment": "differs", "ConfigMap": "equal"}
    assert model["selector"] == {"app": "qwen"}
    assert [o["metadata"]["name"] for o in spec["extraObjects"]] == ["others"]
    assert CANARY.encode() not in b"".join(made.files.values())
    (server,) = [r for r in made.results if r.resource.kind == "Deployment"]
    assert all(".env" in path or ".args" in path for path in server.changed), server.changed
    assert "Deployment qwen: container server is called modelserver" in made.assumed
    assert any("node pool" in what or "nodePools" in what for what in made.assumed)


def test_the_render_says_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "in.yaml"
    file.write_text(SERVER.replace(f", --api-key={CANARY}", "").replace(CANARY, "''"))
    run = stackgen("adopt", "in.yaml", "-o", "made", cwd=tmp_path)
    assert (run.code, run.err) == (0, "")
    assert "  1 object: kept in spec.extraObjects\n" in run.out
    assert "  Deployment llm/qwen: rendered, with more fields\n" in run.out
    assert "Their Pods restart when this is applied: Deployment qwen\n" in run.out
    assert "2 of 2 objects are rendered, 2 without a patch\n" in run.out
    built = stackgen("build", "--select", "spec", cwd=tmp_path / "made")
    assert built.code == 0, built.out
    texts = [p.read_text() for p in (tmp_path / "made/out").rglob("deployment-qwen.yaml")]
    (server,) = [yaml.safe_load(text) for text in texts]
    (container,) = server["spec"]["template"]["spec"]["containers"][:1]
    assert "vllm/vllm-tpu:v0.12.0" in str(server)
    assert container["resources"]["limits"]["google.com/tpu"] in (4, "4")


def test_nothing_is_overwritten_and_nothing_empty_is_adopted(tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text(SERVER)
    (tmp_path / "stack.yaml").write_text("mine\n")
    (tmp_path / "empty.yaml").write_text("a: b\n")
    before = state(tmp_path)
    for arguments, said in (
        (["in.yaml"], "stackgen: stack.yaml: already exists\n"),
        (["empty.yaml", "-o", "x"], "stackgen: there is no Kubernetes object to adopt\n"),
        ([], "stackgen: name files or folders, - for standard input, or --kustomize DIR\n"),
        (["in.yaml", "--release", "odh", "-o", "x"], "stackgen: no release 'odh'"),
    ):
        run = stackgen("adopt", *arguments, cwd=tmp_path)
        assert (run.code, run.out) == (2, "")
        assert said in run.err
    assert state(tmp_path) == before


def test_any_names_and_shapes_are_data() -> None:
    odd = SERVER.replace("name: qwen,", 'name: "a: {b}\\n# c",').replace(
        "replicas: 2", "replicas: x"
    )
    made = _adopted(odd)
    assert yaml.safe_load(made.files["stack.yaml"])["spec"]["serving"]["models"][0]["name"] == (
        "a: {b}\n# c"
    )
    assert made.errors


ODD: tuple[object, ...] = (None, "x", 3, ["x"], {"a": "b"}, [{"name": 3}])


def _odd(data: object) -> Iterator[object]:
    """The data with each value in it replaced by each of ODD."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from ({**data, key: odd} for odd in ODD)
            yield from ({**data, key: inner} for inner in _odd(value))
    elif isinstance(data, list):
        for i, value in enumerate(data):
            yield from ([*data[:i], inner, *data[i + 1 :]] for inner in _odd(value))


def test_no_shape_of_an_object_is_a_fault() -> None:
    compiled = compile_environment(paths.patterns("llm-d-single"), "prod", prove=False)
    assert compiled.bundle is not None
    kinds = {"Deployment", "Gateway", "ContainerNodePool", "Kustomization",
             "NetworkPolicy", "ServiceAccount", "ContainerCluster"}  # fmt: skip
    first = {r.kind: r for r in compiled.bundle.objects if r.kind in kinds}
    assert len(first) > 5
    catalog, tried = Catalog(), 0
    for resource in first.values():
        for data in _odd(resource.data):
            if isinstance(data, dict) and isinstance(data.get("metadata"), dict):
                changed = Bundle((replace(resource, data=data),))
                if changed.objects:
                    read(changed, "llm-d-0.9", catalog)
                    tried += 1
    assert tried > 500


def test_tolerations_and_mounts_of_others_build(tmp_path: Path) -> None:
    text = SERVER.replace(f", --api-key={CANARY}", "").replace(CANARY, "''")
    text = text.replace(
        "      containers:\n",
        "      tolerations: [{key: google.com/tpu, operator: Exists, effect: NoSchedule}]\n"
        "      volumes: [{name: shm, emptyDir: {medium: Memory}}]\n      containers:\n",
    ).replace(
        "          resources:",
        "          volumeMounts: [{name: shm, mountPath: /dev/shm}]\n          resources:",
    )
    (tmp_path / "in.yaml").write_text(text)
    assert stackgen("adopt", "in.yaml", "-o", "made", cwd=tmp_path).code == 0
    built = stackgen("build", "--select", "schema", cwd=tmp_path / "made")
    assert built.code == 0, built.out


OTHERS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat, namespace: llm, labels: {app: chat, guide: tpu}}
spec:
  replicas: 1
  strategy: {type: Recreate}
  selector: {matchLabels: {app: chat}}
  template:
    metadata:
      labels: {app: chat, guide: tpu}
      annotations: {gke-gcsfuse/volumes: "true"}
    spec:
      serviceAccountName: chat
      restartPolicy: Always
      nodeSelector:
        cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
        cloud.google.com/gke-tpu-topology: 2x4
      containers:
        - name: vllm
          image: vllm/vllm-tpu:v0.12.0
          command: [python3, -m, vllm.entrypoints.openai.api_server]
          args: [--host=0.0.0.0, --port, "8000", --model=/models/$(MODEL), --tensor-parallel-size=8]
          env:
            - {name: MODEL, valueFrom: {configMapKeyRef: {name: runtime, key: MODEL}}}
            - {name: HF_TOKEN, valueFrom: {secretKeyRef: {name: hf, key: token}}}
          envFrom: [{configMapRef: {name: runtime}}]
          ports: [{containerPort: 8000, protocol: TCP}]
          readinessProbe: {tcpSocket: {port: 8000}, initialDelaySeconds: 15, periodSeconds: 10}
          resources: {limits: {google.com/tpu: 8, memory: 64Gi}, requests: {google.com/tpu: 8}}
          volumeMounts: [{name: models, mountPath: /models}]
        - {name: warm, image: "busybox:1.37", args: [sleep, infinity]}
      volumes:
        - {name: models, csi: {driver: gcsfuse.csi.storage.gke.io}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: runtime, namespace: llm}
data: {MODEL: Qwen/Qwen3-32B}
---
apiVersion: v1
kind: Service
metadata: {name: chat-http, namespace: llm}
spec: {selector: {app: chat}, ports: [{port: 80, targetPort: 8000}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: llm}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: v1
kind: Secret
metadata: {name: hf, namespace: llm}
stringData: {token: CANARY}
""".replace("CANARY", CANARY)


@pytest.fixture(scope="module")
def others() -> Stack:
    return _adopted(OTHERS)


def test_pods_of_others_are_a_template_and_other_objects_are_kept(others: Stack) -> None:
    spec = yaml.safe_load(others.files["stack.yaml"])["spec"]
    (model,) = spec["serving"]["models"]
    assert (model["model"], model["strategy"], model["scheduler"], model["selector"]) == (
        "hf://Qwen/Qwen3-32B", "Recreate", False, {"app": "chat"}
    )  # fmt: skip
    template = model["template"]
    assert template["metadata"] == {
        "labels": {"guide": "tpu"}, "annotations": {"gke-gcsfuse/volumes": "true"}
    }  # fmt: skip
    server, warm = template["spec"]["containers"]
    assert (server["name"], warm["name"]) == ("modelserver", "warm")
    assert server["readinessProbe"] == {
        "tcpSocket": {"port": 8000}, "initialDelaySeconds": 15, "periodSeconds": 10
    }  # fmt: skip
    assert "patches" not in spec
    assert spec["network"] == {"defaultDeny": False}
    states = {(r.resource.kind, r.resource.name): (r.state, r.extra) for r in others.results}
    assert states == {
        ("Deployment", "chat"): ("adds", False),
        ("ConfigMap", "runtime"): ("equal", True),
        ("Service", "chat-http"): ("adds", False),
        ("Gateway", "front"): ("equal", True),
        ("Secret", "hf"): ("missing", False),
    }
    assert CANARY.encode() not in b"".join(others.files.values())


def test_a_secret_value_is_left_out_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text(OTHERS)
    run = stackgen("adopt", "in.yaml", "-o", "made", cwd=tmp_path)
    assert (run.code, run.err) == (1, "")
    assert (
        "  Secret llm/hf: not rendered\n"
        "    has a secret value, which is not copied: stack.yaml is in Git. See spec.secrets\n"
    ) in run.out


def test_manifests_without_a_model_server_are_told_so(tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text(OTHERS.split("---")[2])
    run = stackgen("adopt", "in.yaml", "-o", "made", cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert "the manifests have no model server" in run.err


TLS = """\
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front, namespace: edge}
spec:
  gatewayClassName: istio
  listeners:
    - name: https
      port: 443
      protocol: HTTPS
      hostname: llm.example.com
      tls: {certificateRefs: [{name: front-https}]}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: front-https, namespace: edge}
spec: {secretName: front-https, issuerRef: {name: le, kind: ClusterIssuer}}
---
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: {name: le}
spec:
  acme:
    email: me@example.com
    server: https://acme.example.com/directory
    solvers: [{dns01: {cloudDNS: {project: dns-project}}}]
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: front-jwt, namespace: edge}
spec: {jwtRules: [{issuer: "https://accounts.example.com", audiences: [llm]}]}
"""


def test_certificates_issuers_and_tokens_of_a_gateway_are_read() -> None:
    found = gateway(collect_text(TLS, "x").bundle, "my-project", (), [])
    (listener,) = found["listeners"]
    assert (listener["tls"], listener["hostname"]) == ({"issuer": "le"}, "llm.example.com")
    assert found["acme"] == {
        "email": "me@example.com", "issuer": "le", "dnsProject": "dns-project",
        "server": "https://acme.example.com/directory",
    }  # fmt: skip
    assert found["authentication"] == {
        "jwt": [{"issuer": "https://accounts.example.com", "audiences": ["llm"]}]
    }
    other = TLS.replace("secretName: front-https", "secretName: other")
    (listener,) = gateway(collect_text(other, "x").bundle, "p", (), [])["listeners"]
    assert listener["tls"] == {"secret": "front-https"}
    own = TLS.replace("acme:", "ca: {secretName: root}\n  unused:").replace(
        "secretName: front-https,", "secretName: front-https,"
    )
    own += "---\n" + TLS.split("---")[1].replace("front-https", "root")
    (listener,) = gateway(collect_text(own, "x").bundle, "p", (), [])["listeners"]
    assert "tls" not in listener


SCALED = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: phi, namespace: chat}
spec:
  replicas: 2
  strategy: {type: Recreate}
  selector: {matchLabels: {app: phi}}
  template:
    metadata: {labels: {app: phi}}
    spec:
      nodeSelector:
        cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
        cloud.google.com/gke-tpu-topology: 2x2
      terminationGracePeriodSeconds: 45
      containers:
        - name: vllm
          image: vllm/vllm-tpu:v0.27.0
          command: [vllm, serve, Qwen/Qwen3-8B]
          args: [--tensor-parallel-size=4, --max-model-len=8192]
          resources: {limits: {google.com/tpu: 4}}
          volumeMounts: [{name: shm, mountPath: /dev/shm}]
      volumes: [{name: shm, emptyDir: {medium: Memory, sizeLimit: 20Gi}}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: phi, namespace: chat}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: phi}
  minReplicas: 2
  maxReplicas: 4
---
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: {name: big, namespace: chat}
spec:
  replicas: 1
  leaderWorkerTemplate:
    size: 4
    leaderTemplate:
      spec:
        nodeSelector:
          cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
          cloud.google.com/gke-tpu-topology: 4x4
        containers:
          - name: leader
            image: vllm/vllm-tpu:v0.12.0
            command: [vllm, serve, Qwen/Qwen3-32B, --max-model-len=8192]
            resources: {limits: {google.com/tpu: 4}}
    workerTemplate:
      spec:
        nodeSelector:
          cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
          cloud.google.com/gke-tpu-topology: 4x4
        containers:
          - name: worker
            image: vllm/vllm-tpu:v0.12.0
            command: [ray, start, --block]
            resources: {limits: {google.com/tpu: 4}}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: big, namespace: chat}
spec:
  scaleTargetRef: {apiVersion: leaderworkerset.x-k8s.io/v1, kind: LeaderWorkerSet, name: big}
  maxReplicaCount: 3
  triggers:
    - type: cron
      metadata: {timezone: UTC, start: 0 6 * * *, end: 0 20 * * *, desiredReplicas: "3"}
"""


def test_what_is_adopted_builds_and_the_findings_are_told(tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text(SCALED)
    run = stackgen("adopt", "in.yaml", cwd=tmp_path)
    assert (run.code, run.err) == (0, "")
    spec = yaml.safe_load((tmp_path / "stack.yaml").read_text())["spec"]
    most = {p["name"]: p["nodes"]["max"] for p in spec["cluster"]["nodePools"][1:]}
    # A rollout of a LeaderWorkerSet may start a group more.
    assert most == {"v6e-2x2": 4, "v6e-4x4": 4 * (3 + 1)}
    # What a stack gives to other Pods could stop servers that run.
    assert {model["podDefaults"] for model in spec["serving"]["models"]} == {"none"}
    for word in ("Probe", "lifecycle", "securityContext", "--shutdown-timeout"):
        assert word not in run.out, word
    assert {(one["object"], one["rule"]) for one in spec["suppress"]} >= {
        ("Deployment/phi", "pods-run-as-non-root"), ("LeaderWorkerSet/big", "avail-probes")
    }  # fmt: skip
    assert "Suppressed in stack.yaml, as the Pods stay as they are: avail-probes," in run.out
    built = stackgen("build", cwd=tmp_path)
    assert built.code == 0, built.out
    assert f"stackgen build finds {built.out.splitlines()[-1]}\n" in run.out
    texts = {p.stem: p.read_text() for p in (tmp_path / "out/default/4-serving").glob("*.yaml")}
    assert "nodepool: v6e" not in str(texts) and "node-pool: v6e" not in str(texts)
    pod = yaml.safe_load(texts["deployment-phi"])["spec"]["template"]["spec"]
    assert [v["name"] for v in pod["volumes"]] == ["shm"]
    assert "securityContext" not in str(texts) and "runAsUser" not in str(texts)
    group = yaml.safe_load(texts["leaderworkerset-big"])["spec"]["leaderWorkerTemplate"]
    # Its vLLM is older than this flag of the release.
    assert "--shutdown-timeout" not in texts["leaderworkerset-big"]
    (worker,) = group["workerTemplate"]["spec"]["containers"]
    assert worker["command"] == ["ray", "start", "--block"] and "args" not in worker


def test_the_pool_of_several_servers_has_room_for_all() -> None:
    text = SERVER + "---\n" + SERVER.partition("---")[0].replace("qwen", "other")
    spec = yaml.safe_load(_adopted(text).files["stack.yaml"])["spec"]
    (pool,) = spec["cluster"]["nodePools"][1:]
    assert pool["nodes"]["max"] == 2 * (2 + 1)


SPLIT = """\
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: chat, namespace: llm}
spec:
  model: {uri: "hf://Qwen/Qwen3-32B", name: Qwen/Qwen3-32B}
  replicas: 2
  router: {route: {}, gateway: {}, scheduler: {}}
  template:
    nodeSelector: {cloud.google.com/gke-accelerator: nvidia-h100-80gb}
    containers: [{name: main, resources: {limits: {nvidia.com/gpu: "4"}}}]
  prefill:
    replicas: 3
    template:
      nodeSelector: {cloud.google.com/gke-accelerator: nvidia-h100-80gb}
      containers: [{name: main, resources: {limits: {nvidia.com/gpu: "2"}}}]
"""


def _role(name: str, role: str, port: int) -> str:
    return f"""\
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: llm}}
spec:
  replicas: 2
  selector: {{matchLabels: {{llm-d.ai/role: {role}}}}}
  template:
    metadata: {{labels: {{llm-d.ai/role: {role}, llm-d.ai/guide: pd}}}}
    spec:
      nodeSelector:
        cloud.google.com/gke-tpu-accelerator: tpu-v6e-slice
        cloud.google.com/gke-tpu-topology: 2x4
      containers:
        - name: modelserver
          image: vllm/vllm-tpu:v0.27.0
          command: [vllm, serve]
          args: [Qwen/Qwen3-32B, --port={port}, --max-num-seqs={port}]
          resources: {{limits: {{google.com/tpu: 8}}}}
"""


def _models(text: str) -> list[dict[str, Any]]:
    bundle = collect_text(text, "in.yaml").bundle
    release = release_of(bundle, Catalog())
    spec = read(bundle, release, Catalog()).spec
    found: list[dict[str, Any]] = spec["serving"]["models"]
    return found


def test_prefill_of_a_service_is_prefill_of_the_model_on_its_own_pool() -> None:
    (model,) = _models(SPLIT)
    assert (model["nodePool"], model["replicas"]) == ("h100-4", 2)
    assert model["prefill"] == {"replicas": 3, "nodePool": "h100-2"}


def test_deployments_of_both_roles_are_one_model() -> None:
    both = _role("pd-decode", "decode", 8200) + _role("pd-first", "prefill", 8000)
    (model,) = _models(both)
    assert model["name"] == "pd-decode"
    # Its servers are on the same pool.
    assert model["prefill"] == {"replicas": 2, "concurrency": 8000}
    # With two that it may belong to, it stays a server of its own.
    several = both + _role("pd-other", "decode", 8200)
    assert [one["name"] for one in _models(several) if "prefill" in one] == []


def test_a_stack_with_prefill_servers_comes_back_from_what_it_renders() -> None:
    compiled = build_data("default", split_stack("kserve-0.21"))
    assert compiled.bundle is not None
    text = "---\n".join(yaml.safe_dump(r.data) for r in compiled.bundle.objects)
    found = adopt(collect_text(text, "in.yaml").bundle, "kserve-0.21", "demo")
    assert {result.state for result in found.results} == {"equal"}


def test_what_the_engine_does_besides_becomes_fields() -> None:
    """Adapters by id, by JSON and on a volume; a draft; and no flags that the fields set."""
    more = (
        "--enable-lora, --max-loras=1, --max-lora-rank=32, --lora-modules, sql=acme/sql, "
        """'{"name": "chat", "path": "acme/chat"}', """
        """'--speculative-config={"method": "ngram", "num_speculative_tokens": 4}', """
    )
    text = SERVER.replace("args: [", f"args: [{more}").replace("v0.12.0", "v0.27.0")
    (model,) = yaml.safe_load(_adopted(text).files["stack.yaml"])["spec"]["serving"]["models"]
    assert model["adapters"] == [
        {"name": "sql", "model": "hf://acme/sql", "rank": 32},
        {"name": "chat", "model": "hf://acme/chat", "rank": 32},
    ]
    assert model["maxLoras"] == 1
    assert model["speculative"] == {"method": "ngram", "tokens": 4}
    assert not any("lora" in arg or "speculative" in arg for arg in model.get("args", ()))


def test_what_the_spec_cannot_state_stays_as_the_manifest_has_it() -> None:
    text = SERVER.replace(
        "command: [vllm, serve, Qwen/Qwen3-8B]", "command: [vllm, serve]"
    ).replace("args: [", "args: [--model=Qwen/Qwen3-8B, --served-model-name, chat, other, ")
    text = text.replace(
        "limits: {google.com/tpu: 4}", "requests: {memory: 6G}, limits: {google.com/tpu: 4}"
    ).replace("nodeSelector:\n", 'nodeSelector:\n        cloud.google.com/gke-spot: "true"\n')
    made = _adopted(text.replace(CANARY, "a").replace("--api-key=a", "--seed=1"))
    assert "spec.serving.models[0].resources.memory: the spec cannot state 6G" in made.assumed
    spec = yaml.safe_load(made.files["stack.yaml"])["spec"]
    (model,) = spec["serving"]["models"]
    (server,) = model["template"]["spec"]["containers"]
    assert server["resources"]["requests"] == {"memory": "6G"}
    assert server["args"][1:4] == ["--served-model-name", "chat", "other"]
    assert spec["cluster"]["nodePools"][1]["purchase"] == "spot"
    assert model["nodePool"] == "v6e-2x2-spot"


def test_nothing_is_rendered_that_the_manifests_do_not_have(tmp_path: Path) -> None:
    (tmp_path / "in.yaml").write_text(SCALED)
    assert stackgen("adopt", "in.yaml", cwd=tmp_path).code == 0
    assert stackgen("build", cwd=tmp_path).code == 0
    rendered = [
        yaml.safe_load(file.read_text())
        for file in (tmp_path / "out/default").rglob("*.yaml")
        if file.name != "kustomization.yaml"
    ]
    given = [d for d in yaml.safe_load_all(SCALED) if d]
    assert sorted((d["kind"], d["metadata"]["name"]) for d in rendered) == sorted(
        (d["kind"], d["metadata"]["name"]) for d in given
    )
    spec = yaml.safe_load((tmp_path / "stack.yaml").read_text())["spec"]
    assert (spec["gateway"]["objects"], spec["serving"]["createNamespace"]) == ("none", False)


ROUTED = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: qwen, namespace: llm}
spec:
  parentRefs: [{name: shared, namespace: edge}]
  rules:
    - matches: [{path: {type: PathPrefix, value: /}}]
      backendRefs: [{name: qwen, port: 8000}]
---
apiVersion: v1
kind: Service
metadata: {name: qwen, namespace: llm}
spec: {selector: {app: qwen}, ports: [{port: 8000}]}
"""


def test_routes_to_a_gateway_of_others_need_no_gateway() -> None:
    made = _adopted(SERVER + ROUTED)
    spec = yaml.safe_load(made.files["stack.yaml"])["spec"]
    gateway = spec["gateway"]
    assert (gateway["objects"], gateway["name"], gateway["namespace"]) == (
        "routes", "shared", "edge"
    )  # fmt: skip
    states = {r.resource.kind: (r.state, r.extra) for r in made.results}
    assert states["HTTPRoute"] in (("equal", False), ("adds", False))
    assert made.beside == ()


OPEN = """\
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: public, namespace: edge}
spec: {gatewayClassName: istio, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: front, namespace: edge}
spec: {parentRefs: [{name: public}], rules: [{backendRefs: [{name: proxy, port: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: qwen, namespace: llm}
spec: {selector: {app: qwen}, ports: [{port: 8000}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: servers, namespace: llm}
spec:
  podSelector: {matchLabels: {app: qwen}}
  ingress: [{from: [{podSelector: {matchLabels: {app: proxy}}}], ports: [{port: 8000}]}]
"""


def test_a_model_without_a_route_gets_none_and_nothing_is_denied() -> None:
    made = _adopted(SERVER + OPEN)
    spec = yaml.safe_load(made.files["stack.yaml"])["spec"]
    assert (spec["gateway"]["objects"], spec["network"]) == ("none", {"defaultDeny": False})
    assert {r.kind for r in made.beside} & {"HTTPRoute", "NetworkPolicy"} == set()
    assert any("Gateways and routes: stay as they are" in one for one in made.assumed)


def test_a_rollout_that_stays_as_it_is_stays_in_the_stack(tmp_path: Path) -> None:
    server = SERVER.partition("---")[0].replace(f", --api-key={CANARY}", "")
    server = server.replace(f"- {{name: HF_TOKEN, value: {CANARY}}}", "[]").replace(
        "\n            []", " []"
    )
    rollout = server.replace("apps/v1", "argoproj.io/v1alpha1").replace("Deployment", "Rollout")
    rollout = rollout.replace("name: qwen, namespace: llm", "name: other, namespace: other")
    (tmp_path / "in.yaml").write_text(f"{server}---\n{rollout}")
    stackgen("adopt", "in.yaml", "-o", "out", cwd=tmp_path)
    spec = yaml.safe_load((tmp_path / "out/stack.yaml").read_text())["spec"]
    assert [one["kind"] for one in spec["extraObjects"]] == ["Rollout"]
