-- Entries that readers had before, through another feed, are passed over: each is a member of the
-- edition that did so, without a place, and knows which entry it is a copy of.
alter table edition_entry add column copy_of integer references entry (id);
alter table edition add column copies integer not null default 0;
