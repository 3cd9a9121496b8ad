-- CREATE EXTENSION, CREATE LANGUAGE and CREATE ACCESS METHOD.
with wanted as (
    select w.classid, w.oid
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
),
written as (
    select w.classid, w.oid, pg_catalog.format(
        'CREATE EXTENSION %I WITH SCHEMA %I VERSION %L', e.extname, n.nspname, e.extversion
    ) as sql
    from wanted w
    join pg_catalog.pg_extension e
        on w.classid = 'pg_catalog.pg_extension'::regclass and e.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace
    union all
    select w.classid, w.oid, case
        when l.lanplcallfoid = 0::oid then pg_catalog.format(
            '-- The language %s is a part of the server.',
            pg_catalog.regexp_replace(pg_catalog.quote_ident(l.lanname), '\s', ' ', 'g')
        )
        else pg_catalog.concat(
            pg_catalog.format(
                'CREATE %sLANGUAGE %I HANDLER %s', case when l.lanpltrusted then 'TRUSTED ' end,
                l.lanname, l.lanplcallfoid::regproc
            ),
            ' INLINE ' || nullif(l.laninline, 0::oid)::regproc::text,
            ' VALIDATOR ' || nullif(l.lanvalidator, 0::oid)::regproc::text
        )
    end
    from wanted w
    join pg_catalog.pg_language l
        on w.classid = 'pg_catalog.pg_language'::regclass and l.oid = w.oid
    union all
    select w.classid, w.oid, pg_catalog.format(
        'CREATE ACCESS METHOD %I TYPE %s HANDLER %s', m.amname,
        case m.amtype when 't' then 'TABLE' else 'INDEX' end, m.amhandler
    )
    from wanted w
    join pg_catalog.pg_am m
        on w.classid = 'pg_catalog.pg_am'::regclass and m.oid = w.oid
)
select w.classid::text as classid, w.oid::text as oid, w.sql
from written w;
