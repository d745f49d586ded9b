-- What finished runs add up to by the hour in which they ended, so that figures can be followed over time.
CREATE TABLE hour_sums (
    project   TEXT NOT NULL,
    workflow  TEXT NOT NULL,
    hour      INTEGER NOT NULL,        -- whole hours since 1970, UTC
    version   INTEGER NOT NULL,
    runs      INTEGER NOT NULL,
    successes INTEGER NOT NULL,
    total_ms  REAL NOT NULL,
    tokens    INTEGER NOT NULL,
    cost      REAL NOT NULL,
    updated   INTEGER NOT NULL,
    durations BLOB NOT NULL,           -- buckets of model/histogram.py (2 bytes each), then their runs (4 bytes each)
    PRIMARY KEY (project, workflow, hour, version)
) STRICT, WITHOUT ROWID;
