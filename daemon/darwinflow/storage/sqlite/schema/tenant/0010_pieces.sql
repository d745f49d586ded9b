-- What of a body follows its first bytes in run_body. Rows of some hundred bytes fill a page; of bodies in one row of
-- two kilobytes, no page would hold two.
CREATE TABLE run_piece (
    number INTEGER PRIMARY KEY,        -- that of the run times 32, and the place among its pieces
    body   BLOB NOT NULL
) STRICT;

CREATE TRIGGER body_takes_its_pieces AFTER DELETE ON run_body BEGIN
    DELETE FROM run_piece WHERE number >= old.run * 32 AND number < (old.run + 1) * 32;
END;
