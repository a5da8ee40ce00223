"""SARIF logs of shards, merged into one log with one run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from stackgen.escape import json_text
from stackgen.findings.model import Severity

_LEVELS = {"error": Severity.ERROR, "warning": Severity.WARNING, "note": Severity.INFO}


def merge(logs: Sequence[dict[str, Any]], fail_on: Severity) -> tuple[str, bool]:
    """The merged log, and whether a result in it is at or above `fail_on`.

    What two shards found at one place is one result. Raises KeyError, TypeError, AttributeError,
    IndexError or ValueError for what is no log of stackgen.
    """
    runs = [run for log in logs for run in log["runs"]]
    first = runs[0]
    drivers = [run["tool"]["driver"] for run in runs]
    if any(driver["name"] != "stackgen" for driver in drivers):
        raise ValueError("another tool wrote it")
    if any(driver["version"] != drivers[0]["version"] for driver in drivers):
        raise ValueError("the versions differ")
    rules = {rule["id"]: rule for driver in drivers for rule in driver["rules"]}
    ids = sorted(rules)
    together: dict[str, dict[str, Any]] = {}
    for run in runs:
        for result in run["results"]:
            others = [_without_id(x) for x in result.get("relatedLocations", ())]
            others = [x for x in others if not x["message"]["text"].startswith("rendered")]
            key = json.dumps([_order(result), result["locations"], others])
            known = together.setdefault(key, result)
            _relate(known, result)
    results = sorted(
        together.values(), key=lambda x: (*_order(x), *x["partialFingerprints"].values())
    )
    for result in results:
        result["ruleIndex"] = ids.index(result["ruleId"])
    driver = {**drivers[0], "rules": [rules[name] for name in ids]}
    run = {**first, "tool": {**first["tool"], "driver": driver}, "results": results}
    failed = any(_LEVELS[x["level"]] >= fail_on for x in results if not x.get("suppressions"))
    return json_text({**logs[0], "runs": [run]}) + "\n", failed


def _order(result: dict[str, Any]) -> tuple[Any, ...]:
    """What results are sorted by, as in the log of one run."""
    place = result["locations"][0] if result["locations"] else {}
    physical = place.get("physicalLocation", {})
    region = physical.get("region", {})
    where = (
        str(physical["artifactLocation"]["uri"]) if physical else "",
        # A place without a column is the file as a whole, which comes first.
        int(region["startLine"]) if "startColumn" in region else 0,
        int(region.get("startColumn", 0)),
    )
    logical = place.get("logicalLocations", [{}])[0].get("fullyQualifiedName", "")
    path = str(logical).partition(":")[2]
    text = str(result["message"]["text"]).partition("\n")[0]
    return (-_LEVELS[result["level"]], *where, str(result["ruleId"]), path, text)


def _relate(known: dict[str, Any], result: dict[str, Any]) -> None:
    """Add the related locations of an equal result, and number them again."""
    related = list(known.get("relatedLocations", ()))
    bare = [_without_id(place) for place in related]
    related += [x for x in result.get("relatedLocations", ()) if _without_id(x) not in bare]
    if related:
        known["relatedLocations"] = [
            {"id": number, **_without_id(place)} for number, place in enumerate(related, start=1)
        ]


def _without_id(place: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in place.items() if name != "id"}
