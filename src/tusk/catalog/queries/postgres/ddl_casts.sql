-- CREATE CAST and CREATE TRANSFORM.
with wanted as (
    select w.classid, w.oid
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
),
written as (
    select w.classid, w.oid, pg_catalog.concat(
        pg_catalog.format(
            'CREATE CAST (%s AS %s) ', pg_catalog.format_type(c.castsource, null),
            pg_catalog.format_type(c.casttarget, null)
        ),
        case c.castmethod
            when 'b' then 'WITHOUT FUNCTION'
            when 'i' then 'WITH INOUT'
            else 'WITH FUNCTION ' || c.castfunc::regprocedure::text
        end,
        case c.castcontext when 'a' then ' AS ASSIGNMENT' when 'i' then ' AS IMPLICIT' end
    ) as sql
    from wanted w
    join pg_catalog.pg_cast c
        on w.classid = 'pg_catalog.pg_cast'::regclass and c.oid = w.oid
    union all
    select w.classid, w.oid, pg_catalog.format(
        'CREATE TRANSFORM FOR %s LANGUAGE %I (%s)',
        pg_catalog.format_type(t.trftype, null), l.lanname,
        pg_catalog.concat_ws(', ',
            'FROM SQL WITH FUNCTION ' || nullif(t.trffromsql::oid, 0::oid)::regprocedure::text,
            'TO SQL WITH FUNCTION ' || nullif(t.trftosql::oid, 0::oid)::regprocedure::text
        )
    )
    from wanted w
    join pg_catalog.pg_transform t
        on w.classid = 'pg_catalog.pg_transform'::regclass and t.oid = w.oid
    join pg_catalog.pg_language l on l.oid = t.trflang
)
select w.classid::text as classid, w.oid::text as oid, w.sql
from written w;
