import pytest

from darwinflow_lsp.markdown import code, escaped, plain


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("model timed out (after 4 s)", "model timed out (after 4 s)"),
        ("read_vision of a-b.c", "read_vision of a-b.c"),
        ("[x](command:rm)", r"\[x\](command:rm)"),
        ("![x](http://y)", r"!\[x\](http://y)"),
        ("<script>&amp;", r"\<script>\&amp;"),
        ("_this_ and **that**", r"\_this\_ and \*\*that\*\*"),
        ("# not a heading", r"\# not a heading"),
        ("- no list", r"\- no list"),
        ("1. no list", r"1\. no list"),
        ("one\ntwo\x1b[31m \u202eback", "one two \\[31m back"),
        (r"C:\temp", r"C:\\temp"),
    ],
)
def test_what_comes_from_data_is_text_and_reads_as_it_was(text, markdown):
    assert escaped(text) == markdown
    assert plain(markdown) == " ".join(text.replace("\x1b", " ").replace("\u202e", " ").split())


def test_code_cannot_be_ended_early():
    assert code("a`b") == "`a\u2019b`"


def test_long_texts_are_cut_with_a_sign():
    assert escaped("x" * 600) == "x" * 499 + "…"
