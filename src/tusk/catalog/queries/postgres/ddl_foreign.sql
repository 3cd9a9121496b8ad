-- CREATE FOREIGN DATA WRAPPER, CREATE SERVER and CREATE USER MAPPING.
with wanted as (
    select w.classid, w.oid
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
),
written as (
    select w.classid, w.oid, pg_catalog.concat(
        pg_catalog.format('CREATE FOREIGN DATA WRAPPER %I', f.fdwname),
        ' HANDLER ' || nullif(f.fdwhandler, 0::oid)::regproc::text,
        ' VALIDATOR ' || nullif(f.fdwvalidator, 0::oid)::regproc::text,
        (
            select ' OPTIONS (' || pg_catalog.string_agg(
                pg_catalog.format('%I %L', o.option_name, o.option_value), ', '
            ) || ')'
            from pg_catalog.pg_options_to_table(f.fdwoptions) o
        )
    ) as sql
    from wanted w
    join pg_catalog.pg_foreign_data_wrapper f
        on w.classid = 'pg_catalog.pg_foreign_data_wrapper'::regclass and f.oid = w.oid
    union all
    select w.classid, w.oid, pg_catalog.concat(
        pg_catalog.format('CREATE SERVER %I', s.srvname),
        ' TYPE ' || pg_catalog.quote_literal(s.srvtype),
        ' VERSION ' || pg_catalog.quote_literal(s.srvversion),
        pg_catalog.format(' FOREIGN DATA WRAPPER %I', f.fdwname),
        (
            select ' OPTIONS (' || pg_catalog.string_agg(
                pg_catalog.format('%I %L', o.option_name, o.option_value), ', '
            ) || ')'
            from pg_catalog.pg_options_to_table(s.srvoptions) o
        )
    )
    from wanted w
    join pg_catalog.pg_foreign_server s
        on w.classid = 'pg_catalog.pg_foreign_server'::regclass and s.oid = w.oid
    join pg_catalog.pg_foreign_data_wrapper f on f.oid = s.srvfdw
    union all
    select w.classid, w.oid, pg_catalog.concat(
        case when o.has_secret then
            E'-- Passwords are left out.\n'
        when u.umoptions is null and not r.rolsuper then
            E'-- If it has options, the server does not show them to you.\n'
        end,
        pg_catalog.format(
            'CREATE USER MAPPING FOR %s SERVER %I',
            case u.umuser when 0::oid then 'PUBLIC' else pg_catalog.quote_ident(u.usename) end,
            u.srvname
        ),
        ' OPTIONS (' || o.list || ')'
    )
    from wanted w
    join pg_catalog.pg_user_mappings u
        on w.classid = 'pg_catalog.pg_user_mapping'::regclass and u.umid = w.oid
    join pg_catalog.pg_roles r on r.rolname = current_user
    cross join lateral (
        select
            pg_catalog.string_agg(
                pg_catalog.format('%I %L', o.option_name, o.option_value), ', '
            ) filter (where not s.is_secret) as list,
            pg_catalog.bool_or(s.is_secret) as has_secret
        from pg_catalog.pg_options_to_table(u.umoptions) o
        cross join lateral (
            select o.option_name ~* 'pass(word|wd)|secret|token|_key$' as is_secret
        ) s
    ) o
)
select w.classid::text as classid, w.oid::text as oid, w.sql
from written w;
