"""alive.py IP:PORT…: connects, waits a moment, hangs up, as monitoring does."""

import socket
import sys
import time

for end in sys.argv[1:]:
    ip, port = end.split(":")
    with socket.create_connection((ip, int(port)), timeout=2):
        time.sleep(0.2)
