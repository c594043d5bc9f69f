-- Entries of full-text feeds have their article read from its page.
--
-- A row is a place in the queue and, once read, the body that is shown in place of the feed's own,
-- which stays in entry_body.
create table article (
    entry_id integer primary key references entry (id),
    state text not null check (state in ('waiting', 'read', 'failed')),
    attempts integer not null default 0,
    next_attempt integer not null,
    reason text,
    image text,
    cleaner integer,
    html text,
    removed text
) strict;

create index article_waiting on article (next_attempt, entry_id) where state = 'waiting';
create index article_cleaner on article (cleaner) where html is not null;
