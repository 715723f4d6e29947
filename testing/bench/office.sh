#!/usr/bin/env bash
# Makes a large office capture for benches: records some minutes of an office at work with real programs, then plays them over and over,
# each time in another office, until the file is large enough.
#
#   testing/bench/office.sh [FILE [MEGABYTES]]        target/bench/office.pcap and 1000, unless told otherwise
#
# The recording itself stays beside FILE, as FILE's name with `.base.pcap`. Needs root, the programs below, and Rust; README.md says more.
set -euo pipefail

BENCH=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
HOUSE=$(dirname "$(dirname "$BENCH")")
CLINIC=$HOUSE/testing/days/clinic
RECORD=$CLINIC/record

# How long people work, in seconds. What they have begun by then they finish.
WORK_SECS=180

# The office's line. Guess: a slow one, so that what happens at once is mixed.
LINE_RATE=20mbit

die() {
    echo "office.sh: $*" >&2
    exit 2
}

# The command, and the Debian package that has it.
need() {
    local pair missing=()
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
    done
    [ ${#missing[@]} -eq 0 ] || die "programs are missing; get them with: apt-get install $(printf '%s\n' "${missing[@]}" | sort -u | xargs)"
}

[ $# -le 2 ] || die "usage: office.sh [FILE [MEGABYTES]]"
OUT=$(realpath -m "${1:-$HOUSE/target/bench/office.pcap}")
MEGABYTES=${2:-1000}
[[ $MEGABYTES =~ ^[1-9][0-9]{0,5}$ ]] || die "MEGABYTES is a whole number from 1 to 999999, not '$MEGABYTES'"
[ "$(id -u)" = 0 ] || die "needs root: it makes network namespaces and starts servers"
need dnsmasq:dnsmasq smbd:samba smbpasswd:samba smbclient:smbclient tc:iproute2 sshd:openssh-server vsftpd:vsftpd nginx:nginx curl:curl \
    storescp:dcmtk dump2dcm:dcmtk chronyd:chrony tcpdump:tcpdump ip:iproute2 ethtool:ethtool udhcpc:udhcpc \
    arping:iputils-arping ping:iputils-ping pkill:procps openssl:openssl python3:python3
command -v cargo >/dev/null || die "needs Rust: https://rustup.rs"
mkdir -p "$(dirname "$OUT")"
BASE=${OUT%.pcap}.base.pcap

# shellcheck source=../days/clinic/record/lib.sh
source "$RECORD/lib.sh"

PCS="reception doctor-1 doctor-2 nurse"
PHONES="phone-1 phone-2 phone-3 guest-1 guest-2 guest-3 guest-4 guest-5 guest-6"
# shellcheck disable=SC2034 # read by lib.sh and by scenes
NEEDS=$PHONES NO_ADDRESS="$PCS $PHONES" KEX="" SCENE=office

SITES=(https://journal.laegesky.example https://www.nyhedsbladet.example http://www.nyhedsbladet.example http://www.vejret.example
    https://www.medicinhaandbog.example https://cdn.nyhedsbladet.example https://www.apoteksnyt.example https://www.kommunen.example
    http://www.kommunen.example)
mapfile -t ADVERTISERS < <(awk '/annoncenet/ { print $1 }' "$RECORD/internet.tsv")
OBJECTS=200

# ---- the way to the internet and what can be fetched there

# Without it a download is over before anybody else has said a word, and nothing is ever lost or late.
line_up() { # both ways
    local shape=(root tbf rate "$LINE_RATE" burst 32k latency 100ms)
    { tc -n "$NET-internet" qdisc add dev eth0 "${shape[@]}" && tc -n "$NET-router" qdisc add dev wan0 "${shape[@]}"; } ||
        die "the kernel cannot slow a line down; try: modprobe sch_tbf"
}

contents_up() {
    python3 - "$WORK/web/pages" "$OBJECTS" <<'PY'
import os
import random
import sys

# Barford and Crovella, "Generating Representative Web Workloads" (SIGMETRICS 1998): the body of file sizes is log-normal with these two.
# The tail are the files below.
MU, SIGMA, BYTES_MAX = 9.357, 1.318, 400_000

folder, count = sys.argv[1], int(sys.argv[2])
dice = random.Random(7)
for n in range(count):
    with open(f"{folder}/o{n}.bin", "wb") as file:
        file.write(os.urandom(min(BYTES_MAX, int(dice.lognormvariate(MU, SIGMA)))))
for name, size in {"opdatering.cab": 9_000_000, "film.mp4": 8_000_000, "scanning.pdf": 3_000_000, "klip.mp4": 2_000_000}.items():
    with open(f"{folder}/{name}", "wb") as file:
        file.write(os.urandom(size))
PY
    head -c 250000 /dev/urandom >"$WORK/share/skema.doc"
    head -c 4000000 /dev/urandom >"$WORK/sky.bin"
}

servers_up() {
    (source "$RECORD/scenes/lab-ftp.sh" && prepare)
    (source "$RECORD/scenes/dicom.sh" && prepare)
    samba_up
    sshd_up nas
    printer_up
    mail_up
    time_up
    telephone_up
    serve internet call python3 "$BENCH/call.py" server 192.0.2.40
    contents_up
}

# ---- what people and machines do

step() { # command…: what fails is told at the end
    "$@" || echo "$*" >>"$WORK/failed"
}
scene() { # device script: plays a scene of the clinic
    # shellcheck source=/dev/null disable=SC2034
    (DEVICE=$1 && source "$RECORD/scenes/$2.sh" && play)
}
goes_on() { [ $SECONDS -lt $WORK_SECS ]; }

visit() { # device: a page, the things on it, and a few from hosts that nobody chose
    local site=${SITES[RANDOM % ${#SITES[@]}]} urls=() n kind
    for ((n = RANDOM % 8; n >= 0; n--)); do urls+=("$site/o$((RANDOM % OBJECTS)).bin"); done
    for ((n = RANDOM % 5; n >= 0; n--)); do
        kind=https
        [ $((RANDOM % 4)) != 0 ] || kind=http
        urls+=("$kind://${ADVERTISERS[RANDOM % ${#ADVERTISERS[@]}]}/lille.json")
    done
    web "$1" --parallel --parallel-max 6 "$site/index.html" "${urls[@]}"
}
files() { # device: opens a file of the share, writes one, tidies up
    smb "$1" "ls; mkdir $1; cd $1; put $WORK/web/pages/o$((RANDOM % OBJECTS)).bin brev.tmp; rename brev.tmp brev.doc; ls; allinfo brev.doc;
        get ..\\skema.doc $WORK/$1.doc; del brev.doc; cd ..; rmdir $1; ls"
}
letter() { # device: sends a mail with something attached
    web "$1" --user praksis:Solsikke-44 --mail-from praksis@klinikpost.example --mail-rcpt post@www.kommunen.example \
        --upload-file "$WORK/web/pages/o$((RANDOM % OBJECTS)).bin" smtps://mail.klinikpost.example/klinik
}
download() { # device seconds url: after so long
    sleep "$2"
    step web "$1" "$3"
}

pc() {
    pause 0 5
    step scene "$1" pc-boot
    step scene "$1" antivirus &
    while goes_on; do
        case $((RANDOM % 12)) in
            0) step scene "$1" browsing-a ;;
            1) step scene "$1" browsing-b ;;
            2 | 3) step scene "$1" ehr-session ;;
            4) step scene "$1" mail ;;
            5) step letter "$1" ;;
            6) step scene "$1" print ;;
            7) step files "$1" ;;
            *) step visit "$1" ;;
        esac
        pause 0.5 3
    done
    wait
}
phone() {
    pause 0 40
    step scene "$1" phone-joins
    while goes_on; do
        step scene "$1" phone-use
        pause 4 12
        step visit "$1"
        pause 4 12
    done
}
equipment() { # device seconds command…: again and again, with so long between
    local device=$1 every=$2
    shift 2
    while goes_on; do
        step "$@"
        pause "$((every / 2))" "$((every * 3 / 2))"
    done
}

