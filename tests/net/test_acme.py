"""Renewals by HTTP-01 reach the solver that cert-manager creates beside the gateway."""

from __future__ import annotations

import copy
from typing import Any

from stackgen.net.profile import profile_of
from stackgen.net.prove import Proof, prove
from tests.stacks import build_data


def _proofs(issuer: str | None, acme: dict[str, str] | None = None) -> list[Proof]:
    data: dict[str, Any] = copy.deepcopy(build_data("prod").loaded.data)
    tls = {"issuer": issuer} if issuer else {}
    data["spec"]["gateway"]["acme"] = acme or {}
    data["spec"]["gateway"]["listeners"] = [
        {"name": "http", "port": 80},
        {
            "name": "https",
            "port": 443,
            "protocol": "HTTPS",
            "hostname": "a.example.com",
            "tls": tls,
        },
    ]
    compiled = build_data("prod", data)
    assert compiled.bundle is not None
    assert compiled.plan is not None
    return prove(compiled.bundle, profile_of(compiled.plan))


def test_the_gateway_reaches_the_solver_of_an_issuer_of_the_users() -> None:
    proofs = _proofs("letsencrypt")
    (found,) = [p for p in proofs if p.flow.id == "F25"]
    assert found.holds
    assert str(found.flow.ports) == "TCP 8089"
    assert all(proof.holds for proof in proofs)


def test_nothing_is_opened_for_the_stacks_own_ca() -> None:
    proofs = _proofs(None)
    assert [p for p in proofs if p.flow.id == "F25"] == []


def test_the_stacks_own_issuer_opens_nothing_since_its_challenges_are_dns_records() -> None:
    acme = {"email": "platform@example.com"}
    assert [p for p in _proofs("letsencrypt", acme) if p.flow.id == "F25"] == []
    assert [p for p in _proofs("other", acme) if p.flow.id == "F25"] != []
