"""Devices and traces of a service, as the controller of a release adds them to its Pods."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.platforms.kserve.extras import (
    devices,
    scheduler_tracing,
    server_tracing,
    with_devices,
)
from tests.platforms.kserve.services import row, service

LATEST = "kserve-0.21"
PREFIX = "serving.kserve.io/exp-dra-"
DEVICE = {"name": "managed-device"}


def asking(**told: str) -> dict[str, Any]:
    found = service()
    names = {name.replace("_", "-"): value for name, value in told.items()}
    found["metadata"]["annotations"] = {PREFIX + name: value for name, value in names.items()}
    return found


def claimed(told: dict[str, Any], *pods: dict[str, Any], release: str = LATEST) -> list[list[str]]:
    """The containers of each Pod that claim the device."""
    with_devices(row(release), told, list(pods))
    return [
        [c["name"] for c in pod["containers"] if DEVICE in c.get("resources", {}).get("claims", ())]
        for pod in pods
    ]


def pod(*names: str) -> dict[str, Any]:
    return {"containers": [{"name": name} for name in names]}


def test_one_container_of_each_pod_claims_the_device() -> None:
    told = asking(device_class="tpu.google.com")
    first = pod("main", "other")
    assert claimed(told, first, pod("worker")) == [["main"], ["worker"]]
    claim = {**DEVICE, "resourceClaimTemplateName": "qwen-managed-dra"}
    assert first["resourceClaims"] == [claim]
    assert claimed(told, first) == [["main"]]
    assert first["resourceClaims"] == [claim]
    assert first["containers"][0]["resources"]["claims"] == [DEVICE]


def test_the_container_that_is_named_claims_the_device() -> None:
    told = asking(device_class="tpu.google.com", container_name="other")
    assert claimed(told, pod("main", "other"), pod("main")) == [["other"], []]


def test_without_a_class_or_in_older_releases_nothing_is_claimed() -> None:
    assert claimed(asking(device_count="2"), pod("main")) == [[]]
    told = asking(device_class="tpu.google.com")
    assert claimed(told, pod("main"), release="rhaii-3.4") == [[]]
    assert list(devices(row("rhaii-3.4"), told)) == list(devices(row(LATEST), asking())) == []


@pytest.mark.parametrize(
    ("told", "more"),
    [
        ({}, {}),
        ({"device_count": "1"}, {}),
        ({"device_count": "2"}, {"count": 2}),
        ({"device_count": "two"}, {}),
        ({"cel_selector": " \n"}, {}),
        ({"cel_selector": "a\n\n b "}, {"selectors": [{"cel": {"expression": x}} for x in "ab"]}),
    ],
)
def test_the_template_of_the_claims(told: dict[str, str], more: dict[str, Any]) -> None:
    (found,) = devices(row(LATEST), asking(device_class="tpu.google.com", **told))
    assert (found["kind"], found["metadata"]["name"]) == (
        "ResourceClaimTemplate", "qwen-managed-dra",
    )  # fmt: skip
    (request,) = found["spec"]["spec"]["devices"]["requests"]
    assert request == {"name": "device", "exactly": {"deviceClassName": "tpu.google.com", **more}}


TRACING = {"exporterEndpoint": "http://collector:4317", "samplerArg": "0.1"}


@pytest.mark.parametrize(("prefill", "role"), [(False, "decode"), (True, "prefill")])
def test_the_first_server_of_a_pod_sends_traces(prefill: bool, role: str) -> None:
    traced = pod("other", "main", "main")
    server_tracing(TRACING, "serving", "qwen", prefill=prefill, pod=traced)
    other, main, second = traced["containers"]
    assert "args" not in other and "args" not in second
    assert main["args"][:2] == ["--otlp-traces-endpoint", "http://collector:4317"]
    values = {variable["name"]: variable.get("value") for variable in main["env"]}
    assert values["OTEL_SERVICE_NAME"] == f"inference-server-{role}"
    assert values["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://collector:4317"
    assert values["OTEL_TRACES_EXPORTER"] == "" and "0.1" in values.values()


def test_flags_and_variables_that_are_given_stay() -> None:
    own = {
        "name": "main", "args": ["--otlp-traces-endpoint=http://own"],
        "env": [{"name": "OTEL_SERVICE_NAME", "value": "own"}],
    }  # fmt: skip
    server_tracing(TRACING, "serving", "qwen", prefill=False, pod={"containers": [own]})
    assert own["args"] == [
        "--otlp-traces-endpoint=http://own", "--collect-detailed-traces", "all",
    ]  # fmt: skip
    names = [variable["name"] for variable in own["env"]]
    assert names.count("OTEL_SERVICE_NAME") == 1 and len(names) == 8


def test_without_an_endpoint_a_server_sends_no_traces() -> None:
    server_tracing({}, "serving", "qwen", prefill=False, pod=(untraced := pod("main")))
    assert untraced == pod("main")


@pytest.mark.parametrize(
    ("given", "added"),
    [
        ([], ["--tracing=true"]),
        (["-tracing=false"], []),
        (["--tracing"], []),
        (["--trace"], ["--tracing=true"]),
    ],
)
def test_the_picker_traces_unless_its_flag_is_given(given: list[str], added: list[str]) -> None:
    picker: dict[str, Any] = {"name": "main", "args": list(given)}
    scheduler_tracing(TRACING, "serving", "qwen", picker)
    assert picker["args"] == [*given, *added]
