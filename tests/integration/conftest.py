"""The fixtures of the tests with real programs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.rendered import Stack, compile_named, write


@pytest.fixture(scope="session")
def stack_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Stack]:
    """The stack of a name, written once into a folder of its own."""
    made: dict[str, Stack] = {}

    def find(name: str) -> Stack:
        if name not in made:
            made[name] = write(name, compile_named(name), tmp_path_factory.mktemp("stack"))
        return made[name]

    return find
