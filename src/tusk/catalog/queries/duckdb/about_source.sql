-- What a macro stands for.
select array_to_string(parameters, ', ') as parameters, macro_definition as definition
from duckdb_functions()
where macro_definition is not null
  and database_name = :database and schema_name = :schema and function_name = :name;
