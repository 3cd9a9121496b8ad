-- Which roles a wanted role is in and has in it, and the settings of wanted roles and databases.
with wanted as (
    select w.classid, w.oid
    from rows from (
        pg_catalog.unnest(:classes::oid[]), pg_catalog.unnest(:oids::oid[])
    ) as w (classid, oid)
),
membership as (
    -- INHERIT and SET of a membership are there from 16 on. Who may grant comes first.
    select w.classid, w.oid,
        case when m.admin_option then 1 else 2 end as place,
        pg_catalog.concat(
            pg_catalog.format('GRANT %I TO %I', r.rolname, u.rolname),
            ' WITH ' || nullif(pg_catalog.concat_ws(', ',
                case when m.admin_option then 'ADMIN OPTION' end,
                'INHERIT ' || pg_catalog.upper(j.o ->> 'inherit_option'),
                'SET ' || pg_catalog.upper(j.o ->> 'set_option')
            ), ''),
            ' GRANTED BY ' || pg_catalog.quote_ident(g.rolname)
        ) as sql
    from wanted w
    join pg_catalog.pg_auth_members m
        on w.classid = 'pg_catalog.pg_authid'::regclass and w.oid in (m.roleid, m.member)
    join pg_catalog.pg_roles r on r.oid = m.roleid
    join pg_catalog.pg_roles u on u.oid = m.member
    left join pg_catalog.pg_roles g on g.oid = m.grantor
    cross join lateral (select pg_catalog.to_jsonb(m) as o) j
),
setting as (
    select w.classid, w.oid, 2 + c.number::int as place, pg_catalog.concat(
        'ALTER',
        ' ROLE ' || pg_catalog.quote_ident(r.rolname),
        case when r.oid is not null then ' IN' end || ' DATABASE ' || pg_catalog.quote_ident(d.datname),
        case when r.oid is null then ' DATABASE ' || pg_catalog.quote_ident(d.datname) end,
        pg_catalog.format(' SET %I TO ', c.name),
        -- A list is kept as it is written.
        case
            when c.value = '""' then ''''''
            when c.name in (
                'search_path', 'temp_tablespaces', 'local_preload_libraries',
                'session_preload_libraries', 'shared_preload_libraries',
                'unix_socket_directories', 'createrole_self_grant'
            ) then c.value
            else pg_catalog.quote_literal(c.value)
        end
    ) as sql
    from wanted w
    join pg_catalog.pg_db_role_setting s
        on (w.classid = 'pg_catalog.pg_authid'::regclass and s.setrole = w.oid)
        or (w.classid = 'pg_catalog.pg_database'::regclass and s.setdatabase = w.oid
            and s.setrole = 0::oid)
    left join pg_catalog.pg_roles r on r.oid = s.setrole
    left join pg_catalog.pg_database d on d.oid = s.setdatabase
    cross join lateral (
        select pg_catalog.split_part(item, '=', 1) as name,
            pg_catalog.substr(item, pg_catalog.strpos(item, '=') + 1) as value, number
        from pg_catalog.unnest(s.setconfig) with ordinality as i (item, number)
    ) c
)
select p.classid::text as classid, p.oid::text as oid, p.place, p.sql
from (select * from membership union all select * from setting) p
order by p.place, p.sql collate "C";
