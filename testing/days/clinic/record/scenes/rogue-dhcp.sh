# Attack: a second address server appears (a travel router somebody plugged in) and answers a phone and the nurse's laptop.
NEEDS="rogue phone-2" NO_ADDRESS="phone-2 nurse"
CHECK="frames>=30"
prepare() {
    printf 'no-resolv\nno-hosts\nport=0\nno-ping\nuser=root\ninterface=eth0\nbind-interfaces\ndhcp-range=10.20.30.210,10.20.30.230,1h\ndhcp-option=3,10.20.30.200\ndhcp-option=6,10.20.30.200\ndhcp-leasefile=%s\n' \
        "$WORK/rogue-leases" >"$WORK/rogue.conf"
    serve rogue rogue dnsmasq -k -C "$WORK/rogue.conf" --pid-file="$WORK/rogue.pid"
}
play() {
    on rogue arping -q -c 2 -A -I eth0 10.20.30.200
    pause 2 3
    lease nurse || true
    pause 4 6
    lease phone-2 || true
    pause 4 6
    ip -n "$NET-nurse" addr flush dev eth0
    lease nurse || true
}
