-- Published versions, where they are kept here and not as files of the workspace.
CREATE TABLE workflow_version (
    project         TEXT NOT NULL,               -- as JSON: the name of a folder need not be UTF-8
    folded          TEXT NOT NULL,               -- the id without regard to case
    version         INTEGER NOT NULL,
    workflow        TEXT NOT NULL,               -- the id as the first version spelled it
    content_hash    TEXT NOT NULL,
    parent_workflow TEXT,
    parent_version  INTEGER,
    created_by      TEXT NOT NULL,
    reasoning       TEXT NOT NULL,
    description     TEXT NOT NULL,
    published_by    TEXT NOT NULL,
    published       INTEGER NOT NULL,            -- microseconds since 1970, UTC
    checksum        BLOB NOT NULL,               -- SHA-256 of the text
    text            BLOB NOT NULL,               -- as the author wrote it
    UNIQUE (project, folded, version)
) STRICT;
