"""What an engine knows is what it was given last, also where it was given the same before."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.checks.policy.engine import Engine, PolicyError

POLICY = ("a.rego", "package main\nimport rego.v1\nsize := data.size\n")


class _Counted:
    """An engine of regorus that counts what it is given."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.given: list[str] = []

    def add_data_json(self, text: str) -> None:
        self.given.append(text)
        self.real.add_data_json(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


def test_equal_data_is_given_once() -> None:
    engine = Engine([POLICY])
    counted = engine._engine = _Counted(engine._engine)
    for size in (1, 1, 2, 2, 1):
        engine.give_data({"size": size})
        assert engine.value("data.main.size") == size
    assert counted.given == ['{"size": 1}', '{"size": 2}', '{"size": 1}']


def test_data_that_an_engine_rejects_is_not_the_data_that_it_has() -> None:
    engine = Engine([POLICY])
    engine.give_data({"size": 1})
    with pytest.raises(PolicyError):
        engine.give_data({"size": float("nan")})
    engine.give_data({"size": 1})
    assert engine.value("data.main.size") == 1


def test_an_engine_that_is_extended_has_the_data() -> None:
    engine = Engine([POLICY])
    engine.give_data({"size": 1})
    other = engine.extended([("b.rego", "package more\nimport rego.v1\nsize := data.size + 1\n")])
    assert other.value("data.more.size") == 2
    other.give_data({"size": 4})
    assert (other.value("data.more.size"), engine.value("data.main.size")) == (5, 1)
