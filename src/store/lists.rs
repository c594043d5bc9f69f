//! SQL for lists of values: placeholders, in pieces below every engine's limit of parameters.
//!
//! Lists are padded to a power of two by repeating their last value, so that a query has at most
//! ten texts and prepared statements are found again.

use crate::store::statement::Value;

/// The most values in one piece. SQLite takes 32,766 parameters, PostgreSQL 65,535.
const LONGEST_PIECE: usize = 512;

/// `$first, $first+1, …`: `count` placeholders.
pub fn placeholders(first: usize, count: usize) -> String {
    let names: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    names.join(", ")
}

/// `values` in pieces for an `in (…)`, each padded to a power of two.
pub fn pieces<T: Copy + Into<Value>>(values: &[T]) -> impl Iterator<Item = Vec<Value>> {
    values.chunks(LONGEST_PIECE).map(|piece| {
        let last = piece[piece.len() - 1];
        let padding = piece.len().next_power_of_two() - piece.len();
        piece.iter().copied().chain(std::iter::repeat_n(last, padding)).map(Into::into).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_cut_and_padded() {
        let sizes =
            |n: usize| -> Vec<usize> { pieces(&vec![7i64; n]).map(|piece| piece.len()).collect() };
        assert_eq!(sizes(0), Vec::<usize>::new());
        assert_eq!(sizes(5), [8]);
        assert_eq!(sizes(1_030), [512, 512, 8]);
        let piece: Vec<_> = pieces(&[1i64, 2, 3]).collect();
        assert_eq!(piece, [[1, 2, 3, 3].map(Value::Int).to_vec()]);
    }

    #[test]
    fn placeholders_count_from_the_first() {
        assert_eq!(placeholders(3, 3), "$3, $4, $5");
        assert_eq!(placeholders(1, 0), "");
    }
}
