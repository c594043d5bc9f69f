-- An outage of the service's own is remembered while it lasts.
create table outage (
    id integer primary key check (id = 1),
    since integer not null
) strict;

-- A feed that answers with the body that it was told we have: how often in a row. When it was last
-- asked for the whole of it.
alter table feed add column repeats integer not null default 0;
alter table feed add column whole integer;

-- Documents that are feeds and could not be read wait for a newer parser: body and validators are
-- kept together. `unread` names the one that waits, mixed with the version that could not read it.
alter table feed add column unread blob check (length(unread) = 32);

create table unread (
    feed_id integer primary key references feed (id),
    parser text not null,
    content_type text,
    found_at text not null,
    body blob not null
) strict;
