//! From the command line to a command, and from its answer to the terminal.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::cli::answer::{Answer, Failure};
use crate::cli::args::{Args, Command, Global, PaperCommand, WorkCommand};
use crate::cli::{
    add, check, demo, edit, feeds, init, lists, manners, newsletter, refresh, runtime, service, why,
};
use crate::config::files;
use crate::config::load::{self, Loaded};
use crate::config::surroundings::Surroundings;
use crate::daemon::compose::World;
use crate::jobs::errand::Wish;
use crate::model::url::FeedUrl;
use crate::telemetry;

/// Does what `args` (with the program's name in front) ask for, and gives the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            // Help and version come this way too. A closed terminal is nobody to complain to.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let usual =
        if matches!(args.command, Command::Work(WorkCommand::Run)) { "info" } else { "warn" };
    telemetry::start(&args.global.log_filter(usual), args.global.log_format.into());
    let answer = dispatch(args).unwrap_or_else(Failure::into_answer);
    print(&answer)
}

fn dispatch(args: Args) -> Result<Answer, Failure> {
    let around = Surroundings::of_process().map_err(|error| {
        Failure::new(format!("there is no current folder: {}", files::reason(&error)))
            .next("change into a folder that exists")
    })?;
    match args.command {
        Command::Paper(command) => paper(&around, &args.global, command),
        Command::Work(command) => work(&around, &args.global, command),
    }
}

/// Commands that need the configuration only.
fn paper(around: &Surroundings, global: &Global, command: PaperCommand) -> Result<Answer, Failure> {
    match command {
        PaperCommand::Init { folder } => init::init(around, global, folder.as_deref()),
        PaperCommand::Check => check::check(around, global, World::real().clock.now()),
        PaperCommand::Add(wish) => add::add(around, global, &wish),
        PaperCommand::Remove { urls } => edit::remove(around, global, &urls),
        PaperCommand::Import { file } => edit::import(around, global, &file),
        PaperCommand::Export => edit::export(around, global),
        PaperCommand::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "feedmill", &mut script);
            Ok(Answer::done(String::from_utf8_lossy(&script)))
        }
    }
}

/// Commands that work with the database.
fn work(around: &Surroundings, global: &Global, command: WorkCommand) -> Result<Answer, Failure> {
    runtime::block_on(with(around, global, command))?
}

async fn with(
    around: &Surroundings,
    global: &Global,
    command: WorkCommand,
) -> Result<Answer, Failure> {
    let loaded = || settings(around, global);
    let as_json = global.json;
    let done = match command {
        WorkCommand::Demo { once } => demo::show::run(once).await,
        WorkCommand::Run => service::run(loaded()?).await,
        WorkCommand::Refresh { urls, all, force } => {
            let urls = urls.iter().map(ToString::to_string).collect();
            refresh::run(loaded()?.settings, Wish { urls, all, force }, as_json).await
        }
        WorkCommand::Feeds { failing } => feeds::feeds(loaded()?.settings, failing, as_json).await,
        WorkCommand::Status { politeness: true, .. } => {
            manners::run(loaded()?.settings, as_json).await
        }
        WorkCommand::Status { feed, .. } => {
            let url = feed.as_ref().map(FeedUrl::as_str);
            feeds::status(loaded()?.settings, url, as_json).await
        }
        WorkCommand::Why { what } => why::why(loaded()?.settings, &what, as_json).await,
        WorkCommand::Newsletter(command) => {
            newsletter::run(loaded()?.settings, command, as_json).await
        }
    };
    done.map_err(Failure::from)
}

fn settings(around: &Surroundings, global: &Global) -> Result<Loaded, Failure> {
    let loaded = load::load_in(around, global.config.as_deref(), &lists::read)?;
    for warning in &loaded.warnings {
        tracing::warn!("{}", warning.headline());
    }
    Ok(loaded)
}

/// Prints an answer. A reader that went away, as `head` does, is no failure.
fn print(answer: &Answer) -> ExitCode {
    let code = ExitCode::from(answer.code.number());
    let _ = io::stderr().write_all(answer.err.as_bytes());
    let mut out = io::stdout().lock();
    match out.write_all(answer.out.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => code,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "cannot write the answer: {}", files::reason(&error));
            ExitCode::FAILURE
        }
    }
}
