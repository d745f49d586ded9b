-- What finished runs add up to: one row a version and one a text.
CREATE TABLE summary (
    number    INTEGER PRIMARY KEY,
    project   TEXT NOT NULL,
    workflow  TEXT NOT NULL,
    subject   TEXT NOT NULL,           -- 'version N' or 'text HASH'
    runs      INTEGER NOT NULL,
    successes INTEGER NOT NULL,
    total_ms  REAL NOT NULL,
    tokens    INTEGER NOT NULL,
    cost      REAL NOT NULL,
    updated   INTEGER NOT NULL,
    UNIQUE (project, workflow, subject)
) STRICT;

-- Durations by bucket of model/histogram.py.
CREATE TABLE summary_duration (
    summary INTEGER NOT NULL REFERENCES summary (number) ON DELETE CASCADE,
    bucket  INTEGER NOT NULL,
    runs    INTEGER NOT NULL,
    PRIMARY KEY (summary, bucket)
) STRICT, WITHOUT ROWID;

-- Which runs are counted, so that none counts twice.
CREATE TABLE counted_run (
    project TEXT NOT NULL,
    id      TEXT NOT NULL,
    PRIMARY KEY (project, id)
) STRICT, WITHOUT ROWID;
