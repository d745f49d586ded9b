"""The daemon's faster reading of journals' lines says what the recorder's own reading says."""

import json
import random

import pytest

from darwinflow.daemon.lines import event_in
from darwinflow.recorder.events import Problem, decode
from darwinflow.recorder.soundness import MAX_DEPTH

ACTION = '{"v":1,"event":"step.action","run":"r","at":1,"step":"s","type":"T","details":%s}'
LINES = {
    "floats": ACTION % '{"a":0.1,"b":1e308,"c":-0.0,"d":1e400,"e":5e-324,"f":123456789.123456789}',
    "whole numbers": ACTION % '{"a":-0,"b":12345678901234567890123456789}',
    "a number of many digits": ACTION % ('{"a":%s}' % ("9" * 5000)),
    "NaN": ACTION % '{"a":NaN,"b":[Infinity,-Infinity]}',
    "half a surrogate pair": ACTION % r'{"a":"\ud800","\udfff":1}',
    "a surrogate pair": ACTION % r'{"a":"\ud83c\udf89"}',
    "escapes": ACTION % r'{"a":"\u0000\\ud800\n\"\/"}',
    "letters": ACTION % '{"ключ":"🎉é\x7f"}',
    "a member twice": ACTION % '{"a":1,"a":2}',
    "a control character": ACTION % '{"a":"\x01"}',
    "depth that is taken": ACTION % ("[" * 50 + "]" * 50),
    "much depth": ACTION % ('{"a":' + "[" * 150 + "]" * 150 + "}"),
    "too much depth": ACTION % ("[" * 100_000 + "]" * 100_000),
    "a long line": ACTION % ('{"a":"%s"}' % ("x" * 100_000)),
    "a leading zero": ACTION % '{"a":01}',
    "no end": ACTION[:30],
    "more behind": ACTION % "{}" + "x",
    "blanks around": f" \t{ACTION % '{}'} \r",
    "a byte order mark": "\ufeff" + ACTION % "{}",
    "no object": "[1]",
    "a number": "1",
    "a newer format": (ACTION % "{}").replace('"v":1', '"v":2'),
    "true as the format": (ACTION % "{}").replace('"v":1', '"v":true'),
    "1.0 as the format": (ACTION % "{}").replace('"v":1', '"v":1.0'),
    "true as a time": (ACTION % "{}").replace('"at":1', '"at":true'),
    "another kind": (ACTION % "{}").replace("step.action", "step.sat"),
    "a kind that is a list": (ACTION % "{}").replace('"step.action"', "[]"),
    "a member too many": (ACTION % "{}").replace('"v":1', '"v":1,"w":{"x":1}'),
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_both_say_the_same(line):
    assert said(event_in(line.encode())) == said(decode(line.encode()))


def test_both_say_the_same_of_what_is_no_utf_8():
    line = (ACTION % '{"a":"é"}').encode("latin-1")
    assert event_in(line).message == decode(line).message == "the line is not UTF-8"


def test_both_say_the_same_of_lines_that_are_broken_anywhere():
    rng = random.Random(5)
    whole = (ACTION % r'{"a":[1,-2.5e3,"\u00e9é",true,null],"b":{"c":"d"}}').encode()
    for _ in range(3_000):
        line = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(line))
            if rng.random() < 0.5:
                line[at] = rng.choice(b'{}[]",:\\019.eE-+tnNI\xff\x80\xc3 ')
            else:
                del line[at]
        assert said(event_in(bytes(line))) == said(decode(bytes(line))), bytes(line)


def said(found):
    """With the kinds of numbers, and so that NaN is like itself."""
    if isinstance(found, Problem):
        return found.message, found.is_newer
    return json.dumps(found)


def test_the_depth_that_is_read_fast_is_one_that_both_parsers_take():
    assert MAX_DEPTH < 200
