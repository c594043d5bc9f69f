//! `docs/cases.md`: what it says a test holds must be held by a test that exists.

/// What is wrong with the rows of `cases`, given all sources and tests as text.
pub(crate) fn faults(cases: &str, code: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in cases.lines().enumerate() {
        let Some(row) = line.strip_prefix('|').and_then(|rest| rest.strip_suffix('|')) else {
            continue;
        };
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        if cells[0] == "case" || cells[0].starts_with('-') {
            continue;
        }
        let mut fault = |what: String| faults.push(format!("docs/cases.md:{}: {what}", number + 1));
        match cells[..] {
            [case, claim, tests] if case.split(", ").all(is_case) && !claim.is_empty() => {
                let names = tests.split(',').map(|test| test.trim().trim_matches('`'));
                for test in names.filter(|test| !is_there(test, code)) {
                    fault(format!("{case}: there is no test {test:?}"));
                }
            }
            _ => fault("not \"| case | what must hold | test |\"".to_owned()),
        }
    }
    faults
}

/// `P07`, `T54`, `N3`, `R25`, `I4`.
fn is_case(text: &str) -> bool {
    text.strip_prefix(['P', 'T', 'N', 'R', 'I', 'A'])
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn is_there(test: &str, code: &str) -> bool {
    let name = test.rsplit("::").next().unwrap_or(test);
    !name.is_empty() && code.contains(&format!("fn {name}("))
}

#[test]
fn a_row_without_its_test_is_caught() {
    let code = "fn it_holds() {} async fn it_holds_too() {}";
    let head = "# Cases\n\n| case | what must hold | test |\n|---|---|---|\n";
    for (row, wrong) in [
        ("| T1 | x | a::tests::it_holds |", 0),
        ("| P07 | x | `a::it_holds`, b::it_holds_too |", 0),
        ("| P05, P06 | x | a::it_holds |", 0),
        ("| P05, X6 | x | a::it_holds |", 1),
        ("| T1 | x | a::tests::it_hold |", 1),
        ("| T1 | x | a::it_holds, a::gone |", 1),
        ("| T1 | x | |", 1),
        ("| T | x | a::it_holds |", 1),
        ("| X1 | x | a::it_holds |", 1),
        ("| T1 | a::it_holds |", 1),
        ("| T1 | x | y | a::it_holds |", 1),
    ] {
        assert_eq!(faults(&format!("{head}{row}\n"), code).len(), wrong, "{row}");
    }
}
