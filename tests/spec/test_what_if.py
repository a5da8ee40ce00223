"""Which values of the spec `--what-if` tries out."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.errors import UsageError
from stackgen.manifest.document import show_path
from stackgen.spec.what_if import changes

SPEC: dict[str, Any] = {
    "spec": {
        "cluster": {
            "location": "us-east5-a",
            "nodePools": [
                {"name": "cpu", "machineType": "n1-standard-4"},
                {"name": "tpu-a", "accelerator": "v6e", "topology": "2x2"},
                {"name": "tpu-b", "accelerator": "v6e", "topology": "1x1"},
                {"name": "gpu", "accelerator": "l4"},
            ],
        },
        "serving": {"models": [{"name": "chat"}, {"name": "code"}]},
    }
}
POOL = "spec.cluster.nodePools"
MODEL = "spec.serving.models"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("topology=2x4", {f"{POOL}[1].topology": "2x4", f"{POOL}[2].topology": "2x4"}),
        ("tpu-b.topology=auto", {f"{POOL}[2].topology": "auto"}),
        ("cpu.machineType=e2-standard-4", {f"{POOL}[0].machineType": "e2-standard-4"}),
        ("cpu.nodes.max=6", {f"{POOL}[0].nodes.max": 6}),
        ("gpus=2", {f"{POOL}[3].gpus": 2}),
        ("chat.gpus=2", {f"{MODEL}[0].gpus": 2}),
        ("gpu.accelerator=h100", {f"{POOL}[3].accelerator": "h100"}),
        ("replicas=3", {f"{MODEL}[0].replicas": 3, f"{MODEL}[1].replicas": 3}),
        ("code.concurrency=64", {f"{MODEL}[1].concurrency": 64}),
        ("location=us-central1-b", {"spec.cluster.location": "us-central1-b"}),
        ("spec.serving.models[1].scheduler=false", {f"{MODEL}[1].scheduler": False}),
        ("spec.budget.perDay=12.5", {"spec.budget.perDay": 12.5}),
        (
            "chat.replicas=2, tpu-a.nodes.max=4",
            {f"{MODEL}[0].replicas": 2, f"{POOL}[1].nodes.max": 4},
        ),
        ("chat.model=hf://Qwen/Qwen3-8B", {f"{MODEL}[0].model": "hf://Qwen/Qwen3-8B"}),
    ],
)
def test_keys_lead_to_values_of_the_spec(text: str, expected: dict[str, Any]) -> None:
    assert {show_path(c.path): c.value for c in changes(SPEC, [text])} == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("topologie=2x4", 'did you mean "topology"?'),
        ("chat.replica=2", 'did you mean "chat.replicas"?'),
        ("missing.replicas=2", "cannot be tried"),
        ("topology", "'topology' is not KEY=VALUE"),
        ("topology=", "'topology=' is not KEY=VALUE"),
        ("spec.serving.models[9].replicas=2", "spec.serving.models has 2 entries"),
        ("replicas=99999999999999999999", "the number for 'replicas' has more than 18 digits"),
        ("spec.serving..x=2", "cannot be tried"),
    ],
)
def test_what_is_not_understood_is_an_error(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        changes(SPEC, [text])
    assert message in str(error.value)


def test_a_key_that_suits_no_pool_is_an_error() -> None:
    spec = {"spec": {"cluster": {"nodePools": [{"name": "gpu", "accelerator": "l4"}]}}}
    with pytest.raises(UsageError, match="no node pool of the spec has a topology to try"):
        changes(spec, ["topology=2x2"])
