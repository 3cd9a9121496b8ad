-- What a database has that belongs to no schema, and what the server has. What came with the server
-- counts apart: it has numbers below those of users' objects, roles have reserved names.
select
    (select count(*) from pg_catalog.pg_extension) as extensions,
    (select count(*) from pg_catalog.pg_foreign_data_wrapper) as foreign_data_wrappers,
    (select count(*) from pg_catalog.pg_foreign_server) as foreign_servers,
    (select count(*) from pg_catalog.pg_user_mappings) as user_mappings,
    (select count(*) from pg_catalog.pg_cast where oid >= 16384::oid) as casts,
    (select count(*) from pg_catalog.pg_language where oid >= 16384::oid) as languages,
    (select count(*) from pg_catalog.pg_transform) as transforms,
    (select count(*) from pg_catalog.pg_am where oid >= 16384::oid) as access_methods,
    (select count(*) from pg_catalog.pg_event_trigger) as event_triggers,
    (select count(*) from pg_catalog.pg_publication) as publications,
    (
        select count(*)
        from pg_catalog.pg_subscription s
        join pg_catalog.pg_database d on d.oid = s.subdbid
        where d.datname = pg_catalog.current_database()
    ) as subscriptions,
    (select count(*) from pg_catalog.pg_default_acl) as default_privileges,
    (select count(*) from pg_catalog.pg_roles where rolname !~ '^pg_') as roles,
    (select count(*) from pg_catalog.pg_tablespace) as tablespaces,
    (select count(*) from pg_catalog.pg_cast where oid < 16384::oid) as system_casts,
    (select count(*) from pg_catalog.pg_language where oid < 16384::oid) as system_languages,
    (select count(*) from pg_catalog.pg_am where oid < 16384::oid) as system_access_methods,
    (select count(*) from pg_catalog.pg_roles where rolname ~ '^pg_') as system_roles
where :database = pg_catalog.current_database();
