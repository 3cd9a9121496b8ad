-- What ANALYZE found: the first number is the rows in an index, which a partial one has fewer of.
select
    tbl as relation,
    max(cast(stat as integer)) as rows
from {schema}.sqlite_stat1
group by tbl;
