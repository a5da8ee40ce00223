"""How long a server takes for its requests. Arithmetic on plain numbers, nothing else.

A step of the engine makes one token of each running sequence. It reads the weights and the KV cache
of all sequences from the memory of the chips, and has a fixed cost. A prompt is bound by what the
chips compute. The constants are fitted to published measurements (`catalog/roofline.yaml`). Some
engines run steps and prompts together, so that the two times overlap; others run one or the other.
"""

from __future__ import annotations

from stackgen.record import record


@record
class Constants:
    """What the fit found, for one accelerator, engine and kind of model.

    weights, cache: shares of the memory bandwidth that reading them reaches. prompt: share of the
    peak arithmetic that prompts reach. step: seconds of a step without any memory traffic.
    overlap: 1 for steps and prompts one after the other; the larger, the more they overlap.
    slower: factor of the whole.
    """

    weights: float
    cache: float
    prompt: float
    step: float
    overlap: float
    slower: float = 1.0


@record
class Server:
    """One model server. bandwidth: bytes a second of one chip. peak: operations a second of one.

    weights: bytes, of all chips. active, params: parameters that a token uses, and all. width:
    attention heads x head size. kv_bytes: of one token, over all chips. kv_tokens: that the cache
    holds. max_sequences: that the engine runs at the same time. stages: of the pipeline.
    """

    chips: int
    bandwidth: float
    peak: float
    weights: float
    params: float
    active: float
    layers: int
    width: int
    kv_bytes: float
    kv_tokens: int
    max_sequences: int
    stages: int = 1


@record
class Lengths:
    """Tokens of a request. cached: share of the prompt that is in the prefix cache."""

    input: int
    output: int
    cached: float = 0.0


def slots(server: Server, lengths: Lengths) -> float:
    """Sequences that run at the same time, at the most: what engine and KV cache allow."""
    return min(server.max_sequences, server.kv_tokens / (lengths.input + lengths.output))


def step_s(server: Server, lengths: Lengths, running: float, constants: Constants) -> float:
    """Seconds of a step with `running` sequences: one token of each.

    A sparse model reads the experts that any of the tokens uses. Each stage of a pipeline reads its
    part of the weights with its own chips, one stage after the other.
    """
    bandwidth = server.chips * server.bandwidth
    share = server.active / server.params
    read = server.weights * (1 - (1 - share) ** running if share < 1 else 1.0)
    context = lengths.input + lengths.output / 2
    return (
        constants.step
        + server.stages * read / (bandwidth * constants.weights)
        + running * context * server.kv_bytes / (bandwidth * constants.cache)
    )


def prompt_s(server: Server, lengths: Lengths, constants: Constants) -> float:
    """Seconds of the chips for one prompt: two operations a parameter and token, and attention."""
    new = lengths.input * (1 - lengths.cached)
    operations = 2 * server.active * new + 2 * server.layers * server.width * new * lengths.input
    return operations / (server.chips * server.peak * constants.prompt)


def request_s(server: Server, lengths: Lengths, running: float, constants: Constants) -> float:
    """Seconds from the first step of a request to its last, while `running` of them share it.

    While one request makes its output, the prompts of all `running` ones are computed once.
    """
    steps = lengths.output * step_s(server, lengths, running, constants)
    prompts = running * prompt_s(server, lengths, constants)
    p = constants.overlap
    return constants.slower * float((steps**p + prompts**p) ** (1 / p))


def tokens_per_s(server: Server, lengths: Lengths, running: float, constants: Constants) -> float:
    """Output tokens a second with `running` sequences."""
    return running * lengths.output / request_s(server, lengths, running, constants)
