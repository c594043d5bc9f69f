//! A feed as a row: which columns, and what stands in them.
//!
//! [`COLUMNS`] and [`state_values`] keep one order, so that the insert, the update and the query
//! cannot drift apart.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};

use crate::model::document::Repair;
use crate::model::feed::{Feed, FeedState, HubTrust, Standing};
use crate::model::outcome::Validators;
use crate::model::rhythm::Rhythm;
use crate::model::url::{FeedUrl, WebUrl};
use crate::model::whereabouts::{Moving, Whereabouts};
use crate::store::cells::{self, Cells};
use crate::store::error::StoreError;
use crate::store::lists::placeholders;
use crate::store::statement::{Statement, Value};
use crate::store::words;

/// The columns of a feed's state, in order.
pub const COLUMNS: [&str; 37] = [
    "title",
    "site",
    "language",
    "etag",
    "last_modified",
    "body_hash",
    "item_count",
    "guids",
    "wishes",
    "next_check",
    "rule",
    "not_before",
    "last_check",
    "last_change",
    "rhythm",
    "polled_before",
    "quarantined",
    "standing",
    "failures",
    "since",
    "failure_class",
    "failure_reason",
    "repair",
    "hubs",
    "icon",
    "left_out",
    "topic",
    "validated_at",
    "moved_to",
    "moving_to",
    "moving_polls",
    "moving_since",
    "moving_close",
    "met_strangers",
    "repeats",
    "whole",
    "unread",
];

/// The values of [`COLUMNS`].
pub fn state_values(state: &FeedState) -> Vec<Value> {
    let mut values = vec![
        (&state.title).into(),
        state.site.as_ref().into(),
        state.language.clone().into(),
        state.validators.etag.clone().into(),
        state.validators.last_modified.clone().into(),
        state.body_hash.map(|hash| hash.to_vec()).into(),
        state.item_count.into(),
        words::guids(state.guids).into(),
        cells::json(&state.wishes),
        state.next_check.into(),
        words::rule(state.rule).into(),
        state.not_before.into(),
        state.last_check.into(),
        state.last_change.into(),
        state.rhythm.to_bytes().into(),
        state.polled_before.into(),
        state.quarantined.map(|document| document.to_vec()).into(),
    ];
    values.extend(standing_values(&state.standing));
    let hubs: Vec<&str> = state.hubs.iter().map(WebUrl::as_str).collect();
    values.extend([
        state.repair.map(words::repair).into(),
        cells::json(&hubs),
        state.icon.as_ref().into(),
        state.left_out.into(),
        state.topic.as_ref().into(),
    ]);
    values.extend(whereabouts_values(&state.whereabouts));
    let unread = state.unread.map(|document| document.to_vec());
    values.extend([state.repeats.into(), state.whole.into(), unread.into()]);
    values
}

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let values = placeholders(1, 2 + COLUMNS.len());
    format!("insert into feed (url, shard, {}) values ({values})", COLUMNS.join(", "))
});

/// Writes a feed that was never asked.
pub fn insert(url: &FeedUrl, now: DateTime<Utc>) -> Statement {
    let mut params: Vec<Value> = vec![url.into(), Value::Int(url.site().shard().into())];
    params.extend(state_values(&FeedState::new(now)));
    Statement::new(INSERT.as_str(), params).expecting(1)
}

/// Who gave the validators, where it is asked, where it says to have moved, in how many polls, since
/// when, whether most was known; whether strangers were met.
fn whereabouts_values(whereabouts: &Whereabouts) -> [Value; 7] {
    let moving = whereabouts.moving.as_ref();
    [
        whereabouts.validated_at.as_ref().into(),
        whereabouts.moved_to.as_ref().map(FeedUrl::as_str).into(),
        moving.map(|moving| moving.to.as_str()).into(),
        moving.map_or(0, |moving| moving.polls).into(),
        moving.map(|moving| moving.since).into(),
        moving.is_some_and(|moving| moving.close).into(),
        whereabouts.met_strangers.into(),
    ]
}

