"""The functions of Sprig on texts. Source: https://masterminds.github.io/sprig/strings.html"""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
import textwrap
import uuid
import zlib
from typing import Any

from stackgen.manifest.gotemplate.evaluate import Evaluator, Function
from stackgen.manifest.gotemplate.syntax import TemplateError, UnsupportedError
from stackgen.manifest.gotemplate.values import MAX_TEXT, quoted, shown, within
from stackgen.regex import regex

_WORD_START = regex(r"(^|[\s_-])(\w)")
_CAMEL = regex(r"([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])")
_SEPARATORS = regex(r"[\s_\-.]+")
_GO_GROUP = regex(r"\$(?:\{(\w+)\}|(\w+))")
_UNBOUNDED = regex(r"[*+]|\{\d+,\}")
# What takes Python long on a text that does not match: a repeated group.
_REPEATED = regex(r"\)(?:[*+]|\{)")
_MOST_REPEATED = 18  # characters for an expression with a repeated group
_MOST_STEPS = 100_000_000
_LONGEST_EXPRESSION = 300


def _quote(*values: Any) -> str:
    return " ".join(quoted(shown(one)) for one in values if one is not None)


def _squote(*values: Any) -> str:
    return " ".join(f"'{shown(one)}'" for one in values if one is not None)


def _indent(spaces: Any, text: Any) -> str:
    pad = " " * _count(spaces)
    lines = shown(text)
    if len(pad) * lines.count("\n") > MAX_TEXT:
        raise TemplateError("makes a text that is too large")
    return pad + lines.replace("\n", f"\n{pad}")


def _count(value: Any) -> int:
    number = int(value)
    if not 0 <= number <= 10_000:
        raise UnsupportedError("repeats a text too often")
    return number


def _repeat(times: Any, text: Any) -> str:
    if _count(times) * len(shown(text)) > MAX_TEXT:
        raise TemplateError("makes a text that is too large")
    return shown(text) * _count(times)


def _replace(old: Any, new: Any, text: Any) -> str:
    found = shown(text)
    if found.count(shown(old)) * len(shown(new)) > MAX_TEXT:
        raise TemplateError("makes a text that is too large")
    return found.replace(shown(old), shown(new))


def _trunc(length: Any, text: Any) -> str:
    size, found = int(length), shown(text)
    return found[size:] if size < 0 else found[:size]


def _substr(start: Any, end: Any, text: Any) -> str:
    first, last, found = int(start), int(end), shown(text)
    if first < 0:
        return found[:last]
    return found[first:] if last < 0 or last > len(found) else found[first:last]


def _texts(values: Any) -> list[str]:
    if values is None:
        return []
    values = values if isinstance(values, list) else [values]
    return [shown(one) for one in values if one is not None]


def _words(text: Any) -> list[str]:
    spaced = _CAMEL.sub(lambda m: f"{m[1] or m[3]}_{m[2] or m[4]}", shown(text))
    return [word for word in _SEPARATORS.split(spaced) if word]


def _camel(text: Any) -> str:
    return "".join(word[:1].upper() + word[1:] for word in _SEPARATORS.split(shown(text)))


def _title(text: Any) -> str:
    return _WORD_START.sub(lambda m: m[1] + m[2].upper(), shown(text))


def _expression(pattern: Any, text: str) -> re.Pattern[str]:
    """The expression of Go for Python, if it is not slow: Python goes back where Go does not."""
    source = shown(pattern)
    repeats = len(_UNBOUNDED.findall(source))
    slow = len(text) > _MOST_REPEATED if _REPEATED.search(source) else False
    if slow or len(text) ** (repeats + 1) > _MOST_STEPS or len(source) > _LONGEST_EXPRESSION:
        raise UnsupportedError("matches a text that is too long")
    try:
        return re.compile(source, re.ASCII)
    except (re.error, RecursionError, OverflowError):
        raise UnsupportedError("uses an expression that is not matched here") from None


def _regex_match(pattern: Any, text: Any) -> bool:
    return _expression(pattern, shown(text)).search(shown(text)) is not None


def _regex_find(pattern: Any, text: Any) -> str:
    found = _expression(pattern, shown(text)).search(shown(text))
    return found[0] if found else ""


def _regex_find_all(pattern: Any, text: Any, limit: Any) -> list[str]:
    found = [m[0] for m in _expression(pattern, shown(text)).finditer(shown(text))]
    return found if int(limit) < 0 else found[: int(limit)]


def _regex_replace(pattern: Any, text: Any, new: Any) -> str:
    def filled(match: re.Match[str]) -> str:
        def group(name: re.Match[str]) -> str:
            key = name[1] or name[2]
            try:
                return match[int(key)] if key.isdigit() else match[key]
            except (IndexError, TypeError):
                return ""

        return _GO_GROUP.sub(group, shown(new))

    return within(_expression(pattern, shown(text)).sub(filled, shown(text)))


def _regex_replace_literal(pattern: Any, text: Any, new: Any) -> str:
    return within(_expression(pattern, shown(text)).sub(lambda _: shown(new), shown(text)))


def _regex_split(pattern: Any, text: Any, limit: Any) -> list[str]:
    most = int(limit)
    found = _expression(pattern, shown(text)).split(shown(text), max(most - 1, 0))
    return [one or "" for one in found]


def _split_map(separator: Any, text: Any, limit: int = -1) -> dict[str, Any]:
    parts = shown(text).split(shown(separator), limit)
    return {f"_{i}": part for i, part in enumerate(parts)}


def _split_list(separator: Any, text: Any) -> list[str]:
    between = shown(separator)
    return shown(text).split(between) if between else list(shown(text))


