//! Who breaks the law, where, and why it is the law.

use std::fmt;

use super::circles::{self, Arrows};
use super::law;
use super::reader::{self, Named, Reading};
use super::resolve::{House, Target};
use super::source::Source;

/// One place where the law is broken.
#[derive(Debug)]
pub(crate) struct Breach {
    pub(crate) file: String,
    pub(crate) line: usize,
    /// The rule's name.
    pub(crate) rule: &'static str,
    /// What was found.
    pub(crate) what: String,
    /// Why it is the law.
    pub(crate) reason: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, rule, what, reason } = self;
        write!(f, "{file}:{line}: [{rule}] {what}: {reason}")
    }
}

/// Every breach in `sources`, in the order of files and lines.
pub(crate) fn breaches(sources: &[Source]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut readings = Vec::new();
    for source in sources {
        match reader::read(source) {
            Ok(reading) => readings.push((source, reading)),
            Err(error) => breaches.push(Breach {
                file: source.path.clone(),
                line: error.span().start().line,
                rule: "readable",
                what: error.to_string(),
                reason: "what the guard cannot read it cannot guard".to_owned(),
            }),
        }
    }
    let house = House::new(&readings);
    let mut arrows = Arrows::new();
    for (source, reading) in &readings {
        let mut bench = Bench { source, reading, house: &house, breaches: &mut breaches };
        bench.uses();
        if !house.is_test_file(source) {
            bench.door();
            bench.sizes();
            bench.paths(&mut arrows);
            bench.macros();
        }
    }
    breaches.extend(circles::circles(&arrows).into_iter().map(|way| Breach {
        file: way[0].to_owned(),
        line: arrows[way[0]][way[1]],
        rule: "circle",
        what: format!("{} -> {}", way.join(" -> "), way[0]),
        reason: "files that import each other can only be understood together".to_owned(),
    }));
    breaches.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    breaches
}

/// One file before the judge.
struct Bench<'a, 'b> {
    source: &'a Source,
    reading: &'a Reading,
    house: &'b House<'a>,
    breaches: &'b mut Vec<Breach>,
}

impl<'a> Bench<'a, '_> {
    fn breach(&mut self, line: usize, rule: &'static str, what: String, reason: &str) {
        let file = self.source.path.clone();
        self.breaches.push(Breach { file, line, rule, what, reason: reason.to_owned() });
    }

    fn uses(&mut self) {
        for &line in &self.reading.facades {
            self.breach(
                line,
                "facade",
                "pub use".to_owned(),
                "one name, one place: full paths only",
            );
        }
        for glob in &self.reading.globs {
            let of_tests = glob.in_test || self.house.is_test_file(self.source);
            if !(of_tests && glob.segments == ["super"]) {
                let what = format!("use {}::*", glob.segments.join("::"));
                self.breach(glob.line, "glob", what, "what a file uses must stand in it");
            }
        }
        for &line in &self.reading.detours {
            let what = "#[path] or include!".to_owned();
            self.breach(line, "detour", what, "a file's path must say which module it is");
        }
    }

    fn door(&mut self) {
        if let (true, Some(&line)) = (self.source.is_door(), self.reading.contents.first()) {
            let what = "something besides mod lines".to_owned();
            self.breach(line, "door", what, "lib.rs and mod.rs only say which files a room has");
        }
    }

    fn sizes(&mut self) {
        let lines = self.source.text.lines().count() - self.reading.test_lines;
        if lines > law::LONGEST_FILE {
            let what = format!("{lines} lines without tests, more than {}", law::LONGEST_FILE);
            self.breach(1, "file length", what, "a file holds one thought");
        }
        for function in &self.reading.functions {
            if function.lines > law::LONGEST_FUNCTION {
                let what = format!(
                    "fn {} has {} lines, more than {}",
                    function.name,
                    function.lines,
                    law::LONGEST_FUNCTION
                );
                self.breach(function.line, "function length", what, "a function does one thing");
            }
        }
    }

    fn macros(&mut self) {
        if !law::PURE.contains(&self.source.room().as_str()) {
            return;
        }
        for (name, line) in &self.reading.macros {
            if law::IMPURE_MACROS.contains(&name.as_str()) {
                let what = format!("{name}! in the pure room {}", self.source.room());
                self.breach(*line, "purity", what, "rules print nothing: they return values");
            }
        }
    }

    fn paths(&mut self, arrows: &mut Arrows<'a>) {
        for named in self.reading.named.iter().filter(|named| !named.in_test) {
            match self.house.target(self.reading, named) {
                Target::Ours(path) => {
                    self.border(named, &path);
                    if let Some(file) = self.house.file(&path)
                        && file != self.source.path
                    {
                        let from = arrows.entry(self.source.path.as_str()).or_default();
                        from.entry(file).or_insert(named.line);
                    }
                }
                Target::Foreign(path) => self.abroad(named, &path.join("::")),
                Target::Local => {}
            }
        }
    }

    /// The import table.
    fn border(&mut self, named: &Named, path: &[String]) {
        let room = self.source.room();
        let Some(target) = path.first() else { return };
        if *target == room {
            return;
        }
        let Some((_, may)) = law::MAY_IMPORT.iter().find(|(name, _)| *name == room) else {
            let what = format!("the room {room} is not in the import table");
            return self.breach(named.line, "import table", what, "every room has a floor");
        };
        let extra = law::FILE_MAY_IMPORT.iter().filter(|(file, _)| *file == self.source.path);
        let whole = path.join("::");
        let mut allowed = may.iter().chain(extra.flat_map(|(_, more)| *more));
        if allowed.any(|part| is_within(&whole, part)) {
            return;
        }
        let both_edges =
            law::EDGES.contains(&room.as_str()) && law::EDGES.contains(&target.as_str());
        let reason = if both_edges {
            "an edge knows one piece of the outside world and none of the other edges".to_owned()
        } else if may.is_empty() {
            format!("{room} imports nothing of ours")
        } else {
            format!("{room} may import only {}", may.join(", "))
        };
        let rule = if both_edges { "edges" } else { "import table" };
        self.breach(named.line, rule, format!("{room} names {whole}"), &reason);
    }

    /// Purity, and who owns which piece of the outside world.
    fn abroad(&mut self, named: &Named, path: &str) {
        let room = self.source.room();
        if law::PURE.contains(&room.as_str()) {
            let plain = law::PLAIN_ADDRESSES.iter().any(|address| is_within(path, address));
            let impure = law::IMPURE.iter().find(|(what, _)| is_within(path, what));
            if let (false, Some((_, reason))) = (plain, impure) {
                let what = format!("the pure room {room} names {path}");
                return self.breach(named.line, "purity", what, reason);
            }
        }
        let owner = law::OWNERS.iter().find(|(krate, ..)| is_within(path, krate));
        if let Some((krate, rooms, reason)) = owner
            && !rooms.contains(&room.as_str())
        {
            let what = format!("{room} names {path} ({krate} belongs to {})", rooms.join(", "));
            self.breach(named.line, "owner", what, reason);
        }
    }
}

/// Whether `path` is `part` or below it.
fn is_within(path: &str, part: &str) -> bool {
    path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
