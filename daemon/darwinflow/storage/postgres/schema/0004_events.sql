CREATE TABLE darwinflow.event (
    organization text COLLATE "C" NOT NULL,
    number       bigint NOT NULL,
    topic        text COLLATE "C" NOT NULL,
    key          text COLLATE "C",
    payload      text COLLATE "C" NOT NULL,  -- JSON in ASCII: jsonb holds neither NUL nor halves of surrogate pairs
    created      bigint NOT NULL,            -- seconds since 1970
    PRIMARY KEY (organization, number)
);
CREATE INDEX event_by_topic ON darwinflow.event (organization, topic, number);

-- How far each consumer of a topic has come.
CREATE TABLE darwinflow.consumer (
    organization text COLLATE "C" NOT NULL,
    name         text COLLATE "C" NOT NULL,
    topic        text COLLATE "C" NOT NULL,
    taken        bigint NOT NULL,
    PRIMARY KEY (organization, name, topic)
);
