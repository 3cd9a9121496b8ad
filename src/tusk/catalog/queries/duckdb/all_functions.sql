-- Signatures of all functions, for completion. Table functions call their positional parameters
-- col0, col1 …; the others are options, given by name.
select
    schema_name as schema,
    function_name as name,
    case
        when function_type in ('table', 'table_macro') then 'table'
        when function_type = 'aggregate' then 'aggregate'
        else 'function'
    end as kind,
    array_to_string(
        list_transform(
            list_filter(
                list_zip(parameters, parameter_types),
                lambda p: function_type <> 'table' or regexp_full_match(p[1], 'col\d+')
            ),
            lambda p: case when function_type = 'table' then p[2] else concat_ws(' ', p[1], p[2]) end
        ),
        ', '
    ) || case when varargs is not null then ', …' else '' end as arguments,
    case
        when function_type = 'table'
            then list_sort(list_filter(parameters, lambda p: not regexp_full_match(p, 'col\d+')))
        else []
    end as options,
    return_type as result,
    coalesce(comment, description) as comment,
    internal as is_system
from duckdb_functions()
where function_type <> 'pragma'
order by schema_name, function_name, len(parameters), function_oid;
