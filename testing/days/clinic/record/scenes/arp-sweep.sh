# Attack: nmap asks for every address of the network.
NEEDS=stranger
CHECK="arp>=250"
play() { on stranger nmap -n -sn --max-rate 60 10.20.30.0/24 >"$WORK/nmap.log"; }