# Whoever does something at the same time as others is a process group, so that all it has begun can be ended.
LANES=()
lane() {
    set -m
    "$@" </dev/null &
    set +m
    LANES+=($!)
}

everybody() {
    local device
    for device in $PCS; do lane pc "$device"; done
    for device in $PHONES; do lane phone "$device"; done
    lane download reception 15 http://download.systemopdatering.example/opdatering.cab
    lane download doctor-1 60 http://download.systemopdatering.example/opdatering.cab
    lane download nurse 40 https://cdn.nyhedsbladet.example/film.mp4
    lane download doctor-2 95 https://journal.laegesky.example/scanning.pdf
    lane download doctor-2 30 https://www.kommunen.example/scanning.pdf
    lane download reception 130 https://journal.laegesky.example/scanning.pdf
    for device in phone-1 phone-3 guest-2 guest-5; do
        lane download "$device" $((60 + RANDOM % 60)) https://billeder.telefonsky.example/klip.mp4
    done
    lane equipment ultrasound 12 scene ultrasound dicom
    lane equipment lab 40 scene lab lab-ftp
    lane equipment server 25 scene server monitoring
    lane equipment printer 50 hello printer printer
    lane equipment lab 60 ask_time lab
    lane equipment nas 70 web nas --upload-file "$WORK/sky.bin" https://backup.klipcloud.example/upload/klinik.bin
    lane equipment voip 20 on voip python3 "$BENCH/call.py" phone 10.20.30.40 35
    lane on voip python3 "$RECORD/programs/sip.py" phone 10.20.30.40 $((WORK_SECS / 15)) 15
}

# ---- the recording and what is made of it

finish() {
    local status=$? lane
    set +e
    exec 2>/dev/null
    for lane in "${LANES[@]}"; do kill -KILL -- "-$lane"; done
    pkill -KILL -P $$
    network_down
    exit $status
}

record() {
    echo "office.sh: sets up the office …"
    network_up
    line_up
    servers_up
    settle
    capture_start
    echo "office.sh: records $WORK_SECS seconds of work …"
    SECONDS=0
    everybody
    while goes_on; do
        sleep 20
        printf '  %4d s  %4d MB\n' $SECONDS $(($(stat -c %s "$WORK/raw.pcap") / 1000000))
    done
    wait "${LANES[@]}" || true
    LANES=()
    sleep 1
    capture_stop
    [ ! -s "$WORK/failed" ] || die "the recording is not whole, $(wc -l <"$WORK/failed") steps failed; the first: $(head -n 1 "$WORK/failed")"
    echo "office.sh: checks the recording …"
    python3 "$RECORD/check.py" "$WORK/raw.pcap" "bytes>=60000000 syn>=1000 dns>=1500" >/dev/null
    cp "$WORK/raw.pcap" "$BASE"
}

cargo build --quiet --locked --manifest-path "$HOUSE/Cargo.toml" --package testing-bench
bench() { cargo run --quiet --locked --manifest-path "$HOUSE/Cargo.toml" --package testing-bench -- "$@"; }

trap finish EXIT
work_up
record
echo "office.sh: $BASE"
bench describe "$BASE"
echo "office.sh: repeats it until it is $MEGABYTES MB …"
bench repeat "$BASE" "$OUT" "$MEGABYTES"
echo "office.sh: $OUT"
bench describe "$OUT"
