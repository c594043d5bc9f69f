//! `feedmill refresh`: one polling pass, then the end.
//!
//! Without a running service the command does the work itself; with one it asks the service, which
//! owns the database.

use std::fmt::Write;
use std::io::{self, IsTerminal};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::cli::answer::{Answer, Code, counted};
use crate::cli::workshop::{self, Turn};
use crate::daemon::compose::Workshop;
use crate::daemon::lifecycle::{self, Stop};
use crate::daemon::pass;
use crate::jobs::errand::{Errand, Remark, Reply, Tally, Wish};
use crate::jobs::tally;
use crate::model::settings::{FetchSettings, Settings};
use crate::model::text::HeaderText;

/// Asks feeds once.
///
/// # Errors
/// If the database cannot be opened or the service does not answer.
pub async fn run(settings: Settings, wish: Wish, as_json: bool) -> anyhow::Result<Answer> {
    let fetch = settings.fetch.clone();
    let tally = match workshop::turn(settings, &Errand::Refresh(wish.clone())).await? {
        Turn::Ours(workshop) => {
            let tally = pass(&workshop, &fetch, &wish, as_json).await;
            workshop.close().await;
            tally?
        }
        Turn::Theirs(Reply::Refreshed(tally)) => tally,
        Turn::Theirs(Reply::Failed { why }) => anyhow::bail!(why),
        Turn::Theirs(Reply::Newsletter { .. } | Reply::Manners { .. }) => {
            anyhow::bail!("the service answered something else")
        }
    };
    let mut answer = if as_json { Answer::json(&json!(tally)) } else { in_words(&tally) };
    if tally.read == 0 && !(tally.failed.is_empty() && tally.held.is_empty()) {
        answer.code = Code::Failed;
    }
    Ok(answer)
}

async fn pass(
    workshop: &Workshop,
    fetch: &FetchSettings,
    wish: &Wish,
    as_json: bool,
) -> anyhow::Result<Tally> {
    let stop = Stop::default();
    lifecycle::end_on_signals(&stop).context("failed to listen to signals")?;
    let wished = workshop.wished(wish).await?;
    let mut tally = Tally { held: wished.unknown, ..Tally::default() };
    let bar = progress(wished.feeds.len(), as_json);
    pass::run(workshop, fetch, wished.feeds, wish.force, &stop, |asked| {
        tally::note(&mut tally, asked.feed, &asked.result);
        bar.inc(1);
    })
    .await;
    bar.finish_and_clear();
    Ok(tally)
}

/// A bar on standard error if that is a terminal, else nothing.
fn progress(feeds: usize, as_json: bool) -> ProgressBar {
    if as_json || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(feeds as u64);
    match ProgressStyle::with_template("{bar:40} {pos}/{len} feeds, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn in_words(tally: &Tally) -> Answer {
    let mut text = format!(
        "{} asked: {}, {} changed, {} failed, {} not asked.\n",
        counted(tally.asked, "feed", "feeds"),
        counted(tally.arrived, "new entry", "new entries"),
        tally.changed,
        tally.failed.len(),
        tally.held.len(),
    );
    let mut list = |title: &str, remarks: &[Remark]| {
        if !remarks.is_empty() {
            let _ = write!(text, "\n{title}:\n");
        }
        for Remark { url, reason } in remarks {
            let (url, reason) = (HeaderText::new(url), HeaderText::new(reason));
            let _ = writeln!(text, "  {url}\n    {reason}");
        }
    };
    list("Failed", &tally.failed);
    list("Not asked", &tally.held);
    Answer::done(text)
}
