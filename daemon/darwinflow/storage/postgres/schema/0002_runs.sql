-- What lists and filters need of a run, as columns; the log itself in the body, which PostgreSQL moves out of the
-- row where it is large, so that a page of a list reads no bodies.
CREATE TABLE darwinflow.run (
    organization text COLLATE "C" NOT NULL,
    project      text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    tail         text COLLATE "C" NOT NULL,  -- the id's last characters, reversed: finds a run by the end of its id
    workflow     text COLLATE "C" NOT NULL,
    version      bigint NOT NULL,
    hash         text COLLATE "C" NOT NULL,  -- content hash of the text that ran, or ''
    status       text COLLATE "C" NOT NULL
                 CHECK (status IN ('RUNNING', 'SUCCESS', 'FAILED', 'CANCELLED', 'LOST')),
    started      bigint NOT NULL,
    ended        bigint,
    errors       text COLLATE "C",           -- case-folded, for the search in them, U+FFFE between; null: none
    brief        jsonb NOT NULL,             -- nodes, steps, count, failedNode, error
    codec        smallint NOT NULL,          -- how the body is packed
    body         bytea NOT NULL,             -- of a run that has not finished: without its steps
    PRIMARY KEY (organization, project, id) INCLUDE (started)
);
ALTER TABLE darwinflow.run ALTER COLUMN body SET STORAGE EXTERNAL;

-- One for each question that is asked of runs, each in the order of the answer.
CREATE INDEX run_by_start ON darwinflow.run (organization, project, started, id);
CREATE INDEX run_by_workflow ON darwinflow.run (organization, project, workflow, started, id);
CREATE INDEX run_by_version ON darwinflow.run (organization, project, workflow, version, started, id);
CREATE INDEX run_by_hash ON darwinflow.run (organization, project, hash, started, id);
CREATE INDEX run_by_status ON darwinflow.run (organization, project, status, started, id);
CREATE INDEX run_by_error ON darwinflow.run (organization, project, started, id) WHERE errors IS NOT NULL;
CREATE INDEX run_by_tail ON darwinflow.run (organization, project, tail);

-- Steps of a run that has not finished; finishing folds them into its body.
CREATE TABLE darwinflow.run_step (
    organization text COLLATE "C" NOT NULL,
    project      text COLLATE "C" NOT NULL,
    run          text COLLATE "C" NOT NULL,
    position     bigint NOT NULL,
    body         bytea NOT NULL,
    PRIMARY KEY (organization, project, run, position)
);

-- How many bytes of each recorder's journal are taken in; written with the rows that were read from it.
CREATE TABLE darwinflow.journal (
    organization text COLLATE "C" NOT NULL,
    name         text COLLATE "C" NOT NULL,
    taken        bigint NOT NULL,
    PRIMARY KEY (organization, name)
);

-- What is still to be counted and announced, where figures and events are kept elsewhere.
CREATE TABLE darwinflow.outbox (
    organization text COLLATE "C" NOT NULL,
    number       bigint NOT NULL,
    project      text COLLATE "C" NOT NULL,
    run          text COLLATE "C" NOT NULL,
    kind         text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization, number)
);
