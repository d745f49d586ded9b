-- How many bytes of each recorder's journal are taken in; written with the rows that were read from it.
CREATE TABLE journal (
    name  TEXT PRIMARY KEY,
    taken INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
