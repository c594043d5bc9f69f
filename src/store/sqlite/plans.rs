//! The schema, and how SQLite means to run the hot queries: snapshots, so that a change of either
//! is seen, and a rule: nothing hot scans a table.

use rusqlite::{Connection, StatementStatus};

use crate::model::edition::CopyOf;
use crate::model::entry::EntryId;
use crate::model::feed::FeedId;
use crate::store::contract::world::{SqliteWorld, World, minute};
use crate::store::sqlite::connection;
use crate::store::statement::{Statement, Value};
use crate::store::{
    articles, callbacks, commit, copies, editions, entries, feeds, letters, neighbours,
    newsletters, notes, requests, upkeep,
};

fn hot() -> Vec<(&'static str, Statement)> {
    let tags = ["presse".to_owned(), "matin".to_owned()];
    let nulls = |count| vec![Value::Null; count];
    let before = Some((minute(0), EntryId(9)));
    let feed = FeedId(1);
    vec![
        ("agenda", Statement::new(feeds::AGENDA, nulls(1))),
        ("articles, waiting", Statement::new(articles::AGENDA, nulls(1))),
        ("articles, stale", Statement::new(articles::STALE, nulls(2))),
        ("feed, written", Statement::new(commit::FEED.as_str(), nulls(23))),
        ("entry, new", Statement::new(commit::ARRIVE, nulls(14))),
        ("body, new", Statement::new(commit::ARRIVE_BODY, nulls(5))),
        ("entry, changed", Statement::new(commit::CHANGE, nulls(12))),
        ("revision, raised", upkeep::revise(feed)),
        ("known by key", commit::known_by("entry_key", feed, nulls(4))),
        ("known by document", commit::known_by("document", feed, nulls(4))),
        ("neighbours", neighbours::bodies(nulls(10))),
        ("neighbours, looked for", neighbours::last_of(feed, 10)),
        ("newest: few or many", entries::count_few(&[])),
        ("newest: few or many, tagged", entries::count_few(&tags)),
        ("newest of many", entries::newest(&[], None, 100, false)),
        ("newest of many, tagged", entries::newest(&tags, before, 100, false)),
        ("newest of few, tagged", entries::newest(&tags, before, 100, true)),
        ("same documents", entries::same_documents(nulls(2), &tags)),
        ("whole entries", entries::whole(nulls(4))),
        ("stale bodies", Statement::new(entries::STALE, nulls(2))),
        ("waiting", newsletters::waiting_query("matin", &[], 5)),
        ("waiting, tagged", newsletters::waiting_query("matin", &tags, 5)),
        ("bearers of documents", copies::borne("matin", nulls(4))),
        ("kin by key", copies::by_key("matin", nulls(2), nulls(4))),
        ("feeds found together", Statement::new(copies::FOUND_TOGETHER, nulls(0))),
        (
            "copies, passed over",
            copies::pass_over(nulls(3), &[CopyOf { entry: EntryId(2), of: EntryId(1) }]),
        ),
        ("settled", Statement::new(newsletters::ARRIVED_BEFORE, nulls(2))),
        ("member, shown", Statement::new(editions::SHOW, nulls(5))),
        ("members, counted", editions::count(nulls(3), &[EntryId(1), EntryId(2)])),
        ("letters, due", letters::due(minute(0), 10)),
        ("letters, unfinished", letters::unfinished()),
        ("letters, next", Statement::new(letters::NEXT, nulls(0))),
        ("letter, claimed", Statement::new(letters::CLAIM, nulls(3))),
        ("note, kept", Statement::new(notes::KEEP, nulls(5))),
        ("callbacks, due", Statement::new(callbacks::FELL_DUE, nulls(2))),
        ("callbacks, next", Statement::new(callbacks::NEXT, nulls(1))),
        ("callbacks of feeds", callbacks::callbacks_among(nulls(4))),
        ("feeds of hubs", callbacks::hub_feeds_among(nulls(4))),
        ("notes, due", Statement::new(notes::DUE, nulls(2))),
        ("notes of feeds", notes::among(nulls(4))),
        ("notes, next", Statement::new(notes::NEXT, nulls(1))),
        ("requests, open", Statement::new(requests::OPEN, nulls(0))),
        ("requests, forgotten", Statement::new(requests::FORGET, nulls(1))),
    ]
}

fn plan(connection: &Connection, statement: &Statement) -> Vec<String> {
    let sql = format!("explain query plan {}", statement.sql.replace('$', "?"));
    let mut prepared = connection.prepare(&sql).expect("a plan");
    for index in 1..=statement.params.len() {
        prepared.raw_bind_parameter(index, Value::Null).expect("a parameter");
    }
    let mut rows = prepared.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().expect("a step") {
        steps.push(row.get("detail").expect("a text"));
    }
    steps
}

async fn database() -> (SqliteWorld, Connection) {
    let world = SqliteWorld::new();
    world.open(minute(0)).await.close().await.expect("a close");
    let connection = connection::writer(&world.path()).expect("a connection");
    (world, connection)
}

