//! How much reading costs beside feed-rs alone, and how much the worst documents cost at all.
//!
//! `cargo bench --bench read` prints megabytes in a second on clean feeds, in alternating runs, with
//! the median of the ratios; then, for documents made to be slow, milliseconds for each megabyte and
//! by how much the process grew. `-- clean` and `-- worst` do one of the two.

mod clean;
mod feeds;
#[path = "../poll/figures.rs"]
mod figures;
#[path = "../clean/process.rs"]
mod process;
mod worst;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let wants = |part: &str| arguments.is_empty() || arguments.iter().any(|word| word == part);
    if wants("clean") {
        clean::race();
    }
    if wants("worst") {
        worst::run();
    }
}
