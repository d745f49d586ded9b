"""What `WorkflowRepository` means."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from contract.conftest import NOW
from contract.sample_workflows import TEXT, workflow
from darwinflow.model.errors import (
    Conflict,
    NameRefused,
    ParentUnknown,
    VersionNotAbove,
    VersionPublished,
    WorkflowNotFound,
)
from darwinflow.model.workflow import Parent, PublishedVersion


def publish(store, one, text=TEXT, by="ada"):
    return store.store(one, text, published_by=by)


def test_the_text_is_kept_byte_for_byte(open_workflows):
    text = b"\xef\xbb\xbfid: a\r\nversion: 1 # \xf0\x9f\x8e\x89\n\ttabs\n\n\nno newline at end \xff"
    publish(open_workflows(), workflow("a"), text)
    assert open_workflows().get("a", 1)[1] == text
    assert open_workflows().get_latest("a")[1] == text


def test_what_is_known_of_a_version_reads_back(open_workflows):
    publish(open_workflows(), workflow("forked"))
    one = workflow(
        "größe.2-b_c", version=7, parent=Parent("forked", 1), created_by="reflection", reasoning="weil\n✓"
    )
    told, new = publish(open_workflows(), one, by="Ren\u00e9e")
    assert new
    assert told == PublishedVersion(
        workflow="größe.2-b_c",
        version=7,
        content_hash=one.content_hash,
        parent=Parent("forked", 1),
        created_by="reflection",
        reasoning="weil\n✓",
        description=one.description,
        published_by="Ren\u00e9e",
        published_at=NOW,
    )
    assert open_workflows().get("größe.2-b_c", 7)[0] == told
    assert open_workflows().list("größe.2-b_c") == (told,)


def test_a_version_that_names_nobody_was_made_by_a_person(open_workflows):
    assert publish(open_workflows(), workflow("a", created_by=None))[0].created_by == "user"


def test_the_same_content_again_changes_nothing(open_workflows):
    first, _ = publish(open_workflows(), workflow("a"))
    assert publish(open_workflows(), workflow("a"), b"# other layout\n" + TEXT, by="bob") == (first, False)
    assert open_workflows().get("a", 1) == (first, TEXT)


def test_versions_only_go_up(open_workflows):
    store = open_workflows()
    publish(store, workflow("a", version=5))
    with pytest.raises(VersionPublished):
        publish(store, workflow("a", version=5, content="other"))
    with pytest.raises(VersionNotAbove):
        publish(store, workflow("a", version=4))
    publish(store, workflow("a", version=9))
    assert not publish(store, workflow("a", version=5))[1]
    assert [version.version for version in store.list("a")] == [5, 9]
    assert store.get_latest("a")[0].version == 9


def test_versions_are_ordered_as_numbers(open_workflows):
    store = open_workflows()
    for number in (9, 10, 100):
        publish(store, workflow("a", version=number))
    assert [version.version for version in store.list("a")] == [9, 10, 100]


def test_a_parent_must_be_published(open_workflows):
    store = open_workflows()
    with pytest.raises(ParentUnknown):
        publish(store, workflow("a", version=2, parent=Parent("a", 1)))
    publish(store, workflow("a"))
    publish(store, workflow("a", version=2, parent=Parent("A", 1)))
    with pytest.raises(ParentUnknown):
        publish(store, workflow("b", parent=Parent("a", 3)))


def test_what_is_not_published_is_not_found(open_workflows):
    store = open_workflows()
    assert store.list("a") == ()
    assert store.list_all() == ()
    publish(store, workflow("a"))
    for ask in (lambda: store.get("a", 2), lambda: store.get("b", 1), lambda: store.get_latest("b")):
        with pytest.raises(WorkflowNotFound):
            ask()


def test_ids_are_told_apart_without_regard_to_case(open_workflows):
    store = open_workflows()
    publish(store, workflow("Straße"))
    with pytest.raises(VersionPublished):
        publish(store, workflow("STRASSE", content="other"))
    publish(store, workflow("strasse", version=2))
    assert [version.workflow for version in store.list("STRASSE")] == ["Straße", "Straße"]
    assert store.get("sTRASSE", 2)[0].version == 2


def test_all_versions_are_listed_by_id_then_ascending(open_workflows):
    store = open_workflows()
    for name, version in (("b", 1), ("C", 1), ("a", 2), ("a", 10), ("b", 3)):
        publish(store, workflow(name, version=version))
    listed = [(version.workflow, version.version) for version in open_workflows().list_all()]
    assert listed == [("a", 2), ("a", 10), ("b", 1), ("b", 3), ("C", 1)]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".git",
        "-a",
        "a/b",
        "../a",
        "a\\b",
        "a\x00b",
        "a b",
        "a\n",
        "x" * 101,
        "ü" * 101,
        "𒀀" * 60,
        "con",
        "NUL",
        "com1",
        "lpt9.x",
        "a.",
        "�",
    ],
)
def test_a_name_that_could_leave_the_store_or_is_no_file_name_is_refused(open_workflows, name):
    with pytest.raises(NameRefused):
        publish(open_workflows(), workflow(name))
    with pytest.raises(WorkflowNotFound):
        open_workflows().get(name, 1)
    assert open_workflows().list(name) == ()
    assert open_workflows().list_all() == ()


@pytest.mark.parametrize(
    ("name", "said", "advice"),
    [
        ("CON", "'CON' is a name that Windows keeps for a device (CON, with any ending)", "'CON-flow'"),
        ("con.x", "'con.x' is a name that Windows keeps for a device (CON, with any ending)", "'con-flow'"),
        ("COM¹", "keeps for a device (COM¹, with any ending)", "'COM¹-flow'"),
        (
            "..",
            "'..' begins with '.'; a workflow's id begins with a letter, a digit or '_'",
            "a letter first",
        ),
        ("-a", "'-a' begins with '-'", "a letter first"),
        ("", "'' has no characters", "a letter first"),
        ("a.", "'a.' ends with '.', which Windows drops from the name of a folder", "dot from its end"),
        (
            "a ",
            "'a ' holds a blank; a workflow's id is made of letters, digits, '_', '-' and '.'",
            "leave that",
        ),
        ("a/b", "'a/b' holds '/'", "write '-' for it"),
        ("a\x00", "'a\\x00' holds the character U+0000", "leave that"),
        ("x" * 255, "has 255 characters; a workflow's id is made of", "shorten it"),
        ("漢" * 90, "is 270 bytes long as UTF-8; its folder is named by it", "shorten it"),
    ],
)
def test_a_name_that_is_refused_is_told_what_is_wrong_with_it(open_workflows, name, said, advice):
    with pytest.raises(NameRefused) as told:
        publish(open_workflows(), workflow(name))
    assert said in str(told.value)
    assert advice in told.value.advice


@pytest.mark.parametrize(
    "name", ["versions.lock", "v1.yaml", "_", "7", "console", "con-x", "größe", "漢" * 60]
)
def test_a_name_that_only_looks_odd_is_taken(open_workflows, name):
    assert publish(open_workflows(), workflow(name))[1]
    assert open_workflows().get(name, 1)[1] == TEXT
    assert [version.workflow for version in open_workflows().list_all()] == [name]


def test_an_id_that_differs_in_case_is_told_whose_version_is_in_the_way(open_workflows):
    publish(open_workflows(), workflow("Greet", version=2))
    for version, kind in ((2, VersionPublished), (1, VersionNotAbove)):
        with pytest.raises(
            kind, match=r"'Greet', which is the same id as 'greet' \(case does not count\)"
        ) as told:
            publish(open_workflows(), workflow("greet", version=version, content="other"))
        assert told.value.advice == (
            "make it version 3; or, for another workflow, take an id that differs in more than case"
        )


@pytest.mark.parametrize("version", [0, -1, 1 << 53, 10**30])
def test_a_version_that_is_no_version_is_refused(open_workflows, version):
    with pytest.raises(NameRefused):
        publish(open_workflows(), workflow("a", version=version))
    assert open_workflows().list("a") == ()


def adopted(number=2, *, content="aa", name="assistant"):
    return PublishedVersion(
        workflow=name,
        version=number,
        content_hash=content * 32,
        parent=Parent("elsewhere", 7),
        created_by="reflection",
        reasoning="because ✓",
        description="",
        published_by="bob",
        published_at=datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC),
    )


def test_a_version_of_another_store_is_kept_as_it_was_there(open_workflows):
    store = open_workflows()
    assert store.adopt(adopted(), b"two \xff\r\n")
    assert store.adopt(adopted(1, content="bb"), b"one")
    assert open_workflows().get("assistant", 2) == (adopted(), b"two \xff\r\n")
    assert [version.version for version in open_workflows().list("assistant")] == [1, 2]
    assert not store.adopt(adopted(), b"two \xff\r\n")
    assert open_workflows().get("assistant", 2) == (adopted(), b"two \xff\r\n")


def test_a_version_that_is_there_with_other_content_is_not_adopted(open_workflows):
    store = open_workflows()
    publish(store, workflow("assistant"))
    with pytest.raises(VersionPublished):
        store.adopt(adopted(1), b"other")
    assert store.get("assistant", 1)[1] == TEXT
    with pytest.raises(NameRefused):
        store.adopt(adopted(name="../x"), b"out")


def test_eight_racing_threads_publish_one_version_once(open_workflows):
    def race(worker):
        try:
            return publish(open_workflows(), workflow("a", content=f"of {worker % 2}"), by=str(worker))[1]
        except Conflict:
            return None

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(race, range(8)))
    assert results.count(True) == 1
    assert results.count(None) == 4
    assert len(open_workflows().list("a")) == 1


def test_a_deleted_version_is_gone_and_others_stay_as_they_are(open_workflows):
    store = open_workflows()
    for number in (1, 2, 3):
        parent = Parent("a", number - 1) if number > 1 else None
        publish(store, workflow("A", version=number, content=str(number), parent=parent))
    publish(store, workflow("other"))
    kept = store.list("a")
    assert store.delete("a", 2) == kept[1]
    for handle in (store, open_workflows()):
        assert handle.list("a") == (kept[0], kept[2])
        assert [version.workflow for version in handle.list_all()] == ["A", "A", "other"]
        assert handle.get("a", 3) == (kept[2], TEXT)
        assert handle.damages("a") == ()
        with pytest.raises(WorkflowNotFound):
            handle.get("a", 2)
    with pytest.raises(VersionNotAbove):
        publish(store, workflow("a", version=2, content="2"))
    with pytest.raises(ParentUnknown):
        publish(store, workflow("a", version=4, content="4", parent=Parent("a", 2)))


def test_the_last_version_leaves_nothing_and_its_number_may_be_published_again(open_workflows):
    store = open_workflows()
    publish(store, workflow("a"))
    store.delete("A", 1)
    assert store.list("a") == store.list_all() == ()
    told, new = publish(open_workflows(), workflow("A", content="another"))
    assert (told.workflow, told.version, new) == ("A", 1, True)


def test_deleting_what_is_not_published_says_so(open_workflows):
    store = open_workflows()
    for name, version in (("a", 1), ("no", 0)):
        with pytest.raises(WorkflowNotFound):
            store.delete(name, version)
    publish(store, workflow("a"))
    for name, version in (("a", 2), ("b", 1), ("../a", 1), ("", 1)):
        with pytest.raises(WorkflowNotFound):
            store.delete(name, version)
    assert len(open_workflows().list_all()) == 1
