"""trim.py IN OUT BULK: rewrites a capture with times from zero, frames in time order, and bulk transfers cut short.

BULK 1: of each direction of a TCP connection the first 8 KiB of payload are kept whole (handshake, names, certificates);
later frames keep their headers alone, as a capture with a short snap length does. Wire lengths stay true.
"""

import struct
import sys

KEEP_BYTES = 8 * 1024


def frames(path):
    with open(path, "rb") as file:
        data = file.read()
    magic = struct.unpack_from("<I", data)[0]
    assert magic == 0xA1B2C3D4, "tcpdump writes little-endian microseconds here"
    at = 24
    while at + 16 <= len(data):
        sec, usec, kept, wire = struct.unpack_from("<IIII", data, at)
        yield sec * 1_000_000 + usec, wire, data[at + 16 : at + 16 + kept]
        at += 16 + kept


def header_end(frame):
    """(key of this direction, where its TCP payload begins), or None when it is not TCP over IPv4."""
    if len(frame) < 54 or frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return None
    tcp = 14 + (frame[14] & 15) * 4
    end = tcp + (frame[tcp + 12] >> 4) * 4
    return frame[26:34] + frame[tcp : tcp + 4], end


def main(source, target, bulk):
    kept_of = {}
    rows = sorted(frames(source), key=lambda row: row[0])
    start = rows[0][0] if rows else 0
    with open(target, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for at, wire, frame in rows:
            where = header_end(frame) if bulk else None
            if where:
                key, end = where
                kept = kept_of.get(key, 0)
                if kept >= KEEP_BYTES:
                    frame = frame[:end]
                kept_of[key] = kept + max(0, wire - end)
            at -= start
            out.write(struct.pack("<IIII", at // 1_000_000, at % 1_000_000, len(frame), wire))
            out.write(frame)


main(sys.argv[1], sys.argv[2], sys.argv[3] == "1")
