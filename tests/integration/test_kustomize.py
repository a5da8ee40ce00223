"""The kustomize program renders every folder with an index to exactly the objects checked."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from stackgen.manifest.yaml_in import parse
from tests.integration.programs import program
from tests.integration.rendered import NAMES, Object, Stack, identity, plain


def _built(folder: str) -> dict[str, Object]:
    done = subprocess.run(
        [program("kustomize"), "build", folder], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-400:]
    found = [plain(d.data) for d in parse(done.stdout, "kustomize")]
    named = {identity(d): d for d in found}
    assert len(named) == len(found), "an object is rendered twice"
    return named


@pytest.mark.parametrize("name", NAMES)
def test_every_folder_renders_the_objects_in_it(
    name: str, stack_of: Callable[[str], Stack]
) -> None:
    stack = stack_of(name)
    indexes = sorted(stack.out.rglob("kustomization.yaml"))
    assert len(indexes) > 4
    for index in indexes:
        below = str(index.parent.relative_to(stack.out))
        wanted = {
            identity(d): d
            for f, d in stack.files.items()
            if f.startswith("delivery/") == below.startswith("delivery")
            and (below == "." or f.startswith(f"{below}/"))
        }
        assert _built(str(index.parent)) == wanted, below
