"""Images, sound and documents from paths, bytes and addresses."""

import base64
import io
import os
from pathlib import Path

import pytest

from llm_connectivity import ValidationError, audio, image, pdf
from llm_connectivity.parts import check_content

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
JPEG = b"\xff\xd8\xff\xe0" + bytes(8)
GIF = b"GIF89a" + bytes(8)
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 "
WAV = b"RIFF\x10\x00\x00\x00WAVEfmt "
AIFF = b"FORM\x00\x00\x00\x10AIFFCOMM"
PDF = b"%PDF-1.7\n%\xe2\xe3"


def _data_url(media_type, data):
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(PNG, "image/png"), (JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp")],
    ids=["png", "jpeg", "gif", "webp"],
)
@pytest.mark.parametrize("kind", ["bytes", "bytearray", "memoryview", "str", "Path", "relative"])
def test_image_is_read_and_put_in(data, media_type, kind, tmp_path, monkeypatch):
    """A path or bytes become a data URL whose media type is that of the content."""
    path = tmp_path / "file.bin"
    path.write_bytes(data)
    monkeypatch.chdir(tmp_path)
    source = {
        "bytes": data,
        "bytearray": bytearray(data),
        "memoryview": memoryview(data),
        "str": str(path),
        "Path": path,
        "relative": "file.bin",
    }[kind]
    part = image(source)
    assert part == {"type": "image_url", "image_url": {"url": _data_url(media_type, data)}}
    assert check_content([part], "x") == [part]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (WAV, "wav"),
        (b"ID3\x04" + bytes(8), "mp3"),
        (b"\xff\xfb\x90" + bytes(8), "mp3"),
        (b"fLaC" + bytes(8), "flac"),
        (b"OggS" + bytes(8), "ogg"),
        (AIFF, "aiff"),
        (b"\xff\xf1" + bytes(8), "aac"),
    ],
    ids=["wav", "mp3 with tags", "mp3", "flac", "ogg", "aiff", "aac"],
)
def test_audio_is_read_and_put_in(data, kind, tmp_path):
    """A path or bytes become base64, with the format that the content shows."""
    path = tmp_path / "sound"
    path.write_bytes(data)
    told = {"data": base64.b64encode(data).decode(), "format": kind}
    assert audio(path) == audio(data) == {"type": "input_audio", "input_audio": told}
    assert check_content([audio(data)], "x") == [audio(data)]


@pytest.mark.parametrize("data", [PDF, b"\n\n junk " + PDF], ids=["pdf", "junk before"])
def test_pdf_is_read_and_put_in(data, tmp_path):
    """A path or bytes become a data URL; the path's last part is the name."""
    path = tmp_path / "paper.pdf"
    path.write_bytes(data)
    url = _data_url("application/pdf", data)
    assert pdf(path)["file"] == {"file_data": url, "filename": "paper.pdf"}
    assert pdf(data)["file"] == {"file_data": url, "filename": "document.pdf"}
    assert pdf(data, filename="b.pdf")["file"]["filename"] == "b.pdf"
    assert check_content([pdf(path)], "x") == [pdf(path)]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://example.com/papers/a.pdf", "a.pdf"),
        ("https://example.com/a.pdf?sig=SECRET/x#page", "a.pdf"),
        ("HTTP://example.com/a.pdf", "a.pdf"),
        ("https://example.com", "document.pdf"),
        ("gs://bucket/a.pdf", "a.pdf"),
        (_data_url("application/pdf", PDF), "document.pdf"),
    ],
    ids=["https", "query", "capitals", "no path", "storage", "data URL"],
)
def test_addresses_are_sent_as_they_are(address, name):
    """Nothing is fetched, and a signature in the address is no part of the name."""
    part = pdf(address)
    assert part["file"] == {"file_data": address, "filename": name}
    assert image(address, detail="low")["image_url"] == {"url": address, "detail": "low"}
    assert check_content([part], "x")
    if not address.startswith("data:"):
        assert check_content([image(address)], "x")


