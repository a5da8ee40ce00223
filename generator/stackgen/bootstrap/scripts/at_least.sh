at_least() { # deployment, namespace, oldest version: by the tag of the image
  local version
  version=$(kubectl get deployment "$1" --namespace "$2" \
    --output=jsonpath='{.spec.template.spec.containers[0].image}')
  version=${version%%@*}
  version=${version##*:}
  version=${version#v}
  echo "$1 $version"
  [ "$(printf '%s\n%s\n' "$3" "$version" | sort -V | head -n 1)" = "$3" ] ||
    stop "$1 $version is too old: it must be $3 or newer"
}
