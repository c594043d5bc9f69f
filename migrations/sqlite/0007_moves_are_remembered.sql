-- Where a feed is found is remembered beside where it is subscribed.
--
-- `validated_at` gave the validators, where it is not the address that is asked; `moved_to` is asked
-- instead of `url`, since that moved there for good; `moving_to` is where it says to have moved, and
-- was found in so many polls in a row (none: it held nothing known). A feed that moved to another
-- one's address is `merged_into` it: it is retired, and what it brought is the other's.
alter table feed add column validated_at text;
alter table feed add column moved_to text;
alter table feed add column moving_to text;
alter table feed add column moving_polls integer not null default 0;
alter table feed add column merged_into integer references feed (id);

create index feed_moved_to on feed (moved_to) where moved_to is not null;
create index feed_merged_into on feed (merged_into) where merged_into is not null;
