-- What finished runs add up to: one row a version and one a text.
CREATE TABLE darwinflow.summary (
    organization text COLLATE "C" NOT NULL,
    project      text COLLATE "C" NOT NULL,
    workflow     text COLLATE "C" NOT NULL,
    subject      text COLLATE "C" NOT NULL,  -- 'version N' or 'text HASH'
    number       bigint GENERATED ALWAYS AS IDENTITY,
    runs         bigint NOT NULL,
    successes    bigint NOT NULL,
    total_ms     double precision NOT NULL,
    tokens       bigint NOT NULL,
    cost         double precision NOT NULL,
    updated      bigint NOT NULL,
    PRIMARY KEY (organization, project, workflow, subject)
) WITH (fillfactor = 50);

-- Durations by bucket of model/histogram.py.
CREATE TABLE darwinflow.summary_duration (
    organization text COLLATE "C" NOT NULL,
    summary      bigint NOT NULL,
    bucket       bigint NOT NULL,
    runs         bigint NOT NULL,
    PRIMARY KEY (organization, summary, bucket)
) WITH (fillfactor = 50);

-- What finished runs add up to by the hour in which they ended, so that figures can be followed over time.
CREATE TABLE darwinflow.hour_sums (
    organization text COLLATE "C" NOT NULL,
    project      text COLLATE "C" NOT NULL,
    workflow     text COLLATE "C" NOT NULL,
    hour         bigint NOT NULL,            -- whole hours since 1970, UTC
    version      bigint NOT NULL,
    runs         bigint NOT NULL,
    successes    bigint NOT NULL,
    total_ms     double precision NOT NULL,
    tokens       bigint NOT NULL,
    cost         double precision NOT NULL,
    updated      bigint NOT NULL,
    durations    bytea NOT NULL,             -- as storage/packed_durations.py has them
    PRIMARY KEY (organization, project, workflow, hour, version)
) WITH (fillfactor = 50);

-- Which runs are counted, so that none counts twice.
CREATE TABLE darwinflow.counted_run (
    organization text COLLATE "C" NOT NULL,
    project      text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization, project, id)
);
