-- What PRAGMA knows.
select
    name,
    '' as comment
from pragma_pragma_list
order by name;
