#!/usr/bin/env bash
# Records scenes of the clinic: real programs, each device in a network namespace of its own, one capture of the switch.
#
#   record/record.sh                          every scene, as listed in record/scenes.txt
#   record/record.sh pc-boot.reception …      only these: <script>.<device>, or <script> when it names its own devices
#
# Needs root (servers drop privileges, namespaces) and the programs named in ../README.md. Playing the scenes needs neither.
set -euo pipefail

RECORD=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CLINIC=$(dirname "$RECORD")
# shellcheck source=lib.sh
source "$RECORD/lib.sh"

# Everything a scene script may set; then its functions: prepare (servers, before the capture), play, and verify (did it happen,
# as the servers tell it?).
record_scene() {
    SCENE=$1 SCRIPT=${1%%.*} DEVICE=${1#*.}
    NEEDS="" NO_ADDRESS="" BULK=0 CHECK="" KEX=""
    prepare() { :; }
    verify() { :; }
    # shellcheck source=/dev/null
    source "$RECORD/scenes/$SCRIPT.sh"

    network_up
    prepare
    settle
    capture_start
    play
    sleep 0.4
    capture_stop
    verify || { echo "$SCENE: did not happen as its script says" >&2; return 1; }
    python3 "$RECORD/trim.py" "$WORK/raw.pcap" "$WORK/$SCENE.pcap" "$BULK"
    python3 "$RECORD/check.py" "$WORK/$SCENE.pcap" ${CHECK:+"$CHECK"}
    zstd -19 --quiet --force "$WORK/$SCENE.pcap" -o "$CLINIC/scenes/$SCENE.pcap.zst"
}

[ "$(id -u)" = 0 ] || { echo "record.sh needs root: it makes network namespaces and starts servers" >&2; exit 2; }
mkdir -p "$CLINIC/scenes"
if [ $# -eq 0 ]; then
    mapfile -t WANTED < <(grep -v '^#' "$RECORD/scenes.txt" | tr -s ' \n' '\n' | grep .)
    set -- "${WANTED[@]}"
fi

if [ "$1" = --one ]; then
    trap network_down EXIT
    work_up
    record_scene "$2"
    exit 0
fi

failed=()
for scene in "$@"; do
    # A process of its own, so that a failing step ends it and whatever it leaves behind is torn down.
    if ! bash "$RECORD/record.sh" --one "$scene"; then
        echo "$scene: FAILED" >&2
        failed+=("$scene")
    fi
done
[ ${#failed[@]} -eq 0 ] || { echo "not recorded: ${failed[*]}" >&2; exit 1; }
