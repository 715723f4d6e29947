# Attack: nmap looks at the hundred usual UDP ports of three devices.
NEEDS=stranger
CHECK="frames>=300"
prepare() { printer_up; }
play() { on stranger nmap -n -Pn -sU -F --max-rate 60 --max-retries 1 --host-timeout 60s 10.20.30.5,11,20 >"$WORK/nmap.log"; }