def _decoded(text: Any) -> str:
    try:
        return base64.b64decode(shown(text), validate=True).decode("utf-8", "replace")
    except ValueError:
        return "illegal base64 data"


def _contains(part: Any, text: Any) -> bool:
    return shown(part) in shown(text)


_DRAWN = 16  # letters in place of a secret that helm makes


def _drawn(me: Evaluator, *_: Any) -> str:
    return me.draw(_DRAWN)


def _drawn_of_length(me: Evaluator, length: Any) -> str:
    return me.draw(_count(length))


def _digits(me: Evaluator, length: Any) -> str:
    return ("1" if me.draw(1) == "x" else "2") * _count(length)


def _certificate(me: Evaluator, *_: Any) -> dict[str, Any]:
    return {"Cert": me.draw(_DRAWN), "Key": me.draw(_DRAWN)}


def _unique(me: Evaluator) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, me.draw(1)))


def _number(me: Evaluator, low: Any, high: Any) -> int:
    return int(low) if me.draw(1) == "x" else int(high) - 1


def _hashed(name: str) -> Function:
    return lambda text: hashlib.new(name, shown(text).encode(), usedforsecurity=False).hexdigest()


FUNCTIONS: dict[str, Function] = {
    "quote": _quote,
    "squote": _squote,
    "indent": _indent,
    "nindent": lambda spaces, text: "\n" + _indent(spaces, text),
    "repeat": _repeat,
    "replace": _replace,
    "trunc": _trunc,
    "substr": _substr,
    "trim": lambda text: shown(text).strip(),
    "trimAll": lambda cut, text: shown(text).strip(shown(cut)),
    "trimall": lambda cut, text: shown(text).strip(shown(cut)),
    "trimPrefix": lambda cut, text: shown(text).removeprefix(shown(cut)),
    "trimSuffix": lambda cut, text: shown(text).removesuffix(shown(cut)),
    "upper": lambda text: shown(text).upper(),
    "lower": lambda text: shown(text).lower(),
    "title": _title,
    "untitle": lambda text: re.sub(r"\b\w", lambda m: m[0].lower(), shown(text)),
    "nospace": lambda text: "".join(shown(text).split()),
    "initials": lambda text: "".join(word[0] for word in shown(text).split()),
    "abbrev": lambda n, text: _trunc(int(n) - 3, text) + "..." if len(text) > n else shown(text),
    "wrap": lambda width, text: "\n".join(textwrap.wrap(shown(text), _count(width) or 1)),
    "contains": _contains,
    "hasPrefix": lambda part, text: shown(text).startswith(shown(part)),
    "hasSuffix": lambda part, text: shown(text).endswith(shown(part)),
    "cat": lambda *values: " ".join(_texts(list(values))),
    "plural": lambda one, many, n: one if int(n) == 1 else many,
    "snakecase": lambda text: "_".join(word.lower() for word in _words(text)),
    "kebabcase": lambda text: "-".join(word.lower() for word in _words(text)),
    "camelcase": _camel,
    "swapcase": lambda text: shown(text).swapcase(),
    "regexMatch": _regex_match,
    "mustRegexMatch": _regex_match,
    "regexFind": _regex_find,
    "mustRegexFind": _regex_find,
    "regexFindAll": _regex_find_all,
    "mustRegexFindAll": _regex_find_all,
    "regexReplaceAll": _regex_replace,
    "mustRegexReplaceAll": _regex_replace,
    "regexReplaceAllLiteral": _regex_replace_literal,
    "mustRegexReplaceAllLiteral": _regex_replace_literal,
    "regexSplit": _regex_split,
    "mustRegexSplit": _regex_split,
    "regexQuoteMeta": lambda text: re.escape(shown(text)),
    "split": _split_map,
    "splitn": lambda separator, n, text: _split_map(separator, text, int(n) - 1),
    "splitList": _split_list,
    "join": lambda separator, values: within(shown(separator).join(_texts(values))),
    "sortAlpha": lambda values: sorted(_texts(values)),
    "toString": shown,
    "toStrings": _texts,
    "b64enc": lambda text: base64.b64encode(shown(text).encode()).decode(),
    "b64dec": _decoded,
    "b32enc": lambda text: base64.b32encode(shown(text).encode()).decode(),
    "sha1sum": _hashed("sha1"),
    "sha256sum": _hashed("sha256"),
    "sha512sum": _hashed("sha512"),
    "adler32sum": lambda text: str(zlib.adler32(shown(text).encode())),
    "base": lambda path: posixpath.basename(shown(path).rstrip("/")) or "/",
    "osBase": lambda path: posixpath.basename(shown(path).rstrip("/")) or "/",
    "dir": lambda path: posixpath.dirname(shown(path)) or ".",
    "ext": lambda path: posixpath.splitext(shown(path))[1],
    "clean": lambda path: posixpath.normpath(shown(path) or "."),
    "isAbs": lambda path: shown(path).startswith("/"),
}
# At random.
DRAWING: dict[str, Function] = {
    **dict.fromkeys(("randAlphaNum", "randAlpha", "randAscii"), _drawn_of_length),
    "randNumeric": _digits,
    "randBytes": _drawn_of_length,
    "randInt": _number,
    "uuidv4": _unique,
    **dict.fromkeys(
        (
            "bcrypt", "htpasswd", "derivePassword", "genPrivateKey", "encryptAES", "decryptAES",
        ),
        _drawn,
    ),
    **dict.fromkeys(
        (
            "genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey",
            "genSignedCert", "genSignedCertWithKey", "buildCustomCert",
        ),
        _certificate,
    ),
}  # fmt: skip
