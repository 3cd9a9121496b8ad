select
    count(*) filter (where type = 'table') as tables,
    count(*) filter (where type = 'view') as views
from {schema}.sqlite_master
where name not like 'sqlite\_%' escape '\';
