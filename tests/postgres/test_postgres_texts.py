"""Texts that PostgreSQL cannot hold go in and come out, and stay apart from all others."""

import json

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from contract.sample_runs import live, running
from darwinflow.model.filter import RunFilter
from darwinflow.storage.compact_json import compact
from darwinflow.storage.postgres.texts import restored, restored_json, searchable, storable, storable_json

odd = st.text(
    st.characters(codec=None, exclude_categories=[]) | st.sampled_from('\x00\x1a\\u001ad8\ud83d\ude00"🎉')
)
values = st.recursive(
    odd | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(odd, inner),
)


@given(odd)
@example("\x1a0000\x00")
def test_a_text_comes_out_as_it_went_in(text):
    stored = storable(text)
    assert "\x00" not in stored
    stored.encode()
    assert restored(stored) == text


@given(odd, odd)
def test_different_texts_stay_different(one, other):
    assert (storable(one) == storable(other)) == (one == other)


@given(values)
@example({"\\u0000": "\\\x00", "\x1a": ["\ud83d", "\ude00\ud83d", "\\\\u001a0000"]})
def test_json_comes_out_as_it_went_in_also_where_it_is_written_anew(value):
    stored = storable_json(compact(value))
    assert "\\u0000" not in stored.replace("\\\\", "")
    assert json.loads(restored_json(stored)) == value
    # As PostgreSQL shows it: characters themselves, control characters escaped.
    shown = json.dumps(json.loads(stored), ensure_ascii=False)
    shown.encode()
    assert json.loads(restored_json(shown)) == value


@given(odd)
def test_a_string_in_json_is_kept_as_the_same_text_would_be(text):
    assert json.loads(storable_json(compact(text))) == storable(text)


@given(odd, odd, odd)
def test_part_of_an_error_is_part_of_what_is_searched(before, part, after):
    assert part.casefold() not in before or searchable(part) in searchable(before + part + after)
    assert "\x00" not in searchable(part)


def test_what_is_searched_for_lies_in_one_error(organization, open_store):
    store = open_store(organization.dsn, organization.id)
    steps = tuple(replace(running(node), error=node) for node in ("one\ufffe", "two\x00", "three"))
    store.write(lambda tx: tx.logs("demo").start(live("grown"))).result(10)
    for index, step in enumerate(steps):
        store.write(lambda tx, at=index, step=step: tx.logs("demo").append_step("grown", at, step)).result(10)
    store.write(lambda tx: tx.logs("demo").start(live("begun", steps=steps))).result(10)

    def found(text):
        return sorted(
            header.run_id
            for header in store.read(lambda tx: tx.logs("demo").query_logs(RunFilter(text=text))).items
        )

    for text in ("one", "two\x00", "ONE\ufffe", "three", ""):
        assert found(text) == ["begun", "grown"]
    for text in ("one\ufffetwo", "two\x00\ufffethree", "onetwo", "\x00three", "\ufffe\ufffe"):
        assert found(text) == []
