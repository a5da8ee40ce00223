#!/usr/bin/env bash
{about}
# Written by `stackgen bootstrap`. It can run again: it creates what is missing.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() { printf '\n== %s\n' "$1"; }

stop() { printf '%s\n' "$@" >&2; exit 1; }

exists() { "$@" >/dev/null 2>&1; } # command: whether it succeeds

until_ok() { # seconds, command: repeats the command until it succeeds
  local left=$1
  shift
  until "$@"; do
    [ "$left" -gt 0 ] || stop "timed out: $*"
    left=$((left - 10))
    sleep 10
  done
}
