-- Columns without the hidden ones of virtual tables. Generated ones (2: virtual, 3: stored) have
-- their expression in the table's SQL only.
select
    m.name as relation,
    x.cid + 1 as position,
    x.name as name,
    x.type as type,
    not x."notnull" as is_nullable,
    x.dflt_value as "default",
    x.pk > 0 as is_primary_key,
    x.hidden as hidden,
    case when x.hidden <> 0 then m.sql end as sql
from {schema}.sqlite_master m
join pragma_table_xinfo(m.name, :schema) x
where m.type in ('table', 'view')
  and m.name not like 'sqlite\_%' escape '\'
  and x.hidden <> 1
  and (:relation is null or m.name = :relation)
order by m.name, x.cid;
