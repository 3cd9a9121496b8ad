-- Owners, comments and grants of wanted objects and of what is written with them; of event triggers
-- and subscriptions see their files.
--
-- Grants are what differs from what an object has by itself. What somebody else than the owner
-- granted is granted as that role, as pg_dump does it.
with wanted as (
    select w.classid, w.oid
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
    where w.classid not in (
        'pg_catalog.pg_event_trigger'::regclass, 'pg_catalog.pg_subscription'::regclass
    )
),
part as (
    select w.classid, w.oid, w.classid as part_class, w.oid as part, 0 as subid
    from wanted w
    union all
    select w.classid, w.oid, w.classid, w.oid, a.attnum::int
    from wanted w
    join pg_catalog.pg_class c on w.classid = 'pg_catalog.pg_class'::regclass and c.oid = w.oid
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind <> 'S'
    union all
    -- The columns of composite types are described at the relations behind them.
    select w.classid, w.oid, 'pg_catalog.pg_class'::regclass, a.attrelid, a.attnum::int
    from wanted w
    join pg_catalog.pg_type t on w.classid = 'pg_catalog.pg_type'::regclass and t.oid = w.oid
    join pg_catalog.pg_attribute a on a.attrelid = t.typrelid and not a.attisdropped
    union all
    select w.classid, w.oid, 'pg_catalog.pg_constraint'::regclass, k.oid, 0
    from wanted w
    join pg_catalog.pg_constraint k
        on (w.classid = 'pg_catalog.pg_class'::regclass and k.conrelid = w.oid)
        or (w.classid = 'pg_catalog.pg_type'::regclass and k.contypid = w.oid)
    union all
    select w.classid, w.oid, 'pg_catalog.pg_class'::regclass, x.indexrelid, 0
    from wanted w
    join pg_catalog.pg_index x
        on w.classid = 'pg_catalog.pg_class'::regclass and x.indrelid = w.oid
    union all
    select w.classid, w.oid, 'pg_catalog.pg_trigger'::regclass, t.oid, 0
    from wanted w
    join pg_catalog.pg_trigger t
        on w.classid = 'pg_catalog.pg_class'::regclass and t.tgrelid = w.oid
    union all
    select w.classid, w.oid, 'pg_catalog.pg_policy'::regclass, p.oid, 0
    from wanted w
    join pg_catalog.pg_policy p
        on w.classid = 'pg_catalog.pg_class'::regclass and p.polrelid = w.oid
    union all
    select w.classid, w.oid, 'pg_catalog.pg_rewrite'::regclass, r.oid, 0
    from wanted w
    join pg_catalog.pg_rewrite r
        on w.classid = 'pg_catalog.pg_class'::regclass and r.ev_class = w.oid
    union all
    select w.classid, w.oid, 'pg_catalog.pg_statistic_ext'::regclass, s.oid, 0
    from wanted w
    join pg_catalog.pg_statistic_ext s
        on w.classid = 'pg_catalog.pg_class'::regclass and s.stxrelid = w.oid
),
named as (
    select
        p.classid, p.oid, p.part_class, p.part, p.subid,
        case
            when i.type like '% column' then 'COLUMN'
            when i.type = 'domain constraint' or i.type like '% constraint' then 'CONSTRAINT'
            when i.type = 'statistics object' then 'STATISTICS'
            when i.type = 'foreign-data wrapper' then 'FOREIGN DATA WRAPPER'
            when i.type = 'type' and t.typtype = 'd' then 'DOMAIN'
            else pg_catalog.upper(i.type)
        end as kind,
        case
            when i.type = 'domain constraint' then pg_catalog.format(
                '%I ON DOMAIN %I.%I', k.conname, tn.nspname, kt.typname
            )
            when f.prokind = 'a' and f.pronargs = 0 then pg_catalog.format('%I.%I(*)', fn.nspname, f.proname)
            when i.type = 'transform' then (
                select pg_catalog.format(
                    'FOR %s LANGUAGE %I', pg_catalog.format_type(tr.trftype, null), l.lanname
                )
                from pg_catalog.pg_transform tr
                join pg_catalog.pg_language l on l.oid = tr.trflang
                where tr.oid = p.part
            )
            when i.type like '% column' then pg_catalog.format(
                '%I.%I.%I', cn.nspname, c.relname, a.attname
            )
            else i.identity
        end as identity
    from part p
    cross join lateral pg_catalog.pg_identify_object(p.part_class, p.part, p.subid) i
    left join pg_catalog.pg_type t
        on p.part_class = 'pg_catalog.pg_type'::regclass and t.oid = p.part
    left join pg_catalog.pg_constraint k
        on p.part_class = 'pg_catalog.pg_constraint'::regclass and k.oid = p.part
    left join pg_catalog.pg_type kt on kt.oid = k.contypid
    left join pg_catalog.pg_namespace tn on tn.oid = kt.typnamespace
    left join pg_catalog.pg_proc f
        on p.part_class = 'pg_catalog.pg_proc'::regclass and f.oid = p.part
    left join pg_catalog.pg_namespace fn on fn.oid = f.pronamespace
    left join pg_catalog.pg_class c
        on p.part_class = 'pg_catalog.pg_class'::regclass and c.oid = p.part and p.subid > 0
    left join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
    left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = p.subid
),
-- Class, object, owner, rights, and which rights an object of this kind has by itself.
owned as (
    select 'pg_catalog.pg_class'::regclass as classid, c.oid, 0 as subid, c.relowner as owner,
        c.relacl as acl, case c.relkind when 'S' then 's' else 'r' end::"char" as usual
    from pg_catalog.pg_class c
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select 'pg_catalog.pg_class'::regclass, a.attrelid, a.attnum, c.relowner, a.attacl, 'c'
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    where a.attacl is not null
    union all
    select 'pg_catalog.pg_namespace'::regclass, n.oid, 0, n.nspowner, n.nspacl, 'n'
    from pg_catalog.pg_namespace n
    union all
    select 'pg_catalog.pg_proc'::regclass, p.oid, 0, p.proowner, p.proacl, 'f'
    from pg_catalog.pg_proc p
    union all
    select 'pg_catalog.pg_type'::regclass, t.oid, 0, t.typowner, t.typacl, 'T'
    from pg_catalog.pg_type t
    union all
    select 'pg_catalog.pg_foreign_server'::regclass, s.oid, 0, s.srvowner, s.srvacl, 'S'
    from pg_catalog.pg_foreign_server s
    union all
    select 'pg_catalog.pg_foreign_data_wrapper'::regclass, f.oid, 0, f.fdwowner, f.fdwacl, 'F'
    from pg_catalog.pg_foreign_data_wrapper f
    union all
    select 'pg_catalog.pg_database'::regclass, d.oid, 0, d.datdba, d.datacl, 'd'
    from pg_catalog.pg_database d
    union all
    select 'pg_catalog.pg_collation'::regclass, c.oid, 0, c.collowner, null, null
    from pg_catalog.pg_collation c
    union all
    select 'pg_catalog.pg_operator'::regclass, o.oid, 0, o.oprowner, null, null
    from pg_catalog.pg_operator o
    union all
    select 'pg_catalog.pg_statistic_ext'::regclass, s.oid, 0, s.stxowner, null, null
    from pg_catalog.pg_statistic_ext s
    union all
    select 'pg_catalog.pg_ts_dict'::regclass, d.oid, 0, d.dictowner, null, null
    from pg_catalog.pg_ts_dict d
    union all
    select 'pg_catalog.pg_ts_config'::regclass, c.oid, 0, c.cfgowner, null, null
    from pg_catalog.pg_ts_config c
    union all
    select 'pg_catalog.pg_publication'::regclass, p.oid, 0, p.pubowner, null, null
    from pg_catalog.pg_publication p
    union all
    select 'pg_catalog.pg_conversion'::regclass, c.oid, 0, c.conowner, null, null
    from pg_catalog.pg_conversion c
    union all
    select 'pg_catalog.pg_opfamily'::regclass, f.oid, 0, f.opfowner, null, null
    from pg_catalog.pg_opfamily f
    union all
    select 'pg_catalog.pg_opclass'::regclass, c.oid, 0, c.opcowner, null, null
    from pg_catalog.pg_opclass c
    union all
    select 'pg_catalog.pg_language'::regclass, l.oid, 0, l.lanowner, l.lanacl, 'l'
    from pg_catalog.pg_language l
    union all
    select 'pg_catalog.pg_tablespace'::regclass, t.oid, 0, t.spcowner, t.spcacl, 't'
    from pg_catalog.pg_tablespace t
),
owner as (
    select n.*, o.owner, o.acl, o.usual,
        case
            when n.kind in ('VIEW', 'MATERIALIZED VIEW', 'FOREIGN TABLE', 'COLUMN') then 'TABLE'
            when n.kind = 'AGGREGATE' then 'FUNCTION'
            when n.kind = 'SERVER' then 'FOREIGN SERVER'
            when n.kind in ('DOMAIN', 'COMPOSITE TYPE') then 'TYPE'
            else n.kind
        end as granted_as
    from named n
    join owned o on o.classid = n.part_class and o.oid = n.part and o.subid = n.subid
),
right_ as (
    select o.classid, o.oid, o.part_class, o.part, o.subid, o.owner, o.granted_as, o.identity,
        g.grantor, g.grantee, g.is_grantable,
        pg_catalog.min(g.place) as place,
        pg_catalog.string_agg(g.privilege_type, ', ' order by g.place) as privileges
    from owner o
    cross join lateral pg_catalog.aclexplode(o.acl)
        with ordinality as g (grantor, grantee, privilege_type, is_grantable, place)
    where o.usual is not null
      and not exists (
        select
        from pg_catalog.aclexplode(pg_catalog.acldefault(o.usual, o.owner)) d
        where d.grantee = g.grantee and d.privilege_type = g.privilege_type
          and d.is_grantable = g.is_grantable and d.grantor = g.grantor
      )
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
),
taken as (
    select o.classid, o.oid, o.part_class, o.part, o.subid, o.granted_as, o.identity, d.grantee,
        pg_catalog.string_agg(d.privilege_type, ', ' order by d.place) as privileges
    from owner o
    cross join lateral pg_catalog.aclexplode(pg_catalog.acldefault(o.usual, o.owner))
        with ordinality as d (grantor, grantee, privilege_type, is_grantable, place)
    where o.usual is not null
      and o.acl is not null
      and o.subid = 0
      and not exists (
        select
        from pg_catalog.aclexplode(o.acl) g
        where g.grantee = d.grantee and g.privilege_type = d.privilege_type
      )
    group by 1, 2, 3, 4, 5, 6, 7, 8
),
property as (
    select o.classid, o.oid, o.part_class, o.part, o.subid, 1 as place, 0::bigint as number,
        pg_catalog.format(
            '%sALTER %s %s OWNER TO %I',
            case when not pg_catalog.pg_has_role(o.owner, 'USAGE') then pg_catalog.format(
                E'-- Only a member of %s may do this.\n',
                pg_catalog.regexp_replace(
                    pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(o.owner)), '\s', ' ', 'g'
                )
            ) end,
            o.kind, o.identity, pg_catalog.pg_get_userbyid(o.owner)
        ) as sql
    from owner o
    where o.subid = 0
    union all
    select n.classid, n.oid, n.part_class, n.part, n.subid, 2, 0, pg_catalog.format(
        'COMMENT ON %s %s IS %L', n.kind, n.identity, d.description
    )
    from named n
    cross join lateral (
        select d.description
        from pg_catalog.pg_description d
        where d.classoid = n.part_class and d.objoid = n.part and d.objsubid = n.subid
        union all
        select d.description
        from pg_catalog.pg_shdescription d
        where d.classoid = n.part_class and d.objoid = n.part
    ) d
    union all
    select t.classid, t.oid, t.part_class, t.part, t.subid, 3, 0, pg_catalog.format(
        'REVOKE %s ON %s %s FROM %s', t.privileges, t.granted_as, t.identity,
        case t.grantee when 0::oid then 'PUBLIC'
            else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(t.grantee)) end
    )
    from taken t
    union all
    select g.classid, g.oid, g.part_class, g.part, g.subid, 4, g.place,
        pg_catalog.concat(
            case when g.grantor <> g.owner then pg_catalog.format(
                E'SET SESSION AUTHORIZATION %I;\n', pg_catalog.pg_get_userbyid(g.grantor)
            ) end,
            'GRANT ',
            case when g.subid > 0 then (
                select pg_catalog.string_agg(p || pg_catalog.format(' (%I)', a.attname), ', ')
                from pg_catalog.pg_attribute a
                cross join pg_catalog.unnest(pg_catalog.string_to_array(g.privileges, ', ')) p
                where a.attrelid = g.part and a.attnum = g.subid
            ) else g.privileges end,
            ' ON ', g.granted_as, ' ',
            case when g.subid > 0 then (
                select pg_catalog.format('%I.%I', n.nspname, c.relname)
                from pg_catalog.pg_class c
                join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where c.oid = g.part
            ) else g.identity end,
            ' TO ',
            case g.grantee when 0::oid then 'PUBLIC'
                else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) end,
            case when g.is_grantable then ' WITH GRANT OPTION' end,
            case when g.grantor <> g.owner then E';\nRESET SESSION AUTHORIZATION' end
        )
    from right_ g
)
select p.classid::text as classid, p.oid::text as oid, p.sql
from property p
order by p.place, p.part_class, p.subid, p.number, p.sql collate "C";
