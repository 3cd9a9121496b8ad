-- The program's extensions and secrets are not counted: reading them fails where files are out of
-- reach, and fixes the settings of secrets.
select
    cast(null as integer) as system_extensions,
    cast(null as integer) as system_secrets
where :database = current_database();
