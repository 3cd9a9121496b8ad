-- Settings with what they are for.
select
    name,
    description as comment
from duckdb_settings()
order by name;
