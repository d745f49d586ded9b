-- Counted runs in which no patterns were looked for yet, in the order in which they were counted.
CREATE TABLE darwinflow.to_learn (
    organization text COLLATE "C" NOT NULL,
    project      text COLLATE "C" NOT NULL,
    number       bigint GENERATED ALWAYS AS IDENTITY,
    id           text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization, project, number)
);

INSERT INTO darwinflow.to_learn (organization, project, id)
SELECT organization, project, id FROM darwinflow.counted_run ORDER BY organization, project, id;

-- What the last runs of a workflow have shown, as patterns/tallies.py has it.
CREATE TABLE darwinflow.tally (
    organization text COLLATE "C" NOT NULL,
    project      text COLLATE "C" NOT NULL,
    workflow     text COLLATE "C" NOT NULL,
    tallies      text NOT NULL,
    PRIMARY KEY (organization, project, workflow)
);

-- As 0006 has it for the tables before.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['to_learn', 'tally'] LOOP
        EXECUTE format('ALTER TABLE darwinflow.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE darwinflow.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY of_one_organization ON darwinflow.%I
             USING (organization = (SELECT darwinflow.current_organization()))', name);
        EXECUTE format('GRANT SELECT, INSERT, DELETE ON darwinflow.%I TO darwinflow_member', name);
    END LOOP;
END
$$;
GRANT UPDATE ON darwinflow.tally TO darwinflow_member;
