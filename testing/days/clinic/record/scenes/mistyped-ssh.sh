# The supplier's technician mistypes the password twice, then gets in.
NEEDS=supplier
CHECK="ssh>=3"
prepare() { accounts nas klipservice:Vinter-2026; sshd_up nas; }
play() {
    ssh_login supplier klipservice vinter-2026 10.20.30.5 true || true
    pause 3 5
    ssh_login supplier klipservice Vinter2026 10.20.30.5 true || true
    pause 4 6
    ssh_login supplier klipservice Vinter-2026 10.20.30.5 "ls -la; sleep 5; ls -la"
}
verify() { [ "$(grep -c "^Failed password" "$WORK/sshd-nas.log")" = 2 ] && grep -q "^Accepted password for klipservice" "$WORK/sshd-nas.log"; }
