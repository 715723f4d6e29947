"""print_job.py IP PORT BYTES: one print job as a PC sends it to a raw-printing printer (PJL around PostScript)."""

import socket
import sys

ip, port, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with socket.create_connection((ip, port)) as link:
    link.sendall(b"\x1b%-12345X@PJL INFO STATUS\r\n")
    link.recv(4096)
    link.sendall(b"\x1b%-12345X@PJL JOB NAME=\"brev\"\r\n@PJL ENTER LANGUAGE=POSTSCRIPT\r\n%!PS-Adobe-3.0\n")
    line = b"72 700 moveto (Indkaldelse til kontrol) show\n"
    link.sendall(line * (size // len(line)))
    link.sendall(b"showpage\n\x04\x1b%-12345X@PJL EOJ\r\n\x1b%-12345X")
