-- Query plans that a user wanted to keep, to compare later ones with.
create table plan (
    id integer primary key autoincrement,
    saved_at real not null,         -- seconds since 1970
    name text not null,
    connection text not null,       -- what the user calls it
    engine text not null,
    sql text not null,              -- the statement, without secrets
    options text not null,          -- what was asked for, in words
    is_generic integer not null,    -- 1: planned without values for parameters
    document text not null          -- the engine's own answer
) strict;
