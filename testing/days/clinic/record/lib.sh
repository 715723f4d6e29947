# The recorded clinic's network and servers. Sourced by record.sh; scene scripts use `on`, `ip_of` and the *_up functions.
#
#   device ── veth ──┐
#   device ── veth ──┤ switch (bridge; the capture sees every frame once) ── router ── internet (all outside addresses)
#
# shellcheck shell=bash

ALWAYS="router nas server reception doctor-1 doctor-2 nurse printer ultrasound lab voip"
OUTSIDE="192.0.2.0/24 198.51.100.0/24 203.0.113.0/24"

# ---- the work folder: keys, configurations, logs; nothing of it is kept

work_up() {
    WORK=$(mktemp -d /tmp/clinic-XXXXXX)
    NET=c$(basename "$WORK" | tail -c 5)
    UP=()
    python3 "$RECORD/devices.py" "$CLINIC/devices.toml" >"$WORK/devices"
}

field() { awk -F'|' -v id="$1" -v n="$2" '$1 == id { print $n }' "$WORK/devices"; }
mac_of() { field "$1" 2; }
ip_of() { field "$1" 3; }
hostname_of() { field "$1" 4; }
stack_of() { field "$1" 5; }
name_of() { local name; name=$(hostname_of "$1"); echo "${name:-$1}"; }

# Runs a command on a device: its network, its /etc files, its name.
on() {
    local device=$1
    shift
    # shellcheck disable=SC2016
    ip netns exec "$NET-$device" unshare --uts sh -c 'hostname "$0" && exec "$@"' "$(name_of "$device")" "$@"
}
# The same, in the background, for servers; its output goes to a log in the work folder.
serve() {
    local device=$1 log=$2
    shift 2
    # shellcheck disable=SC2016
    ip netns exec "$NET-$device" unshare --uts sh -c 'hostname "$0" && exec "$@"' "$(name_of "$device")" "$@" >"$WORK/$log.log" 2>&1 &
}

# ---- namespaces

space_up() { # name: an empty namespace with its own /etc files
    mkdir -p "/etc/netns/$NET-$1"
    echo "nameserver 10.20.30.1" >"/etc/netns/$NET-$1/resolv.conf"
    printf 'hosts: files dns\npasswd: files\ngroup: files\nshadow: files\n' >"/etc/netns/$NET-$1/nsswitch.conf"
    printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$(name_of "$1")" >"/etc/netns/$NET-$1/hosts"
    ip netns add "$NET-$1"
    UP+=("$1")
    on "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    ip -n "$NET-$1" link set lo up
}

offloads_off() { # name interface: real frames, real checksums
    on "$1" ethtool -K "$2" tso off gso off gro off tx off rx off sg off >/dev/null 2>&1 || true
}

device_up() { # id: a namespace, a cable to the switch, a MAC, an IP stack of its kind
    local id=$1
    space_up "$id"
    ip link add eth0 netns "$NET-$id" type veth peer name "p-$id" netns "$NET-switch"
    ip -n "$NET-$id" link set eth0 address "$(mac_of "$id")"
    ip -n "$NET-switch" link set "p-$id" master br0
    offloads_off "$id" eth0
    offloads_off switch "p-$id"
    case $(stack_of "$id") in
        windows) on "$id" sysctl -qw net.ipv4.ip_default_ttl=128 net.ipv4.tcp_timestamps=0 ;;
        embedded) on "$id" sysctl -qw net.ipv4.tcp_timestamps=0 ;;
    esac
    ip -n "$NET-switch" link set "p-$id" up
    ip -n "$NET-$id" link set eth0 up
    case " $NO_ADDRESS " in *" $id "*) return ;; esac
    address_up "$id"
}

address_up() {
    ip -n "$NET-$1" addr add "$(ip_of "$1")/24" brd + dev eth0
    [ "$1" = router ] || ip -n "$NET-$1" route add default via 10.20.30.1
}

