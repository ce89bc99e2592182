#!/usr/bin/env python3
"""Makes PNG pictures of an editor's window small: few colours, a palette where 256 are enough, and the best packing.

usage: shrink.py FROM.png TO.png [MOST_BYTES]   (fails if it does not become as small as that)

Reads what Chromium writes: 8 bits, RGB or RGBA, not interlaced (PNG, third edition, 9.2: filter types).
"""
import collections
import pathlib
import struct
import sys
import zlib


def read(data):
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        sys.exit("not a PNG")
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            if depth != 8 or colour not in (2, 6) or interlaced:
                sys.exit("not as Chromium writes it")
        elif kind == b"IDAT":
            packed += body
        at += length + 12
    return width, height, 4 if colour == 6 else 3, zlib.decompress(packed)


def rows(width, height, channels, raw):
    stride = width * channels
    before = bytearray(stride)
    for y in range(height):
        kind = raw[y * (stride + 1)]
        row = bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for x in range(stride if kind else 0):
            left = row[x - channels] if x >= channels else 0
            up, corner = before[x], before[x - channels] if x >= channels else 0
            if kind == 4:
                guess = left + up - corner
                near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
            else:
                near = (0, left, up, (left + up) // 2)[kind]
            row[x] = (row[x] + near) & 255
        yield row
        before = row


def palette_of(counts, most=256):
    """The commonest colours; the others are told as the nearest of them."""
    chosen = [colour for colour, _ in counts.most_common(most)]
    nearest = {colour: i for i, colour in enumerate(chosen)}
    for colour in counts:
        if colour not in nearest:
            nearest[colour] = min(range(len(chosen)), key=lambda i: sum((a - b) ** 2 for a, b in zip(chosen[i], colour)))
    return chosen, nearest


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def main(source, target, most="150000"):
    width, height, channels, raw = read(pathlib.Path(source).read_bytes())
    lines = []
    for row in rows(width, height, channels, raw):
        lines.append([(row[x] & 0xFC, row[x + 1] & 0xFC, row[x + 2] & 0xFC) for x in range(0, len(row), channels)])
    palette, number = palette_of(collections.Counter(pixel for line in lines for pixel in line))
    body = b"".join(b"\0" + bytes(number[pixel] for pixel in line) for line in lines)
    colours = b"".join(bytes(part | part >> 6 for part in colour) for colour in palette)
    pieces = [chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)), chunk(b"PLTE", colours), chunk(b"IDAT", zlib.compress(body, 9)),
              chunk(b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(pieces)
    if len(data) > int(most):
        sys.exit(f"{source}: {len(data)} bytes, and at most {most} are wanted")
    pathlib.Path(target).write_bytes(data)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
