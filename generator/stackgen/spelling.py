"""Did you mean: the nearest known word to one that is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LONGEST = 100  # characters of a word that is compared: it costs the product of both lengths
# The sum of these products in one run, about 5 seconds. A run with more unknown words than that
# gets its findings without further hints. docs/reliability.md tells users the same figure.
MOST = 50_000_000
_CLOSE = 0.9  # the ratio of difflib
_LOOK_ALIKE = str.maketrans("li0", "11o")
_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


@contextmanager
def limited(most: int = MOST) -> Iterator[None]:
    """Within the block, `nearest` finds nothing once its comparisons have cost `most`."""
    before = _left.set([most])
    try:
        yield
    finally:
        _left.reset(before)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, or None when none is like it."""
    found = _most_alike(word, known)
    return found[0] if found else None


def only_nearest(word: str, known: Iterable[str]) -> str | None:
    """As `nearest`, but None where two known words are equally near: a fix may not guess."""
    found = _most_alike(word, known)
    return found[0] if len(found) == 1 else None


def _most_alike(word: str, known: Iterable[str]) -> list[str]:
    """The known words most like `word`, each as much as the others, the one to suggest first.

    Upper and lower case do not count, and neither do `-` and `_`, unless words differ in nothing
    else. A word that looks the same, with `l` for `1` or `O` for `0`, is nearer than any other.
    """
    left = _left.get()
    if len(word) > _LONGEST or (left is not None and left[0] <= 0):
        return []
    import difflib

    candidates = sorted({name for name in known if len(name) <= _LONGEST})
    if left is not None:
        left[0] -= len(word) * sum(map(len, candidates))
    if word in candidates:
        return [word]
    for form in (_folded, _looks):
        same = [name for name in candidates if form(name) == form(word)]
        if same:
            return same
    by_form: dict[str, list[str]] = {}
    for name in candidates:
        by_form.setdefault(_folded(name), []).append(name)
    best = difflib.get_close_matches(_folded(word), by_form, n=2, cutoff=0.6)
    if len(best) == 2 and _ratio(best[0], word) != _ratio(best[1], word):
        del best[1]
    return [name for form in best for name in by_form[form]]


def _folded(word: str) -> str:
    return word.lower().replace("_", "-")


def _looks(word: str) -> str:
    """The word with one letter for all that look alike."""
    return _folded(word).translate(_LOOK_ALIKE)


def _ratio(form: str, word: str) -> float:
    """How much two words are alike, as difflib ranks them."""
    from difflib import SequenceMatcher

    return SequenceMatcher(None, form, _folded(word)).ratio()


def close(word: str, known: Iterable[str], ratio: float = _CLOSE) -> str | None:
    """The nearest known word, if a slip of a letter or two makes the one of the other.

    ratio: that of difflib, from which on two words are alike.
    """
    from difflib import SequenceMatcher

    found = nearest(word, known)
    if found is None or SequenceMatcher(None, word, found).ratio() < ratio:
        return None
    return found


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "X"?`, or nothing."""
    found = nearest(word, known)
    return f'; did you mean "{found}"?' if found else ""


def did_you_mean_model(name: str, known: Iterable[str]) -> str:
    """As `did_you_mean`, for ids of models: another number is another family or size.

    Numbers with their digits in another order are a slip.
    """
    return did_you_mean(name, _of_numbers(name, known))


def nearest_model(name: str, known: Iterable[str]) -> str | None:
    """The id of a model that `did_you_mean_model` means."""
    return nearest(name, _of_numbers(name, known))


def _of_numbers(name: str, known: Iterable[str]) -> list[str]:
    numbers = _digits(name)
    return [one for one in known if _digits(one) == numbers]


def _digits(text: str) -> list[list[str]]:
    return [sorted(number) for number in re.findall("[0-9]+", text)]


def alike(name: str, others: Iterable[str]) -> str:
    """The one of `others` that is nearly called `name`; "" when there is none."""
    for other in sorted(others):
        if other.endswith(f"-{name}") or name.endswith(f"-{other}"):
            return other
    # The same begin, to compare with few.
    found = nearest(name, (x for x in others if x[:3] == name[:3])) or ""
    return found if misspelled(name, found) else ""


def misspelled(one: str, other: str) -> bool:
    """Whether two names consist of the same words, each perhaps misspelled."""
    ours, theirs = one.split("-"), other.split("-")
    near = all(nearest(a, (b,)) for a, b in zip(ours, theirs, strict=False))
    return len(ours) == len(theirs) and near