network_up() {
    local id net address
    space_up switch
    ip -n "$NET-switch" link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
    ip -n "$NET-switch" link set br0 up promisc on
    offloads_off switch br0
    # shellcheck disable=SC2086
    for id in $ALWAYS $NEEDS; do device_up "$id"; done

    space_up internet
    ip link add wan0 netns "$NET-router" type veth peer name eth0 netns "$NET-internet"
    ip -n "$NET-router" addr add 192.0.2.254/30 dev wan0
    ip -n "$NET-internet" addr add 192.0.2.253/30 dev eth0
    ip -n "$NET-router" link set wan0 up
    ip -n "$NET-internet" link set eth0 up
    offloads_off router wan0
    offloads_off internet eth0
    for net in $OUTSIDE; do ip -n "$NET-router" route add "$net" via 192.0.2.253; done
    ip -n "$NET-internet" route add 10.20.30.0/24 via 192.0.2.254
    on router sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
    for address in $(awk '!/^#/ && NF { print $2 }' "$RECORD/internet.tsv" | sort -u); do
        ip -n "$NET-internet" addr add "$address/32" dev lo
    done

    resolvers_up
    web_up
}

network_down() {
    local name pids
    set +e
    exec 2>/dev/null # the shell would report every server it stops
    for name in "${UP[@]}"; do
        pids=$(ip netns pids "$NET-$name" 2>/dev/null)
        # shellcheck disable=SC2086
        [ -z "$pids" ] || kill -9 $pids 2>/dev/null
        ip netns del "$NET-$name" 2>/dev/null
        rm -rf "/etc/netns/$NET-$name"
    done
    wait 2>/dev/null
    [ -n "${KEEP_WORK:-}" ] || rm -rf "$WORK"
}

# ---- capture

settle() { # servers are listening; what was learned while starting them is forgotten
    local id
    sleep 0.7
    # shellcheck disable=SC2086
    for id in $ALWAYS $NEEDS; do ip -n "$NET-$id" neigh flush all 2>/dev/null || true; done
}

capture_start() {
    serve switch tcpdump tcpdump -i br0 -s 65535 -B 131072 --immediate-mode -w "$WORK/raw.pcap"
    CAPTURE=$!
    until grep -qs "listening on" "$WORK/tcpdump.log"; do sleep 0.05; done
    sleep 0.2
}

capture_stop() {
    kill -INT "$CAPTURE"
    wait "$CAPTURE" 2>/dev/null || true
    grep -q "^0 packets dropped by kernel" "$WORK/tcpdump.log" || { echo "$SCENE: frames were lost while recording" >&2; return 1; }
}

# ---- users: each namespace sees an account file of its own

