-- Roles that a role is in, and that are in it.
select 'is in' as "the role", r.rolname::text as role, case when m.admin_option then 'may grant it' end as note
from pg_catalog.pg_auth_members m
join pg_catalog.pg_roles r on r.oid = m.roleid
where m.member = :oid::oid
union all
select 'has', r.rolname, case when m.admin_option then 'may grant it' end
from pg_catalog.pg_auth_members m
join pg_catalog.pg_roles r on r.oid = m.member
where m.roleid = :oid::oid
order by 1, 2;
