-- What cleaning took out of a body is kept beside it, as JSON; absent where nothing was removed.
alter table entry_body add column removed text;
