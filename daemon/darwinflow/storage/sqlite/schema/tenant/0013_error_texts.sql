-- The search in errors passes over no error that lacks three letters of what is asked for.

-- Rows get a place that follows the start of their run: a span of 2^23 microseconds has 2^22 places.
ALTER TABLE run_error RENAME TO error_of_before;
CREATE TABLE run_error (
    place    INTEGER PRIMARY KEY,
    run      INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,         -- 0 is the run's own, n + 1 that of step n
    text     TEXT NOT NULL,            -- case-folded
    UNIQUE (run, position)
) STRICT;
INSERT INTO run_error (place, run, position, text)
SELECT first + row_number() OVER (PARTITION BY first ORDER BY number, position) - 1, number, position, text
FROM (
    SELECT (started >> 23) << 22 AS first, number, position, text
    FROM error_of_before JOIN run ON number = error_of_before.run
);
DROP TABLE error_of_before;

-- It holds which places have three letters, not where in their texts: the texts are in run_error.
CREATE VIRTUAL TABLE error_text USING fts5 (
    text, content = 'run_error', content_rowid = 'place',
    tokenize = 'trigram case_sensitive 1', detail = 'none', columnsize = 0
);
-- What is deleted leaves it at once, not when parts of it are merged.
INSERT INTO error_text (error_text, rank) VALUES ('secure-delete', 1);
-- Its rows fit into pages of 4 KiB that end in a checksum.
INSERT INTO error_text (error_text, rank) VALUES ('pgsz', 4000);
-- Few segments: a question, and what is deleted, goes through each.
INSERT INTO error_text (error_text, rank) VALUES ('automerge', 2);
INSERT INTO error_text (error_text, rank) VALUES ('crisismerge', 4);
INSERT INTO error_text (error_text) VALUES ('rebuild');

CREATE TRIGGER error_is_indexed AFTER INSERT ON run_error BEGIN
    INSERT INTO error_text (rowid, text) VALUES (new.place, new.text);
END;
CREATE TRIGGER error_is_indexed_anew AFTER UPDATE OF text ON run_error BEGIN
    INSERT INTO error_text (error_text, rowid, text) VALUES ('delete', old.place, old.text);
    INSERT INTO error_text (rowid, text) VALUES (new.place, new.text);
END;
CREATE TRIGGER error_leaves_the_index AFTER DELETE ON run_error BEGIN
    INSERT INTO error_text (error_text, rowid, text) VALUES ('delete', old.place, old.text);
END;
