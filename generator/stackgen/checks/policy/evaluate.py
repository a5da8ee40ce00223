"""The shipped policies on documents: plain data in and out, for this process or another.

A job has `data`, and `documents` of `path` and `text`, the object as JSON. `policies`, the files of
the policies, is in the job, for a set, or in each document. An answer is what `deny` and `warn`
say, by these names, or `stopped` with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from stackgen.checks.policy.engine import Engine, PolicyError
from stackgen.checks.policy.pack import Engines

Answer = dict[str, Any]
STOPPED = "stopped"
# Documents in one evaluation.
TOGETHER = 50


def each(job: dict[str, Any]) -> list[Answer]:
    """What the policies say about each document by itself.

    Documents that the same policies judge go to their engine by the dozen: half of an evaluation is
    its beginning. One that stops a policy would take the others with it, so they are then asked
    about one by one.
    """
    documents = job["documents"]
    engines = Engines(job["data"])
    waiting: dict[Engine, list[int]] = {}
    for index, document in enumerate(documents):
        engine = engines.of(frozenset(document["policies"]))
        waiting.setdefault(engine, []).append(index)
    told: dict[int, Answer] = {}
    for engine, indexes in waiting.items():
        for start in range(0, len(indexes), TOGETHER):
            some = indexes[start : start + TOGETHER]
            answers = _of_some(engine, [documents[i]["text"] for i in some])
            told.update(zip(some, answers, strict=True))
    return [told[index] for index in range(len(documents))]


def whole(job: dict[str, Any]) -> Answer:
    """What the policies on the whole set say about all documents."""
    parts = (
        f'{{"path":{json.dumps(one["path"])},"contents":{one["text"]}}}' for one in job["documents"]
    )
    engine = Engines(job["data"]).of(frozenset(job["policies"]))
    return _told(engine, f"[{','.join(parts)}]")


def _of_some(engine: Engine, texts: Sequence[str]) -> list[Answer]:
    try:
        engine.give_text(f"[{','.join(texts)}]")
        found: list[Answer] = engine.value("data.entry.each")
    except PolicyError:
        return [_told(engine, text) for text in texts]
    return found


def _told(engine: Engine, text: str) -> Answer:
    try:
        engine.give_text(text)
        found: Answer = engine.value("data.entry.results")
    except PolicyError as error:
        return {STOPPED: str(error)}
    return found
