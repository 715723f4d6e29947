"""table.py SCENES_DIR: prints the scenes as the table of README.md (frames, bytes on the wire, seconds, size of the file)."""

import os
import struct
import subprocess
import sys

folder = sys.argv[1]
print("| scene | frames | bytes on the wire | seconds | file |\n|---|---:|---:|---:|---:|")
for name in sorted(os.listdir(folder)):
    data = subprocess.run(["zstd", "-dcq", f"{folder}/{name}"], check=True, capture_output=True).stdout
    at, count, size, end = 24, 0, 0, 0.0
    while at < len(data):
        sec, usec, kept, wire = struct.unpack_from("<IIII", data, at)
        at, count, size, end = at + 16 + kept, count + 1, size + wire, sec + usec / 1e6
    print(f"| {name.removesuffix('.pcap.zst')} | {count:,} | {size:,} | {end:.0f} | {os.path.getsize(f'{folder}/{name}'):,} |")
