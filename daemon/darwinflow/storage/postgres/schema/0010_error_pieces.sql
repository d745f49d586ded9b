-- The search in errors passes over those that lack three bytes of what is asked for.

-- The threes of an error, each below a number of its organization: so no one's search touches an error of others.
CREATE FUNCTION darwinflow.error_pieces(organization text, errors text) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT array_agg(DISTINCT
        (hashtextextended(organization, 0) << 24)
        | (get_byte(bytes, place) << 16) | (get_byte(bytes, place + 1) << 8) | get_byte(bytes, place + 2)
    )
    FROM convert_to(errors, 'UTF8') AS bytes, generate_series(0, octet_length(bytes) - 3) AS place
);

-- Without the list of what is still to be sorted in, which every search would go through. Its condition is one that no
-- other question has: who asks for runs with errors would be led through all of it.
CREATE INDEX run_by_error_pieces ON darwinflow.run USING gin (darwinflow.error_pieces(organization, errors))
    WITH (fastupdate = off) WHERE octet_length(errors) > 2;

-- Below row security no such index is ever used: its operators might tell what they compare. The one question that
-- needs it is therefore asked by a role that sees the errors of all organizations. Nobody logs in as it or works as
-- it, and it owns nothing but that question, which is of the organization that row security would let the asker see.
CREATE POLICY of_all ON darwinflow.run FOR SELECT TO darwinflow_search USING (true);
GRANT SELECT (organization, project, id, started, errors) ON darwinflow.run TO darwinflow_search;
GRANT USAGE, CREATE ON SCHEMA darwinflow TO darwinflow_search;
REVOKE ALL ON FUNCTION darwinflow.error_pieces(text, text) FROM public;
GRANT EXECUTE ON FUNCTION darwinflow.error_pieces(text, text) TO darwinflow_member, darwinflow_search;
GRANT EXECUTE ON FUNCTION darwinflow.current_organization() TO darwinflow_search;

SET LOCAL ROLE darwinflow_search;
-- The newest runs first, all of them where `most` is null. `pieces` are threes of bytes of `wanted`. What is asked of
-- the index stands by itself behind OFFSET 0, so that nothing else can lead.
CREATE FUNCTION darwinflow.runs_with_error(
    in_project text, pieces bigint[], wanted text, since bigint, until bigint, until_id text, most bigint
) RETURNS TABLE (run text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE ROWS 50
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
BEGIN ATOMIC
    SELECT found.id
    FROM (
        SELECT run.organization, run.project, run.started, run.id, run.errors FROM darwinflow.run
        WHERE octet_length(run.errors) > 2
          AND darwinflow.error_pieces(run.organization, run.errors) @> (
            SELECT array_agg((hashtextextended(darwinflow.current_organization(), 0) << 24) | piece)
            FROM unnest(pieces) AS piece
          )
        OFFSET 0
    ) AS found
    WHERE found.organization = (SELECT darwinflow.current_organization()) AND found.project = in_project
      AND found.started >= since AND (found.started, found.id) < (until, until_id)
      AND strpos(found.errors, wanted) > 0
    ORDER BY found.started DESC, found.id DESC LIMIT most;
END;
REVOKE ALL ON FUNCTION darwinflow.runs_with_error(text, bigint[], text, bigint, bigint, text, bigint) FROM public;
GRANT EXECUTE ON FUNCTION darwinflow.runs_with_error(text, bigint[], text, bigint, bigint, text, bigint)
    TO darwinflow_member;

SET LOCAL ROLE darwinflow_owner;
REVOKE CREATE ON SCHEMA darwinflow FROM darwinflow_search;
