//! What a corpus must give: the shares below which something is wrong.

use super::compare::Share;
use super::survey::Survey;

/// Each goal that is missed, in a line.
pub(crate) fn missed(survey: &Survey) -> Vec<String> {
    let (real, mixed, made) = (survey.sum("real-"), survey.sum("mix-"), survey.sum("syn-"));
    let all = survey.sum("");
    let mut missed = Vec::new();
    let mut least = |what: &str, share: Share, percent: f64| {
        if share.percent() < percent {
            let Share { found, expected } = share;
            missed.push(format!("{what}: {found} of {expected}, less than {percent} %"));
        }
    };
    least("real feeds that are read", real.read, 100.0);
    for (name, sum) in [("real", &real), ("mixed", &mixed)] {
        least(&format!("entries of {name} feeds"), sum.shares.entries, 99.5);
        least(&format!("titles of {name} feeds"), sum.shares.titles, 99.5);
        least(&format!("links of {name} feeds"), sum.shares.links, 99.0);
        least(&format!("dates of {name} feeds"), sum.shares.dates, 99.0);
        least(&format!("bodies of {name} feeds"), sum.shares.bodies, 99.0);
    }
    for (what, share) in [
        ("feeds that are read", made.read),
        ("entries", made.shares.entries),
        ("titles", made.shares.titles),
        ("links", made.shares.links),
        ("dates", made.shares.dates),
    ] {
        least(&format!("synthetic: {what}"), share, 98.0);
    }
    least("assertions", survey.verdicts.held, 98.0);
    if all.panics > 0 {
        missed.push(format!("panics: {}", all.panics));
    }
    if all.over_budget > 0 {
        missed.push(format!("over budget: {}", all.over_budget));
    }
    missed
}
