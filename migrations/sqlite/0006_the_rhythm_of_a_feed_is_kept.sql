-- The rhythm of a feed is kept: when it publishes, as counts. Its mean pace follows from it.
alter table feed drop column pace_secs;
alter table feed add column rhythm blob;
update feed set rule = 'rhythm' where rule = 'pace';
