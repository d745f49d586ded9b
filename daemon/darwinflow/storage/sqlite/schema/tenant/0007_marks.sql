-- Runs that retention leaves alone.
CREATE TABLE pinned_run (
    project TEXT NOT NULL,
    id      TEXT NOT NULL,
    PRIMARY KEY (project, id)
) STRICT, WITHOUT ROWID;

-- Runs that were erased for good. Nothing of them is kept but the id, so that they do not come back.
CREATE TABLE erased_run (
    project TEXT NOT NULL,
    id      TEXT NOT NULL,
    PRIMARY KEY (project, id)
) STRICT, WITHOUT ROWID;

-- How many runs were ever deleted: figures are of these, too.
CREATE TABLE removed (
    project TEXT PRIMARY KEY,
    runs    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
