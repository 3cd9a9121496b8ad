-- Key columns of indexes, one row each; an expression has no name. An index behind a key has no
-- statement of its own.
select
    m.name as relation,
    l.name as name,
    x.seqno as position,
    x.name as column_name,
    l."unique" as is_unique,
    l.origin = 'pk' as is_primary,
    i.sql as definition
from {schema}.sqlite_master m
join pragma_index_list(m.name, :schema) l
join pragma_index_xinfo(l.name, :schema) x
left join {schema}.sqlite_master i on i.type = 'index' and i.name = l.name
where m.type = 'table'
  and m.name not like 'sqlite\_%' escape '\'
  and x.key
  and (:relation is null or m.name = :relation)
order by m.name, l.name, x.seqno;
