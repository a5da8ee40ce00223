"""Rollouts as JSON. Durations are in seconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stackgen.escape import json_text
from stackgen.record import as_json
from stackgen.rollout.model import Blocked, Key, Moment, Rollout, Unmet, key_of
from stackgen.rollout.words import said

VERSION = 1


def render(found: Iterable[tuple[str, Rollout]]) -> str:
    """The rollouts of environments."""
    document = {"version": VERSION, "rollouts": [_rollout(env, one) for env, one in found]}
    return json_text(document) + "\n"


def _rollout(env: str, found: Rollout) -> dict[str, Any]:
    return {
        "environment": env,
        **as_json(found, "delivery", "engine", "first", "seconds", "usual_seconds"),
        "steps": [_moment(one) for one in found.moments],
        "neverReady": [_blocked(one) for one in found.blocked],
        "slow": [
            {"object": _key(one.key), "step": one.step.name, "seconds": one.seconds}
            for one in found.slow
        ],
        "vanished": [
            {"step": name, "pruned": [_key(key) for key in keys]} for name, keys in found.vanished
        ],
        "away": [
            {"what": one.what, "why": one.why, "since": one.since, "until": one.until}
            for one in found.away
        ],
    }


def _moment(moment: Moment) -> dict[str, Any]:
    step = moment.step
    return {
        "name": step.name,
        "after": list(step.after),
        "parent": step.parent,
        "hop": moment.hop,
        "earliest": moment.earliest,
        "timeout": step.timeout,
        "retry": step.retry,
        "remote": step.remote,
        "changes": [{"object": _key(key), "change": change} for key, change in moment.changes],
        "pruned": [_key(key) for key in moment.pruned],
        "waits": [{"object": _key(gate.key), "guarded": gate.guarded} for gate in step.gates],
        "unknown": list(moment.unknown),
    }


def _blocked(blocked: Blocked) -> dict[str, Any]:
    return {
        "object": _key(blocked.key),
        "step": blocked.step.name,
        "awaited": blocked.awaited,
        "message": said(blocked),
        "chain": [_unmet(one) for one in blocked.chain],
        "holds": list(blocked.holds),
    }


def _unmet(unmet: Unmet) -> dict[str, Any]:
    return {
        "object": _key(key_of(unmet.resource)),
        "needs": unmet.need.text,
        "why": unmet.why,
        "step": unmet.step,
        "by": _key(key_of(unmet.by)) if unmet.by is not None else None,
    }


def _key(key: Key) -> dict[str, str]:
    return key._asdict()
