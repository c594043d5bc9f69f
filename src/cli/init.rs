//! `feedmill init`: a configuration that shows and explains every key.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::answer::{Answer, Failure};
use crate::cli::args::Global;
use crate::config::files;
use crate::config::schema;
use crate::config::surroundings::{FILE_NAME, Surroundings};

/// Writes the annotated configuration into `folder`, or where `--config` says. Never over another.
pub fn init(
    around: &Surroundings,
    global: &Global,
    folder: Option<&Path>,
) -> Result<Answer, Failure> {
    let file = match &global.config {
        Some(file) => file.clone(),
        None => folder.map_or(PathBuf::from(FILE_NAME), |folder| folder.join(FILE_NAME)),
    };
    let place = around.folder().join(&file);
    let (shown, text) = (file.display(), text_for(&place));
    write_new(&place, &text).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::new(format!("{shown} is there already and stays as it is"))
                .next(format!("`feedmill check --config {shown}` says what it does"))
        }
        _ => Failure::new(format!("cannot write {shown}: {}", files::reason(&error))),
    })?;
    let option = if place == around.folder().join(FILE_NAME) {
        String::new()
    } else {
        format!(" --config {shown}")
    };
    Ok(Answer::done(format!(
        "Wrote {shown}: every key with its default, explained.\n\n\
         Next:\n  \
         1. set `contact` in it, so that publishers can write to you\n  \
         2. feedmill add{option} URL     subscribes to a feed\n  \
         3. feedmill check{option}       says what it does now\n"
    )))
}

fn write_new(place: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create_new(place)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The example; below `/etc`, where services keep no data, with the database and the outbox in
/// `/var/lib`, where `feedmill.service` lets them be.
fn text_for(place: &Path) -> String {
    let example = schema::EXAMPLE;
    if !place.starts_with("/etc") {
        return example.to_owned();
    }
    example
        .replace("#url = \"sqlite:feedmill.db\"", "url = \"sqlite:/var/lib/feedmill/feedmill.db\"")
        .replace("#directory = \"outbox/\"", "directory = \"/var/lib/feedmill/outbox/\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_written_once_and_then_left_alone() {
        let place = tempfile::tempdir().expect("a folder");
        let around = Surroundings::stated(place.path(), place.path(), &[]);
        let global = Global::default();
        let answer = init(&around, &global, Some(Path::new("new/mill"))).expect("written");
        insta::assert_snapshot!(answer.out);
        let file = place.path().join("new/mill/feedmill.toml");
        assert_eq!(fs::read_to_string(&file).expect("there"), schema::EXAMPLE);
        fs::write(&file, "# mine\n").expect("written");
        let failure = init(&around, &global, Some(Path::new("new/mill"))).expect_err("refused");
        insta::assert_snapshot!(failure.into_answer().err);
        assert_eq!(fs::read_to_string(&file).expect("there"), "# mine\n");
    }

    #[test]
    fn below_etc_a_service_keeps_its_data_in_var_lib() {
        let text = text_for(Path::new("/etc/feedmill/feedmill.toml"));
        assert!(text.contains("\nurl = \"sqlite:/var/lib/feedmill/feedmill.db\"\n"));
        assert!(text.contains("\ndirectory = \"/var/lib/feedmill/outbox/\"\n"));
    }
}
