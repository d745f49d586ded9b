-- Each row is seen and written by members of its organization alone, also by the owner of the tables.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'run', 'run_step', 'journal', 'outbox', 'summary', 'summary_duration', 'hour_sums', 'counted_run', 'event',
        'consumer', 'workflow_version'
    ] LOOP
        EXECUTE format('ALTER TABLE darwinflow.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE darwinflow.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY of_one_organization ON darwinflow.%I
             USING (organization = (SELECT darwinflow.current_organization()))', name);
        EXECUTE format('GRANT SELECT, INSERT, DELETE ON darwinflow.%I TO darwinflow_member', name);
    END LOOP;
END
$$;
-- Events and published versions never change.
GRANT UPDATE ON
    darwinflow.run, darwinflow.run_step, darwinflow.journal, darwinflow.summary, darwinflow.summary_duration,
    darwinflow.hour_sums, darwinflow.consumer
    TO darwinflow_member;
