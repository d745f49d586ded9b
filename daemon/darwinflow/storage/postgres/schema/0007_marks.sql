-- Runs that retention leaves alone.
CREATE TABLE darwinflow.pinned_run (
    organization text COLLATE "C" NOT NULL,
    project      text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization, project, id)
);

-- Runs that were erased for good. Nothing of them is kept but the id, so that they do not come back.
CREATE TABLE darwinflow.erased_run (
    organization text COLLATE "C" NOT NULL,
    project      text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization, project, id)
);

-- How many runs were ever deleted: figures are of these, too.
CREATE TABLE darwinflow.removed (
    organization text COLLATE "C" NOT NULL,
    project      text COLLATE "C" NOT NULL,
    runs         bigint NOT NULL,
    PRIMARY KEY (organization, project)
);

-- As 0006 has it for the tables before.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['pinned_run', 'erased_run', 'removed'] LOOP
        EXECUTE format('ALTER TABLE darwinflow.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE darwinflow.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY of_one_organization ON darwinflow.%I
             USING (organization = (SELECT darwinflow.current_organization()))', name);
        EXECUTE format('GRANT SELECT, INSERT, DELETE ON darwinflow.%I TO darwinflow_member', name);
    END LOOP;
END
$$;
GRANT UPDATE ON darwinflow.removed TO darwinflow_member;
