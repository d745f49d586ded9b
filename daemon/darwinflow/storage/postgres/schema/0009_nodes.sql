-- What the steps of finished runs add up to by node, of each version and day in which the runs ended. One row holds all
-- nodes of a day, so that a run of many steps writes one.
CREATE TABLE darwinflow.node_sums (
    organization text COLLATE "C" NOT NULL,
    project      text COLLATE "C" NOT NULL,
    workflow     text COLLATE "C" NOT NULL,
    day          bigint NOT NULL,            -- whole days since 1970, UTC
    version      bigint NOT NULL,
    nodes        bytea NOT NULL,             -- as storage/packed_nodes.py has them
    PRIMARY KEY (organization, project, workflow, day, version)
) WITH (fillfactor = 50);

-- As 0006 has it for the tables before.
ALTER TABLE darwinflow.node_sums ENABLE ROW LEVEL SECURITY;
ALTER TABLE darwinflow.node_sums FORCE ROW LEVEL SECURITY;
CREATE POLICY of_one_organization ON darwinflow.node_sums
    USING (organization = (SELECT darwinflow.current_organization()));
GRANT SELECT, INSERT, UPDATE, DELETE ON darwinflow.node_sums TO darwinflow_member;
