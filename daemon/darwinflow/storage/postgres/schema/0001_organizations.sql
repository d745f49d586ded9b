-- Run as darwinflow_owner, who has nothing else to do and never logs in. Times are microseconds since 1970, UTC.
-- Every key begins with the organization, and so does every statement's condition.

CREATE TABLE darwinflow.organization (
    id   text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[a-z0-9]{8,32}$'),
    slug text COLLATE "C" NOT NULL
);

-- Which role may work in which organization: one role a member.
CREATE TABLE darwinflow.membership (
    organization text COLLATE "C" NOT NULL REFERENCES darwinflow.organization (id),
    role         text COLLATE "C" NOT NULL,
    PRIMARY KEY (organization, role)
);

-- The organization that this transaction has named, if the role that logged in is a member of it; else null.
-- Naming another one, with any SQL, so gives nothing. In plpgsql, which plans it once a session; in SQL it would be
-- planned for each statement.
CREATE FUNCTION darwinflow.current_organization() RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT organization FROM darwinflow.membership
        WHERE organization = current_setting('darwinflow.organization', true) AND role = session_user
    );
END
$$;

-- One row each: who holds it writes. What is given out under it ascends in the order of commits.
CREATE TABLE darwinflow.counter (
    organization text COLLATE "C" PRIMARY KEY REFERENCES darwinflow.organization (id),
    events       bigint NOT NULL DEFAULT 0,  -- the last event's number
    pending      bigint NOT NULL DEFAULT 0,  -- the last number in the outbox
    figures      bigint NOT NULL DEFAULT 0   -- changes with every change of a summary
) WITH (fillfactor = 10);

-- What each transaction that writes does first: it names its organization, takes the right to write there, and so
-- waits for who has it. Null where the role is no member.
CREATE FUNCTION darwinflow.begin_writing(
    named text, OUT events bigint, OUT pending bigint, OUT figures bigint, OUT now bigint
)
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.set_config('darwinflow.organization', named, true);
    SELECT known.events, known.pending, known.figures INTO events, pending, figures
    FROM darwinflow.counter AS known WHERE known.organization = named FOR UPDATE;
    now := pg_catalog.date_part('epoch', pg_catalog.clock_timestamp());
END
$$;

ALTER TABLE darwinflow.organization ENABLE ROW LEVEL SECURITY;
ALTER TABLE darwinflow.organization FORCE ROW LEVEL SECURITY;
ALTER TABLE darwinflow.membership ENABLE ROW LEVEL SECURITY;
ALTER TABLE darwinflow.membership FORCE ROW LEVEL SECURITY;
ALTER TABLE darwinflow.counter ENABLE ROW LEVEL SECURITY;
ALTER TABLE darwinflow.counter FORCE ROW LEVEL SECURITY;

CREATE POLICY of_oneself ON darwinflow.membership TO darwinflow_member USING (role = session_user);
CREATE POLICY as_member ON darwinflow.organization TO darwinflow_member
    USING (id IN (SELECT organization FROM darwinflow.membership WHERE role = session_user));
CREATE POLICY of_one_organization ON darwinflow.counter TO darwinflow_member
    USING (organization = (SELECT darwinflow.current_organization()));

-- The owner makes organizations and admits members. Of what lies in them it sees nothing.
CREATE POLICY by_owner ON darwinflow.membership TO darwinflow_owner USING (true);
CREATE POLICY by_owner ON darwinflow.organization TO darwinflow_owner USING (true);
CREATE POLICY by_owner ON darwinflow.counter TO darwinflow_owner USING (true);

GRANT SELECT ON darwinflow.organization, darwinflow.membership, darwinflow.schema_step TO darwinflow_member;
GRANT SELECT, UPDATE ON darwinflow.counter TO darwinflow_member;
REVOKE ALL ON FUNCTION darwinflow.current_organization(), darwinflow.begin_writing(text) FROM public;
GRANT EXECUTE ON FUNCTION darwinflow.current_organization(), darwinflow.begin_writing(text) TO darwinflow_member;
