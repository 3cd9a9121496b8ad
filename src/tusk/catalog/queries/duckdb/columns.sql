-- Columns. That a column is generated can be seen only in the table's SQL.
select
    c.database_name as database,
    c.schema_name as schema,
    c.table_name as relation,
    c.column_index as position,
    c.column_name as name,
    c.data_type as type,
    c.is_nullable,
    case
        when contains(t.sql, ' GENERATED ALWAYS AS(')
            and regexp_matches(
                t.sql,
                concat(
                    '[(,] ?"?', regexp_escape(replace(c.column_name, '"', '""')), '"? ',
                    regexp_escape(c.data_type), ' GENERATED ALWAYS AS\('
                )
            )
            then concat('generated always as (', c.column_default, ')')
        else c.column_default
    end as "default",
    c.comment,
    coalesce(list_contains(k.constraint_column_names, c.column_name), false) as is_primary_key
from duckdb_columns() c
left join duckdb_tables() t
    on t.database_oid = c.database_oid and t.schema_oid = c.schema_oid and t.table_oid = c.table_oid
left join duckdb_constraints() k
    on k.database_oid = c.database_oid and k.schema_oid = c.schema_oid and k.table_oid = c.table_oid
    and k.constraint_type = 'PRIMARY KEY'
where not c.internal
  and (cast(:database as varchar) is null or c.database_name = :database)
  and (cast(:schema as varchar) is null or c.schema_name = :schema)
  and (cast(:relation as varchar) is null or c.table_name = :relation)
order by c.database_name, c.schema_name, c.table_name, c.column_index;
