"""Texts that look like credentials, put together here, so that no scanner sees a leak."""

from __future__ import annotations

import base64

_BODY = "aB3dE5gH7jK9mN1pQ3rS5tU7vW9xY1zA4bC6dE8f"
_HEX = "0123456789abcdef" * 4
_UPPER = "ABCDEFGH23456789JKLMNPQR"

TOKENS: dict[str, str] = {
    "hugging face": "hf" + "_" + _BODY[:34],
    "google key": "AI" + "za" + _BODY[:35],
    "google access": "ya" + "29." + _BODY,
    "google refresh": "1" + "//0" + _BODY,
    "google client": "GOC" + "SPX-" + _BODY[:28],
    "openai": "s" + "k-" + _BODY,
    "openai project": "s" + "k-proj-" + _BODY + "_-" + _BODY,
    "anthropic": "s" + "k-ant-api03-" + _BODY + "-" + _BODY,
    "nvidia": "nv" + "api-" + _BODY,
    "groq": "gs" + "k_" + _BODY,
    "stripe": "s" + "k_live_" + _BODY[:24],
    "github": "gh" + "p_" + _BODY[:36],
    "github app": "gh" + "s_" + _BODY[:36],
    "github fine": "github" + "_pat_" + _BODY[:22] + "_" + _BODY,
    "gitlab": "gl" + "pat-" + _BODY[:20],
    "slack": "xo" + "xb-" + "1234567890-" + _BODY[:24],
    "aws id": "AK" + "IA" + _UPPER[:16],
    "jwt": "ey" + "JhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + _BODY,
    "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + _BODY,
    "npm": "np" + "m_" + _BODY[:36],
    "docker": "dc" + "kr_pat_" + _BODY[:27],
    "vault": "hv" + "s." + _BODY,
    "grafana": "gl" + "sa_" + _BODY[:32] + "_1a2b3c4d",
    "sendgrid": "S" + "G." + _BODY[:22] + "." + _BODY,
    "digitalocean": "do" + "p_v1_" + _HEX,
    "databricks": "da" + "pi" + _HEX[:32],
    "age": "AGE-" + "SECRET-KEY-1" + _UPPER + _UPPER,
}
# With a frame around what is secret: the whole text, and the secret in it.
FRAMED: dict[str, tuple[str, str]] = {
    "bearer": ("Authorization: Bearer " + _BODY, _BODY),
    "address": ("https://bot:" + _BODY[:16] + "@git.example.com/x", _BODY[:16]),
    "webhook": (
        "https://hooks.slack" + ".com/services/T0AAAAAAA/B0AAAAAAA/" + _BODY[:24],
        _BODY[:24],
    ),
    "aws secret": ("aws_secret" + "_access_key=" + _BODY[:40], _BODY[:40]),
    "registry": (
        '{"auths":{"quay.io":{"auth":"' + base64.b64encode(_BODY.encode()).decode() + '"}}}',
        base64.b64encode(_BODY.encode()).decode(),
    ),
    "private key": (
        "-----BEGIN RSA " + "PRIVATE KEY-----\n" + _HEX + "\n" + _BODY + "\n", _BODY,
    ),
}  # fmt: skip
ENCODED = base64.b64encode(TOKENS["github"].encode()).decode()


def leaked(text: str, *secrets: str) -> list[str]:
    """The secrets of which a part that could be used, or told from others, stands in `text`."""
    return [s for s in secrets if any(s[i : i + 10] in text for i in range(4, len(s) - 9))]
