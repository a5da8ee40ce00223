"""What policies know: from a plan, a release, the objects."""

from __future__ import annotations

import pytest
import yaml

from stackgen.catalog.load import Catalog
from stackgen.checks.context import Context
from stackgen.checks.policy.profile import facts, of_plan
from stackgen.compiler import compile_environment
from stackgen.findings.config import PROFILE_KEYS, problem
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.registry import predictions
from stackgen.spec.load import Change
from tests import sandbox

SERVICE = {
    "apiVersion": "serving.kserve.io/v1alpha1",
    "kind": "LLMInferenceService",
    "metadata": {"name": "m", "namespace": "n"},
}


def profile(*changes: Change) -> dict[str, object]:
    compiled = compile_environment(str(sandbox.ROOT), "prod", prove=False, changes=changes)
    assert compiled.plan is not None
    return of_plan(compiled.plan, compiled.catalog)


def test_the_profile_of_the_reference_stack() -> None:
    assert profile() == {
        "gatedModels": [],
        "nodePools": [{"accelerator": "tpu-v6e-slice", "topology": "2x2", "maxNodes": 3}],
    }


def test_a_profile_has_known_keys_and_fitting_values() -> None:
    assert [problem(key, value) for key, value in profile().items()] == ["", ""]


def test_presets_are_known_where_there_is_a_service_alone() -> None:
    pod = Resource({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}, "a.yaml")
    assert "presets" not in facts(Context(Bundle((pod,))))["stackgen"]
    service = Resource(SERVICE, "a.yaml")
    known = facts(Context(Bundle((service,)), release="llm-d-infra-xks-0.15"))["stackgen"]
    assert known["presets"]["main"]["livenessProbe"]["initialDelaySeconds"] == 120
    assert known["servesTLS"] is True
    newest = facts(Context(Bundle((service,))))["stackgen"]
    kserve = predictions()["kserve"]
    assert newest["presets"] == kserve.policy_data(kserve.releases(Catalog(), ())[0])["presets"]
    assert "servesTLS" not in newest


PICKER = """
apiVersion: inference.networking.k8s.io/v1
kind: InferencePool
metadata: {name: qwen}
spec: {endpointPickerRef: {name: picker}}
---
apiVersion: v1
kind: Service
metadata: {name: picker}
spec: {selector: {app: picker}}
---
apiVersion: v1
kind: Pod
metadata: {name: picker, labels: {app: picker}}
spec: {containers: [{name: epp, args: [FLAG]}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: picker}
spec: {host: HOST}
"""


@pytest.mark.parametrize(
    ("host", "flag", "signed"),
    [
        ("picker", "-v=1", True),
        ("picker.models.svc.cluster.local", "-v=1", True),
        ("picker", "--cert-path=/certs", False),
        ("other", "-v=1", False),
    ],
)
def test_the_picker_of_a_base_signs_its_own_certificate(host: str, flag: str, signed: bool) -> None:
    """A short host is one of the namespace of its rule, and a base sets no namespace."""
    objects = yaml.safe_load_all(PICKER.replace("FLAG", flag).replace("HOST", host))
    known = facts(Context(Bundle(tuple(Resource(one, "a.yaml") for one in objects))))["stackgen"]
    assert known["profile"].get("unverifiedHosts", []) == ([host] if signed else [])


def test_hosts_of_pickers_that_sign_their_own_certificates() -> None:
    """Those of a service; not what only has such a name, and not those of another namespace."""

    def rule(host: str) -> Resource:
        api = "networking.istio.io/v1"
        return Resource({"apiVersion": api, "kind": "DestinationRule", "spec": {"host": host}}, "")

    hosts = [f"{name}.n.svc.cluster.local" for name in ("m-epp-service", "n-epp-service")]
    container = {"name": "main", "image": "registry.example.com/picker:v1", "args": ["--v", "4"]}
    scheduler = {"template": {"containers": [container]}}
    model = {"uri": "hf://a/b", "name": "b"}
    routed = {**SERVICE, "spec": {"model": model, "router": {"scheduler": scheduler}}}
    other = "m-epp-service.other.svc.cluster.local"
    objects = (Resource(routed, ""), *map(rule, (*hosts, other)))
    data = facts(Context(Bundle(objects), release="llm-d-infra-xks-0.15"))["stackgen"]
    assert data["profile"].get("unverifiedHosts") == hosts[:1]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("stage", "dev", ""),
        ("stage", "staging", " is not one of dev, test, prod"),
        ("alowedRegistries", [], "allowedRegistries"),
        ("allowedRegistries", "a", " is not a list of texts"),
        ("kserveTLS", "no", " is not true or false"),
        ("authentication", "none", ""),
        ("authentication", "jwt", " is not none"),
        ("coldStartSeconds", 600, ""),
        ("coldStartSeconds", True, " is not a number of seconds"),
        ("nodePools", [{"accelerator": "a", "topology": "2x2", "maxNodes": 1}], ""),
        ("nodePools", [{"accelerator": "a", "topology": "2x2"}], "maxNodes"),
    ],
)
def test_what_a_profile_may_say(key: str, value: object, told: str) -> None:
    found = problem(key, value)
    assert (told in found) if told else found == ""


def test_the_page_of_the_policies_names_every_key() -> None:
    page = (sandbox.ROOT / "policies" / "README.md").read_text(encoding="utf-8")
    assert [key for key in PROFILE_KEYS if f"{key}:" not in page] == []
