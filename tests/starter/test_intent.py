"""The stack that starts from a model: what is chosen, and what is refused."""

from __future__ import annotations

import pytest
import yaml

from stackgen.errors import UsageError
from stackgen.starter.intent import Chosen, choose
from stackgen.starter.intent_files import Intent, Shape, intent_files, model_name
from stackgen.starter.summary import choice


def chosen(model: str, zone: str, **more: object) -> Chosen:
    return choose(Intent(model, "acme-prod", zone, **more))  # type: ignore[arg-type]


def test_the_cheapest_tpu_that_holds_the_model_is_chosen() -> None:
    found = chosen("meta-llama/Llama-3.3-70B-Instruct", "us-east5-b")
    first, *others = found.options
    assert (first.shape.words, first.shape.hosts, first.sure) == ("v6e 2x4", 1, True)
    assert {o.shape.words for o in others} == {"v5e 4x4", "v5p 2x2x1"}
    assert all(not o.sure for o in others)
    assert [words for words, _ in found.rejected if words.startswith("v6e")] == [
        "v6e 1x1",
        "v6e 2x2",
    ]
    spec = yaml.safe_load(found.files["stack.yaml"])["spec"]
    assert spec["cluster"]["location"] == "us-east5-b"
    assert spec["serving"]["huggingFaceToken"] == {"secret": "huggingface-token"}
    # us-east5 has no N1 machines, and the download does not fit the default disk.
    pools = spec["cluster"]["nodePools"]
    assert not pools[0]["machineType"].startswith("n1-")
    assert pools[1]["diskSizeGb"] > 131 * 2


def test_of_two_prices_the_lower_one_comes_first() -> None:
    found = chosen("Qwen/Qwen3-32B", "us-central1-a")
    prices = [o.hour for o in found.options if o.sure]
    assert len(prices) == 2
    assert prices == sorted(p for p in prices if p is not None)


def test_several_hosts_where_one_is_too_small() -> None:
    found = chosen("meta-llama/Llama-3.3-70B-Instruct", "us-west4-a", accelerator="v5e")
    assert (found.options[0].shape.words, found.options[0].shape.hosts) == ("v5e 4x4", 4)
    prod = yaml.safe_load(found.files["overlays/prod/stack.yaml"])["spec"]
    assert prod["cluster"]["nodePools"][0]["nodes"] == {"min": 8, "max": 12}


def test_a_gpu_only_where_it_is_asked_for() -> None:
    found = chosen("Qwen/Qwen2.5-0.5B-Instruct", "us-central1-a", accelerator="l4")
    assert [o.shape for o in found.options] == [Shape("l4", gpus=1)]
    assert b"gpu-pool" in found.files["stack.yaml"]
    assert b"supply-image-digest" not in found.files["stack.yaml"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            ("Qwen/Qwen3-8B", "us-eest5-b"),
            'no region or zone us-eest5-b; did you mean "us-east5-b"',
        ),
        (("Qwen/Qwen3-8B", "us-east5"), "us-east5 is a region; name one of its zones"),
        (("Qwen/Qwen3-8B", "asia-east2-a"), "no accelerator in asia-east2-a; TPUs are in "),
        (("Qwen/Qwen3-8", "us-east5-b"), 'not in the catalog; did you mean "Qwen/Qwen3-8B"'),
        (("Qwen/Qwen3-15B", "us-east5-b"), "Qwen3-15B is not in the catalog: whether it fits is"),
        (("me/own", "us-east5-b"), "whether it fits is not known.\nName the config.json"),
        (
            ("Qwen/Qwen3-8B", "us-centrall-b"),
            'no region or zone us-centrall-b; did you mean "us-central1-b"?',
        ),
        (("a\udcffb", "us-east5-b"), r"'hf://a\udcffb' is not a string"),
        (("a\nb: c", "us-east5-b"), '--model: the value is "hf://a\\nb: c"'),
    ],
)
def test_what_no_stack_takes_is_refused(values: tuple[str, str], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(*values)
    assert words in "\n".join((str(caught.value), *caught.value.more))


@pytest.mark.parametrize(
    ("project", "more", "words"),
    [
        (
            "Acme_LLM",
            {},
            (
                '--project: the value is "Acme_LLM"; allowed: 6 to 30 lower-case letters, digits '
                "and dashes, beginning with a letter"
            ),
        ),
        (
            "acme-llm",
            {"domain": "http://chat.acme"},
            '--domain: the value is "http://chat.acme"; allowed: a host name, *. allowed in front',
        ),
    ],
)
def test_a_wrong_value_is_told_by_its_option(
    project: str, more: dict[str, str], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        choose(Intent("Qwen/Qwen3-14B", project, "us-central1-b", **more))
    assert (str(caught.value), caught.value.more) == (words, ())


def test_only_what_was_tried_is_called_the_only_one() -> None:
    found = chosen("Qwen/Qwen3-14B", "us-central1-b")
    said = choice(found)
    assert (
        said[0] == "hf://Qwen/Qwen3-14B on v6e 2x2, in us-central1-b: the only TPU that holds it."
    )
    assert "l4" in found.untried
    told = f"Not tried: {', '.join(found.untried)}. The catalog has no list of their zones, and "
    assert told + "one may cost less. `--accelerator NAME` selects one." in said


def test_an_accelerator_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean"):
        chosen("Qwen/Qwen3-8B", "us-east5-b", accelerator="v6")
    with pytest.raises(UsageError, match="us-west4-a has no v6e; these zones have: "):
        chosen("Qwen/Qwen3-8B", "us-west4-a", accelerator="v6e")


def test_a_config_makes_another_model_known() -> None:
    text = (
        b'{"architectures": ["Qwen2ForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 36,'
        b' "num_attention_heads": 16, "num_key_value_heads": 2, "intermediate_size": 11008,'
        b' "vocab_size": 151936, "max_position_embeddings": 32768, "torch_dtype": "bfloat16"}'
    )
    found = chosen("me/own-3b", "us-east5-b", config=text)
    assert found.options[0].shape.words == "v6e 1x1"
    assert found.files["model.config.json"] == text


@pytest.mark.parametrize("platform", ["xks", "kserve", "llm-d"])
def test_values_are_data(platform: str) -> None:
    """Whatever is typed comes back from YAML as the string that it is."""
    odd = "null"
    files = intent_files(
        Intent(odd, odd, odd, odd, odd, platform, repository=odd), Shape("v6e", "2x2")
    )
    spec = yaml.safe_load(files["stack.yaml"])["spec"]
    assert spec["cluster"]["project"] == spec["cluster"]["location"] == odd
    assert spec["gateway"]["listeners"][1]["hostname"] == spec["gateway"]["acme"]["email"] == odd
    assert spec["delivery"]["repository"] == odd


def test_the_name_of_a_model_is_a_label() -> None:
    names = {
        "meta-llama/Llama-3.3-70B-Instruct": "llama-3-3-70b-instruct",
        "hf://org/1B_model:abc": "model-1b-model",
        "gs://bucket/a/b/": "model",
    }
    assert {m: model_name(Intent(m, "p", "z")) for m in names} == names


def test_a_config_that_lacks_sizes_is_told_by_its_keys() -> None:
    intent = Intent(
        model="my-org/m", project="acme-prod", zone="us-east5-b",
        config=b'{"model_type": "llama", "num_hidden_layers": 80}',
    )  # fmt: skip
    with pytest.raises(UsageError) as raised:
        choose(intent)
    assert str(raised.value).startswith(
        "the file of --config lacks num_attention_heads, num_key_value_heads, "
    )
