-- What is still to be counted and announced, where figures and events lie in another store than the logs.
CREATE TABLE outbox (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given out twice, also when all rows are gone
    project TEXT NOT NULL,                       -- as JSON: the name of a folder need not be UTF-8
    run     TEXT NOT NULL,
    kind    TEXT NOT NULL
) STRICT;
