-- Tables (files among them) and views. DataFusion keeps no statistics that SQL can read.
select
    table_catalog as database,
    table_schema as schema,
    table_name as name,
    case when table_type = 'VIEW' then 'view' else 'table' end as kind
from information_schema.tables
where (cast(:database as varchar) is null or table_catalog = :database)
  and cast(:parent as varchar) is null
  and case
        when cast(:schema as varchar) is not null then table_schema = :schema
        else table_schema <> 'information_schema'
      end
order by table_catalog, table_schema, table_name;
