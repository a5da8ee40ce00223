"""Presets as rows write them, and as the API has them."""

from __future__ import annotations

from typing import Any

from stackgen.platforms.kserve.condensed import script_text, whole_presets
from tests.platforms.kserve.services import ROWS, row

HASH = "a" * 64
BASE: dict[str, Any] = {
    "containers": {
        "main": {
            "env": {"HOME": "/home", "IP": {"valueFrom": {"fieldRef": {"fieldPath": "x"}}}},
            "ports": {"8000": {"protocol": "TCP"}},
            "volumeMounts": {"/home": "home"},
            "args": [{"script": [{"characters": 7, "sha256": HASH}, "run\n"]}],
        }
    },
    "volumes": {"home": {"emptyDir": {}}},
}
LIKE = {"like": "one/template", "containers": {"main": {"env": {"HOME": None, "A": "1"}}}}


def test_lists_are_objects_by_their_key() -> None:
    pod = whole_presets({"one": {"template": BASE}})["one"]["template"]
    (main,) = pod["containers"]
    assert main["name"] == "main"
    assert main["env"][0] == {"name": "HOME", "value": "/home"}
    assert main["env"][1]["valueFrom"] == {"fieldRef": {"fieldPath": "x"}}
    assert main["ports"] == [{"containerPort": 8000, "protocol": "TCP"}]
    assert main["volumeMounts"] == [{"mountPath": "/home", "name": "home"}]
    assert pod["volumes"] == [{"name": "home", "emptyDir": {}}]
    assert main["args"] == [f"# preset script: 7 characters, sha256:{HASH}\nrun\n"]


def test_a_pod_can_be_like_another() -> None:
    found = whole_presets({"one": {"template": BASE}, "two": {"prefill": {"template": LIKE}}})
    (main,) = found["two"]["prefill"]["template"]["containers"]
    assert [e["name"] for e in main["env"]] == ["IP", "A"]
    assert main["volumeMounts"] == [{"mountPath": "/home", "name": "home"}]


def test_what_only_prepares_the_start_is_told_by_its_hash() -> None:
    text = script_text(["a\n", {"characters": 3, "sha256": HASH}, "b"])
    assert text == f"a\n# preset script: 3 characters, sha256:{HASH}\nb"


def test_every_preset_of_a_release_has_a_server_that_starts_vllm() -> None:
    for name in ROWS:
        presets = row(name).presets
        (main,) = presets["template"]["template"]["containers"]
        words = [*main.get("command", ()), *main.get("args", ())]
        assert any("vllm serve /mnt/models" in word for word in words), name
