//! `feedmill newsletter`: when it is due, what was sent, what would be sent.

use anyhow::Context;
use clap::Subcommand;
use serde::Serialize;
use serde_json::json;

use crate::cli::answer::{Answer, Code, Failure, counted};
use crate::cli::tables::table;
use crate::cli::workshop::{self, Turn};
use crate::daemon::compose::{Workshop, World};
use crate::jobs::errand::{Errand, Reply};
use crate::jobs::overview::EditionReport;
use crate::jobs::rehearse;
use crate::jobs::seal;
use crate::jobs::trouble;
use crate::model::letter::{Handover, LetterState};
use crate::model::secret::Address;
use crate::model::settings::{Newsletter, Settings, newsletter_named};

/// How many editions `list` shows.
const LISTED: usize = 30;

/// What can be done about newsletters.
#[derive(Debug, Clone, Subcommand)]
pub enum NewsletterCommand {
    /// Says when each newsletter is due next
    Next,
    /// Lists the latest editions and what became of their letters
    List {
        /// Only of this newsletter
        name: Option<String>,
    },
    /// Shows the next edition as it would be now; changes nothing
    Preview {
        /// Which newsletter
        name: String,
        /// Show the HTML part instead of the text part
        #[arg(long, conflicts_with = "eml")]
        html: bool,
        /// Show the whole letter to the first subscriber
        #[arg(long)]
        eml: bool,
    },
    /// Makes the edition of the current slot now and sends it; the timetable then skips that slot
    Send {
        /// Which newsletter
        name: String,
    },
    /// Mails the next edition as it would be now to one address; changes nothing
    Test {
        /// Which newsletter
        name: String,
        /// To whom
        address: String,
    },
}

/// Does what is asked.
///
/// # Errors
/// If it cannot be done.
pub async fn run(
    settings: Settings,
    command: NewsletterCommand,
    as_json: bool,
) -> anyhow::Result<Answer> {
    match command {
        NewsletterCommand::Next => next(&settings, as_json),
        NewsletterCommand::List { name } => list(settings, name.as_deref(), as_json).await,
        NewsletterCommand::Preview { name, html, eml } => preview(settings, &name, html, eml).await,
        NewsletterCommand::Send { name } => send(settings, name).await,
        NewsletterCommand::Test { name, address } => test(settings, &name, &address).await,
    }
}

#[derive(Debug, Serialize)]
struct Firing {
    newsletter: String,
    local: String,
    utc: String,
}

fn next(settings: &Settings, as_json: bool) -> anyhow::Result<Answer> {
    let now = World::real().clock.now();
    let firing = |newsletter: &Newsletter| {
        let slot = rehearse::upcoming(newsletter, now, 1).into_iter().next()?;
        let local = slot.at.with_timezone(&newsletter.timetable.zone());
        Some(Firing {
            newsletter: newsletter.name.clone(),
            local: format!("{} {}", local.format("%a %Y-%m-%d %H:%M"), newsletter.timetable.zone()),
            utc: slot.at.format("%Y-%m-%d %H:%MZ").to_string(),
        })
    };
    let firings: Vec<Firing> = settings.newsletters.iter().filter_map(firing).collect();
    if as_json {
        return Ok(Answer::json(&json!(firings)));
    }
    if firings.is_empty() {
        return Ok(Answer::done("No newsletter is configured; `feedmill init` shows how.\n"));
    }
    let row =
        |firing: &Firing| vec![firing.newsletter.clone(), firing.local.clone(), firing.utc.clone()];
    Ok(Answer::done(table(&["newsletter", "next", "utc"], firings.iter().map(row).collect())))
}

async fn list(settings: Settings, name: Option<&str>, as_json: bool) -> anyhow::Result<Answer> {
    let workshop = Workshop::beside(settings, World::real()).await?;
    let editions = workshop.overview().editions(name, LISTED).await?;
    if as_json {
        return Ok(Answer::json(&json!(editions)));
    }
    let row = |edition: &EditionReport| {
        let counted = edition.letters.iter().map(|(state, count)| format!("{count} {state}"));
        let twice = (edition.resent > 0).then(|| format!("{} of them sent twice", edition.resent));
        let letters: Vec<String> = counted.chain(twice).collect();
        vec![
            edition.newsletter.clone(),
            edition.slot.clone(),
            edition.shown.to_string(),
            edition.counted.to_string(),
            edition.copies.to_string(),
            letters.join(", "),
            edition.subject.clone(),
            edition.replies.join("; "),
        ]
    };
    let head = ["newsletter", "slot", "shown", "more", "copies", "letters", "subject", "replies"];
    Ok(Answer::done(table(&head, editions.iter().map(row).collect())))
}

