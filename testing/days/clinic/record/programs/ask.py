"""ask.py [--every SECS] [--server IP] [--type A] NAME…: asks the resolver for each name, one socket a question, as stub resolvers do."""

import argparse
import random
import socket
import struct
import time

TYPES = {"A": 1, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "HTTPS": 65}


def question(number, name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", TYPES[kind], 1)


def ask(server, name, kind, seconds=2.0):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(seconds)
        number = random.randrange(65536)
        link.sendto(question(number, name, kind), (server, 53))
        try:
            return link.recv(4096)
        except TimeoutError:
            return b""


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--every", type=float, default=0.02)
    args.add_argument("--server", default="10.20.30.1")
    args.add_argument("--type", default="A")
    args.add_argument("names", nargs="*")
    args = args.parse_args()
    for name in args.names:
        ask(args.server, name, args.type)
        time.sleep(args.every * random.uniform(0.5, 1.5))


if __name__ == "__main__":
    main()
