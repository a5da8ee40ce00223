"""Variables of the device are rendered for images whose backend reads them."""

from __future__ import annotations

import pytest

from stackgen.catalog.engines import sometimes_unread, unread_variables
from stackgen.catalog.load import Catalog
from stackgen.origin import literal
from stackgen.plan.engine_memory import backend_of, engine_memory, read_by

JAX, XLA = "docker.io/vllm/vllm-tpu:v0.32.0", "registry.redhat.io/rhaiis/vllm-tpu-rhel9:3.2.5"


@pytest.mark.parametrize(
    ("image", "name", "read"),
    [
        (JAX, "PJRT_DEVICE", False),
        (JAX, "TPU_NUM_DEVICES", False),
        ("docker.io/vllm/vllm-tpu:nightly", "PJRT_DEVICE", False),
        (XLA, "PJRT_DEVICE", True),
        (XLA, "TPU_NUM_DEVICES", True),
        ("registry.example.com/serving/vllm:1.0", "PJRT_DEVICE", True),
    ],
)
def test_a_variable_is_read_or_not(image: str, name: str, read: bool) -> None:
    found = read_by(literal(image, "test", "an image"), name, Catalog())
    assert found is not None
    assert found.value is read


def test_what_every_backend_reads_depends_on_no_image() -> None:
    assert read_by(literal(JAX, "test", "an image"), "TPU_WORKER_ID", Catalog()) is None
    assert {"PJRT_DEVICE", "TPU_NUM_DEVICES"} <= sometimes_unread()
    assert unread_variables("torchtpu") >= {"PJRT_DEVICE", "TPU_NUM_DEVICES"}
    assert unread_variables("unknown") == frozenset()


def test_new_images_have_a_backend_and_the_default_of_their_version() -> None:
    for minor in range(27, 33):
        image = f"docker.io/vllm/vllm-tpu:v0.{minor}.0"
        assert backend_of(image, Catalog()) == "jax"
        found = engine_memory("tpu", image, Catalog())
        assert (found.known, found.row.data["utilisation"]) == (True, 0.92)