/// Word, failures, since, class and reason.
fn standing_values(standing: &Standing) -> [Value; 5] {
    match standing {
        Standing::New => ["new".into(), 0i64.into(), Value::Null, Value::Null, Value::Null],
        Standing::Healthy => ["healthy".into(), 0i64.into(), Value::Null, Value::Null, Value::Null],
        Standing::Failing { failures, since, class, reason } => [
            "failing".into(),
            (*failures).into(),
            (*since).into(),
            words::class(*class).into(),
            reason.as_str().into(),
        ],
        Standing::Gone { since } => {
            ["gone".into(), 0i64.into(), (*since).into(), Value::Null, Value::Null]
        }
    }
}

/// The columns of a whole feed as [`feed`] reads them, of the table named `f`.
pub static FEED: LazyLock<String> = LazyLock::new(|| {
    let state: Vec<String> = COLUMNS.iter().map(|column| format!("f.{column}")).collect();
    let trust = ["trusted_until", "heard"].map(|column| {
        format!(
            "(select max(c.{column}) from callback c \
             where c.feed_id = f.id and c.trusted_until is not null)"
        )
    });
    format!("f.id, f.url, f.generation, {}, {}", state.join(", "), trust.join(", "))
});

/// Reads a feed from the cells of [`FEED`].
pub fn feed(cells: &mut Cells) -> Result<Feed, StoreError> {
    Ok(Feed {
        id: cells.feed()?,
        url: cells.feed_url()?,
        generation: cells.int()?,
        state: state(cells)?,
    })
}

fn state(cells: &mut Cells) -> Result<FeedState, StoreError> {
    Ok(FeedState {
        title: cells.plain()?,
        site: cells.link_or_null()?,
        language: cells.text_or_null()?,
        validators: Validators {
            etag: cells.blob_or_null()?,
            last_modified: cells.blob_or_null()?,
        },
        body_hash: cells.bytes_or_null()?,
        item_count: cells.count()?,
        guids: words::guids_of(&cells.text()?).ok_or_else(|| cells::corrupt("a trust in guids"))?,
        wishes: cells.json()?,
        next_check: cells.moment()?,
        rule: words::rule_of(&cells.text()?).ok_or_else(|| cells::corrupt("a rule"))?,
        not_before: cells.moment_or_null()?,
        last_check: cells.moment_or_null()?,
        last_change: cells.moment_or_null()?,
        rhythm: cells
            .blob_or_null()?
            .and_then(|bytes| Rhythm::from_bytes(&bytes))
            .unwrap_or_default(),
        polled_before: cells.flag()?,
        quarantined: cells.bytes_or_null()?,
        standing: standing(cells)?,
        repair: repair(cells)?,
        hubs: hubs(cells)?,
        icon: cells.link_or_null()?,
        left_out: cells.count()?,
        topic: cells.link_or_null()?,
        whereabouts: whereabouts(cells)?,
        repeats: cells.count()?,
        whole: cells.moment_or_null()?,
        unread: cells.bytes_or_null()?,
        hub_trust: cells.moment_or_null()?.zip(cells.moment_or_null()?).map(trust),
    })
}

fn whereabouts(cells: &mut Cells) -> Result<Whereabouts, StoreError> {
    let (validated_at, moved_to) = (cells.link_or_null()?, cells.feed_url_or_null()?);
    let (to, polls) = (cells.feed_url_or_null()?, cells.count()?);
    let (since, close) = (cells.moment_or_null()?, cells.flag()?);
    let moving = to.zip(since).map(|(to, since)| Moving { to, polls, since, close });
    Ok(Whereabouts { validated_at, moved_to, moving, met_strangers: cells.flag()? })
}

fn trust((until, heard): (DateTime<Utc>, DateTime<Utc>)) -> HubTrust {
    HubTrust { until, heard }
}

fn repair(cells: &mut Cells) -> Result<Option<Repair>, StoreError> {
    let word = cells.text_or_null()?;
    word.map(|word| words::repair_of(&word).ok_or_else(|| cells::corrupt("a repair"))).transpose()
}

