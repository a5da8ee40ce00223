"""The files that rendered objects are written to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stackgen.render.objects import file_name

NAMES = st.text("abc-.", min_size=1, max_size=253)


def test_a_file_is_called_by_kind_and_name() -> None:
    assert file_name("ConfigMap", "a") == "configmap-a.yaml"


@given(NAMES)
def test_every_name_an_object_may_have_makes_a_file_name(name: str) -> None:
    found = file_name("ValidatingAdmissionPolicyBinding", name)
    assert len(found.encode()) <= 255
    assert found.endswith(".yaml")
    assert found == file_name("ValidatingAdmissionPolicyBinding", name)


def test_long_names_that_differ_at_the_end_have_files_of_their_own() -> None:
    one, two = (file_name("Secret", "a" * 252 + end) for end in "bc")
    assert one != two
    assert len(one) == len(two) == 255
