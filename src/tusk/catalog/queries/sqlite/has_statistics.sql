-- Whether ANALYZE has run.
select count(*) as found
from {schema}.sqlite_master
where type = 'table' and name = 'sqlite_stat1';
