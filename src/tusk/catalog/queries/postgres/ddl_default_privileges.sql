-- ALTER DEFAULT PRIVILEGES: asked for by themselves, or those of wanted schemas. In a schema they are
-- added to what objects have anyway; without one they are all that objects have.
with wanted as (
    select w.classid, w.oid, a.defaclacl,
        pg_catalog.concat(
            'ALTER DEFAULT PRIVILEGES FOR ROLE ',
            pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.defaclrole)),
            ' IN SCHEMA ' || pg_catalog.quote_ident(n.nspname)
        ) as prefix,
        case a.defaclobjtype
            when 'r' then 'TABLES' when 'S' then 'SEQUENCES' when 'f' then 'FUNCTIONS'
            when 'T' then 'TYPES' when 'n' then 'SCHEMAS' else 'LARGE OBJECTS'
        end as objects,
        case when n.oid is null then pg_catalog.acldefault(
            case a.defaclobjtype when 'S' then 's' else a.defaclobjtype end, a.defaclrole
        ) end as usual
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
    join pg_catalog.pg_default_acl a
        on (w.classid = 'pg_catalog.pg_default_acl'::regclass and a.oid = w.oid)
        or (w.classid = 'pg_catalog.pg_namespace'::regclass and a.defaclnamespace = w.oid)
    left join pg_catalog.pg_namespace n on n.oid = a.defaclnamespace
),
change as (
    select w.classid, w.oid, w.prefix, w.objects, 'REVOKE' as verb, 'FROM' as preposition,
        d.grantee, false as is_grantable, d.privilege_type, d.place
    from wanted w
    cross join lateral pg_catalog.aclexplode(w.usual)
        with ordinality as d (grantor, grantee, privilege_type, is_grantable, place)
    where not exists (
        select
        from pg_catalog.aclexplode(w.defaclacl) g
        where g.grantee = d.grantee and g.privilege_type = d.privilege_type
    )
    union all
    select w.classid, w.oid, w.prefix, w.objects, 'GRANT', 'TO',
        g.grantee, g.is_grantable, g.privilege_type, g.place
    from wanted w
    cross join lateral pg_catalog.aclexplode(w.defaclacl)
        with ordinality as g (grantor, grantee, privilege_type, is_grantable, place)
    where not exists (
        select
        from pg_catalog.aclexplode(w.usual) d
        where d.grantee = g.grantee and d.privilege_type = g.privilege_type
          and d.is_grantable = g.is_grantable
    )
)
select c.classid::text as classid, c.oid::text as oid, pg_catalog.concat(
    c.prefix, ' ', c.verb, ' ',
    pg_catalog.string_agg(c.privilege_type, ', ' order by c.place),
    ' ON ', c.objects, ' ', c.preposition, ' ',
    case c.grantee when 0::oid then 'PUBLIC'
        else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.grantee)) end,
    case when c.is_grantable then ' WITH GRANT OPTION' end
) as sql
from change c
group by c.classid, c.oid, c.prefix, c.objects, c.verb, c.preposition, c.grantee, c.is_grantable
order by 1, 2, c.prefix, c.objects, c.verb desc, pg_catalog.pg_get_userbyid(c.grantee), c.is_grantable;
