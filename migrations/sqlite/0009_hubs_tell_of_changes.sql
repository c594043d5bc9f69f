-- Hubs tell of changes: by which address they know a feed, and at which addresses of ours they tell.
--
-- A callback is written with the generation it was read with. `due` is when something is to be done
-- about it, `trusted_until` how long polling may rest, `fetch_at` when its feed is to be fetched
-- because of what was told.
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
    pushes integer not null,
    ignored integer not null,
    fetch_at integer
) strict, without rowid;

create index callback_feed on callback (feed_id, trusted_until);
