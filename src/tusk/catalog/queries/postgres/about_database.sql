-- A database in a few facts.
select f.fact, f.value
from pg_catalog.pg_database d
cross join lateral (
    values
        (1, 'owner', pg_catalog.pg_get_userbyid(d.datdba)::text),
        (2, 'comment', pg_catalog.shobj_description(d.oid, 'pg_database')),
        (3, 'encoding', pg_catalog.pg_encoding_to_char(d.encoding)::text),
        (4, 'collation', d.datcollate),
        (5, 'character types', d.datctype),
        (6, 'size', case when pg_catalog.has_database_privilege(d.oid, 'CONNECT')
            then pg_catalog.pg_size_pretty(pg_catalog.pg_database_size(d.oid)) end),
        (7, 'connection limit', case when d.datconnlimit >= 0 then d.datconnlimit::text end)
) as f (place, fact, value)
where d.oid = :oid::oid and f.value <> ''
order by f.place;
