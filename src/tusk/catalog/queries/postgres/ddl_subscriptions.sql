-- CREATE SUBSCRIPTION with owner and comment; its publisher is not asked. What differs between
-- versions is read as JSON, which only superusers may. Passwords are left out.
select w.classid::text as classid, w.oid::text as oid, p.place, p.sql
from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
join pg_catalog.pg_subscription s
    on w.classid = 'pg_catalog.pg_subscription'::regclass and s.oid = w.oid
cross join lateral (select pg_catalog.to_jsonb(s) as o) j
cross join lateral (
    select pg_catalog.regexp_replace(
        pg_catalog.regexp_replace(
            pg_catalog.regexp_replace(s.subconninfo, '(://[^/@:?]*):[^@/?]*@', '\1@'),
            '([?&])(ssl)?password=[^&]*', '\1', 'gi'
        ),
        -- name=value, or name='value' with escapes.
        E'(^|\\s)(ssl)?password\\s*=\\s*(''([^''\\\\]|\\\\.)*''|([^''\\s\\\\]|\\\\.)([^\\s\\\\]|\\\\.)*)?',
        '\1', 'gi'
    ) as text
) c
cross join lateral (
    values
        (1, pg_catalog.concat(
            case when c.text <> s.subconninfo then E'-- Passwords are left out.\n' end,
            pg_catalog.format(
                E'CREATE SUBSCRIPTION %I\n    CONNECTION %L\n    PUBLICATION %s\n    WITH (%s)',
                s.subname, c.text,
                (
                    select pg_catalog.string_agg(pg_catalog.quote_ident(name), ', ')
                    from pg_catalog.unnest(s.subpublications) name
                ),
                pg_catalog.concat_ws(', ',
                    'connect = false',
                    'slot_name = ' || coalesce(pg_catalog.quote_literal(s.subslotname), 'NONE'),
                    case when j.o ->> 'subbinary' = 'true' then 'binary = true' end,
                    case j.o ->> 'substream'
                        when 'true' then 'streaming = on' when 't' then 'streaming = on'
                        when 'p' then 'streaming = parallel'
                        -- Parallel is usual from 18 on.
                        when 'f' then 'streaming = off'
                    end,
                    case when s.subsynccommit <> 'off'
                        then 'synchronous_commit = ' || pg_catalog.quote_literal(s.subsynccommit) end,
                    case when j.o ->> 'subtwophasestate' <> 'd' then 'two_phase = on' end,
                    case when j.o ->> 'subdisableonerr' = 'true' then 'disable_on_error = true' end,
                    case when j.o ->> 'subpasswordrequired' = 'false' then 'password_required = false' end,
                    case when j.o ->> 'subrunasowner' = 'true' then 'run_as_owner = true' end,
                    case when j.o ->> 'suborigin' <> 'any'
                        then 'origin = ' || pg_catalog.quote_literal(j.o ->> 'suborigin') end,
                    case when j.o ->> 'subfailover' = 'true' then 'failover = true' end
                )
            )
        )),
        (2, pg_catalog.format(
            'ALTER SUBSCRIPTION %I OWNER TO %I', s.subname,
            pg_catalog.pg_get_userbyid(s.subowner)
        )),
        (3, 'COMMENT ON SUBSCRIPTION ' || pg_catalog.quote_ident(s.subname) || ' IS '
            || pg_catalog.quote_literal(
                pg_catalog.obj_description(s.oid, 'pg_subscription')
            ))
) as p (place, sql)
where p.sql is not null
order by s.subname, p.place;
