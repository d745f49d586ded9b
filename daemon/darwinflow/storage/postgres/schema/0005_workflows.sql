CREATE TABLE darwinflow.workflow_version (
    organization    text COLLATE "C" NOT NULL,
    project         text COLLATE "C" NOT NULL,
    folded          text COLLATE "C" NOT NULL,  -- the id without regard to case
    version         bigint NOT NULL,
    workflow        text COLLATE "C" NOT NULL,  -- the id as the first version spelled it
    content_hash    text COLLATE "C" NOT NULL,
    parent_workflow text COLLATE "C",
    parent_version  bigint,
    created_by      text COLLATE "C" NOT NULL,
    reasoning       text COLLATE "C" NOT NULL,
    description     text COLLATE "C" NOT NULL,
    published_by    text COLLATE "C" NOT NULL,
    published       bigint NOT NULL,
    text            bytea NOT NULL,             -- as the author wrote it
    PRIMARY KEY (organization, project, folded, version)
);
