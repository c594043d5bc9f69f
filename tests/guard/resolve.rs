//! What a path means: whose it is, and in which file.
//!
//! Follows `crate`, `self`, `super`, the crate's own name, what `use` lines bring in (renames and
//! chains of them included) and child modules. What is left belongs to another crate. Names of
//! the prelude and local types look foreign too; no rule minds them.

use std::collections::{HashMap, HashSet};

use super::reader::{Named, Reading};
use super::source::{Modules, Source};

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Below our own root: modules, then items.
    Ours(Vec<String>),
    /// Into another crate.
    Foreign(Vec<String>),
    /// Nowhere the law cares about.
    Local,
}

/// The whole tree of modules.
pub(crate) struct House<'a> {
    readings: &'a [(&'a Source, Reading)],
    modules: HashSet<&'a Modules>,
    files: HashMap<Modules, &'a str>,
}

impl<'a> House<'a> {
    /// Knows every module of `readings`.
    pub(crate) fn new(readings: &'a [(&'a Source, Reading)]) -> Self {
        let modules = readings.iter().flat_map(|(_, reading)| &reading.modules).collect();
        let files = readings.iter().map(|(s, _)| (s.module(), s.path.as_str())).collect();
        Self { readings, modules, files }
    }

    /// Whether a file is declared for tests only by the file above it.
    pub(crate) fn is_test_file(&self, source: &Source) -> bool {
        let module = source.module();
        let declared = self.readings.iter().flat_map(|(_, reading)| &reading.test_modules);
        declared.into_iter().any(|test| module.starts_with(test))
    }

    /// The file in which a path of ours ends.
    pub(crate) fn file(&self, path: &[String]) -> Option<&'a str> {
        (0..=path.len()).rev().find_map(|end| self.files.get(&path[..end]).copied())
    }

    /// What `named` means in the file it was read from.
    pub(crate) fn target(&self, reading: &Reading, named: &Named) -> Target {
        self.follow(reading, named, &mut HashSet::new())
    }

    fn follow(
        &self,
        reading: &Reading,
        named: &Named,
        seen: &mut HashSet<(Modules, String)>,
    ) -> Target {
        let Some((first, rest)) = named.segments.split_first() else { return Target::Local };
        if named.rooted {
            return own_name(&named.segments);
        }
        let below = |base: &[String], rest: &[String]| Target::Ours([base, rest].concat());
        match first.as_str() {
            "crate" if named.scope.first().is_some_and(|room| room == "main") => {
                below(&["main".to_owned()], rest)
            }
            "crate" => below(&[], rest),
            "self" => below(&named.scope, rest),
            "super" => {
                let ups = named.segments.iter().take_while(|segment| *segment == "super").count();
                let kept = named.scope.len().saturating_sub(ups);
                below(&named.scope[..kept], &named.segments[ups..])
            }
            "Self" => Target::Local,
            _ => self.by_name(reading, &named.scope, &named.segments, seen),
        }
    }

    /// A path that begins with a plain name: brought in, a child module, or another crate.
    fn by_name(
        &self,
        reading: &Reading,
        scope: &[String],
        segments: &[String],
        seen: &mut HashSet<(Modules, String)>,
    ) -> Target {
        let key = (scope.to_vec(), segments[0].clone());
        if let Some(alias) = reading.aliases.get(&key)
            && seen.insert(key)
        {
            let rest = &segments[1..];
            return match self.follow(reading, alias, seen) {
                Target::Ours(base) => Target::Ours([&base, rest].concat()),
                Target::Foreign(base) => Target::Foreign([&base, rest].concat()),
                Target::Local => Target::Local,
            };
        }
        let child: Modules = [scope, &segments[..1]].concat();
        if self.modules.contains(&child) {
            return Target::Ours([scope, segments].concat());
        }
        let sees_parent = reading
            .globs
            .iter()
            .any(|glob| glob.scope == scope && glob.segments == ["super"] && !scope.is_empty());
        if sees_parent {
            return self.by_name(reading, &scope[..scope.len() - 1], segments, seen);
        }
        own_name(segments)
    }
}

/// The crate's own name leads home, every other one abroad.
fn own_name(segments: &[String]) -> Target {
    match segments.split_first() {
        Some((first, rest)) if first == env!("CARGO_PKG_NAME") => Target::Ours(rest.to_vec()),
        _ => Target::Foreign(segments.to_vec()),
    }
}
