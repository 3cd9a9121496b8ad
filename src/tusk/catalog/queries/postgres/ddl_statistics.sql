-- CREATE STATISTICS of wanted tables, or asked for by themselves.
select w.classid::text as classid, w.oid::text as oid, p.place, p.sql
from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
join pg_catalog.pg_statistic_ext s
    on (w.classid = 'pg_catalog.pg_class'::regclass and s.stxrelid = w.oid)
    or (w.classid = 'pg_catalog.pg_statistic_ext'::regclass and s.oid = w.oid)
join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
cross join lateral (
    values
        (1, pg_catalog.pg_get_statisticsobjdef(s.oid)),
        (2, case when (pg_catalog.to_jsonb(s) ->> 'stxstattarget')::int >= 0 then
            pg_catalog.format('ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, s.stxname,
                pg_catalog.to_jsonb(s) ->> 'stxstattarget') end)
) as p (place, sql)
where p.sql is not null
order by s.stxname, s.oid, p.place;
