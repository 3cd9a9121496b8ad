-- Settings with what they are for.
select
    name,
    description as comment
from information_schema.df_settings
order by name;
