-- The file behind a tab, as the tab knew it. A name is bytes: it need not be text.
create table tab_file (
    tab_id text primary key references tab (id) on delete cascade,
    path blob not null,
    encoding text not null,
    has_mark integer not null,
    line_end text not null,
    digest text not null,
    is_modified integer not null
) strict;

create table recent_file (
    path blob primary key,
    used_at real not null
) strict;
