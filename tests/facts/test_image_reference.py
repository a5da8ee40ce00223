"""Image references: what the grammar takes, and what each refusal says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.facts.image_reference import ImageReference, ImageReferenceError, image_reference

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("nginx", ("docker.io", "library/nginx", "", "")),
        ("vllm/vllm-tpu:v0.12.0", ("docker.io", "vllm/vllm-tpu", "v0.12.0", "")),
        ("localhost/a", ("localhost", "a", "", "")),
        ("host:5000/a/b", ("host:5000", "a/b", "", "")),
        ("[2001:db8::1]:5000/a:1", ("[2001:db8::1]:5000", "a", "1", "")),
        (f"quay.io/a/b_c__d-e.f:1@{DIGEST}", ("quay.io", "a/b_c__d-e.f", "1", DIGEST)),
        ("HOST/a", ("HOST", "a", "", "")),
    ],
)
def test_the_parts_of_a_reference(text: str, parts: tuple[str, str, str, str]) -> None:
    assert image_reference(text) == ImageReference(*parts)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        (" a", "it has a space"),
        ("a:b c", "it has a space"),
        ("a\n", "it has a space"),
        ("quay.io/Team/web", "the repository 'Team/web' has upper-case letters"),
        ("UPPER/Case:tag", "the repository 'Case' has upper-case letters"),
        ("quay.io/a//b", "the repository 'a//b' is not lower-case letters and digits"),
        ("quay.io/", "the repository '' is not lower-case letters and digits"),
        ("quay.io/-a", "the repository '-a' is not lower-case letters and digits"),
        ("https://quay.io/a", "'https:' is not a registry host"),
        ("-quay.io/a", "'-quay.io' is not a registry host"),
        ("a:", "the tag '' is not at most 128 letters"),
        ("a:-b", "the tag '-b' is not at most 128 letters"),
        ("a:" + "b" * 129, "is not at most 128 letters"),
        ("a@sha256:12", "'sha256:12' is not a digest"),
        ("a@", "'' is not a digest"),
        ("a@sha256:" + "A" * 64, "a sha256 digest has 64 lower-case hexadecimal digits"),
        ("a@sha256:" + "a" * 63, "a sha256 digest has 64 lower-case hexadecimal digits"),
        ("quay.io/" + "a" * 248, "its name has more than 255 characters"),
        ("quäy.io/a", "'quäy.io' is not a registry host"),
    ],
)
def test_what_a_refusal_says(text: str, why: str) -> None:
    with pytest.raises(ImageReferenceError) as refused:
        image_reference(text)
    assert why in str(refused.value)


@given(st.text())
def test_any_text_is_read_back_or_refused(text: str) -> None:
    try:
        found = image_reference(text)
    except ImageReferenceError:
        return
    tag = f":{found.tag}" if found.tag else ""
    digest = f"@{found.digest}" if found.digest else ""
    assert image_reference(f"{found.name}{tag}{digest}") == found


_PART = st.from_regex(r"\A[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*\Z")


@given(
    st.sampled_from(["docker.io", "host:1", "Host", "[::1]:5"]),
    st.lists(_PART, min_size=1, max_size=3),
    st.from_regex(r"\A(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,20})?\Z"),
    st.sampled_from(["", DIGEST]),
)
def test_a_reference_by_the_grammar_is_taken_apart(
    registry: str, parts: list[str], tag: str, digest: str
) -> None:
    repository = "/".join(parts)
    text = (
        f"{registry}/{repository}" + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    )
    if len(f"{registry}/{repository}") > 255:
        return
    assert image_reference(text) == ImageReference(registry, repository, tag, digest)
