-- What a database has that belongs to no schema.
select
    (select count(*) from pg_catalog.pg_extension) as extensions,
    (select count(*) from pg_catalog.pg_foreign_server) as foreign_servers,
    (select count(*) from pg_catalog.pg_event_trigger) as event_triggers,
    (select count(*) from pg_catalog.pg_publication) as publications
where :database = pg_catalog.current_database();
