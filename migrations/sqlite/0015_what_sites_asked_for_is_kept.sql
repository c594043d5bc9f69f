-- A site that throttled us is asked more slowly for a time, also after a restart: until when, how many
-- times as slowly, which address was told, and whether it said for how long (Retry-After).
create table site_rest (
    site text primary key,
    shard integer not null references shard (shard),
    until integer not null,
    slower integer not null check (slower > 1),
    told text not null,
    said integer not null
) strict;

-- An outage that is over is remembered for a while: what became due in it comes back slowly, also after
-- a restart.
alter table outage add column ended integer;
