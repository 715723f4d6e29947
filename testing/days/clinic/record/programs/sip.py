"""sip.py server IP | sip.py phone IP TIMES EVERY_SECS: a desk phone's registration and keep-alives (RFC 3261), and who answers them."""

import socket
import sys
import time


def server(ip):
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.bind((ip, 5060))
    while True:
        data, peer = link.recvfrom(4096)
        if data.startswith(b"ACK"):
            continue
        lines = data.decode(errors="replace").split("\r\n")
        kept = [line for line in lines if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq", "Contact")]
        link.sendto(("SIP/2.0 200 OK\r\n" + "\r\n".join(kept) + "\r\nExpires: 300\r\nContent-Length: 0\r\n\r\n").encode(), peer)


def phone(ip, times, every):
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.bind((ip, 5060))
    link.settimeout(2)
    for count in range(1, times + 1):
        verb = "REGISTER" if count % 4 == 1 else "OPTIONS"
        link.sendto((f"{verb} sip:telefonselskab.example SIP/2.0\r\nVia: SIP/2.0/UDP {ip}:5060;branch=z9hG4bK{count:06}\r\n"
                     f"From: <sip:4570000003@telefonselskab.example>;tag=77\r\nTo: <sip:4570000003@telefonselskab.example>\r\n"
                     f"Call-ID: 4711@{ip}\r\nCSeq: {count} {verb}\r\nContact: <sip:4570000003@{ip}>\r\nMax-Forwards: 70\r\n"
                     "User-Agent: Deskphone T46 66.85\r\nExpires: 300\r\nContent-Length: 0\r\n\r\n").encode(), ("192.0.2.40", 5060))
        try:
            link.recv(4096)
        except TimeoutError:
            pass
        time.sleep(every)


if sys.argv[1] == "server":
    server(sys.argv[2])
else:
    phone(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
