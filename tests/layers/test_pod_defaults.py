"""`podDefaults: none`: Pods with nothing but the model, its accelerators and the template."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stacks import of_one_model

POOL = {"accelerator": "v6e", "topology": "2x4"}
GROUP = {"accelerator": "v6e", "topology": "4x4"}
PROBE = {"httpGet": {"path": "/health", "port": 8000}}
LLM_D, KSERVE = "llm-d-0.9", "kserve-0.21"


def _pods(release: str, pool: dict[str, Any], **model: Any) -> list[dict[str, Any]]:
    made = of_one_model(release, {}, pool, **model)
    assert made.bundle is not None, [f.message for f in made.findings]
    kinds = ("Deployment", "LeaderWorkerSet", "LLMInferenceService")
    (server,) = (r for r in made.bundle.objects if r.kind in kinds and r.name == "qwen")
    spec = server.data["spec"]
    if server.kind == "LLMInferenceService":
        return [spec[part] for part in ("template", "worker") if part in spec]
    if server.kind == "Deployment":
        assert ("progressDeadlineSeconds" in spec) is ("podDefaults" not in model)
        return [spec["template"]["spec"]]
    group = spec["leaderWorkerTemplate"]
    return [group[part]["spec"] for part in ("leaderTemplate", "workerTemplate")]


@pytest.mark.parametrize("pool", [POOL, GROUP], ids=["one-host", "group"])
@pytest.mark.parametrize("release", [LLM_D, KSERVE])
def test_pods_without_defaults_have_the_model_and_its_accelerators(
    release: str, pool: dict[str, Any]
) -> None:
    usual = _pods(release, pool)
    for before, pod in zip(usual, _pods(release, pool, podDefaults="none"), strict=True):
        assert before.keys() >= {"serviceAccountName", "tolerations"}
        (server,) = pod["containers"]
        (hardened,) = before["containers"]
        assert "securityContext" in hardened and "securityContext" not in server
        assert pod.keys() <= {"nodeSelector", "containers"}
        assert server.keys() <= {"name", "image", "command", "args", "env", "resources"}
        assert server["resources"] == {
            "requests": {"google.com/tpu": hardened["resources"]["limits"]["google.com/tpu"]},
            "limits": {"google.com/tpu": hardened["resources"]["limits"]["google.com/tpu"]},
        }
        names = {variable["name"] for variable in server.get("env", [])}
        assert not names & {"HOME", "USER"}
        flags = [str(arg).partition("=")[0] for arg in server.get("args", [])]
        assert not {"--dtype", "--shutdown-timeout"} & set(flags)


def test_what_the_spec_sets_is_there_without_the_defaults() -> None:
    (pod,) = _pods(
        LLM_D, POOL, podDefaults="none", args=["--dtype=bfloat16"], names={"serviceAccount": "me"},
        resources={"cpu": "4", "memory": "64Gi"}, kvOffload={"memory": "8Gi"},
        template={"spec": {"containers": [{"name": "modelserver", "readinessProbe": PROBE}]}},
    )  # fmt: skip
    (server,) = pod["containers"]
    assert pod["serviceAccountName"] == "me"
    assert server["readinessProbe"] == PROBE
    assert "--dtype=bfloat16" in server["args"]
    assert server["resources"]["requests"].keys() == {"cpu", "memory", "google.com/tpu"}
    assert "memory" not in server["resources"]["limits"]
    assert "startupProbe" not in server and "volumes" not in pod