@pytest.mark.parametrize("make", [image, pdf, audio])
@pytest.mark.parametrize(
    ("source", "named", "way_out"),
    [
        pytest.param(
            "missing.bin", "'missing.bin' can't be read: No such file", "begins in", id="missing"
        ),
        pytest.param(Path("missing.bin"), "'missing.bin' can't be read", "begins in", id="Path"),
        pytest.param("/nowhere/x.bin", "'/nowhere/x.bin' can't be read", "", id="absolute"),
        pytest.param("~/x.bin", "'~/x.bin' can't be read", "expanduser()", id="home"),
        pytest.param("", "can't be read", "", id="no path"),
        pytest.param(".", "can't be read", "", id="folder"),
        pytest.param("a\0b", "can't be read: embedded null", "", id="null byte"),
        pytest.param("x" * 300, "can't be read: File name too long", "", id="long name"),
        pytest.param("A" * 100_000, "not a text of 100000 characters", "b64decode(", id="base64"),
        pytest.param(17, "not int", "", id="number"),
        pytest.param(None, "not NoneType", "", id="None"),
        pytest.param(io.BytesIO(PNG), "not BytesIO", "file.read()", id="open file"),
        pytest.param(b"", "what was given is empty", "begins with", id="no bytes"),
        pytest.param(b"<html>", "what was given is not", "begins with", id="a page"),
    ],
)
def test_what_is_no_file_of_the_kind_is_refused(
    make, source, named, way_out, tmp_path, monkeypatch
):
    """A `ValidationError` says what was looked for, why it can't be used, and the way out."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValidationError) as caught:
        make(source)
    assert named in caught.value.message
    assert way_out in (caught.value.hint or "")
    assert caught.value.code in ("unreadable_file", "unsupported_media")
    assert len(str(caught.value)) < 400 + len(str(tmp_path))
    assert "errno" not in str(caught.value).lower()


@pytest.mark.parametrize(
    ("make", "name", "data", "named"),
    [
        (image, "photo.png", b"<!DOCTYPE html> SECRET", "image/webp"),
        (image, "photo.png", WAV, "image/png"),
        (image, "photo.bmp", b"BM" + bytes(20), "image/png"),
        (audio, "speech.wav", WEBP, "wav, mp3, flac"),
        (audio, "speech.mp3", PNG, "wav, mp3"),
        (pdf, "paper.pdf", PNG, "%PDF-"),
        (pdf, "paper.pdf", b" " * 2000 + PDF, "%PDF-"),
        (image, "empty.png", b"", "image/png"),
    ],
    ids=["page", "wav as image", "bmp", "webp as sound", "png as sound", "png", "late", "empty"],
)
def test_content_decides_and_not_the_name(make, name, data, named, tmp_path):
    """Wrong content under a right name is refused here, and not by the provider; none is shown."""
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ValidationError) as caught:
        make(path)
    assert repr(str(path)) in caught.value.message
    assert ("is empty" in caught.value.message) is (not data)
    assert named in caught.value.hint
    assert "SECRET" not in str(caught.value)


def test_audio_is_not_read_by_address():
    """No provider reads sound by its address: say so at once."""
    with pytest.raises(ValidationError, match="not an address") as caught:
        audio("https://example.com/a.wav")
    assert "Download it" in caught.value.hint


def test_paths_may_be_what_the_system_gives(tmp_path):
    """A path in bytes, or with bytes that are no UTF-8, is read, and its name can be sent."""
    path = os.fsencode(tmp_path) + b"/a\xff.pdf"
    try:
        Path(os.fsdecode(path)).write_bytes(PDF)
    except OSError:
        pytest.skip("this system has no such names")
    (entry,) = os.scandir(os.fsencode(tmp_path))
    assert pdf(entry)["file"]["filename"] == "a?.pdf"
    assert pdf(os.fsdecode(path))["file"]["filename"] == "a?.pdf"
    assert check_content([pdf(entry)], "x")
