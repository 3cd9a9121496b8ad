-- Foreign keys, which stay within their schema.
select
    schema_name as schema,
    table_name as relation,
    constraint_column_names as columns,
    schema_name as referenced_schema,
    referenced_table as referenced,
    referenced_column_names as referenced_columns,
    database_name as database
from duckdb_constraints()
where constraint_type = 'FOREIGN KEY'
order by database_name, schema_name, table_name, constraint_index;
