-- Columns of primary, unique and foreign keys, one row each. A foreign key that names no columns
-- means the other table's primary key.
select
    m.name as relation,
    'primary key' as kind,
    '' as id,
    x.pk as position,
    x.name as name,
    null as referenced,
    null as referenced_column,
    null as actions
from {schema}.sqlite_master m
join pragma_table_info(m.name, :schema) x
where m.type = 'table'
  and m.name not like 'sqlite\_%' escape '\'
  and x.pk > 0
  and (:relation is null or m.name = :relation)
union all
select
    m.name,
    'unique',
    l.name,
    x.seqno,
    x.name,
    null,
    null,
    null
from {schema}.sqlite_master m
join pragma_index_list(m.name, :schema) l
join pragma_index_info(l.name, :schema) x
where m.type = 'table'
  and m.name not like 'sqlite\_%' escape '\'
  and l.origin = 'u'
  and (:relation is null or m.name = :relation)
union all
select
    m.name,
    'foreign key',
    cast(f.id as text),
    f.seq,
    f."from",
    f."table",
    coalesce(
        f."to",
        (select p.name from pragma_table_info(f."table", :schema) p where p.pk = f.seq + 1)
    ),
    case when f.on_update <> 'NO ACTION' then ' ON UPDATE ' || f.on_update else '' end
    || case when f.on_delete <> 'NO ACTION' then ' ON DELETE ' || f.on_delete else '' end
from {schema}.sqlite_master m
join pragma_foreign_key_list(m.name, :schema) f
where m.type = 'table'
  and m.name not like 'sqlite\_%' escape '\'
  and (:relation is null or m.name = :relation)
order by 1, 2, 3, 4;
