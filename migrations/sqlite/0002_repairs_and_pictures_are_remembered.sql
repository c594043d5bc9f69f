-- How much of a feed's last document had to be mended, its hubs and its picture are remembered; of
-- entries, the picture that stands for them and their own language.
--
-- `repair` is a word, absent until a document was read; `hubs` is a JSON list. What was kept before
-- has none of this until it is read again.

alter table feed add column repair text;
alter table feed add column hubs text;
alter table feed add column icon text;

alter table entry add column image text;
alter table entry add column language text;