#[tokio::test]
async fn hot_queries_search_and_never_scan_a_table() {
    let (_world, connection) = database().await;
    let mut plans = String::new();
    for (name, statement) in hot() {
        plans.push_str(&format!("{name}\n"));
        for step in plan(&connection, &statement) {
            plans.push_str(&format!("    {step}\n"));
            let scans = step.starts_with("SCAN") && !ALLOWED_SCANS.contains(&(name, &step));
            assert!(!scans, "{name}: {step}");
        }
    }
    insta::assert_snapshot!(plans);
}

/// What is wanted whole, walked until enough is found, or has one row.
const ALLOWED_SCANS: [(&str, &str); 14] = [
    ("articles, waiting", "SCAN a USING COVERING INDEX article_waiting"),
    ("agenda", "SCAN f"),
    ("newest: few or many", "SCAN f"),
    ("newest: few or many", "SCAN some"),
    ("newest: few or many, tagged", "SCAN some"),
    ("newest of many", "SCAN e USING INDEX entry_ordered"),
    ("bearers of documents", "SCAN heading"),
    ("bearers of documents", "SCAN b"),
    ("feeds found together", "SCAN f"),
    ("feeds found together", "SCAN led"),
    ("copies, passed over", "SCAN c"),
    ("copies, passed over", "SCAN CONSTANT ROW"),
    ("settled", "SCAN CONSTANT ROW"),
    ("requests, open", "SCAN request USING INDEX request_open"),
];

/// So many feeds that name a hub, each with a callback that is verified: ten of them fall due at 60, and
/// ten have a note for then.
fn known_feeds(connection: &Connection, feeds: i64) {
    let all =
        "with recursive feeds(id) as (select 1 union all select id + 1 from feeds where id < ?1)";
    for insert in [
        "insert into feed (id, url, shard, title, item_count, guids, standing, failures, next_check, rule, polled_before, \
         hubs, topic) select id, 'https://exemple.fr/' || id, 0, '', 0, '[]', 'healthy', 0, 0, 'rhythm', 1, \
         '[\"https://hub.example/\"]', 'https://exemple.fr/' || id from feeds",
        "insert into callback (token, feed_id, address, hub, topic, state, due, attempts, verified, \
         lapses, heard, trusted_until, doubted, past, pushes, ignored) select 't' || id, id, \
         'https://mill.example/' || id, 'https://hub.example/', 'https://exemple.fr/' || id, 'active', \
         iif(id <= 10, 60, 900), 0, 0, 999, 0, 500, 0, 'none', 0, 0 from feeds",
        "insert into note (feed_id, generation, told, answered, fetch_at) \
         select id, 1, 1, 0, iif(id <= 10, 60, 900) from feeds",
    ] {
        connection.execute(&format!("{all} {insert}"), [feeds]).expect(insert);
    }
}

/// How many steps the database takes for a statement.
fn steps(connection: &Connection, statement: &Statement) -> i32 {
    let mut prepared = connection.prepare(&statement.sql.replace('$', "?")).expect("a query");
    for (index, value) in statement.params.iter().enumerate() {
        prepared.raw_bind_parameter(index + 1, value).expect("a parameter");
    }
    let mut rows = prepared.raw_query();
    while rows.next().expect("a row").is_some() {}
    drop(rows);
    prepared.get_status(StatementStatus::VmStep)
}

#[tokio::test]
async fn what_a_look_at_hubs_costs_follows_what_is_due_and_not_what_is_known() {
    let ten = || (1..=16).map(|number: i64| Value::Int(number.min(10))).collect::<Vec<_>>();
    let look = [
        (
            "callbacks, due",
            Statement::new(callbacks::FELL_DUE, vec![Value::Int(0), Value::Int(60)]),
        ),
        ("callbacks, next", Statement::new(callbacks::NEXT, vec![Value::Int(60)])),
        ("feeds of hubs", callbacks::hub_feeds_among(ten())),
        ("callbacks of feeds", callbacks::callbacks_among(ten())),
        ("notes, due", Statement::new(notes::DUE, vec![Value::Int(0), Value::Int(60)])),
        ("notes, next", Statement::new(notes::NEXT, vec![Value::Int(60)])),
        ("notes of feeds", notes::among(ten())),
    ];
    let mut costs = Vec::new();
    for feeds in [50, 5_000] {
        let (_world, connection) = database().await;
        known_feeds(&connection, feeds);
        costs.push(
            look.iter().map(|(name, one)| (*name, steps(&connection, one))).collect::<Vec<_>>(),
        );
    }
    assert_eq!(costs[0], costs[1]);
    // The count is one that grows where everything is read.
    let whole = Statement::new("select feed_id from callback where due + 0 <= 60", vec![]);
    let of_whole = async |feeds| {
        let (_world, connection) = database().await;
        known_feeds(&connection, feeds);
        steps(&connection, &whole)
    };
    assert!(of_whole(5_000).await > 50 * of_whole(50).await);
}

#[tokio::test]
async fn the_schema_is_as_it_was_seen_last() {
    let (_world, connection) = database().await;
    let mut query = connection
        .prepare("select sql from sqlite_schema where sql is not null order by name")
        .expect("a query");
    let texts = query.query_map([], |row| row.get::<_, String>(0)).expect("a schema");
    let texts: Vec<_> = texts.map(|text| text.expect("a text")).collect();
    insta::assert_snapshot!(texts.join(";\n\n"));
}
