-- Indexes made by CREATE INDEX; those behind keys are not listed by DuckDB. `expressions` is the
-- text of a list of SQL expressions: a column alone comes back as its name.
select
    database_name as database,
    schema_name as schema,
    table_name as relation,
    index_name as name,
    [
        case
            when regexp_full_match(e, '"([^"]|"")*"') then replace(e[2:-2], '""', '"')
            else e
        end
        for e in cast(expressions as varchar[])
    ] as columns,
    is_unique,
    is_primary,
    duckdb_indexes.sql as definition
from duckdb_indexes()
join duckdb_schemas() using (database_name, schema_name)
where (cast(:database as varchar) is null or database_name = :database)
  and case
        when cast(:schema as varchar) is not null then schema_name = :schema
        else schema_name = 'main' or not internal
      end
  and (cast(:relation as varchar) is null or table_name = :relation)
order by database_name, schema_name, table_name, index_name;
