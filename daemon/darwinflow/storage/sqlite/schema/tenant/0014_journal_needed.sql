-- From which byte on a journal is read again to go on at `taken`, and whether something before that was refused; 0: from the
-- first, which tells both.
ALTER TABLE journal ADD COLUMN needed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN has_refused INTEGER NOT NULL DEFAULT 0;
