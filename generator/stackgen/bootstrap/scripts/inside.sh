inside() { # address, range: whether an IPv4 range has the address
  local a b c d
  IFS=. read -r a b c d <<< "$1"
  local address=$(((a << 24) + (b << 16) + (c << 8) + d))
  IFS=. read -r a b c d <<< "${2%/*}"
  local range=$(((a << 24) + (b << 16) + (c << 8) + d))
  local shift=$((32 - ${2#*/}))
  [ $((address >> shift)) -eq $((range >> shift)) ]
}
