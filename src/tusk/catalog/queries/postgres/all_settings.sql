-- Settings with what they are for.
select
    s.name,
    s.short_desc as comment
from pg_catalog.pg_settings s
order by s.name;
