//! The schema, and how SQLite means to run the hot queries: snapshots, so that a change of either
//! is seen, and a rule: nothing hot scans a table.

use rusqlite::Connection;

use crate::model::entry::EntryId;
use crate::model::feed::FeedId;
use crate::store::contract::world::{SqliteWorld, World, minute};
use crate::store::sqlite::connection;
use crate::store::statement::{Statement, Value};
use crate::store::{
    articles, commit, editions, entries, feeds, letters, neighbours, newsletters, notes, requests,
    upkeep,
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
        ("settled", Statement::new(newsletters::ARRIVED_BEFORE, nulls(2))),
        ("member, shown", Statement::new(editions::SHOW, nulls(5))),
        ("members, counted", editions::count(nulls(3), &[EntryId(1), EntryId(2)])),
        ("letters, due", letters::due(minute(0), 10)),
        ("letters, unfinished", letters::unfinished()),
        ("letters, next", Statement::new(letters::NEXT, nulls(0))),
        ("letter, claimed", Statement::new(letters::CLAIM, nulls(3))),
        ("note, kept", Statement::new(notes::KEEP, nulls(5))),
        ("notes, due", Statement::new(notes::DUE, nulls(1))),
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
const ALLOWED_SCANS: [(&str, &str); 8] = [
    ("articles, waiting", "SCAN a USING COVERING INDEX article_waiting"),
    ("agenda", "SCAN f"),
    ("newest: few or many", "SCAN f"),
    ("newest: few or many", "SCAN some"),
    ("newest: few or many, tagged", "SCAN some"),
    ("newest of many", "SCAN e USING INDEX entry_ordered"),
    ("settled", "SCAN CONSTANT ROW"),
    ("requests, open", "SCAN request USING INDEX request_open"),
];

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
