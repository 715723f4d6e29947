# Nobody works: another four minutes of what equipment says by itself.
CHECK="frames>=80 arp>=10"
prepare() { time_up; telephone_up; printer_up; samba_up; }
play() {
    on voip python3 "$RECORD/programs/sip.py" phone 10.20.30.40 8 29 >/dev/null 2>&1 &
    local talker=$!
    ask server tid.ntp.example
    ask_time server
    sleep 45
    on server ping -q -c 2 -i 1 10.20.30.20 >/dev/null
    on lab arping -q -c 1 -I eth0 10.20.30.5
    ask voip sip.telefonselskab.example
    sleep 55
    on printer arping -q -c 1 -I eth0 10.20.30.1
    on ultrasound arping -q -c 1 -I eth0 10.20.30.6
    web server https://telemetri.systemopdatering.example/lille.json
    sleep 50
    hello nas
    on router arping -q -c 1 -I eth0 10.20.30.40
    ask printer tid.ntp.example
    wait $talker
}
