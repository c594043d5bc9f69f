//! Tables for people at a terminal, and moments as people say them.
//!
//! Nothing of a stranger's reaches the terminal but harmless characters (promise I7).

use chrono::{DateTime, Utc};
use comfy_table::presets;
use comfy_table::{ContentArrangement, Table};

use crate::model::text::HeaderText;

/// A table: as wide as the terminal, or as its content where there is none.
pub fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(head.iter().map(|word| word.to_uppercase()));
    for row in rows {
        table.add_row(row.iter().map(|cell| HeaderText::new(cell).to_string()));
    }
    format!("{}\n", table.trim_fmt())
}

/// Lines of names and values, the values below each other.
pub fn list(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    rows.iter()
        .map(|(name, value)| format!("{name:<width$}  {}\n", HeaderText::new(value)))
        .collect()
}

/// A moment as people say it: "in 40 min", "3 h ago".
pub fn when(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let distance = (at - now).abs();
    let words = match distance.num_minutes() {
        0 => return "now".to_owned(),
        minutes @ 1..=99 => format!("{minutes} min"),
        minutes @ 100..=2_999 => format!("{} h", (minutes + 30) / 60),
        minutes => format!("{} d", (minutes + 720) / 1_440),
    };
    if at > now { format!("in {words}") } else { format!("{words} ago") }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn moments_are_told_as_people_tell_them() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        for (seconds, words) in [
            (0, "now"),
            (-59, "now"),
            (60, "in 1 min"),
            (-5_400, "90 min ago"),
            (7_200, "in 2 h"),
            (-432_000, "5 d ago"),
        ] {
            assert_eq!(when(now + TimeDelta::seconds(seconds), now), words);
        }
    }
}
