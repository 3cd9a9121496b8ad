select
    table_catalog as database,
    table_schema as schema,
    table_name as relation,
    ordinal_position + 1 as position,
    column_name as name,
    data_type as type,
    is_nullable = 'YES' as is_nullable,
    column_default as "default"
from information_schema.columns
where (cast(:database as varchar) is null or table_catalog = :database)
  and case
        when cast(:schema as varchar) is not null then table_schema = :schema
        else table_schema <> 'information_schema'
      end
  and (cast(:relation as varchar) is null or table_name = :relation)
order by table_catalog, table_schema, table_name, ordinal_position;
