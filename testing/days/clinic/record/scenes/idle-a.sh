# Nobody works: what equipment says by itself in four minutes, day and night.
CHECK="frames>=100 arp>=10"
prepare() { time_up; telephone_up; printer_up; pacs_up; samba_up; sshd_up nas; }
play() {
    on voip python3 "$RECORD/programs/sip.py" phone 10.20.30.40 8 28 >/dev/null 2>&1 &
    local talker=$!
    hello printer printer
    ask_time nas
    sleep 40
    ask lab tid.ntp.example
    ask_time lab
    on server ping -q -c 2 -i 1 10.20.30.5 >/dev/null
    on nas arping -q -c 2 -I eth0 10.20.30.1
    sleep 50
    on server ping -q -c 2 -i 1 10.20.30.31 >/dev/null
    web nas https://telemetri.systemopdatering.example/lille.json
    sleep 50
    on router arping -q -c 1 -I eth0 10.20.30.20
    on router arping -q -c 1 -I eth0 10.20.30.32
    on ultrasound echoscu -aet US-MODALITY -aec BILLEDSERVER 10.20.30.6 11112 >/dev/null
    hello printer printer
    wait $talker
}
