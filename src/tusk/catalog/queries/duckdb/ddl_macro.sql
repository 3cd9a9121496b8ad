-- Macros, a row for each way to call them.
select
    function_name as name,
    function_type = 'table_macro' as is_table,
    parameters,
    macro_definition as definition
from duckdb_functions()
where not internal
  and macro_definition is not null
  and database_name = :database
  and schema_name = :schema
  and (cast(:name as varchar) is null or function_name = :name)
order by function_oid, len(parameters);
