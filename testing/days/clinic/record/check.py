"""check.py SCENE.pcap [EXPECTATION…]: refuses a capture that is not what its scene says.

Always: no frame above 1,514 bytes, IPv4/TCP/UDP checksums right, each frame once, only addresses of the recorded clinic,
no trace of the machine that recorded it.
Expectations, separated by spaces: `frames>=N`, `syn>=N`, `arp>=N`, `dns>=N`, `ssh>=N` (connections to port 22), `bytes>=N`
(on the wire), `peers>=N`, `refused>=N` (FTP logins answered with 530).
"""

import ipaddress
import struct
import sys

ALLOWED = [ipaddress.ip_network(net) for net in (
    "10.20.30.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "0.0.0.0/32", "255.255.255.255/32")]

# The work folder's name, and what a program calls a machine that was not told its name.
TRACES = (b"/tmp/clinic-", b"localhost")


def frames(path):
    with open(path, "rb") as file:
        data = file.read()
    at = 24
    while at + 16 <= len(data):
        sec, usec, kept, wire = struct.unpack_from("<IIII", data, at)
        yield sec * 1_000_000 + usec, wire, data[at + 16 : at + 16 + kept]
        at += 16 + kept


def total(data):
    if len(data) % 2:
        data += b"\0"
    value = sum(struct.unpack(f">{len(data) // 2}H", data))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return value


def main(path, expectations):
    seen = {"frames": 0, "syn": 0, "arp": 0, "dns": 0, "ssh": 0, "ftp": 0, "refused": 0, "bytes": 0}
    peers, problems, last, kept_bytes, longest, end = set(), [], {}, 0, 0, 0
    for at, wire, frame in frames(path):
        seen["frames"] += 1
        seen["bytes"] += wire
        kept_bytes += len(frame)
        longest, end = max(longest, wire), at
        if at - last.get(frame, -1_000_000) < 5_000 and frame[12:14] == b"\x08\x00" and frame[23] == 6 and len(frame) == wire:
            problems.append(f"the same frame twice within 5 ms at {at} µs")
        last[frame] = at
        if any(trace in frame for trace in TRACES):
            problems.append(f"a trace of the recording machine at {at} µs")
        if frame[12:14] == b"\x08\x06":
            seen["arp"] += 1
        if frame[12:14] != b"\x08\x00":
            continue
        header = (frame[14] & 15) * 4
        source, target = (ipaddress.ip_address(frame[a : a + 4]) for a in (26, 30))
        peers.add(target)
        for address in (source, target):
            if not any(address in net for net in ALLOWED):
                problems.append(f"a foreign address: {address}")
        if total(frame[14 : 14 + header]) != 0xFFFF:
            problems.append(f"bad IPv4 checksum at {at} µs")
        length = struct.unpack_from(">H", frame, 16)[0]
        fragment = struct.unpack_from(">H", frame, 20)[0] & 0x3FFF
        body = frame[14 + header : 14 + length]
        whole = len(body) == length - header and not fragment
        if frame[23] in (6, 17) and whole:
            pseudo = frame[26:34] + struct.pack(">BBH", 0, frame[23], len(body))
            if not (frame[23] == 17 and body[6:8] == b"\0\0") and total(pseudo + body) != 0xFFFF:
                problems.append(f"bad TCP or UDP checksum at {at} µs")
        if frame[23] == 6:
            seen["refused"] += body[(body[12] >> 4) * 4 :].startswith(b"530 Login incorrect")
            port, flags = struct.unpack_from(">H", body, 2)[0], body[13]
            if flags & 0x12 == 2:
                seen["syn"] += 1
                seen["ssh"] += port == 22
                seen["ftp"] += port == 21
        if frame[23] == 17 and struct.unpack_from(">H", body, 2)[0] == 53:
            seen["dns"] += 1
    seen["peers"] = len(peers)
    if longest > 1514:
        problems.append(f"a frame of {longest} bytes: an offload is still on")
    for expectation in expectations:
        name, _, least = expectation.partition(">=")
        if seen[name] < int(least):
            problems.append(f"{name} is {seen[name]}, expected at least {least}")
    name = path.rsplit("/", 1)[1].removesuffix(".pcap")
    print(f"{name}: {seen['frames']} frames, {seen['bytes']} bytes ({kept_bytes} kept), {end / 1e6:.1f} s, "
          f"{seen['syn']} connections, {seen['dns']} DNS questions")
    for problem in problems[:5]:
        print(f"{name}: {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)


main(sys.argv[1], " ".join(sys.argv[2:]).split())
