-- One row for each tusk process, alive or ended. An ended one's tabs go to the next start.
create table instance (
    id text primary key,
    saved_at real not null
) strict;

create table tab (
    id text primary key,
    instance_id text not null references instance (id),
    position integer not null,
    title text not null,
    text text not null,
    caret integer not null,
    connection text not null,
    is_active integer not null
) strict;

create index tab_instance on tab (instance_id, position);

-- Sizes of panes and the like, shared by all windows: the last one to change a size wins.
create table layout (
    name text primary key,
    value text not null
) strict;

create table recent_connection (
    name text primary key,
    used_at real not null
) strict;
