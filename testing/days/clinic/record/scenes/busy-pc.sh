# Attack: something on Læge 2 talks to sixty addresses, four hundred short connections, and fetches some megabytes.
BULK=1
CHECK="syn>=390 peers>=55 bytes>=5000000"
prepare() { head -c 5000000 /dev/zero >"$WORK/web/pages/stor.bin"; }
play() {
    local n host
    for n in $(seq 0 399); do
        host=$(awk -v n=$((n * 17 % 60)) '/annoncenet/ && i++ == n { print $1 }' "$RECORD/internet.tsv")
        if [ $((n % 4)) = 0 ]; then
            web doctor-2 -k "https://$host/lille.json"
        else
            web doctor-2 "http://$host/lille.json"
        fi
        [ $((n % 100)) != 50 ] || web doctor-2 "http://$host/stor.bin"
        pause 0.1 0.3
    done
}
