-- Objects that most databases have few of: collations, operators, text search, extensions, foreign
-- servers, event triggers, databases. What differs between versions is read as JSON.
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
        'CREATE OPERATOR %I.%s (%s)', n.nspname, o.oprname,
        pg_catalog.concat_ws(',',
            E'\n    FUNCTION = ' || o.oprcode::text,
            E'\n    LEFTARG = ' || pg_catalog.format_type(nullif(o.oprleft, 0::oid), null),
            E'\n    RIGHTARG = ' || pg_catalog.format_type(nullif(o.oprright, 0::oid), null),
            (
                select pg_catalog.format(E'\n    COMMUTATOR = OPERATOR(%I.%s)', cn.nspname, c.oprname)
                from pg_catalog.pg_operator c
                join pg_catalog.pg_namespace cn on cn.oid = c.oprnamespace
                where c.oid = o.oprcom
            ),
            (
                select pg_catalog.format(E'\n    NEGATOR = OPERATOR(%I.%s)', cn.nspname, c.oprname)
                from pg_catalog.pg_operator c
                join pg_catalog.pg_namespace cn on cn.oid = c.oprnamespace
                where c.oid = o.oprnegate
            ),
            E'\n    RESTRICT = ' || nullif(o.oprrest::oid, 0::oid)::regproc::text,
            E'\n    JOIN = ' || nullif(o.oprjoin::oid, 0::oid)::regproc::text,
            case when o.oprcanhash then E'\n    HASHES' end,
            case when o.oprcanmerge then E'\n    MERGES' end
        ) || E'\n'
    )
    from wanted w
    join pg_catalog.pg_operator o
        on w.classid = 'pg_catalog.pg_operator'::regclass and o.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
    where o.oprcode <> 0::oid
    union all
    select w.classid, w.oid, pg_catalog.format(
        'CREATE TEXT SEARCH DICTIONARY %I.%I (TEMPLATE = %I.%I%s)',
        n.nspname, d.dictname, tn.nspname, t.tmplname, ', ' || d.dictinitoption
    )
    from wanted w
    join pg_catalog.pg_ts_dict d
        on w.classid = 'pg_catalog.pg_ts_dict'::regclass and d.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = d.dictnamespace
    join pg_catalog.pg_ts_template t on t.oid = d.dicttemplate
    join pg_catalog.pg_namespace tn on tn.oid = t.tmplnamespace
    union all
    select w.classid, w.oid, pg_catalog.format(
        'CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %I.%I)%s',
        n.nspname, c.cfgname, pn.nspname, p.prsname,
        (
            select pg_catalog.string_agg(
                pg_catalog.format(
                    E';\nALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %s WITH %s',
                    n.nspname, c.cfgname, m.token, m.dictionaries
                ),
                '' order by m.tokid
            )
            from (
                select tt.tokid, tt.alias as token, pg_catalog.string_agg(
                    pg_catalog.format('%I.%I', dn.nspname, d.dictname), ', ' order by m.mapseqno
                ) as dictionaries
                from pg_catalog.pg_ts_config_map m
                join pg_catalog.ts_token_type(c.cfgparser) tt on tt.tokid = m.maptokentype
                join pg_catalog.pg_ts_dict d on d.oid = m.mapdict
                join pg_catalog.pg_namespace dn on dn.oid = d.dictnamespace
                where m.mapcfg = c.oid
                group by tt.tokid, tt.alias
            ) m
        )
    )
    from wanted w
    join pg_catalog.pg_ts_config c
        on w.classid = 'pg_catalog.pg_ts_config'::regclass and c.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = c.cfgnamespace
    join pg_catalog.pg_ts_parser p on p.oid = c.cfgparser
    join pg_catalog.pg_namespace pn on pn.oid = p.prsnamespace
    union all
    select w.classid, w.oid, pg_catalog.format(
        'CREATE EXTENSION %I WITH SCHEMA %I VERSION %L', e.extname, n.nspname, e.extversion
    )
    from wanted w
    join pg_catalog.pg_extension e
        on w.classid = 'pg_catalog.pg_extension'::regclass and e.oid = w.oid
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace
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
    -- With their passwords, which only the server's owner can read, they are left out.
    select w.classid, w.oid, pg_catalog.format(
        '-- CREATE USER MAPPING FOR %s SERVER %I: its options may hold a password.',
        case u.umuser when 0::oid then 'PUBLIC' else pg_catalog.quote_ident(u.usename) end,
        s.srvname
    )
    from wanted w
    join pg_catalog.pg_foreign_server s
        on w.classid = 'pg_catalog.pg_foreign_server'::regclass and s.oid = w.oid
    join pg_catalog.pg_user_mappings u on u.srvid = s.oid
    union all
    select w.classid, w.oid, pg_catalog.concat(
        pg_catalog.format('CREATE EVENT TRIGGER %I ON %s', e.evtname, e.evtevent),
        E'\n    WHEN TAG IN (' || (
            select pg_catalog.string_agg(pg_catalog.quote_literal(tag), ', ')
            from pg_catalog.unnest(e.evttags) tag
        ) || ')',
        E'\n    EXECUTE FUNCTION ', e.evtfoid::regprocedure::text,
        case when e.evtenabled <> 'O' then pg_catalog.format(
            E';\nALTER EVENT TRIGGER %I %s', e.evtname,
            case e.evtenabled
                when 'D' then 'DISABLE' when 'R' then 'ENABLE REPLICA' else 'ENABLE ALWAYS'
            end
        ) end
    )
    from wanted w
    join pg_catalog.pg_event_trigger e
        on w.classid = 'pg_catalog.pg_event_trigger'::regclass and e.oid = w.oid
    union all
    select w.classid, w.oid, pg_catalog.concat(
        pg_catalog.format('CREATE DATABASE %I TEMPLATE template0', d.datname),
        pg_catalog.format(
            E'\n    ENCODING %L LC_COLLATE %L LC_CTYPE %L',
            pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype
        ),
        (
            select E'\n    TABLESPACE ' || pg_catalog.quote_ident(s.spcname)
            from pg_catalog.pg_tablespace s
            where s.oid = d.dattablespace and s.spcname <> 'pg_default'
        ),
        case when d.datconnlimit >= 0 then E'\n    CONNECTION LIMIT ' || d.datconnlimit end
    )
    from wanted w
    join pg_catalog.pg_database d
        on w.classid = 'pg_catalog.pg_database'::regclass and d.oid = w.oid
)
select w.classid::text as classid, w.oid::text as oid, w.sql
from written w;
