"""call.py server IP | call.py phone IP SECS: a telephone call (RFC 3261 around RTP, RFC 3550), and the far end, which sends back what it hears."""

import os
import socket
import struct
import sys
import time

FAR_END, VOICE_PORT = "192.0.2.40", 11_780
# RFC 3551 §4.5.14: G.711 A-law (payload type 8), 20 ms are 160 bytes.
EVERY_SECS, VOICE_BYTES, PAYLOAD_TYPE = 0.02, 160, 8


def link_at(ip, port):
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.bind((ip, port))
    return link


def server(ip):
    link = link_at(ip, VOICE_PORT)
    while True:
        voice, peer = link.recvfrom(2048)
        link.sendto(voice, peer)


def phone(ip, secs):
    signals, voice = link_at(ip, 5062), link_at(ip, VOICE_PORT)
    signals.settimeout(2)
    call = os.urandom(6).hex()

    def say(verb, number, body=""):
        kind = "Content-Type: application/sdp\r\n" if body else ""
        signals.sendto((f"{verb} sip:4570000009@telefonselskab.example SIP/2.0\r\nVia: SIP/2.0/UDP {ip}:5062;branch=z9hG4bK{call}{number}\r\n"
                        f"From: <sip:4570000003@telefonselskab.example>;tag=78\r\nTo: <sip:4570000009@telefonselskab.example>\r\n"
                        f"Call-ID: {call}@{ip}\r\nCSeq: {number} {verb}\r\nContact: <sip:4570000003@{ip}:5062>\r\nMax-Forwards: 70\r\n"
                        f"{kind}Content-Length: {len(body)}\r\n\r\n{body}").encode(), (FAR_END, 5060))
        if verb != "ACK":
            signals.recv(4096)

    say("INVITE", 1, f"v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {VOICE_PORT} RTP/AVP {PAYLOAD_TYPE}\r\n")
    say("ACK", 1)
    start = time.monotonic()
    for count in range(int(secs / EVERY_SECS)):
        head = struct.pack(">BBHII", 0x80, PAYLOAD_TYPE, count & 0xFFFF, count * VOICE_BYTES, 0x4711)
        voice.sendto(head + os.urandom(VOICE_BYTES), (FAR_END, VOICE_PORT))
        time.sleep(max(0.0, start + (count + 1) * EVERY_SECS - time.monotonic()))
    say("BYE", 2)


if sys.argv[1] == "server":
    server(sys.argv[2])
else:
    phone(sys.argv[2], float(sys.argv[3]))
