-- CREATE VIEW and CREATE MATERIALIZED VIEW.
select
    w.classid::text as classid,
    c.oid::text as oid,
    pg_catalog.concat(
        'CREATE ', case when c.relpersistence = 't' then 'TEMPORARY ' end,
        case when c.relkind = 'm' then 'MATERIALIZED ' end,
        pg_catalog.format('VIEW %I.%I', n.nspname, c.relname),
        (
            select ' USING ' || pg_catalog.quote_ident(m.amname)
            from pg_catalog.pg_am m
            where m.oid = c.relam and m.amname <> 'heap'
        ),
        (
            select ' WITH (' || pg_catalog.string_agg(
                pg_catalog.format('%s=%L', o.option_name, o.option_value), ', '
            ) || ')'
            from pg_catalog.pg_options_to_table(c.reloptions) o
        ),
        (
            select ' TABLESPACE ' || pg_catalog.quote_ident(s.spcname)
            from pg_catalog.pg_tablespace s
            where s.oid = c.reltablespace
        ),
        E' AS\n', pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), ';'),
        case when c.relkind = 'm' and not c.relispopulated then E'\nWITH NO DATA' end
    ) as sql
from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
join pg_catalog.pg_class c
    on w.classid = 'pg_catalog.pg_class'::regclass and c.oid = w.oid and c.relkind in ('v', 'm')
join pg_catalog.pg_namespace n on n.oid = c.relnamespace;
