-- CREATE COLLATION and CREATE CONVERSION. What differs between versions is read as JSON.
with wanted as (
    select w.classid, w.oid
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
),
collation_ as (
    select w.classid, w.oid, c.collprovider, c.collisdeterministic, c.collcollate, c.collctype,
        pg_catalog.format('%I.%I', n.nspname, c.collname) as name,
        coalesce(j.o ->> 'colllocale', j.o ->> 'colliculocale') as locale,
        j.o ->> 'collicurules' as rules
    from wanted w
    join pg_catalog.pg_collation c
        on w.classid = 'pg_catalog.pg_collation'::regclass and c.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = c.collnamespace
    cross join lateral (select pg_catalog.to_jsonb(c) as o) j
),
written as (
    select c.classid, c.oid, pg_catalog.format(
        'CREATE COLLATION %s (%s)', c.name,
        pg_catalog.concat_ws(', ',
            'provider = ' || case c.collprovider
                when 'i' then 'icu' when 'b' then 'builtin' else 'libc' end,
            case when not c.collisdeterministic then 'deterministic = false' end,
            case
                when c.locale is not null then pg_catalog.format('locale = %L', c.locale)
                when c.collcollate = c.collctype
                    then pg_catalog.format('locale = %L', c.collcollate)
                else pg_catalog.format(
                    'lc_collate = %L, lc_ctype = %L', c.collcollate, c.collctype
                )
            end,
            'rules = ' || pg_catalog.quote_literal(c.rules)
        )
    ) as sql
    from collation_ c
    union all
    select w.classid, w.oid, pg_catalog.format(
        'CREATE %sCONVERSION %I.%I FOR %L TO %L FROM %s',
        case when c.condefault then 'DEFAULT ' end, n.nspname, c.conname,
        pg_catalog.pg_encoding_to_char(c.conforencoding),
        pg_catalog.pg_encoding_to_char(c.contoencoding), c.conproc::text
    )
    from wanted w
    join pg_catalog.pg_conversion c
        on w.classid = 'pg_catalog.pg_conversion'::regclass and c.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = c.connamespace
)
select w.classid::text as classid, w.oid::text as oid, w.sql
from written w;
