enough_of() { # family, region, needed: reads lines of quota, family, locations and limit
  awk -F '\t' -v family="$1" -v region="$2" -v needed="$3" '
    index("," $3 ",", "," region ",") && ($2 == family || $2 == "") {
      print; own = $2 != ""
      if (!seen || own > best) { limit = $4 + 0; seen = 1; best = own }
      else if (own == best && limit >= 0 && ($4 < 0 || $4 > limit)) limit = $4 + 0
    }
    END {
      if (!seen) print family, "is not listed in", region ": unknown, needed:", needed
      exit seen && limit >= 0 && limit < needed
    }' || [ "${SKIP_QUOTAS:-}" = yes ] || stop "$too_small"
}
