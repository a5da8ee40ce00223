"""What SOPS has encrypted."""

from __future__ import annotations

from typing import Any

from stackgen.manifest.sops import readable

VALUE = "ENC[AES256_GCM,data:AAAA,iv:BBBB,tag:CCCC,type:str]"


def secret(**more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, **more}


def test_a_secret_keeps_its_keys_and_loses_the_notes() -> None:
    given = secret(data={"key": VALUE, "open": "YQ=="}, sops={"mac": VALUE})
    assert readable(given) == secret(data={"open": "YQ=="}, stringData={"key": "${SOPS}"})
    assert given["data"]["key"] == VALUE


def test_encrypted_values_of_other_kinds_are_variables() -> None:
    given = {"kind": "HelmRelease", "spec": {"values": [{"a": VALUE}, 1]}, "sops": {"mac": "x"}}
    assert readable(given) == {"kind": "HelmRelease", "spec": {"values": [{"a": "${SOPS}"}, 1]}}


def test_what_only_has_such_a_key_is_left_alone() -> None:
    for notes in ("text", {"version": "3"}):
        given = secret(data={"key": VALUE}, sops=notes)
        assert readable(given) is given
