-- Settings of a database, and of roles in it.
select coalesce(r.rolname::text, 'all roles') as role, setting
from pg_catalog.pg_db_role_setting s
left join pg_catalog.pg_roles r on r.oid = s.setrole
cross join lateral pg_catalog.unnest(s.setconfig) as setting
where s.setdatabase = :oid::oid
order by 1, 2;
