-- The main database, the temporary one once it is used, and attached ones.
select
    :database as database,
    name,
    nullif(file, '') as comment
from pragma_database_list
order by name;
