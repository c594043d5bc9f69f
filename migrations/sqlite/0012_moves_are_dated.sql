-- Since when a move that is not believed yet holds, and whether most of what was found there at each
-- poll was known. Whether a redirect ever led to strangers: no move is believed then. Claims of
-- before have no date, and begin anew.
alter table feed add column moving_since integer;
alter table feed add column moving_close integer not null default 0;
alter table feed add column met_strangers integer not null default 0;

update feed set met_strangers = 1 where moving_to is not null and moving_polls = 0;
update feed set moving_to = null, moving_polls = 0;
