-- What the steps of finished runs add up to by node, of each version and day in which the runs ended. One row holds all
-- nodes of a day, so that a run of many steps writes one.
CREATE TABLE node_sums (
    project  TEXT NOT NULL,
    workflow TEXT NOT NULL,
    day      INTEGER NOT NULL,         -- whole days since 1970, UTC
    version  INTEGER NOT NULL,
    nodes    BLOB NOT NULL,            -- as storage/packed_nodes.py has them
    PRIMARY KEY (project, workflow, day, version)
) STRICT;
