-- CREATE DATABASE, CREATE ROLE and CREATE TABLESPACE. What differs between versions is read as JSON.
-- A role's password is nobody's to see.
with wanted as (
    select w.classid, w.oid
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
),
written as (
    select w.classid, w.oid, pg_catalog.concat(
        pg_catalog.format('CREATE DATABASE %I TEMPLATE template0', d.datname),
        pg_catalog.format(
            E'\n    ENCODING %L LC_COLLATE %L LC_CTYPE %L',
            pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype
        ),
        -- Providers are there from 15 on, rules and the builtin one later.
        case j.o ->> 'datlocprovider'
            when 'i' then E'\n    LOCALE_PROVIDER icu ICU_LOCALE ' || pg_catalog.quote_literal(
                coalesce(j.o ->> 'datlocale', j.o ->> 'daticulocale')
            )
            when 'b' then E'\n    LOCALE_PROVIDER builtin BUILTIN_LOCALE '
                || pg_catalog.quote_literal(j.o ->> 'datlocale')
        end,
        ' ICU_RULES ' || pg_catalog.quote_literal(j.o ->> 'daticurules'),
        (
            select E'\n    TABLESPACE ' || pg_catalog.quote_ident(s.spcname)
            from pg_catalog.pg_tablespace s
            where s.oid = d.dattablespace and s.spcname <> 'pg_default'
        ),
        case when not d.datallowconn then E'\n    ALLOW_CONNECTIONS false' end,
        case when d.datconnlimit >= 0 then E'\n    CONNECTION LIMIT ' || d.datconnlimit end,
        case when d.datistemplate then E'\n    IS_TEMPLATE true' end
    ) as sql
    from wanted w
    join pg_catalog.pg_database d
        on w.classid = 'pg_catalog.pg_database'::regclass and d.oid = w.oid
    cross join lateral (select pg_catalog.to_jsonb(d) as o) j
    union all
    select w.classid, w.oid, pg_catalog.concat_ws(' ',
        pg_catalog.format('CREATE ROLE %I', r.rolname),
        case when r.rolsuper then 'SUPERUSER' end,
        case when r.rolcreatedb then 'CREATEDB' end,
        case when r.rolcreaterole then 'CREATEROLE' end,
        case when not r.rolinherit then 'NOINHERIT' end,
        case when r.rolcanlogin then 'LOGIN' end,
        case when r.rolreplication then 'REPLICATION' end,
        case when r.rolbypassrls then 'BYPASSRLS' end,
        case when r.rolconnlimit >= 0 then 'CONNECTION LIMIT ' || r.rolconnlimit end,
        'VALID UNTIL ' || pg_catalog.quote_literal(r.rolvaliduntil)
    )
    from wanted w
    join pg_catalog.pg_roles r
        on w.classid = 'pg_catalog.pg_authid'::regclass and r.oid = w.oid
    union all
    select w.classid, w.oid, pg_catalog.concat(
        pg_catalog.format(
            'CREATE TABLESPACE %I LOCATION %L', s.spcname,
            -- One that is in the data directory is made without a place.
            case when l.location like 'pg\_tblspc/%' then '' else l.location end
        ),
        (
            select ' WITH (' || pg_catalog.string_agg(
                pg_catalog.format('%s=%L', o.option_name, o.option_value), ', '
            ) || ')'
            from pg_catalog.pg_options_to_table(s.spcoptions) o
        )
    )
    from wanted w
    join pg_catalog.pg_tablespace s
        on w.classid = 'pg_catalog.pg_tablespace'::regclass and s.oid = w.oid
    cross join lateral (
        select pg_catalog.pg_tablespace_location(s.oid) as location
    ) l
)
select w.classid::text as classid, w.oid::text as oid, w.sql
from written w;
