-- Sequences.
select
    database_name as database,
    schema_name as schema,
    sequence_name as name,
    'BIGINT' as type,
    last_value
from duckdb_sequences()
where (cast(:database as varchar) is null or database_name = :database)
  and (cast(:schema as varchar) is null or schema_name = :schema)
order by database_name, schema_name, sequence_name;