async fn preview(settings: Settings, name: &str, html: bool, eml: bool) -> anyhow::Result<Answer> {
    let newsletter = newsletter_named(&settings.newsletters, name)?.clone();
    let workshop = Workshop::beside(settings, World::real()).await?;
    let rehearser = workshop.rehearser();
    let rehearsal = rehearser.rehearse(&newsletter).await.with_context(|| failed(name))?;
    Ok(Answer::done(if eml {
        let to = newsletter.to.first().unwrap_or(&newsletter.from);
        String::from_utf8_lossy(&rehearser.letter(&newsletter, &rehearsal, to)).into_owned()
    } else if html {
        rehearsal.text.html
    } else {
        format!("{}\n\n{}", rehearsal.text.subject, rehearsal.text.text)
    }))
}

async fn send(settings: Settings, name: String) -> anyhow::Result<Answer> {
    let newsletter = newsletter_named(&settings.newsletters, &name)?.clone();
    let errand = Errand::Send { newsletter: name.clone() };
    match workshop::turn(settings, &errand).await? {
        Turn::Ours(workshop) => {
            let answer = workshop.sealer().answer_now(&newsletter).await;
            let delivered = deliver(&workshop).await;
            workshop.close().await;
            let answer = answer.with_context(|| failed(&name))?;
            let mut answer = told(&answer.told(), matches!(answer, seal::Answer::Sealed { .. }));
            delivered?.add_to(&mut answer);
            Ok(answer)
        }
        Turn::Theirs(Reply::Newsletter { told: words, sealed }) => Ok(told(&words, sealed)),
        Turn::Theirs(Reply::Failed { why }) => anyhow::bail!(why),
        Turn::Theirs(Reply::Refreshed(_) | Reply::Manners { .. }) => {
            anyhow::bail!("the service answered something else")
        }
    }
}

/// What became of letters that were tried.
#[derive(Debug, Default)]
struct Delivered {
    accepted: usize,
    others: usize,
}

impl Delivered {
    /// Says so; letters that were not accepted make the command fail, for nobody tries them now.
    fn add_to(&self, answer: &mut Answer) {
        let letters = counted(self.accepted, "letter", "letters");
        answer.out.push_str(&format!("{letters} accepted\n"));
        if self.others > 0 {
            answer.code = Code::Failed;
            answer.err = format!(
                "{} not accepted; `feedmill newsletter list` says why, and `feedmill run` goes on \
                 trying\n",
                counted(self.others, "letter", "letters")
            );
        }
    }
}

/// Tries every letter that is due once.
async fn deliver(workshop: &Workshop) -> anyhow::Result<Delivered> {
    let deliverer = workshop.deliverer();
    deliverer.recover().await.context("failed to look up letters half sent")?;
    let mut delivered = Delivered::default();
    for letter in deliverer.due(usize::from(u16::MAX)).await.context("failed to read letters")? {
        match deliverer.deliver(&letter).await {
            Ok(LetterState::Accepted) => delivered.accepted += 1,
            Ok(_) => delivered.others += 1,
            Err(error) => {
                tracing::error!(error = %trouble::in_words(&error), "a letter's delivery was not recorded");
                delivered.others += 1;
            }
        }
    }
    Ok(delivered)
}

fn told(words: &str, sealed: bool) -> Answer {
    let code = if sealed { Code::Done } else { Code::Failed };
    Answer { code, ..Answer::done(format!("{words}\n")) }
}

async fn test(settings: Settings, name: &str, address: &str) -> anyhow::Result<Answer> {
    let newsletter = newsletter_named(&settings.newsletters, name)?.clone();
    let to = Address::parse(address).with_context(|| format!("\"{address}\" cannot be mailed"))?;
    let workshop = Workshop::beside(settings, World::real()).await?;
    let rehearser = workshop.rehearser();
    let rehearsal = rehearser.rehearse(&newsletter).await.with_context(|| failed(name))?;
    match rehearser.mail(&newsletter, &rehearsal, &to).await {
        Handover::Accepted { reply } => Ok(Answer::done(format!("Handed over: {reply}\n"))),
        Handover::Deferred { reply } | Handover::Rejected { reply } => {
            let next = "see that the mail server takes letters from this sender to this address; \
                        [smtp] says which server that is";
            Err(Failure::new(format!("the letter was not taken: {reply}")).next(next).into())
        }
        Handover::Uncertain { reason } => {
            let what = format!("the letter may or may not have been taken: {reason}");
            Err(Failure::new(what).next("look into the mailbox before sending it again").into())
        }
    }
}

fn failed(name: &str) -> String {
    format!("failed to make the edition of \"{name}\"")
}
