# The office is open and PCs are on: keep-alives, an open share, small talk between PCs, for two minutes.
CHECK="frames>=60"
prepare() { samba_up; printer_up; }
play() {
    local pc
    for pc in reception doctor-1 doctor-2 nurse; do
        ask "$pc" journal.laegesky.example
        on "$pc" ping -q -c 1 10.20.30.5 >/dev/null
        pause 5 9
        web "$pc" https://journal.laegesky.example/lille.json
        pause 8 14
    done
    smb reception "ls"
    pause 3 6
    smb nurse "ls"
    on reception arping -q -c 1 -I eth0 10.20.30.20
    on doctor-1 arping -q -c 1 -I eth0 10.20.30.1
    ask nurse wpad.klinik.example push.telefonsky.example
}
