-- Names and types of all columns, for completion.
select
    schema_name as schema,
    table_name as relation,
    column_name as name,
    data_type as type,
    comment,
    false as is_generated,
    case when database_name = 'system' then current_database() else database_name end as database
from duckdb_columns()
order by database_name, schema_name, table_name, column_index;
