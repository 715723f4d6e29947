# Attack: a laptop nobody knows is plugged in, gets an address and looks around a little.
NEEDS=stranger NO_ADDRESS=stranger
CHECK="frames>=60 arp>=2"
play() {
    lease stranger
    hello stranger look:filserver
    web stranger http://connect.systemopdatering.example/tom.txt
    web stranger https://www.nyhedsbladet.example/{index.html,side.html}
    ask stranger filserver.klinik.example billedserver.klinik.example
    pause 20 25
    web stranger https://www.kommunen.example/{index.html,side.html}
}
