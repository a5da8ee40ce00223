#!/usr/bin/env bash
# {about}
# Written from stack.yaml. After a change of the stack, write it again: {again}
# It reads: it creates, changes and deletes nothing. Run it with kubectl pointed at the workload
# cluster, from where clients reach the gateway.
# TOKEN: a token or an API key for the gateway, if it needs one.
set -uo pipefail
failed=0

step() { # title, what one should see, command...
  printf '\n== %s\n   expected: %s\n' "$1" "$2"
  shift 2
  if "$@"; then echo '   ok'; else echo '   FAILED'; failed=$((failed + 1)); fi
}

none() { # command...: succeeds if the command succeeds and prints nothing
  local out
  out=$("$@") || return 1
  [ -z "$out" ] || { printf '%s\n' "$out"; return 1; }
}

has() { # text, command...: succeeds if the output of the command contains the text
  local text=$1 out
  shift
  out=$("$@") || return 1
  case $out in
    *"$text"*) printf '%s\n' "$out" | grep -F -- "$text" | head -n 5 || : ;;
    *) printf '%s\n' "$out" | head -n 5; return 1 ;;
  esac
}

every() { # value, command...: succeeds if the command prints words, and each is the value
  local value=$1 out word
  shift
  out=$("$@") || return 1
  printf '%s\n' "$out"
  [ -n "$out" ] || return 1
  for word in $out; do [ "$word" = "$value" ] || return 1; done
}
