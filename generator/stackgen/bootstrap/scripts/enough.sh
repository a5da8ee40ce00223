enough() { # NAME=NEEDED ...: reads lines of name, used and limit
  awk -v wanted="$1" -v ours="$ours" '
    { used[$1] = $2; limit[$1] = $3 }
    END {
      n = split(wanted, pairs, " ")
      for (i = 1; i <= n; i++) {
        split(pairs[i], pair, "="); m = split(pair[1], names, "|"); name = ""
        for (j = 1; j <= m; j++)
          if (names[j] in limit && (name == "" || limit[name] + 0 == 0)) name = names[j]
        if (name == "") { print names[m], "is not listed: unknown, needed:", pair[2]; continue }
        if (!(name in needed)) order[++k] = name
        needed[name] += pair[2]
      }
      for (i = 1; i <= k; i++) {
        name = order[i]; print name, used[name], limit[name], needed[name]
        if (limit[name] - (ours ? 0 : used[name]) < needed[name]) short = 1
      }
      exit short
    }' || [ "${SKIP_QUOTAS:-}" = yes ] || stop "$too_small"
}
