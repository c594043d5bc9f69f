-- What readers had before, or know already, is not told again.
--
-- An entry that they had through another feed is passed over: it is a member of the edition that did
-- so, without a place, and knows which entry it is a copy of.
alter table edition_entry add column copy_of integer references entry (id);
alter table edition add column copies integer not null default 0;

-- Which edition told that a feed has ended, and which end that was: one that came back may end again.
-- What ended before this was told is no news: no edition tells it.
create table told_end (
    newsletter_id integer not null references newsletter (id),
    feed_id integer not null references feed (id),
    since integer not null,
    edition_id integer references edition (id),
    primary key (feed_id, newsletter_id, since)
) strict, without rowid;

insert into told_end (newsletter_id, feed_id, since)
select n.id, f.id, f.since from newsletter n cross join feed f
where f.standing = 'gone' and f.since is not null;
