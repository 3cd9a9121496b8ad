-- Functions by name and number of arguments, -1 for any number.
select distinct
    '' as schema,
    name,
    case type when 'w' then 'aggregate' when 'a' then 'aggregate' else 'function' end as kind,
    case
        when narg < 0 then '…'
        else substr('x, y, z, u, v, w, a, b, c, d, e, f', 1, max(narg * 3 - 2, 0))
    end as arguments,
    '' as result,
    '' as comment,
    builtin as is_system
from pragma_function_list
where name not glob '*[^a-z0-9_]*'
order by name, narg;
