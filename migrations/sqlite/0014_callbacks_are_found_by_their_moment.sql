-- Callbacks are found by the moment at which something is to be done about them, however many there are.
create index callback_due on callback (due, feed_id);
create index callback_lapses on callback (lapses, feed_id) where lapses is not null;

-- A feed may name several hubs: how often another one had its turn because this one failed.
alter table callback add column passes integer not null default 0;
