# Attack: a stranger guesses the Filserver's passwords over ssh, four at a time, and the last guess is right.
NEEDS=stranger
KEX=curve25519-sha256 # as guessing tools offer it
CHECK="ssh>=61 frames>=1500"
prepare() { accounts nas klipservice:Sommer2026 backup:hemmelig; sshd_up nas; }
play() {
    local lane n
    for lane in 1 2 3 4; do
        for n in $(seq 16); do
            ssh_login stranger "$(echo root admin backup klipservice | cut -d' ' -f$lane)" "gaet-$lane-$n" 10.20.30.5 true || true
            pause 0.2 0.9
        done &
        LANES+=($!)
    done
    wait "${LANES[@]}"
    sleep 2
    ssh_login stranger klipservice Sommer2026 10.20.30.5 "ls -la; pwd; sleep 3"
}
LANES=()
verify() { [ "$(grep -c "^Failed password" "$WORK/sshd-nas.log")" -ge 64 ] && grep -q "^Accepted password for klipservice" "$WORK/sshd-nas.log"; }
