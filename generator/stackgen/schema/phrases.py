"""Rules between fields in words: what must be, given what is."""

from __future__ import annotations

import json
from typing import Any

from stackgen.redact import redact
from stackgen.schema.vocabulary import MISSING, Condition, find, present, steps
from stackgen.wording import and_list, or_list


def shown(value: Any) -> str:
    """A value in a message."""
    if value is MISSING:
        return "nothing"
    if isinstance(value, (dict, list)):
        return "what it is"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else redact(text)[:80] + "..."


def _name(path: str) -> str:
    return "the value" if path == "." else path


def _operand(given: Any) -> str:
    if isinstance(given, dict) and "size" in given:
        return f"the size of {_name(given['size'])}"
    if isinstance(given, dict):
        text: str = given.get("duration") or given["timespan"]
        return text if text[:1].isdigit() else _name(text)
    return _name(given) if isinstance(given, str) else str(given)


_SIGNS = {
    "<": "less than", "<=": "at most", ">": "more than", ">=": "at least", "==": "equal to",
    "!=": "other than",
}  # fmt: skip


# A text: what it must do, and what it does.
_TEXTS = {
    "matches": ("match", "matches"), "contains": ("hold", "holds"),
    "starts": ("start with", "starts with"), "ends": ("end with", "ends with"),
}  # fmt: skip
# Fields that go together or not, and how their names are joined.
_SETS = {
    "exclusive": ("only one of {} may be set", or_list),
    "one-of": ("exactly one of {} must be set", or_list),
    "any-of": ("{} must be set", or_list),
    "together": ("{} must be set together or not at all", and_list),
}


def fact(rule: Condition) -> str:
    """The condition as a fact: `type is "X"`."""
    return _say(rule, "is set", "is not set", "is", "")


def demand(rule: Condition) -> str:
    """The condition as what must be: `type must be "X"`."""
    return _say(rule, "must be set", "must not be set", "must be", "must ")


def _say(rule: Condition, there: str, absent: str, be: str, must: str) -> str:
    again = demand if must else fact
    if "if" in rule:
        return f"if {fact(rule['if'])}, {again(rule['then'])}"
    for word, joint in (("all", " and "), ("any", " or ")):
        if word in rule:
            return joint.join(again(part) for part in rule[word])
    if "not" in rule:
        return _denied(rule["not"], must)
    if "has" in rule:
        return f"{rule['has']} {there}"
    if "lacks" in rule:
        return f"{rule['lacks']} {absent}"
    if "empty" in rule:
        return f"{_name(rule['empty'])} {be} empty or absent"
    if "filled" in rule:
        return f"{_name(rule['filled'])} {there}"
    if "compare" in rule:
        left, sign, right = rule["compare"]
        return f"{_operand(left)} {be} {_SIGNS[sign]} {_operand(right)}"
    return _say_text(rule, must) or _say_sets(rule, be)


def _say_text(rule: Condition, before: str) -> str:
    """What a text must match or hold. before: "must " and the like; empty in a fact."""
    for word, (verb, holds) in _TEXTS.items():
        if word in rule:
            ((path, text),) = rule[word].items()
            quoted = text if word == "matches" else json.dumps(text)
            return f"{_name(path)} {before}{verb if before else holds} {quoted}"
    return ""


def _say_sets(rule: Condition, be: str) -> str:
    if "is" in rule:
        ((path, wanted),) = rule["is"].items()
        return f"{_name(path)} {be} {json.dumps(wanted, ensure_ascii=False)}"
    if "in" in rule:
        ((path, options),) = rule["in"].items()
        return f"{_name(path)} {be} {or_list([json.dumps(o, ensure_ascii=False) for o in options])}"
    for word, (text, joined) in _SETS.items():
        if word in rule:
            return text.format(joined(rule[word]))
    if "total" in rule:
        return f"all items together may have at most {rule['at-most']} {rule['total']}"
    if "unique" in rule:
        return f"the items must differ in {and_list(rule['by'])}"
    if "at-most" in rule:
        many = "one item" if rule["at-most"] == 1 else f"{rule['at-most']} items"
        return f"at most {many} may be such that {fact(rule['that'])}"
    for word, subject in (("each", "every item"), ("each-key", "every key"), ("some", "an item")):
        if word in rule:
            return f"in {subject}, {demand(rule['that'])}"
    return "the fields do not go together"


def _denied(rule: Condition, must: str) -> str:
    if "is" in rule or "in" in rule:
        word = "must not be" if must else "is not"
        return _say_sets(rule, word)
    said = _say_text(rule, "must not " if must else "does not ")
    if said:
        return said
    return f"it {'must' if must else 'does'} not hold that {fact(rule)}"


def message(rule: Condition, value: Any) -> str:
    """What to say when `value` does not hold the rule."""
    if "exclusive" in rule:
        names = present(value, rule["exclusive"])
        count = "both" if len(names) == 2 else f"all {len(names)}"
        text = f"{and_list(names)} are {count} set; only one of"
        return f"{text} {or_list(rule['exclusive'])} may be"
    if "one-of" in rule:
        names = present(value, rule["one-of"])
        now = f"; {and_list(names)} are set" if names else "; none is set"
        return f"exactly one of {or_list(rule['one-of'])} must be set{now}"
    if "any-of" in rule:
        return f"one of {or_list(rule['any-of'])} must be set; none is"
    if "if" in rule:
        return f"{fact(rule['if'])}, so {demand(rule['then'])}{_now(rule['then'], value)}"
    return demand(rule) + _now(rule, value)


def _now(rule: Condition, value: Any) -> str:
    """The actual value, where the rule names one."""
    inner = rule.get("not", rule)
    for word in ("is", "in", *_TEXTS):
        if word in inner:
            (path,) = inner[word]
            return f"; it is {shown(find(value, steps(path)))}"
    if "compare" in inner:
        left, _, right = inner["compare"]
        texts = []
        for side in (left, right):
            path = side
            if isinstance(side, dict):
                path = side.get("duration") or side.get("timespan")
            if isinstance(path, str) and not path[:1].isdigit():
                texts.append(f"{_name(path)} is {shown(find(value, steps(path)))}")
        return "; " + ", ".join(texts) if texts else ""
    return ""
