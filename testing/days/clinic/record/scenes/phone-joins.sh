# A phone joins the wireless network: address, "is there internet?", its makers' services, its neighbours.
NEEDS=$DEVICE NO_ADDRESS=$DEVICE
CHECK="frames>=50 dns>=2 arp>=2"
play() {
    lease "$DEVICE"
    web "$DEVICE" http://kontrol.telefonsky.example/tom.txt
    hello "$DEVICE"
    web "$DEVICE" https://push.telefonsky.example/lille.json
    pause 1 3
    web "$DEVICE" https://www.nyhedsbladet.example/index.html https://cdn.nyhedsbladet.example/lille.json
}