accounts() { # device user:password …
    local device=$1 entry uid=2001
    shift
    local etc=/etc/netns/$NET-$device
    printf 'root:x:0:0::/root:/usr/sbin/nologin\nsshd:x:101:65534::/run/sshd:/usr/sbin/nologin\nftp:x:102:65534::/srv:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n' >"$etc/passwd"
    printf 'root:*:20000::::::\nsshd:*:20000::::::\nftp:*:20000::::::\nnobody:*:20000::::::\n' >"$etc/shadow"
    printf 'root:x:0:\nnogroup:x:65534:\nusers:x:100:\n' >"$etc/group"
    for entry in praksis:x "$@"; do
        mkdir -p "$WORK/home/${entry%%:*}"
        chown "$uid:100" "$WORK/home/${entry%%:*}"
        echo "${entry%%:*}:x:$uid:100::$WORK/home/${entry%%:*}:/bin/sh" >>"$etc/passwd"
        echo "${entry%%:*}:$(openssl passwd -6 "${entry#*:}"):20000::::::" >>"$etc/shadow"
        uid=$((uid + 1))
    done
    chmod 600 "$etc/shadow"
    chmod 755 "$WORK" "$WORK/home"
}

# ---- servers

resolvers_up() { # the router's DHCP and resolver, and the name server out there that it asks
    local id
    {
        echo "no-resolv"; echo "no-hosts"; echo "listen-address=192.0.2.53"; echo "bind-interfaces"; echo "user=root"
        echo "auth-ttl=300"; echo "local-ttl=300"; echo "cache-size=0"
        awk '!/^#/ && NF { print "address=/" $1 "/" $2 }' "$RECORD/internet.tsv"
        echo "server=/t.hurtig-cache.example/203.0.113.53"
        echo "server=/x.statistik-node.example/203.0.113.54"
        echo "address=/#/"
    } >"$WORK/upstream.conf"
    {
        echo "no-resolv"; echo "no-hosts"; echo "no-ping"; echo "server=192.0.2.53"; echo "interface=eth0"; echo "bind-interfaces"
        echo "user=root"; echo "domain=klinik.example"; echo "local=/klinik.example/"; echo "expand-hosts"
        echo "dhcp-authoritative"; echo "dhcp-leasefile=$WORK/leases"; echo "dhcp-range=10.20.30.100,10.20.30.180,12h"
        for id in $(awk -F'|' '$1 != "router" && $1 != "rogue" { print $1 }' "$WORK/devices"); do
            echo "dhcp-host=$(mac_of "$id"),$(ip_of "$id")"
        done
        awk -F'|' '$4 != "" { print "host-record=" tolower($4) ".klinik.example," $3 }' "$WORK/devices" | sort -t, -k1,1 -u
    } >"$WORK/router.conf"
    serve internet upstream dnsmasq -k -C "$WORK/upstream.conf" --pid-file="$WORK/upstream.pid"
    serve router router dnsmasq -k -C "$WORK/router.conf" --pid-file="$WORK/router.pid"
}

web_up() { # every name of internet.tsv marked http, tls12 or tls13
    python3 "$RECORD/programs/web.py" "$RECORD/internet.tsv" "$WORK/web" 
    mkdir -p "$WORK/web/temp"
    serve internet nginx nginx -e "$WORK/web/error.log" -p "$WORK/web" -c "$WORK/web/nginx.conf" -g "daemon off;"
}

time_up() { # NTP server out there
    printf 'local stratum 2\nallow all\ncmdport 0\npidfile %s\n' "$WORK/chronyd.pid" >"$WORK/ntp.conf"
    serve internet ntp chronyd -x -d -u root -f "$WORK/ntp.conf"
}
ask_time() { # device: four questions, sets nothing
    on "$1" chronyd -Q -u root -t 12 "server tid.ntp.example iburst maxsamples 4" "cmdport 0" "pidfile $WORK/ask-time-$1.pid" >/dev/null 2>&1 || true
}

mail_up() { serve internet mail python3 "$RECORD/programs/mail.py" 198.51.100.20 "$WORK/web/mail.klinikpost.example"; }

samba_up() { # the file shares: user praksis, password "Solsikke-44"; after accounts, when a scene wants others too
    [ -f "/etc/netns/$NET-nas/passwd" ] || accounts nas
    mkdir -p "$WORK/samba"/{private,lock,state,cache,pid,ncalrpc,log} "$WORK/share"
    cat >"$WORK/smb.conf" <<CONF
[global]
  workgroup = KLINIK
  server string = Filserver
  netbios name = FILSERVER
  private dir = $WORK/samba/private
  lock directory = $WORK/samba/lock
  state directory = $WORK/samba/state
  cache directory = $WORK/samba/cache
  pid directory = $WORK/samba/pid
  ncalrpc dir = $WORK/samba/ncalrpc
  log file = $WORK/samba/log/smbd.log
  passdb backend = tdbsam
  server min protocol = SMB2
  load printers = no
  disable spoolss = yes
  smb ports = 445
  max disk size = 1000000
[faelles]
  path = $WORK/share
  read only = no
CONF
    printf '[global]\n  workgroup = KLINIK\n  state directory = %s\n  cache directory = %s\n  lock directory = %s\n  private dir = %s\n' \
        "$WORK"/samba/{state,cache,lock,private} >"$WORK/smb-client.conf"
    chmod 777 "$WORK/share"
    (printf 'Solsikke-44\nSolsikke-44\n' | on nas smbpasswd -c "$WORK/smb.conf" -s -a praksis) >"$WORK/smbpasswd.log" 2>&1
    serve nas smbd smbd -F --no-process-group -s "$WORK/smb.conf"
}
smb() { # device commands…: one session of smbclient on the share
    local device=$1
    shift
    on "$device" smbclient //filserver.klinik.example/faelles -U praksis%Solsikke-44 -W KLINIK -s "$WORK/smb-client.conf" -c "$*" >>"$WORK/smbclient.log" 2>&1
}

sshd_up() { # device
    mkdir -p "$WORK/ssh" /run/sshd
    [ -f "$WORK/ssh/key" ] || ssh-keygen -q -t ed25519 -N "" -C "" -f "$WORK/ssh/key"
    serve "$1" "sshd-$1" /usr/sbin/sshd -D -e -f /dev/null -h "$WORK/ssh/key" -o UsePAM=no -o PasswordAuthentication=yes \
        -o PermitRootLogin=no -o StrictModes=no -o PidFile=none -o UseDNS=no -o MaxStartups=100 -o PrintMotd=no
}
# user password host command…: prints nothing, returns what ssh returns
ssh_login() {
    local device=$1 user=$2 password=$3 host=$4
    shift 4
    on "$device" sshpass -p "$password" ssh -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        -o PreferredAuthentications=password -o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1 -o LogLevel=ERROR \
        ${KEX:+-o KexAlgorithms=$KEX} \
        "$user@$host" "$@" >>"$WORK/ssh.log" 2>&1
}

ftpd_up() { # on the NAS; users come from accounts
    mkdir -p "$WORK/ftp-empty"
    cat >"$WORK/vsftpd.conf" <<CONF
listen=YES
background=NO
anonymous_enable=NO
local_enable=YES
write_enable=YES
secure_chroot_dir=$WORK/ftp-empty
pam_service_name=vsftpd
seccomp_sandbox=NO
xferlog_enable=NO
ftpd_banner=Filserver FTP
delay_failed_login=1
chroot_local_user=YES
allow_writeable_chroot=YES
max_per_ip=20
CONF
    serve nas vsftpd vsftpd "$WORK/vsftpd.conf"
}

pacs_up() {
    mkdir -p "$WORK/dicom"
    serve server storescp storescp -od "$WORK/dicom" -aet BILLEDSERVER 11112
}

printer_up() { serve printer print python3 "$RECORD/programs/print_listener.py" 9100; }
telephone_up() { serve internet sip python3 "$RECORD/programs/sip.py" server 192.0.2.40; }

# ---- what a device does

# device: asks for its address like its kind does (options 12, 55, 60), checks it by ARP, and uses it
lease() {
    local id=$1 name class wanted option options=()
    name=$(hostname_of "$id")
    case $(stack_of "$id") in
        windows) class="MSFT 5.0" wanted="subnet router dns domain 31 33 43 44 46 47 119 121 249 252" ;;
        phone) class="android-dhcp-14" wanted="subnet router dns domain mtu broadcast lease 58 59 43 114 108" ;;
        *) class="udhcp 1.35.0" wanted="subnet router dns domain broadcast ntpsrv" ;;
    esac
    for option in $wanted; do options+=(-O "$option"); done
    [ -z "$name" ] || options+=(-x "hostname:$name")
    on "$id" udhcpc -i eth0 -f -q -n -t 4 -T 2 -a250 -o -V "$class" "${options[@]}" \
        -s "$RECORD/programs/lease.sh" >>"$WORK/udhcpc.log" 2>&1
}

ask() { on "$1" python3 "$RECORD/programs/ask.py" "${@:2}" >>"$WORK/ask.log" 2>&1; }     # device name… : DNS, A
hello() { on "$1" python3 "$RECORD/programs/hello.py" "$(ip_of "$1")" "$(hostname_of "$1")" "$(stack_of "$1")" "${@:2}" >>"$WORK/hello.log" 2>&1; }
web() { on "$1" curl --silent --show-error --cacert "$WORK/web/ca.pem" --user-agent "$(agent_of "$1")" "${@:2}" >/dev/null 2>>"$WORK/curl.log"; }
agent_of() {
    case $(stack_of "$1") in
        windows) echo "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/136.0" ;;
        phone) echo "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36" ;;
        *) echo "curl/7.88.1" ;;
    esac
}
pause() { sleep "$(awk -v a="$1" -v b="$2" -v r=$RANDOM 'BEGIN { print a + (b - a) * r / 32768 }')"; }
