//! One table of the configuration, read key by key.
//!
//! A [`Section`] knows its keys and complains about all others as soon as it is opened. Reading a
//! key gives its value with its place, or nothing: if the key is absent, or if its value is wrong,
//! which is then already among the findings. So a reader goes on to the next key and every fault is
//! found at once.

use std::borrow::Borrow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::fault::Wrong;
use crate::config::findings::Findings;
use crate::config::schema::{self, Shape};
use crate::config::values;

/// A table whose keys are read.
#[derive(Debug, Clone, Copy)]
pub struct Section<'a> {
    shape: &'static Shape,
    table: Option<&'a DeTable<'a>>,
    start: usize,
    end: usize,
    findings: &'a Findings<'a>,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub fn root(table: &'a Spanned<DeTable<'a>>, findings: &'a Findings<'a>) -> Self {
        let section = Self {
            shape: &schema::ROOT,
            table: Some(table.get_ref()),
            start: table.span().start,
            end: table.span().end,
            findings,
        };
        section.refuse_unknown_keys(table.get_ref());
        section
    }

    /// The table under `key`; an empty one if it is absent or no table.
    pub fn section(&self, key: &str, shape: &'static Shape) -> Section<'a> {
        let absent = Section { shape, table: None, start: 0, end: 0, findings: self.findings };
        self.get(key).and_then(|value| self.open(value, shape)).unwrap_or(absent)
    }

    /// The tables under `key`, in the order of the file.
    pub fn sections(&self, key: &str, shape: &'static Shape) -> Vec<Section<'a>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(array) => {
                array.iter().filter_map(|value| self.open(value, shape)).collect()
            }
            other => {
                let what = match other.is_table() {
                    true => format!("`{key}` is written with two pairs of brackets"),
                    false => format!("`{key}` {}", values::kind(other)),
                };
                self.findings.fault(value.span(), Wrong::new(what).allowed(shape.name));
                Vec::new()
            }
        }
    }

    /// Takes `value` as a table of `shape`, or complains.
    pub fn open(&self, value: &'a Spanned<DeValue<'a>>, shape: &'static Shape) -> Option<Self> {
        let Some(table) = value.get_ref().as_table() else {
            let what = format!("{} {}", shape.name, values::kind(value.get_ref()));
            let keys = format!("a table with the keys {}", shape.keys.join(", "));
            self.findings.fault(value.span(), Wrong::new(what).allowed(keys));
            return None;
        };
        let Range { start, end } = value.span();
        let section = Self { shape, table: Some(table), start, end, findings: self.findings };
        section.refuse_unknown_keys(table);
        Some(section)
    }

    /// Where the table stands.
    pub fn place(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Where faults go.
    pub fn findings(&self) -> &'a Findings<'a> {
        self.findings
    }

    /// The raw value of `key`.
    pub fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        debug_assert!(self.shape.keys.contains(&key), "{key} is missing in the schema");
        self.table.and_then(|table| table.get(key))
    }

    /// Where the value of `key` stands; the table itself if it is absent.
    pub fn place_of(&self, key: &str) -> Range<usize> {
        self.get(key).map_or(self.place(), Spanned::span)
    }

    /// Reads the value of `key`.
    pub fn read<T>(
        &self,
        key: &str,
        reader: impl Fn(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Option<Spanned<T>> {
        self.get(key).and_then(|value| self.take(value, &reader))
    }

    /// Reads the value of `key`, or takes `default`.
    pub fn read_or<T>(
        &self,
        key: &str,
        default: T,
        reader: impl Fn(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> T {
        self.read(key, reader).map_or(default, Spanned::into_inner)
    }

    /// Reads each value of the array under `key`; none if it is absent.
    pub fn list<T>(
        &self,
        key: &str,
        reader: impl Fn(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Vec<Spanned<T>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(array) => {
                array.iter().filter_map(|value| self.take(value, &reader)).collect()
            }
            other => {
                let what = format!("`{key}` {}", values::kind(other));
                self.findings.fault(value.span(), Wrong::new(what).allowed("a list in [ ]"));
                Vec::new()
            }
        }
    }

    /// Complains that `key` is missing.
    pub fn missing(&self, key: &str, allowed: &str) {
        let what = format!("{} has no `{key}`", self.shape.name);
        self.findings.fault(self.place(), Wrong::new(what).allowed(allowed));
    }

    fn take<T>(
        &self,
        value: &Spanned<DeValue<'_>>,
        reader: &impl Fn(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Option<Spanned<T>> {
        match reader(value.get_ref()) {
            Ok(read) => Some(Spanned::new(value.span(), read)),
            Err(wrong) => {
                self.findings.fault(value.span(), wrong);
                None
            }
        }
    }

    fn refuse_unknown_keys(&self, table: &DeTable<'_>) {
        for (key, value) in table.iter() {
            let name: &str = key.get_ref().borrow();
            if self.shape.keys.contains(&name) {
                continue;
            }
            if values::is_sensitive(name) {
                self.findings.hide(value.span());
            }
            let place = match self.shape.name {
                "the top of the file" => "at the top of the file".to_owned(),
                table => format!("in {table}"),
            };
            let mut wrong = Wrong::new(format!("unknown key `{name}` {place}"))
                .allowed(self.shape.keys.join(", "))
                .nearest(name, self.shape.keys.iter().copied());
            if wrong.nearest.is_none() {
                wrong.nearest = home_of(name).map(|home| format!("`{name}` in {home}"));
            }
            self.findings.fault(key.span(), wrong);
        }
    }
}

/// The table that has a key of this name.
fn home_of(key: &str) -> Option<&'static str> {
    schema::TABLES.into_iter().find(|shape| shape.keys.contains(&key)).map(|shape| shape.name)
}
