"""Our adapter against Honker's extension, statement by statement."""

import apsw
import pytest

from darwinflow.model.errors import StoreUnwritable
from darwinflow.storage.sqlite import honker as honker_functions

STATEMENTS = [
    "SELECT honker_bootstrap()",
    "SELECT honker_stream_read_since('run', 0, 10)",
    "SELECT honker_stream_publish('run', 'k', '{\"a\":\"é\"}')",
    "SELECT honker_stream_publish('run', NULL, 'no json')",
    "SELECT honker_stream_publish(NULL, 'k', '{}')",
    "SELECT honker_stream_publish('run', 'k', x'00')",
    "SELECT honker_stream_publish('run', 'k', 5)",
    "SELECT honker_stream_publish('run', 1.5, '{}')",
    "SELECT json_remove(value, '$.created_at') FROM json_each(honker_stream_read_since('run', 0, 10))",
    "SELECT json_remove(value, '$.created_at') FROM json_each(honker_stream_read_since('run', 1, -1))",
    "SELECT honker_stream_read_since('run', 0, 0)",
    "SELECT honker_stream_read_since('run', NULL, 10)",
    "SELECT honker_stream_save_offset('c', 'run', 5)",
    "SELECT honker_stream_save_offset('c', 'run', 5)",
    "SELECT honker_stream_save_offset('c', 'run', 4)",
    "SELECT honker_stream_save_offset('c', 'run', 6)",
    "SELECT honker_stream_save_offset('c', 'run', 0)",
    "SELECT honker_stream_save_offset('d', 'run', 0)",
    "SELECT honker_stream_get_offset('c', 'run')",
    "SELECT honker_stream_get_offset('nobody', 'run')",
    "SELECT honker_stream_get_offset(NULL, 'run')",
    "SELECT notify('channel', 'payload')",
    "SELECT notify('channel', NULL)",
    "SELECT id, channel, payload FROM _honker_notifications",
    "SELECT offset, topic, key, payload FROM _honker_stream",
    "SELECT name, topic, offset FROM _honker_stream_consumers ORDER BY name",
    "SELECT seq FROM sqlite_sequence WHERE name = '_honker_stream'",
    "BEGIN",
    "SELECT honker_stream_publish('run', 'k', '{}')",
    "ROLLBACK",
    "SELECT count(*) FROM _honker_stream",
    "SELECT abs(unixepoch() - created_at) < 60 FROM _honker_stream",
]

TABLES = """
SELECT s.name, t.name, t.type, t."notnull", t.dflt_value, t.pk
FROM sqlite_schema s, pragma_table_info(s.name) t
WHERE s.name IN ('_honker_notifications', '_honker_stream', '_honker_stream_consumers')
ORDER BY s.name, t.cid
"""

INDEXES = """
SELECT s.name, s.tbl_name, i.name FROM sqlite_schema s, pragma_index_info(s.name) i
WHERE s.tbl_name IN ('_honker_notifications', '_honker_stream', '_honker_stream_consumers') AND s.type = 'index'
ORDER BY s.name, i.seqno
"""


def answers(extension, statements):
    db = apsw.Connection(":memory:")
    honker_functions.install(db, extension)
    found = []
    for statement in statements:
        try:
            found.append((statement, db.execute(statement).fetchall()))
        except apsw.SQLError as error:
            found.append((statement, str(error)))
    db.close()
    return found


def test_each_statement_has_the_same_answer(honker):
    assert answers(None, STATEMENTS) == answers(honker, STATEMENTS)


def test_the_tables_are_the_same(honker):
    statements = ["SELECT honker_bootstrap()", TABLES, INDEXES]
    ours = answers(None, statements)
    assert ours == answers(honker, statements)
    assert all(len(rows) > 1 for _, rows in ours[1:])


def test_loading_is_switched_off_again(honker):
    db = apsw.Connection(":memory:")
    honker_functions.install(db, honker)
    with pytest.raises(apsw.ExtensionLoadingError, match="not authorized"):
        db.load_extension(honker, "sqlite3_honkerext_init")
    db.close()


def test_an_extension_that_was_named_and_does_not_load_is_an_error(tmp_path):
    library = tmp_path / "libhonker_ext.so"
    library.write_bytes(b"no library")
    db = apsw.Connection(":memory:")
    with pytest.raises(StoreUnwritable, match="cannot be loaded"):
        honker_functions.install(db, str(library))
    db.close()


def test_our_functions_cannot_be_called_by_what_a_file_says():
    db = apsw.Connection(":memory:")
    honker_functions.install(db, None)
    db.execute("SELECT honker_bootstrap()").fetchall()
    db.execute("CREATE VIEW trap AS SELECT honker_stream_publish('t', 'k', 'p')")
    with pytest.raises(apsw.SQLError, match="unsafe use"):
        db.execute("SELECT * FROM trap").fetchall()
    db.close()
