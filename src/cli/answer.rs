//! What a command says: words on standard output, remarks on standard error, an exit code.
//!
//! A failure says what failed, where, and what to do next. Commands return an [`Answer`] or a
//! [`Failure`]; only [`crate::cli::dispatch`] prints them.

use std::fmt::Display;

use crate::config::fault::Faults;
use crate::jobs::trouble;

/// How a command ended, for the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// It was done.
    Done,
    /// It could not be done.
    Failed,
    /// The command line was not understood.
    Usage,
    /// The configuration is faulty (EX_CONFIG of sysexits(3)).
    Config,
}

impl Code {
    /// The number the shell sees.
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Config => 78,
        }
    }
}

/// What a command says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// For standard output.
    pub out: String,
    /// For standard error.
    pub err: String,
    /// How it ended.
    pub code: Code,
}

impl Answer {
    /// A command that was done, and what it says.
    pub fn done(out: impl Into<String>) -> Self {
        Self { out: out.into(), err: String::new(), code: Code::Done }
    }

    /// A command that was done, and what it says to a program.
    pub fn json(value: &serde_json::Value) -> Self {
        Self::done(format!("{value:#}\n"))
    }
}

/// Why a command could not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Failure {
    /// What failed, and where.
    pub what: String,
    /// What to do next.
    pub next: Option<String>,
    /// How it ended.
    pub code: Code,
}

impl Failure {
    /// Something that could not be done.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), next: None, code: Code::Failed }
    }

    /// A command line that cannot be meant.
    pub fn usage(what: impl Into<String>) -> Self {
        Self { code: Code::Usage, ..Self::new(what) }
    }

    /// The same with what to do next.
    pub fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }

    /// The same for standard error.
    pub fn into_answer(self) -> Answer {
        let mut err = self.what.trim_end().to_owned();
        if let Some(next) = self.next {
            err.push_str("\n\nNext: ");
            err.push_str(&next);
        }
        err.push('\n');
        Answer { out: String::new(), err, code: self.code }
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        let count = counted(faults.faults.len(), "fault", "faults");
        let what = format!("{faults}\nThe configuration has {count}.");
        Self { what, next: None, code: Code::Config }
    }
}

/// A failure that a command names passes as it is; any other error says what to do next if one of its
/// causes tells.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => failure,
            Err(error) => Self {
                next: trouble::advice(error.as_ref()).map(str::to_owned),
                ..Self::new(format!("{error:#}"))
            },
        }
    }
}

/// "1 feed", "2 feeds".
pub fn counted(number: impl Into<usize>, one: impl Display, several: impl Display) -> String {
    match number.into() {
        1 => format!("1 {one}"),
        number => format!("{number} {several}"),
    }
}
