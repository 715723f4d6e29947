"""print_listener.py PORT: takes print jobs as a raw-printing printer does, and answers PJL status questions."""

import socketserver
import sys


class Job(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            if b"@PJL INFO STATUS" in data:
                self.request.sendall(b"@PJL INFO STATUS\r\nCODE=10001\r\nDISPLAY=\"KLAR\"\r\nONLINE=TRUE\r\n\f")


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("", int(sys.argv[1])), Job).serve_forever()
