-- What bodies are packed with, as it ships with the version that packed them: a database can be read without that.
CREATE TABLE dictionary (
    number  INTEGER PRIMARY KEY,                 -- as zstd writes it into each frame
    content BLOB NOT NULL
) STRICT;
