-- Macros, and functions registered by a program.
select
    database_name as database,
    schema_name as schema,
    function_name as name,
    replace(function_type, '_', ' ') as kind,
    list_aggregate(
        [
            concat_ws(' ', p, parameter_types[i])
            for p, i in parameters
        ],
        'string_agg', ', '
    ) as arguments,
    return_type as result,
    comment
from duckdb_functions()
where not internal
  and (cast(:database as varchar) is null or database_name = :database)
  and (cast(:schema as varchar) is null or schema_name = :schema)
order by database_name, schema_name, function_name, arguments;
