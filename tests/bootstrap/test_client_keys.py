"""Keys of clients: made once, at random, where the gateway reads them, and never printed."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from stackgen.bootstrap.files import files
from stackgen.compiler import Compiled
from tests.stacks import build_data, of_one_model

POOL = {"accelerator": "v6e", "topology": "2x4"}
KEYS = {
    "authentication": {"apiKeys": [{"name": "app", "secret": "app-key"}]},
    "tenants": [{"name": "team", "apiKeys": ["app"]}],
}
RANDOM = r"openssl rand -hex 32 | tr -d '\n'"


@pytest.fixture(scope="module")
def istio() -> Compiled:
    return of_one_model("llm-d-0.9", KEYS, POOL)


def made(base: Compiled, manager: str, **gateway: Any) -> dict[str, str]:
    data = copy.deepcopy(base.loaded.data)
    data["spec"]["secrets"] = {"manager": manager}
    data["spec"]["gateway"].update(gateway)
    compiled = build_data("default", data)
    assert compiled.plan is not None and compiled.bundle is not None, compiled.findings
    return files(compiled.plan, compiled.bundle)


def test_secret_manager_gets_a_random_value_unless_it_has_one(istio: Compiled) -> None:
    script = made(istio, "external-secrets")["project.sh"]
    look = "exists gcloud secrets versions describe latest --secret=app-key --project=my-project ||"
    add = f"  {RANDOM} | gcloud secrets versions add app-key --project=my-project --data-file=-"
    assert f"{look}\n{add}\n" in script


def test_a_secret_for_kuadrant_has_what_authorino_reads(istio: Compiled) -> None:
    script = made(istio, "existing")["workload-cluster.sh"]
    assert f"--namespace kuadrant-system --from-file=api_key=<({RANDOM})" in script
    marks = "authorino.kuadrant.io/managed-by=authorino stackgen.dev/gateway=inference-gateway"
    assert f"kubectl label --overwrite secret app-key --namespace kuadrant-system {marks}" in script
    sealed = made(istio, "sops")["secrets.sh"]
    assert f"kubectl label --local --filename=- --output=yaml {marks} |" in sealed


def test_envoy_gateway_reads_the_entry_of_the_client(istio: Compiled) -> None:
    script = made(istio, "reflector", **{"class": "envoy"})["workload-cluster.sh"]
    assert f"app-key --namespace shared-secrets --from-file=app=<({RANDOM})" in script
    assert "reflection-auto-namespaces=opendatahub" in script
    assert "kubectl label" not in script


def test_the_result_is_verified_with_and_without_credentials(istio: Compiled) -> None:
    script = made(istio, "existing")["verify.sh"]
    assert "--for=condition=Enforced" in script
    (without,) = re.findall(r"^step 'qwen without credentials'.*$", script, re.MULTILINE)
    assert "'status 401' has 401 without" in without
