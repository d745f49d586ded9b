-- Counted runs in which no patterns were looked for yet, in the order in which they were counted.
CREATE TABLE to_learn (
    number  INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    id      TEXT NOT NULL
) STRICT;

-- As a trigger, so that it costs the writer no statement of its own.
CREATE TRIGGER counted_is_to_learn AFTER INSERT ON counted_run BEGIN
    INSERT INTO to_learn (project, id) VALUES (new.project, new.id);
END;

INSERT INTO to_learn (project, id) SELECT project, id FROM counted_run ORDER BY project, id;

-- What the last runs of a workflow have shown, as patterns/tallies.py has it.
CREATE TABLE tally (
    project  TEXT NOT NULL,
    workflow TEXT NOT NULL,
    tallies  TEXT NOT NULL,
    PRIMARY KEY (project, workflow)
) STRICT, WITHOUT ROWID;
