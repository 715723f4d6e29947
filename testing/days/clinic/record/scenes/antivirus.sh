# The antivirus program asks its maker about sixty files, one odd name each.
CHECK="dns>=60"
play() {
    local names n
    names=""
    for n in $(seq 60); do names="$names $(printf '%s' "$DEVICE-$n" | md5sum | cut -c1-32).avqs.example"; done
    # shellcheck disable=SC2086
    ask "$DEVICE" --every 0.25 $names
}
