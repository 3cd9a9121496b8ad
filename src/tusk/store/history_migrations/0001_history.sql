-- One row for each statement that was run, by any tusk of this user.
create table statement (
    id integer primary key autoincrement,
    started_at real not null,       -- seconds since 1970
    connection text not null,       -- what the user calls it
    location text not null,         -- the file or folder it was, empty for a server
    engine text not null,
    text text not null,             -- without secrets, and not longer than the store keeps
    is_masked integer not null,
    is_cut integer not null,
    parameters text not null,       -- a JSON list of name:type=value, or of names
    status text not null,
    duration_s real not null,
    rows integer,
    affected integer,
    is_complete integer not null,   -- 0: there were more rows
    sqlstate text not null,
    error text not null,
    is_pinned integer not null default 0
) strict;

create index statement_started on statement (started_at);
create index statement_connection on statement (connection, id);
create index statement_unpinned on statement (id) where not is_pinned;

-- Trigrams find any part of a name, as people remember them.
create virtual table statement_search using fts5 (
    text, error, content = 'statement', content_rowid = 'id', tokenize = 'trigram'
);

create trigger statement_inserted after insert on statement begin
    insert into statement_search (rowid, text, error) values (new.id, new.text, new.error);
end;

create trigger statement_deleted after delete on statement begin
    insert into statement_search (statement_search, rowid, text, error)
    values ('delete', old.id, old.text, old.error);
end;

create trigger statement_changed after update of text, error on statement begin
    insert into statement_search (statement_search, rowid, text, error)
    values ('delete', old.id, old.text, old.error);
    insert into statement_search (rowid, text, error) values (new.id, new.text, new.error);
end;
