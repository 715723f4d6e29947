# A PC starts: address, names, time, shares, the home page of the patient record.
NO_ADDRESS=$DEVICE
CHECK="frames>=80 dns>=6 arp>=4"
prepare() { samba_up; time_up; }
play() {
    lease "$DEVICE"
    web "$DEVICE" http://connect.systemopdatering.example/tom.txt
    hello "$DEVICE" look:filserver
    ask_time "$DEVICE"
    web "$DEVICE" https://telemetri.systemopdatering.example/lille.json
    smb "$DEVICE" "ls"
    ask "$DEVICE" wpad.klinik.example
    web "$DEVICE" https://login.laegesky.example/lille.json
    web "$DEVICE" https://journal.laegesky.example/side.html https://journal.laegesky.example/stil.css
}
