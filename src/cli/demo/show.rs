//! `feedmill demo`: the whole job offline, with publishers of its own.
//!
//! Eight small sites are served on loopback, their feeds polled, the merged feed published, and one
//! edition made and delivered into a folder. Nothing leaves the machine. The folder stays when the
//! demo ends, to be looked at.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tokio::net::TcpListener;

use crate::cli::answer::Answer;
use crate::cli::demo::publishers::{self, PUBLISHERS, Publisher};
use crate::config::feeds::ListedFeeds;
use crate::config::load;
use crate::daemon::clerk;
use crate::daemon::compose::World;
use crate::daemon::lifecycle::{self, Stop};
use crate::daemon::program::Program;
use crate::jobs::errand::Reply;
use crate::model::text::HeaderText;

/// The newsletter of the demo.
const NEWSLETTER: &str = "matin";

/// Shows everything; with `once`, ends when the edition is delivered instead of serving on.
///
/// # Errors
/// If the folder cannot be written or no address is free.
pub async fn run(once: bool) -> anyhow::Result<Answer> {
    let world = World::real();
    let folder = tempfile::Builder::new()
        .prefix("feedmill-demo-")
        .tempdir()
        .context("failed to make a folder for the demo")?
        .keep();
    let town = TcpListener::bind("127.0.0.1:0").await.context("no free port on 127.0.0.1")?;
    let base = publishers::base(town.local_addr().context("no address")?);
    let publishers = tokio::spawn(publishers::serve(town, world.clock.now()));
    let config = write_config(&folder, &base)?;

    let stop = Stop::default();
    lifecycle::end_on_signals(&stop).context("failed to listen to signals")?;
    let no_lists = |_: &str| Ok(ListedFeeds::default());
    let loaded = load::load(Some(&config), &no_lists)
        .map_err(|faults| anyhow::anyhow!("the demo's own configuration is wrong:\n{faults}"))?;
    let program = Program::start(loaded.settings, world, stop.clone()).await?;
    say(&format!("Polling {} publishers on {base} …\n", PUBLISHERS.len()))?;
    let shown = show(&program, &folder, &stop).await;
    if shown.is_ok() && !once {
        say("\nIt keeps running; end it with Ctrl-C.\n")?;
        stop.draining().await;
    }
    program.end().await;
    publishers.abort();
    shown.map(|()| Answer::done(""))
}

/// The job, from the first poll to the letter in the mailbox, and what came of it.
async fn show(program: &Program, folder: &Path, stop: &Stop) -> anyhow::Result<()> {
    program.settled().await;
    let told = match clerk::send(program.workshop(), program.desk(), NEWSLETTER).await {
        Reply::Newsletter { told, sealed: true } => told,
        Reply::Newsletter { told, sealed: false } => anyhow::bail!(told),
        Reply::Failed { why } => anyhow::bail!(why),
        Reply::Refreshed(_) | Reply::Manners { .. } => {
            anyhow::bail!("a newsletter was asked for and something else was done")
        }
    };
    let letter = delivered(folder, stop).await?;
    say(&report(program, folder, &letter, &told).await?)
}

/// Waits until the letter lies in the mailbox folder.
async fn delivered(folder: &Path, stop: &Stop) -> anyhow::Result<PathBuf> {
    let mailbox = folder.join("mailbox");
    loop {
        let letter = std::fs::read_dir(&mailbox)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| path.extension().is_some_and(|extension| extension == "eml"));
        if let Some(letter) = letter {
            return Ok(letter);
        }
        tokio::select! {
            () = tokio::time::sleep(std::time::Duration::from_millis(50)) => {}
            () = stop.draining() => anyhow::bail!("ended before the letter was delivered"),
        }
    }
}

/// Prints at once: the demo goes on for as long as people like.
fn say(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("failed to print")
}

async fn report(
    program: &Program,
    folder: &Path,
    letter: &Path,
    told: &str,
) -> anyhow::Result<String> {
    let mut text = String::new();
    for feed in program.workshop().overview().feeds().await? {
        let is_of = |publisher: &&Publisher| feed.url.ends_with(&publisher.path());
        let remark = PUBLISHERS.iter().find(is_of).map_or("", |publisher| publisher.remark);
        let name = HeaderText::new(if feed.title.is_empty() { &feed.url } else { &feed.title });
        let came = feed.trouble.unwrap_or_else(|| format!("{} entries", feed.entries));
        let came = HeaderText::new(&came);
        let _ = writeln!(text, "  {name}\n    {remark}\n    → {came}");
    }
    let base = format!("http://{}", program.address());
    let _ = write!(
        text,
        "\nIn the newsletter, {told}.\n\n\
         look at       {base}/\n\
         subscribe to  {base}/feeds/all.atom (or .rss, .json)\n\
         the letter    {}\n\
         everything    {}\n",
        letter.display(),
        folder.display(),
    );
    Ok(text)
}

fn write_config(folder: &Path, base: &str) -> anyhow::Result<PathBuf> {
    let mut text = format!(
        "# The configuration of the demo.\n\
         [server]\nlisten = \"127.0.0.1:0\"\n\n\
         [fetch]\n# The publishers of the demo are on this machine.\n\
         allow_private = [\"127.0.0.0/8\"]\nper_host_gap = \"0s\"\n\n\
         [smtp]\ndirectory = \"mailbox\"\n\n\
         [[merged_feed]]\nname = \"all\"\ntitle = \"Tout\"\n\n\
         [[newsletter]]\nname = \"{NEWSLETTER}\"\ntitle = \"Le journal du matin\"\n\
         at = \"06:30\"\ntimezone = \"Europe/Paris\"\nlanguage = \"fr\"\n\
         from = \"Le journal du matin <matin@feedmill.example>\"\n\
         to = [\"lectrice@feedmill.example\"]\n\
         tags = [\"local\", \"veille\", \"table\", \"english\"]\n"
    );
    for publisher in PUBLISHERS {
        let url = format!("{base}{}", publisher.path());
        let Publisher { tag, remark, .. } = publisher;
        let _ = write!(text, "\n# {remark}\n[[feed]]\nurl = \"{url}\"\ntags = [\"{tag}\"]\n");
    }
    let path = folder.join("feedmill.toml");
    std::fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
    Ok(path)
}
