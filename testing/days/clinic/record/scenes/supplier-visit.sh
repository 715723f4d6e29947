# The supplier's technician logs in on the Filserver with the right password and looks around.
NEEDS=supplier NO_ADDRESS=supplier
CHECK="frames>=80 ssh>=1"
prepare() { accounts nas klipservice:Vinter-2026; sshd_up nas; }
play() {
    lease supplier
    hello supplier
    web supplier https://www.nyhedsbladet.example/lille.json
    ask supplier filserver.klinik.example
    ssh_login supplier klipservice Vinter-2026 10.20.30.5 "ls -la; sleep 4; ls -la; sleep 2; echo ok"
}
verify() { grep -q "^Accepted password for klipservice" "$WORK/sshd-nas.log"; }
