"""Files of each kind, made here, good ones and hostile ones."""

import io
import struct
import wave
import zlib
from pathlib import Path
from typing import Any

from PIL import Image
from pypdf import PdfWriter
from pypdf.annotations import Link
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

GPS = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}


def picture(kind: str, *, size: tuple[int, int] = (64, 32), mode: str = "RGB", **options: Any) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, "red" if mode.startswith("RGB") else 128).save(written, kind, **options)
    return written.getvalue()


def photo(*, orientation: int = 6) -> bytes:
    """A JPEG with the place where it was taken, lying on its side."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "CanaryCamera"
    exif.get_ifd(0x8825).update(GPS)
    return picture("JPEG", exif=exif, comment=b"CanaryComment")


def animation(kind: str) -> bytes:
    written = io.BytesIO()
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue", "green")]
    frames[0].save(written, kind, save_all=True, append_images=frames[1:], duration=100)
    return written.getvalue()


def heic() -> bytes:
    """A HEIC of 64 by 32 pixels, which the decoder that is installed here cannot write."""
    return Path(__file__).with_name("sample.heic").read_bytes()


def pdf(pages: int = 3) -> bytes:
    return written_by(writer_of(pages))


def writer_of(pages: int = 1) -> PdfWriter:
    made = PdfWriter()
    for _ in range(pages):
        made.add_blank_page(width=72, height=72)
    return made


def written_by(writer: PdfWriter) -> bytes:
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def pdf_with_script() -> bytes:
    return pdf_with_action("/JavaScript", JS="app.alert('Hello');")


def pdf_with_attachment() -> bytes:
    made = writer_of()
    made.add_attachment("inside.exe", b"MZ")
    return written_by(made)


def pdf_encrypted() -> bytes:
    made = writer_of()
    made.encrypt("secret", algorithm="RC4-128")
    return written_by(made)


def pdf_with_action(kind: str, **values: str) -> bytes:
    made = writer_of()
    action = DictionaryObject({NameObject("/S"): NameObject(kind)})
    action |= {NameObject(f"/{name}"): TextStringObject(value) for name, value in values.items()}
    made.root_object[NameObject("/OpenAction")] = made._add_object(action)
    return written_by(made)


def pdf_with_hidden_name() -> bytes:
    """The name /JavaScript, written with an escape."""
    return pdf_with_script().replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/J#53")


def pdf_with_link() -> bytes:
    made = writer_of()
    made.add_annotation(0, Link(rect=(0, 0, 9, 9), url="https://example.com"))
    return written_by(made)


def pdf_that_unfolds() -> bytes:
    """Objects in a stream of a kilobyte that unfolds to a gigabyte."""
    made = writer_of()
    stream = DecodedStreamObject()
    stream.set_data(b"0" * 1000)
    made._add_object(stream)
    bomb = zlib.compress(b"\0" * (1 << 28), 9)
    head = b"9 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(bomb)
    body = b"%PDF-1.5\n" + head + bomb + b"\nendstream\nendobj\n"
    entries = b"".join(struct.pack(">BIH", kind, at, number) for kind, at, number in [(2, 9, 0), (1, 9, 0)])
    table = zlib.compress(entries)
    start = len(body)
    body += (
        b"10 0 obj\n<</Type/XRef/Size 11/W[1 4 2]/Index[1 1 9 1]/Root 1 0 R/Filter/FlateDecode/Length %d>>stream\n"
        % len(table)
    )
    return body + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % start


def png_of(width: int, height: int, *, data: bytes = b"") -> bytes:
    """A PNG that says it has this size, whatever is in it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def wav(seconds: float = 0.5) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * int(8000 * seconds))
    return written.getvalue()


def mp3(frames: int = 40) -> bytes:
    """MPEG-1 layer III, 128 kbit/s at 44.1 kHz: 417 bytes for 1152 samples."""
    return (b"\xff\xfb\x90\x00" + b"\0" * 413) * frames


def aac(frames: int = 50) -> bytes:
    """ADTS at 44.1 kHz: every frame of 32 bytes has 1024 samples."""
    return (bytes([0xFF, 0xF1, 0x50, 0x80, 0x04, 0x1F, 0xFC]) + b"\0" * 25) * frames


def flac(seconds: int = 2) -> bytes:
    rate, total = 8000, 8000 * seconds
    info = struct.pack(">HH", 4096, 4096) + b"\0" * 6
    info += struct.pack(">Q", rate << 44 | 0 << 41 | 15 << 36 | total) + b"\0" * 16
    return b"fLaC\x80" + struct.pack(">I", len(info))[1:] + info + b"\xff\xf8" + b"\0" * 64


def ogg(seconds: int = 2) -> bytes:
    """Vorbis: the head, and a last page that says how many samples there were."""
    head = b"\x01vorbis" + struct.pack("<IBIiiiBB", 0, 1, 8000, 0, 64000, 0, 0xB8, 1)
    comment = b"\x03vorbis" + struct.pack("<II", 0, 0) + b"\x01"

    def page(kind: int, position: int, number: int, content: bytes) -> bytes:
        return b"OggS\0" + struct.pack("<BqIIIB", kind, position, 1, number, 0, 1) + bytes([len(content)]) + content

    return page(2, 0, 0, head) + page(0, 0, 1, comment) + page(4, 8000 * seconds, 2, b"\0" * 20)


def m4a(*, handler: bytes = b"soun", seconds: int = 3) -> bytes:
    """An MP4 with one track."""

    def atom(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content) + 8) + kind + content

    config = b"\x05\x02\x15\x88"
    decoder = b"\x04" + bytes([13 + len(config)]) + b"\x40\x15" + b"\0" * 11 + config
    esds = atom(b"esds", b"\0" * 4 + b"\x03" + bytes([3 + len(decoder)]) + b"\0" * 3 + decoder)
    entry = struct.pack(">6xH8xHHIHH", 1, 2, 16, 0, 8000, 0) + esds
    stsd = atom(b"stsd", struct.pack(">II", 0, 1) + atom(b"mp4a", entry))
    mdhd = atom(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, 8000, 8000 * seconds, 0, 0))
    hdlr = atom(b"hdlr", struct.pack(">II", 0, 0) + handler + b"\0" * 13)
    mdia = atom(b"mdia", mdhd + hdlr + atom(b"minf", atom(b"stbl", stsd)))
    mvhd = atom(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, 1000 * seconds) + b"\0" * 80)
    moov = atom(b"moov", mvhd + atom(b"trak", mdia))
    return atom(b"ftyp", b"M4A \0\0\0\0M4A mp42isom\0\0\0\0") + moov + atom(b"mdat", b"\0" * 64)
