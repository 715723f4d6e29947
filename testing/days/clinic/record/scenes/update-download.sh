# A PC fetches a system update over plain HTTP.
BULK=1
CHECK="bytes>=12000000"
prepare() { head -c 12000000 /dev/zero >"$WORK/web/pages/opdatering.cab"; }
play() {
    web "$DEVICE" https://telemetri.systemopdatering.example/lille.json
    web "$DEVICE" --limit-rate 3M http://download.systemopdatering.example/opdatering.cab
}
