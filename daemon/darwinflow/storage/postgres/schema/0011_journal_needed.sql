-- From which byte on a journal is read again to go on at `taken`, and whether something before that was refused; 0: from the
-- first, which tells both.
ALTER TABLE darwinflow.journal ADD COLUMN needed bigint NOT NULL DEFAULT 0;
ALTER TABLE darwinflow.journal ADD COLUMN has_refused boolean NOT NULL DEFAULT false;
