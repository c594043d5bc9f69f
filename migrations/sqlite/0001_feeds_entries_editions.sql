-- Feeds, their entries, and the editions made of them are kept.
--
-- Times are milliseconds since 1970 UTC, booleans 0 and 1, lists JSON. Numbers given by
-- `autoincrement` never run back, even when what they named is deleted.

-- Sites are divided into 256 shards; `revision` counts what readers would notice.
create table shard (
    shard integer primary key,
    owner text,
    lapses integer,
    generation integer not null default 0,
    revision integer not null default 0
) strict;

insert into shard (shard)
with recursive number (n) as (select 0 union all select n + 1 from number where n < 255)
select n from number;

-- No index holds what a poll changes, so that a 304 costs one row.
create table feed (
    id integer primary key autoincrement,
    url text not null unique,
    shard integer not null check (shard between 0 and 255),
    retired integer not null default 0 check (retired in (0, 1)),
    generation integer not null default 0,
    title text not null,
    site text,
    language text,
    etag blob,
    last_modified blob,
    body_hash blob check (length(body_hash) = 32),
    item_count integer not null,
    guids text not null,
    wishes text,
    standing text not null,
    failures integer not null,
    since integer,
    failure_class text,
    failure_reason text,
    next_check integer not null,
    rule text not null,
    not_before integer,
    last_check integer,
    last_change integer,
    pace_secs integer,
    polled_before integer not null check (polled_before in (0, 1))
) strict;

create table feed_tag (
    feed_id integer not null references feed (id),
    tag text not null,
    primary key (feed_id, tag)
) strict, without rowid;

create index feed_tag_tag on feed_tag (tag, feed_id);

-- Rows are lean: bodies are apart, and what selections look at comes first.
create table entry (
    id integer primary key autoincrement,
    feed_id integer not null references feed (id),
    backlog integer not null,
    ordered integer not null,
    first_seen integer not null,
    document integer,
    title_hash integer not null,
    changed integer not null,
    changes integer not null default 0,
    published integer,
    fingerprint integer not null,
    entry_key blob not null check (length(entry_key) = 16),
    title text not null,
    link text,
    authors text,
    categories text,
    enclosures text,
    unique (feed_id, entry_key)
) strict;

create index entry_document on entry (document, feed_id) where document is not null;
create index entry_title on entry (feed_id, title_hash);
create index entry_ordered on entry (ordered, id, feed_id);

create table entry_body (
    entry_id integer primary key references entry (id),
    cleaner integer not null,
    html text not null
) strict;

create index entry_body_cleaner on entry_body (cleaner);

-- `settled`: no entry up to this number is considered again. `last_slot`: the last firing that was
-- answered, with or without an edition.
create table newsletter (
    id integer primary key autoincrement,
    name text not null unique,
    began integer not null,
    settled integer not null,
    last_slot integer
) strict;

create table edition (
    id integer primary key autoincrement,
    newsletter_id integer not null references newsletter (id),
    slot_date text not null,
    slot_time text not null,
    slot_at integer not null,
    sealed integer not null,
    sender text not null,
    title text not null,
    shown integer not null,
    counted integer not null,
    subject text not null,
    html text not null,
    plain text not null,
    unique (newsletter_id, slot_date, slot_time)
) strict;

-- Members of editions. `place` is the order of those shown; those only counted have none.
create table edition_entry (
    newsletter_id integer not null references newsletter (id),
    entry_id integer not null references entry (id),
    edition_id integer not null references edition (id),
    place integer,
    primary key (entry_id, newsletter_id)
) strict, without rowid;

create index edition_entry_place on edition_entry (edition_id, place) where place is not null;

create table letter (
    id integer primary key autoincrement,
    edition_id integer not null references edition (id),
    recipient text not null,
    message_id text not null unique,
    sha256 blob not null check (length(sha256) = 32),
    state text not null,
    attempts integer not null default 0,
    resent integer not null default 0 check (resent in (0, 1)),
    next_attempt integer not null,
    expires integer not null,
    attempted integer,
    reply text,
    generation integer not null default 0,
    unique (edition_id, recipient)
) strict;

create index letter_state on letter (state, next_attempt);

-- What commands ask of the running service.
create table request (
    id integer primary key autoincrement,
    kind text not null,
    argument text not null,
    asked integer not null,
    answer text,
    answered integer
) strict;

create index request_open on request (id) where answered is null;
create index request_answered on request (answered) where answered is not null;
