-- An outage of the service's own is remembered while it lasts.
create table outage (
    id integer primary key check (id = 1),
    since integer not null
) strict;
