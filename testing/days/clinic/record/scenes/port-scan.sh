# Attack: nmap looks at the thousand usual TCP ports of six devices.
NEEDS=stranger
CHECK="syn>=3000"
prepare() { accounts nas klipservice:x; sshd_up nas; samba_up; ftpd_up; pacs_up; printer_up; }
play() { on stranger nmap -n -Pn -sS -T3 --max-rate 400 10.20.30.1,5,6,11,20,31 >"$WORK/nmap.log"; }
