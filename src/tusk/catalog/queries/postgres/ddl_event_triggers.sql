-- CREATE EVENT TRIGGER with owner and comment: after all else, which would set it off.
with wanted as (
    select w.classid, e.*
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
    join pg_catalog.pg_event_trigger e
        on w.classid = 'pg_catalog.pg_event_trigger'::regclass and e.oid = w.oid
)
select e.classid::text as classid, e.oid::text as oid, p.place, p.sql
from wanted e
cross join lateral (
    values
        (1, pg_catalog.concat(
            pg_catalog.format('CREATE EVENT TRIGGER %I ON %s', e.evtname, e.evtevent),
            E'\n    WHEN TAG IN (' || (
                select pg_catalog.string_agg(pg_catalog.quote_literal(tag), ', ')
                from pg_catalog.unnest(e.evttags) tag
            ) || ')',
            E'\n    EXECUTE FUNCTION ', e.evtfoid::regproc::text, '()'
        )),
        (2, case when e.evtenabled <> 'O' then pg_catalog.format(
            'ALTER EVENT TRIGGER %I %s', e.evtname,
            case e.evtenabled
                when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA' else 'ENABLE ALWAYS'
            end
        ) end),
        (3, pg_catalog.format(
            'ALTER EVENT TRIGGER %I OWNER TO %I', e.evtname,
            pg_catalog.pg_get_userbyid(e.evtowner)
        )),
        (4, 'COMMENT ON EVENT TRIGGER ' || pg_catalog.quote_ident(e.evtname) || ' IS '
            || pg_catalog.quote_literal(
                pg_catalog.obj_description(e.oid, 'pg_event_trigger')
            ))
) as p (place, sql)
where p.sql is not null
order by e.evtname, p.place;