/// A list of hubs.
pub fn hubs(cells: &mut Cells) -> Result<Vec<WebUrl>, StoreError> {
    let hubs: Vec<String> = cells.json()?;
    let hubs = hubs.iter().map(|hub| WebUrl::parse(hub).map_err(|_| cells::corrupt("a hub")));
    hubs.collect()
}

fn standing(cells: &mut Cells) -> Result<Standing, StoreError> {
    let word = cells.text()?;
    let failures = cells.count()?;
    let since = cells.moment_or_null()?;
    let class = cells.text_or_null()?;
    let reason = cells.text_or_null()?;
    let class = class.and_then(|word| words::class_of(&word));
    match (word.as_str(), since, class, reason) {
        ("new", ..) => Ok(Standing::New),
        ("healthy", ..) => Ok(Standing::Healthy),
        ("failing", Some(since), Some(class), Some(reason)) => {
            Ok(Standing::Failing { failures, since, class, reason })
        }
        ("gone", Some(since), ..) => Ok(Standing::Gone { since }),
        _ => Err(cells::corrupt("a standing")),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::model::document::Wishes;
    use crate::model::feed::{CheckRule, FeedId, GuidTrust};
    use crate::model::outcome::FailureClass;
    use crate::model::text::PlainText;
    use crate::store::statement::Row;

    fn round_trip(state: FeedState) {
        let url = FeedUrl::parse("https://exemple.fr/flux").expect("a URL");
        let mut row = vec![7i64.into(), (&url).into(), 3i64.into()];
        row.extend(state_values(&state));
        row.push(state.hub_trust.map(|trust| trust.until).into());
        row.push(state.hub_trust.map(|trust| trust.heard).into());
        let read = feed(&mut Cells::from(Row(row))).expect("a feed");
        assert_eq!(read, Feed { id: FeedId(7), url, generation: 3, state });
    }

    #[test]
    fn a_feed_comes_back_as_it_was_kept() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
        let standings = [
            Standing::New,
            Standing::Healthy,
            Standing::Gone { since: now },
            Standing::Failing {
                failures: 3,
                since: now,
                class: FailureClass::Throttled,
                reason: "429".to_owned(),
            },
        ];
        for standing in standings {
            round_trip(FeedState { standing, ..FeedState::new(now) });
        }
        round_trip(FeedState {
            title: PlainText::new("L’Écho"),
            site: WebUrl::parse("https://exemple.fr/").ok(),
            language: Some("fr".to_owned()),
            validators: Validators { etag: Some(vec![0xff, b'"']), last_modified: Some(vec![]) },
            body_hash: Some([9; 32]),
            item_count: 20,
            left_out: 3,
            guids: GuidTrust::Doubtful,
            wishes: Wishes { ttl_mins: Some(60), skip_hours: vec![0, 1], ..Wishes::default() },
            rule: CheckRule::SkippedHours,
            not_before: Some(now),
            last_check: Some(now),
            last_change: Some(now),
            repair: Some(Repair::Namespaces),
            hubs: vec![WebUrl::parse("https://hub.example/").expect("a URL")],
            icon: WebUrl::parse("https://exemple.fr/icone.png").ok(),
            topic: WebUrl::parse("https://exemple.fr/flux").ok(),
            hub_trust: Some(HubTrust { until: now + TimeDelta::days(1), heard: now }),
            rhythm: Rhythm { last: Some(now), ..Rhythm::default() },
            whereabouts: Whereabouts {
                validated_at: WebUrl::parse("https://autre.fr/flux").ok(),
                moved_to: FeedUrl::parse("https://exemple.fr/neuf").ok(),
                moving: FeedUrl::parse("https://exemple.fr/plus-neuf").ok().map(|to| Moving {
                    to,
                    polls: 4,
                    since: now,
                    close: true,
                }),
                met_strangers: true,
            },
            polled_before: true,
            repeats: 4,
            whole: Some(now),
            unread: Some([8; 32]),
            ..FeedState::new(DateTime::<Utc>::MAX_UTC - TimeDelta::nanoseconds(999_999))
        });
    }
}
