-- CREATE TYPE and CREATE DOMAIN: enumerated, composite, range and base types, and domains. Checks
-- that need the domain itself (in `apart`) come later (ddl_constraints.sql).
with wanted as (
    select w.classid, t.*, pg_catalog.format('%I.%I', n.nspname, t.typname) as name,
        t.oid = any (:apart::oid[]) as is_apart
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
    join pg_catalog.pg_type t
        on w.classid = 'pg_catalog.pg_type'::regclass and t.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = t.typnamespace
),
written as (
    select t.classid, t.oid, pg_catalog.format(
        'CREATE TYPE %s AS ENUM (%s)', t.name,
        coalesce((
            select E'\n    ' || pg_catalog.string_agg(
                pg_catalog.quote_literal(e.enumlabel), E',\n    ' order by e.enumsortorder
            ) || E'\n'
            from pg_catalog.pg_enum e
            where e.enumtypid = t.oid
        ), '')
    ) as sql
    from wanted t
    where t.typtype = 'e'
    union all
    select t.classid, t.oid, pg_catalog.format(
        'CREATE TYPE %s AS (%s)', t.name,
        coalesce((
            select E'\n    ' || pg_catalog.string_agg(
                pg_catalog.format(
                    '%I %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
                ) || case when a.attcollation <> b.typcollation then (
                    select pg_catalog.format(' COLLATE %I.%I', cn.nspname, c.collname)
                    from pg_catalog.pg_collation c
                    join pg_catalog.pg_namespace cn on cn.oid = c.collnamespace
                    where c.oid = a.attcollation
                ) else '' end,
                E',\n    ' order by a.attnum
            ) || E'\n'
            from pg_catalog.pg_attribute a
            join pg_catalog.pg_type b on b.oid = a.atttypid
            where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
        ), '')
    )
    from wanted t
    where t.typtype = 'c'
    union all
    select t.classid, t.oid, pg_catalog.format(
        'CREATE DOMAIN %s AS %s%s%s%s%s', t.name,
        pg_catalog.format_type(t.typbasetype, t.typtypmod),
        case when t.typcollation <> b.typcollation then (
            select pg_catalog.format(' COLLATE %I.%I', cn.nspname, c.collname)
            from pg_catalog.pg_collation c
            join pg_catalog.pg_namespace cn on cn.oid = c.collnamespace
            where c.oid = t.typcollation
        ) end,
        E'\n    DEFAULT ' || coalesce(
            pg_catalog.pg_get_expr(t.typdefaultbin, 'pg_catalog.pg_type'::regclass),
            pg_catalog.quote_literal(t.typdefault)
        ),
        case when t.typnotnull then E'\n    ' || coalesce((
            select pg_catalog.format('CONSTRAINT %I ', k.conname)
            from pg_catalog.pg_constraint k
            where k.contypid = t.oid and k.contype = 'n'
        ), '') || 'NOT NULL' end,
        (
            select pg_catalog.string_agg(
                pg_catalog.format(
                    E'\n    CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)
                ),
                '' order by k.conname
            )
            from pg_catalog.pg_constraint k
            where k.contypid = t.oid and k.contype = 'c' and k.convalidated and not t.is_apart
        )
    )
    from wanted t
    join pg_catalog.pg_type b on b.oid = t.typbasetype
    where t.typtype = 'd'
    union all
    select t.classid, t.oid, pg_catalog.format(
        'CREATE TYPE %s AS RANGE (%s)', t.name,
        pg_catalog.concat_ws(',',
            E'\n    SUBTYPE = ' || pg_catalog.format_type(r.rngsubtype, null),
            (
                select pg_catalog.format(E'\n    SUBTYPE_OPCLASS = %I.%I', on_.nspname, o.opcname)
                from pg_catalog.pg_opclass o
                join pg_catalog.pg_namespace on_ on on_.oid = o.opcnamespace
                where o.oid = r.rngsubopc and not o.opcdefault
            ),
            (
                select pg_catalog.format(E'\n    COLLATION = %I.%I', cn.nspname, c.collname)
                from pg_catalog.pg_collation c
                join pg_catalog.pg_namespace cn on cn.oid = c.collnamespace
                join pg_catalog.pg_type s on s.oid = r.rngsubtype
                where c.oid = r.rngcollation and c.oid <> s.typcollation
            ),
            E'\n    CANONICAL = ' || nullif(r.rngcanonical::oid, 0::oid)::regproc::text,
            E'\n    SUBTYPE_DIFF = ' || nullif(r.rngsubdiff::oid, 0::oid)::regproc::text,
            -- Multiranges are there from 14 on.
            E'\n    MULTIRANGE_TYPE_NAME = '
                || ((pg_catalog.to_jsonb(r) ->> 'rngmultitypid')::oid)::regtype::text
        ) || E'\n'
    )
    from wanted t
    join pg_catalog.pg_range r on r.rngtypid = t.oid
    where t.typtype = 'r'
    union all
    select t.classid, t.oid, pg_catalog.format(
        'CREATE TYPE %s (%s)', t.name,
        pg_catalog.concat_ws(',',
            E'\n    INPUT = ' || t.typinput::text,
            E'\n    OUTPUT = ' || t.typoutput::text,
            E'\n    RECEIVE = ' || nullif(t.typreceive::oid, 0::oid)::regproc::text,
            E'\n    SEND = ' || nullif(t.typsend::oid, 0::oid)::regproc::text,
            E'\n    TYPMOD_IN = ' || nullif(t.typmodin::oid, 0::oid)::regproc::text,
            E'\n    TYPMOD_OUT = ' || nullif(t.typmodout::oid, 0::oid)::regproc::text,
            E'\n    ANALYZE = ' || nullif(t.typanalyze::oid, 0::oid)::regproc::text,
            -- From 14 on.
            E'\n    SUBSCRIPT = ' || nullif(pg_catalog.to_jsonb(t) ->> 'typsubscript', '-'),
            E'\n    INTERNALLENGTH = '
                || case when t.typlen > 0 then t.typlen::text else 'VARIABLE' end,
            case when t.typbyval then E'\n    PASSEDBYVALUE' end,
            E'\n    ALIGNMENT = ' || case t.typalign
                when 'c' then 'char' when 's' then 'int2' when 'i' then 'int4' else 'double' end,
            E'\n    STORAGE = ' || case t.typstorage
                when 'p' then 'plain' when 'e' then 'external' when 'x' then 'extended'
                else 'main' end,
            E'\n    CATEGORY = ' || pg_catalog.quote_literal(t.typcategory::text),
            case when t.typispreferred then E'\n    PREFERRED = true' end,
            E'\n    DEFAULT = ' || pg_catalog.quote_literal(t.typdefault),
            case when t.typelem <> 0::oid
                then E'\n    ELEMENT = ' || pg_catalog.format_type(t.typelem, null) end,
            E'\n    DELIMITER = ' || pg_catalog.quote_literal(t.typdelim::text),
            case when t.typcollation <> 0::oid then E'\n    COLLATABLE = true' end
        ) || E'\n'
    )
    from wanted t
    where t.typtype = 'b'
    union all
    select t.classid, t.oid, pg_catalog.format(
        'ALTER DOMAIN %s ADD CONSTRAINT %I %s', t.name, k.conname,
        pg_catalog.pg_get_constraintdef(k.oid)
    )
    from wanted t
    join pg_catalog.pg_constraint k on k.contypid = t.oid and k.contype = 'c'
    where t.typtype = 'd' and not k.convalidated and not t.is_apart
)
select w.classid::text as classid, w.oid::text as oid, w.sql
from written w;
