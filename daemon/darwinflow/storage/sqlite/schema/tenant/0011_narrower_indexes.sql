-- The first characters of a hash find its runs; the query compares the rest.
DROP INDEX run_by_hash;
CREATE INDEX run_by_hash ON run (project, substr(hash, 1, 16), started, id);

-- Nearly all runs succeed: who asks for those finds them by their start.
DROP INDEX run_by_status;
CREATE INDEX run_by_status ON run (project, status, started, id) WHERE status <> 'SUCCESS';
