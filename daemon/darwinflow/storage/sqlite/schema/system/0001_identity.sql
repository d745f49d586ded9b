-- Times are integers of microseconds since 1970, UTC.

CREATE TABLE accounts (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    uid        INTEGER UNIQUE,         -- of the operating system's user; null for others
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE organizations (
    id         TEXT PRIMARY KEY CHECK (length(id) BETWEEN 8 AND 32 AND id NOT GLOB '*[^a-z0-9]*'),
    slug       TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The authority on who belongs where.
CREATE TABLE organization_members (
    organization TEXT NOT NULL REFERENCES organizations (id),
    account      TEXT NOT NULL REFERENCES accounts (id),
    role         TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (organization, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE projects (
    organization TEXT NOT NULL REFERENCES organizations (id),
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (organization, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_logs (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,             -- an account's id
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL              -- JSON; never secrets, never contents
) STRICT;

CREATE TRIGGER audit_logs_never_change BEFORE UPDATE ON audit_logs
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER audit_logs_never_go BEFORE DELETE ON audit_logs
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
