"""What looks like a credential: found where it must not be, and starred out wherever we speak.

A shape is a prefix or a frame that its issuer gives to every key, with the least length that
tells it from a name. Sources: the issuers' pages on the format of their keys, which GitHub's list
of secret-scanning patterns gathers (docs.github.com, "Supported secret scanning patterns", read
2026-11-23).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import Any

from stackgen.regex import regex

_QUOTE = r"(?:\\*[\"']|&quot;)"  # as JSON, YAML and XML write it, one in another
_PEM = r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
# One look for each run of these characters, at the first beginning in it: the group.
_JWT = (
    r"(?<![\w-])(?>[\w-]*?(?<![^\W_])(?=eyJ))"
    r"(eyJ[\w-]{10,}+\.[\w-]{10,}(?:\.[\w-]*)?)"
)
# A character of the user in an address, or a variable, of which a default may have a colon.
VARIABLE = r"\$\{[^\s{}]{1,128}(?:\{[^\s{}]{1,128}\}[^\s{}]{0,128})?\}"
USER = rf"(?:{VARIABLE}|(?!{VARIABLE})[^\s/@:\"'])"
# What it is; texts of which one must be there, to look closer; the shape. Where a shape has a
# group, the group is the secret and the rest is its frame.
_Shape = tuple[str, tuple[str, ...], str]
_SHAPES: tuple[_Shape, ...] = (
    ("a Hugging Face token", ("hf_",), r"hf_[A-Za-z0-9]{16,}"),
    ("a Google API key", ("AIza",), r"AIza[0-9A-Za-z_-]{30,}"),
    ("a Google access token", ("ya29.",), r"ya29\.[0-9A-Za-z_-]{16,}"),
    ("a Google refresh token", ("1//0",), r"1//0[0-9A-Za-z_-]{30,}"),
    ("a Google client secret", ("GOCSPX-",), r"GOCSPX-[0-9A-Za-z_-]{20,}"),
    ("an API key", ("sk-",),
     r"sk-(?:[A-Za-z0-9]{20,}|(?:proj|svcacct|admin|ant|or)-[\w-]{0,200}\w{16}[\w-]*)"),
    ("an API key", ("nvapi-", "gsk_", "xai-"), r"nvapi-[\w-]{20,}|(?:gsk_|xai-)[A-Za-z0-9]{20,}"),
    ("a Stripe key", ("_live_", "_test_"), r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("a GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{16,}"),
    ("a GitHub token", ("github_pat_",), r"github_pat_\w{16,}"),
    ("a GitLab token", ("glpat-", "glrt-", "gldt-", "glptt-", "glsoat-", "glcbt-"),
     r"gl(?:pat|rt|dt|ptt|soat|cbt)-[A-Za-z0-9_-]{16,}"),
    ("a Slack token", ("xox", "xapp-"), r"(?:xox[abeprs]|xapp)-[A-Za-z0-9-]{10,}"),
    ("a Slack webhook", ("hooks.slack.com/",), r"hooks\.slack\.com/\w+/([A-Za-z0-9/_-]{20,})"),
    ("an AWS access key", ("AKIA", "ASIA"), r"A(?:KIA|SIA)[0-9A-Z]{12,}"),
    ("an AWS secret key", ("cret_access_key", "cretAccessKey", "CRET_ACCESS_KEY"),
     rf"(?i:cret_?access_?key){_QUOTE}?\s*[:=]\s*{_QUOTE}?([A-Za-z0-9/+]{{40}})"),
    ("a JSON web token", ("eyJ",), _JWT),
    ("a PyPI token", ("pypi-",), r"pypi-Ag[A-Za-z0-9_-]{16,}"),
    ("an npm token", ("npm_",), r"npm_[A-Za-z0-9]{30,}"),
    ("a Docker Hub token", ("dckr_",), r"dckr_[a-z]{3}_[A-Za-z0-9_-]{16,}"),
    ("a Vault token", ("hvs.", "hvb."), r"hv[sb]\.[A-Za-z0-9_-]{20,}"),
    ("a Grafana token", ("glsa_", "glc_"), r"gl(?:sa|c)_[A-Za-z0-9_=-]{20,}"),
    ("a SendGrid key", ("SG.",), r"SG\.[\w-]{16,}\.[\w-]{16,}"),
    ("a DigitalOcean token", ("_v1_",), r"do[opr]_v1_[0-9a-f]{40,}"),
    ("a Databricks token", ("dapi",), r"dapi[0-9a-f]{32}"),
    ("an age key", ("AGE-SECRET-KEY-",), r"AGE-SECRET-KEY-[0-9A-Z]{20,}"),
    ("a private key", ("PRIVATE KEY-----",),
     _PEM + r"(?:(?:[^-]|-(?!----)){0,8000}+-----END|(?:(?:\s|\\[nr])*+[A-Za-z0-9+/=]{20,}+)+)"),
    ("a registry login", ("auth",), rf"auth{_QUOTE}\s*:\s*{_QUOTE}([A-Za-z0-9+/=]{{12,}})"),
    ("a bearer token", ("earer ",), r"[Bb]earer ((?=[^\s\"']*[0-9])[A-Za-z0-9._~+/=-]{20,})"),
    ("a password in an address", ("://",),
     rf"://(?!\[[\da-fA-F:.%]*\]){USER}*:(?!\d+[/?#])([^\s/@\"'$<{{(*][^\s@\"']{{2,256}})@"),
)  # fmt: skip
# Fields by which a manifest names things. A name is public; a secret that is equal to it tells
# nothing.
NAMES = {"name", "namespace", "secretName", "kind", "apiVersion", "serviceAccountName"}
_NEEDLES = tuple(needle for _, needles, _ in _SHAPES for needle in needles)
_BASE64 = regex(r"(?<![A-Za-z0-9+/])([A-Za-z0-9+/]{24,}+)={0,2}")
_SHORTEST = 12
_LONG = 1000  # beyond it one look for each shape is cheaper than one for all and then each
_SHOWN = 3
_MOST = 2**15  # short texts of which it is kept where they have such a shape
_BETWEEN = "\0"  # no shape has it


def credentials(text: str) -> Iterator[tuple[int, int, str]]:
    """What looks like a credential in `text`: where it begins, where it ends, what it is."""
    if len(text) < _SHORTEST or (len(text) < _LONG and not _suspicious(text, _NEEDLES)):
        return
    for number, (what, needles, _) in enumerate(_SHAPES):
        if _suspicious(text, needles):
            for match in _pattern(number).finditer(text):
                start, end = match.span(match.lastindex or 0)
                # A key can be part of a path or an argument, never of a longer word.
                if match.lastindex or not text[max(start - 1, 0) : start].isalnum():
                    yield start, end, what


def encoded(text: str) -> Iterator[tuple[int, int, str]]:
    """The same for what is written in base64, as the data of a Secret is."""
    import binascii

    for match in _BASE64.finditer(text):
        if match[1].islower() or match[1].isupper():
            continue  # a path, or a word
        # What stands before it may be of the same alphabet: groups of four begin anywhere.
        for skip in range(4):
            whole = (len(match[1]) - skip) // 4 * 4
            inner = binascii.a2b_base64(match[1][skip : skip + whole]).decode("latin-1")
            what = next((what for _, _, what in credentials(inner)), "")
            if what:
                yield match.start(), match.end(), f"{what} in base64"
                break


def may_look_like_credential(text: str) -> bool:
    """False when no part of `text` has the shape of a credential. Quick."""
    return _suspicious(text, _NEEDLES) or bool(_BASE64.search(text))


def starred(text: str) -> str:
    """`text` with whatever has the shape of a credential starred out, as long as before.

    No text that stackgen writes by itself has such a shape: this is safe for any part of an
    output, and each function of `escape` calls it.
    """
    spans = _shaped(text)
    return _starred(text, spans) if spans else text


def redact(text: str) -> str:
    """`text` with every credential and every known secret starred out; columns stay what they were.

    For a value, a message or a line of an input, before an output is made of it. An output as a
    whole is never redacted: a secret may be equal to a part of the output's own syntax.
    """
    spans = [*_known(text), *_shaped(text)]
    return _starred(text, spans) if spans else text


def redact_tree(data: Any) -> Any:
    """A copy of `data` with each text in it redacted, except what only names something."""
    if isinstance(data, str):
        return redact(data)
    if isinstance(data, (list, tuple)):
        return [redact_tree(item) for item in data]
    return _with_keys(data, redact_tree) if isinstance(data, dict) else data


def starred_tree(data: Any) -> Any:
    """A copy of `data` with whatever has the shape of a credential starred out."""
    if isinstance(data, str):
        return starred(data)
    if isinstance(data, (list, tuple)):
        return [starred_tree(item) for item in data]
    return _with_keys(data, starred_tree) if isinstance(data, dict) else data


def _with_keys(data: dict[Any, Any], clean: Callable[[Any], Any]) -> dict[Any, Any]:
    """Names and keys are starred out when they look like a credential; no key is lost."""
    found: dict[Any, Any] = {}
    for key, value in data.items():
        shown = starred(key) if isinstance(key, str) else key
        while shown in found:
            shown += "*"
        found[shown] = starred(value) if key in NAMES and isinstance(value, str) else clean(value)
    return found


def _shaped(text: str) -> Sequence[tuple[int, int]]:
    if len(text) < _SHORTEST:
        return ()
    if len(text) >= _LONG:
        return _find_shaped(text)
    found = _LOOKED.get(text)
    if found is None:
        if len(_LOOKED) >= _MOST:
            _LOOKED.clear()
        found = _LOOKED[text] = _find_shaped(text)
    return found


def _find_shaped(text: str) -> Sequence[tuple[int, int]]:
    # Of a long one the beginning tells which it is; of a short one it would tell too much.
    return [
        (start + _SHOWN if end - start > _SHORTEST else start, end)
        for start, end, _ in (*credentials(text), *encoded(text))
    ]


# Where short texts have such a shape: findings say the same again and again.
_LOOKED: dict[str, Sequence[tuple[int, int]]] = {}


def look(texts: Iterable[str]) -> None:
    """Look at many texts as one, so that `redact` and `starred` need not look at each.

    Most of what credentials begin with is in none of them.
    """
    short = (text for text in texts if _SHORTEST <= len(text) < _LONG)
    new = [text for text in dict.fromkeys(short) if text not in _LOOKED][:_MOST]
    if len(_LOOKED) + len(new) > _MOST:
        _LOOKED.clear()
    whole = _BETWEEN.join(new)
    needles = tuple(needle for needle in _NEEDLES if needle in whole)
    starts = [0, *accumulate(len(text) + 1 for text in new)]
    odd = {bisect_right(starts, match.start()) - 1 for match in _BASE64.finditer(whole)}
    for number, text in enumerate(new):
        plain = number not in odd and not _suspicious(text, needles)
        _LOOKED[text] = () if plain else _find_shaped(text)


def _starred(text: str, spans: Iterable[tuple[int, int]]) -> str:
    parts: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if end > done:
            parts += (text[done:start], _stars(text[max(start, done) : end]))
            done = end
    return "".join(parts) + text[done:]


# What this run has read as a secret, by its first characters. A process is one run, as with the
# masks of a CI runner: whatever an input says is compared with these before it is printed.
_REMEMBERED: dict[str, dict[int, set[str]]] = {}
_PUBLIC: set[str] = set()
_NESTED = 2  # JSON in JSON: an object in an annotation, which is in a message
_SHORTEST_BARE = 3  # shorter ones are hidden between quotes only
_FEW = 64
_LEAST = 6  # shorter ones are hidden where they stand, and left alone elsewhere
_WORD = regex(  # also what has neither letters nor digits, and the frame of a key
    r"[a-z]{1,12}\Z|[0-9.:]{1,7}\Z|[A-Z][a-z]{1,11}\Z|[\W_]*\Z|-----[A-Z ]+-----\Z"
    # What stands for a value that is not there.
    r"|[<\[({]?(?i:redacted|(?:change|replace)[-_]?me|placeholder|x{3,}|todo|fixme)[>\])}]?\Z"
)


def remember(values: Iterable[str], public: Iterable[str] = ()) -> None:
    """From now on star out these secrets, also in base64 and as part of a URL.

    Ordinary words, short texts and what is the name of something (`public`) are left alone: each
    would be found in harmless places.
    """
    _PUBLIC.update(public)
    for value in values:
        for form in (*_forms(value), *_forms(value.strip())):
            if len(form) >= _LEAST and not _WORD.match(form):
                lengths = _REMEMBERED.setdefault(form[:_LEAST], {})
                lengths.setdefault(len(form), set()).add(form)
    _renew()


def memory() -> int:
    """Another number whenever something else is remembered: what was redacted before may not be
    redacted enough.
    """
    return _TIMES[0]


def _renew() -> None:
    _TIMES[0] += 1
    _HEADS.clear()


_TIMES = [0]
_HEADS: list[re.Pattern[str]] = []


def _heads() -> re.Pattern[str]:
    """What a remembered secret begins with. So few are found faster than compared."""
    if not _HEADS:
        _HEADS.append(re.compile("|".join(map(re.escape, sorted(_REMEMBERED)))))
    return _HEADS[0]


Known = tuple[dict[str, dict[int, set[str]]], set[str]]


def known() -> Known:
    """All that is remembered, for another process of this run."""
    return _REMEMBERED, _PUBLIC


def know(remembered: Known) -> None:
    """Remember what another process of this run remembers."""
    _REMEMBERED.update(remembered[0])
    _PUBLIC.update(remembered[1])
    _renew()


def forget() -> None:
    """Star out none of the remembered secrets any more; for tests."""
    _REMEMBERED.clear()
    _PUBLIC.clear()
    _renew()


def _forms(value: str) -> Iterator[str]:
    """The ways in which a secret may be written."""
    import base64
    import json
    from urllib.parse import quote, quote_plus

    yield value
    for ascii_only in (False, True):
        written = value
        for _ in range(_NESTED):
            written = json.dumps(written, ensure_ascii=ascii_only)[1:-1]
            yield written
    raw = value.encode("utf-8", "surrogatepass")
    for encoded_value in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        yield encoded_value.decode().rstrip("=")
    yield quote(raw, safe="")
    yield quote_plus(raw)


def _known(text: str) -> Iterator[tuple[int, int]]:
    """Where remembered secrets stand."""
    if not _REMEMBERED:
        return
    if len(_REMEMBERED) <= _FEW and not _heads().search(text):
        return
    heads = [text[start : start + _LEAST] for start in range(len(text) - _LEAST + 1)]
    if _REMEMBERED.keys().isdisjoint(heads):
        return
    for start, head in enumerate(heads):
        for length, forms in _REMEMBERED.get(head, {}).items():
            found = text[start : start + length]
            if found in forms and found not in _PUBLIC:
                yield start, start + length


def hide(text: str, values: Iterable[str]) -> str:
    """`text` without the secret `values` of the object that it is about, short ones too."""
    for value in sorted(values, key=len, reverse=True):
        if value in text:
            inner = re.escape(value)
            ends = "[\"'`]" if len(value) < _SHORTEST_BARE else "[^A-Za-z0-9]"
            pattern = rf"(?:\A|(?<={ends})){inner}(?=\Z|{ends})"
            text = re.sub(pattern, "*" * len(value), text)
    return text


def _suspicious(text: str, needles: tuple[str, ...]) -> bool:
    return any(map(text.__contains__, needles))


@cache
def _pattern(number: int) -> re.Pattern[str]:
    return re.compile(_SHAPES[number][2])


def _stars(text: str) -> str:
    return "".join("\n" if c == "\n" else "*" for c in text)
