-- Who may do what, the owner's and everybody's rights by default included.
select
    case g.grantee when 0::oid then 'PUBLIC' else pg_catalog.pg_get_userbyid(g.grantee)::text
        end as role,
    pg_catalog.string_agg(
        pg_catalog.lower(g.privilege_type) || case when g.is_grantable then ' (may grant)' else '' end,
        ', ' order by g.privilege_type
    ) as privileges,
    pg_catalog.pg_get_userbyid(g.grantor)::text as "granted by"
from pg_catalog.pg_type o
cross join lateral pg_catalog.aclexplode(
    coalesce(o.typacl, pg_catalog.acldefault('T', o.typowner))
) g
where o.oid = :oid::oid
group by g.grantee, g.grantor
order by g.grantee <> 0::oid, 1;
