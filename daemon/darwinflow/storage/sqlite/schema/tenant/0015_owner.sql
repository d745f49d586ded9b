-- Whose database this is: put in the place of another organization's, it is told from that. No row: whoever opens it first.
CREATE TABLE owner (
    number       INTEGER PRIMARY KEY CHECK (number = 1),
    organization TEXT NOT NULL
) STRICT;
