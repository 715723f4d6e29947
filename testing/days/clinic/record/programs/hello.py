"""hello.py IP HOSTNAME STACK [look:NAME…]: what a device says to its neighbours when it appears.

windows: LLMNR question for its own name (is it free?), mDNS host announcement, NetBIOS name registration.
phone, linux, embedded: mDNS probe and announcement; phones also ask for the services they can use.
`look:NAME` asks for a neighbour's name over mDNS.
"""

import socket
import struct
import sys
import time

MDNS, LLMNR = ("224.0.0.251", 5353), ("224.0.0.252", 5355)


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def header(number, flags, questions, answers):
    return struct.pack(">HHHHHH", number, flags, questions, answers, 0, 0)


def group_socket(ip, port):
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    link.bind(("", port))
    link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(ip))
    link.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255 if port == 5353 else 1)
    if port:
        link.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("224.0.0.251") + socket.inet_aton(ip))
    return link


def netbios(text, kind):
    padded = text.upper()[:15].ljust(15).encode() + bytes([kind])
    return b"\x20" + b"".join(bytes([65 + (byte >> 4), 65 + (byte & 15)]) for byte in padded) + b"\0"


def main(ip, hostname, stack, *extra):
    address = socket.inet_aton(ip)
    host = hostname or "Android"
    mdns = group_socket(ip, 5353)
    own = name(f"{host}.local")
    if stack == "windows":
        llmnr = group_socket(ip, 0)
        for kind in (1, 28):
            llmnr.sendto(header(0x4C11, 0, 1, 0) + name(host) + struct.pack(">HH", kind, 1), LLMNR)
        broadcast = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        broadcast.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        broadcast.bind((ip, 137))
        for kind in (0x00, 0x20):
            broadcast.sendto(struct.pack(">HHHHHH", 0x8000 + kind, 0x2910, 1, 0, 0, 1) + netbios(host, kind)
                             + struct.pack(">HHHHHIHH", 0x20, 1, 0xC00C, 0x20, 1, 300000, 6, 0) + address, ("10.20.30.255", 137))
            time.sleep(0.1)
    # RFC 6762 §8: probe three times, 250 ms apart, then announce twice, a second apart.
    for _ in range(3):
        mdns.sendto(header(0, 0, 1, 0) + own + struct.pack(">HH", 255, 0x8001), MDNS)
        time.sleep(0.25)
    answer = header(0, 0x8400, 0, 1) + own + struct.pack(">HHIH", 1, 0x8001, 120, 4) + address
    for _ in range(2):
        mdns.sendto(answer, MDNS)
        time.sleep(1.0)
    if stack == "phone":
        for service in ("_companion-link._tcp.local", "_airplay._tcp.local", "_ipp._tcp.local", "_googlecast._tcp.local"):
            mdns.sendto(header(0, 0, 1, 0) + name(service) + struct.pack(">HH", 12, 1), MDNS)
            time.sleep(0.05)
    if stack == "embedded" and "printer" in extra:
        for service in ("_pdl-datastream._tcp.local", "_ipp._tcp.local", "_printer._tcp.local"):
            instance = b"\x07Printer" + name(service)
            mdns.sendto(header(0, 0x8400, 0, 2)
                        + name(service) + struct.pack(">HHIH", 12, 1, 4500, len(instance)) + instance
                        + own + struct.pack(">HHIH", 1, 0x8001, 120, 4) + address, MDNS)
            time.sleep(0.1)
    for item in extra:
        if item.startswith("look:"):
            mdns.sendto(header(0, 0, 1, 0) + name(item[5:] + ".local") + struct.pack(">HH", 1, 1), MDNS)
            time.sleep(0.1)


main(*sys.argv[1:])
