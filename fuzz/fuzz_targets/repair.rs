//! Every rung of the ladder of repairs: never a panic, never a blow-up, and what it leaves can be
//! surveyed.

#![no_main]

use feedmill::model::document::Repair;
use feedmill::parse::{budget, repair};
use libfuzzer_sys::fuzz_target;

/// How much longer a text may become: escaping one `&` or `<` costs five bytes for one, and every
/// rung may close or rename what it finds.
const GROWTH: usize = 64;
/// What a new root and its namespaces may cost.
const HEAD: usize = 4_096;

fuzz_target!(|text: &str| {
    let mut next = Some(Repair::None);
    while let Some(rung) = next {
        // Too much to mend is an answer as well.
        let Ok(mended) = repair::mend(text, rung) else { break };
        assert!(mended.len() <= GROWTH * text.len() + HEAD, "{rung:?}: {}", mended.len());
        // Refused or not: it must only come back.
        let _ = budget::survey(&mended);
        next = repair::above(rung);
    }
});
