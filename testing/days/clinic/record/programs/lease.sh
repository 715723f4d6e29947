#!/bin/sh
# udhcpc calls this with what the DHCP server said: take the address, tell the neighbours.
case $1 in
    bound | renew)
        ip addr flush dev "$interface"
        ip addr add "$ip/24" brd + dev "$interface"
        [ -z "$router" ] || ip route replace default via "${router%% *}"
        arping -q -c 2 -A -I "$interface" "$ip" || true
        ;;
esac
exit 0
