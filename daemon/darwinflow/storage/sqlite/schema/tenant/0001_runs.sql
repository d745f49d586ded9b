-- Times are integers of microseconds since 1970, UTC.

-- What lists and filters need of a run. The log itself lies in run_body, so that a page of a list reads no bodies.
CREATE TABLE run (
    number   INTEGER PRIMARY KEY,
    project  TEXT NOT NULL,
    id       TEXT NOT NULL,
    tail     TEXT NOT NULL,            -- the id's last characters, reversed: finds a run by the end of its id
    workflow TEXT NOT NULL,
    version  INTEGER NOT NULL,
    hash     TEXT NOT NULL,            -- content hash of the text that ran, or ''
    status   TEXT NOT NULL CHECK (status IN ('RUNNING', 'SUCCESS', 'FAILED', 'CANCELLED', 'LOST')),
    started  INTEGER NOT NULL,
    ended    INTEGER,
    errors   INTEGER NOT NULL CHECK (errors IN (0, 1)),  -- whether run_error has rows of it
    brief    TEXT NOT NULL,            -- JSON: nodes, steps, count, failedNode, error
    UNIQUE (project, id)
) STRICT;

-- One for each question that is asked of runs, each in the order of the answer.
CREATE INDEX run_by_start ON run (project, started, id);
CREATE INDEX run_by_workflow ON run (project, workflow, started, id);
CREATE INDEX run_by_version ON run (project, workflow, version, started, id);
CREATE INDEX run_by_hash ON run (project, hash, started, id);
CREATE INDEX run_by_status ON run (project, status, started, id);
CREATE INDEX run_by_error ON run (project, started, id) WHERE errors = 1;
CREATE INDEX run_by_tail ON run (project, tail);

-- The log, in the form of storage/log_codec.py. Of a run that has not finished: without its steps.
CREATE TABLE run_body (
    run   INTEGER PRIMARY KEY REFERENCES run (number) ON DELETE CASCADE,
    codec INTEGER NOT NULL,            -- 1: zstd without a dictionary
    body  BLOB NOT NULL
) STRICT;

-- Steps of a run that has not finished; finishing folds them into its body.
CREATE TABLE run_step (
    run      INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    body     BLOB NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

-- Errors in case-folded form, for the search in them. Position 0 is the run's own, n + 1 that of step n.
CREATE TABLE run_error (
    run      INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    text     TEXT NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;
