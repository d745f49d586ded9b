import pytest
from hypothesis import given
from hypothesis import strategies as st

from darwinflow.rpc.framing import MAX_HEADER_BYTES, FrameBroken, FrameReader, FrameTooLong, framed


@given(st.lists(st.binary(max_size=200), max_size=5), st.data())
def test_bodies_come_out_as_they_went_in_however_the_stream_is_cut(bodies, data):
    stream = b"".join(map(framed, bodies))
    reader = FrameReader()
    found = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        reader.feed(stream[:size])
        stream = stream[size:]
        while (body := reader.next()) is not None:
            found.append(body)
    assert found == bodies
    assert reader.waiting == 0


@pytest.mark.parametrize(
    "header",
    [
        b"POST / HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
        b"Content-Length: x\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 1.5\r\n\r\n",
        b"Content-Length: \xd9\xa1\r\n\r\n",
        b"Content-Length: 2\nX: 1\r\n\r\n",
        b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n",
        b"Content-Type: a\r\n\r\n",
        b"x" * (MAX_HEADER_BYTES + 1),
        b"X: " + b"x" * MAX_HEADER_BYTES + b"\r\n\r\n",
    ],
)
def test_a_header_that_says_no_length_breaks_the_stream_for_good(header):
    reader = FrameReader()
    reader.feed(header)
    for _ in range(2):
        with pytest.raises(FrameBroken):
            reader.next()


@pytest.mark.parametrize("length", [b"1000", b"1000000000000", b"9" * 1000])
def test_a_length_above_the_limit_is_refused_before_anything_is_kept(length):
    reader = FrameReader(limit=999)
    reader.feed(b"Content-Length: " + length + b"\r\n\r\n")
    with pytest.raises(FrameTooLong):
        reader.next()


def test_names_of_headers_are_read_without_regard_to_case_and_others_are_passed_over():
    reader = FrameReader()
    reader.feed(b"content-type: x; charset=utf-8\r\ncontent-length:  2 \r\n\r\nhi")
    assert reader.next() == b"hi"
