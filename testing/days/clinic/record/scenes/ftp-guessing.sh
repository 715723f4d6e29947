# Attack: a stranger guesses the lab account's FTP password.
NEEDS=stranger
CHECK="ftp>=48 refused>=48"
prepare() { accounts nas analyse:Roer-77; ftpd_up; }
play() {
    local lane n
    for lane in 1 2; do
        for n in $(seq 24); do
            on stranger curl --silent --user "analyse:gaet-$lane-$n" ftp://10.20.30.5/ >/dev/null 2>&1 || true
            pause 0.1 0.4
        done &
        LANES+=($!)
    done
    wait "${LANES[@]}"
}
LANES=()
