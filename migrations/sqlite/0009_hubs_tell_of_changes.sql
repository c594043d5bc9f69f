-- Hubs tell of changes: by which address they know a feed, and at which addresses of ours they tell.
--
-- A callback is written with the generation it was read with. `due` is when something is to be done
-- about it, `trusted_until` how long polling may rest; `past` and `past_told` are what the leases
-- before say of the hub.
alter table feed add column topic text;

create table callback (
    token text primary key,
    generation integer not null default 0,
    feed_id integer not null references feed (id),
    address text not null,
    hub text not null,
    topic text not null,
    secret text,
    state text not null check (state in ('asked', 'active', 'refused', 'leaving')),
    due integer not null,
    attempts integer not null,
    verified integer,
    lapses integer,
    heard integer,
    trusted_until integer,
    doubted integer check (doubted in (0, 1)),
    told integer check (told in (0, 1)),
    reason text,
    past text not null check (past in ('none', 'told', 'silent')),
    past_told integer,
    pushes integer not null,
    ignored integer not null
) strict, without rowid;

create index callback_feed on callback (feed_id, trusted_until);

-- How much was told of a feed ever, up to where that was followed, and when the feed is to be fetched
-- for the rest.
create table note (
    feed_id integer primary key references feed (id),
    generation integer not null,
    told integer not null,
    answered integer not null,
    fetch_at integer
) strict;

create index note_fetch on note (fetch_at) where fetch_at is not null;
