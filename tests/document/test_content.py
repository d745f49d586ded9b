"""Which files are read, how far, and what is said of the others."""

import errno
import os
from pathlib import Path

import pytest

from darwinflow.document.content import MAX_BYTES, read_content, read_stream


def refusal(path: Path) -> OSError:
    with pytest.raises(OSError) as caught:  # noqa: PT011 - what it says is what the tests ask for
        read_content(str(path))
    return caught.value


def test_a_regular_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_bytes(b"a" * MAX_BYTES)
    assert len(read_content(str(path))) == MAX_BYTES
    path.write_bytes(b"a" * (MAX_BYTES + 1))
    assert refusal(path).errno == errno.EFBIG


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "gone").symlink_to("nowhere")
    assert refusal(tmp_path / "pipe").strerror == "it is no regular file"
    assert refusal(Path("/dev/zero")).strerror == "it is no regular file"
    assert refusal(tmp_path).strerror == "it is a folder"
    assert refusal(tmp_path / "loop").errno == errno.ELOOP
    assert refusal(tmp_path / "gone").strerror == "it is a link to what is not there"
    assert refusal(tmp_path / "none").strerror == "No such file or directory"


def test_a_stream_that_would_block_is_refused() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with open(reading, "rb") as stream, pytest.raises(BlockingIOError, match="nothing to give yet"):
        read_stream(stream, "pipe")
    os.close(writing)
