-- Names that start with sqlite_ are reserved for SQLite's own tables.
select
    :database as database,
    :schema as schema,
    name,
    case when sql like 'create virtual table%' then 'virtual table' else type end as kind
from {schema}.sqlite_master
where type in ('table', 'view')
  and name not like 'sqlite\_%' escape '\'
order by name;
