//! The survey as a table for people.

use comfy_table::{Cell, CellAlignment, Table, presets};

use super::compare::Share;
use super::goals;
use super::survey::{Survey, Tally};

/// The survey as text; with every remark where it `is_verbose`.
pub(crate) fn print(survey: &Survey, is_verbose: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "folder",
        "files",
        "read",
        "entries",
        "titles",
        "links",
        "dates",
        "bodies",
        "repairs",
        "refused",
        "panics",
        "over budget",
    ]);
    for (folder, tally) in &survey.folders {
        table.add_row(row(folder, tally));
    }
    for (name, prefix) in [("real", "real-"), ("mixed", "mix-"), ("synthetic", "syn-"), ("all", "")]
    {
        table.add_row(row(name, &survey.sum(prefix)));
    }
    let mut lines = vec![table.trim_fmt()];
    lines.push("\nrefused:".to_owned());
    lines.extend(survey.sum("").refused.iter().map(|(why, count)| format!("  {count:5}  {why}")));
    let verdicts = &survey.verdicts;
    lines.push(format!("\nassertions: {} held", share(verdicts.held)));
    lines.push(format!("assertions not claimed: {}", verdicts.unclaimed.values().sum::<usize>()));
    let kinds = verdicts.unclaimed.iter().map(|(kind, count)| format!("  {count:5}  {kind}"));
    lines.extend(kinds);
    if is_verbose {
        lines.push("\nassertions that failed:".to_owned());
        lines.extend(verdicts.failed.iter().cloned());
        lines.push("\nremarks:".to_owned());
        lines.extend(survey.remarks.iter().cloned());
    }
    let missed = goals::missed(survey);
    lines.push(if missed.is_empty() { "\nevery goal is met".into() } else { "\nMISSED:".into() });
    lines.extend(missed);
    lines.join("\n")
}

fn share(share: Share) -> String {
    format!("{}/{} {:.2}%", share.found, share.expected, share.percent())
}

fn row(name: &str, tally: &Tally) -> Vec<Cell> {
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    let shares = &tally.shares;
    let rungs: Vec<String> =
        tally.rungs.iter().map(|(rung, count)| format!("{rung:?} {count}")).collect();
    let mut cells = vec![Cell::new(name), right(tally.files.to_string())];
    cells.extend(
        [tally.read, shares.entries, shares.titles, shares.links, shares.dates, shares.bodies]
            .map(|part| right(share(part))),
    );
    cells.push(Cell::new(rungs.join(" ")));
    let refused = tally.refused.values().sum();
    cells.extend([refused, tally.panics, tally.over_budget].map(|n: usize| right(n.to_string())));
    cells
}
