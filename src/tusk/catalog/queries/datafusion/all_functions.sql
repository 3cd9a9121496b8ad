-- Functions, a row for each signature.
select
    '' as schema,
    r.routine_name as name,
    case r.function_type when 'AGGREGATE' then 'aggregate' when 'WINDOW' then 'window' else 'function' end
        as kind,
    r.syntax_example as example,
    r.data_type as result,
    r.description as comment,
    true as is_system
from information_schema.routines r
order by r.routine_name;
