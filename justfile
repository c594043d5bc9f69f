# `just` lists these; `just check` is what CI runs.

_list:
    @just --list --unsorted

# everything that must hold before a change lands
check:
    .ci/run

# every test, with the servers that some of them need
test *arguments:
    scripts/test {{arguments}}

# the tests that need no server
quick:
    cargo test

# format the sources
fmt:
    cargo fmt

# lints, as CI has them
lint:
    cargo clippy --all-targets -- -D warnings

# licences, sources and advisories of what is linked in
deny:
    cargo deny --all-features check

# polling beside the bare minimum, in ratios
bench *arguments:
    cargo bench --bench poll -- {{arguments}}

# serving beside nginx, in ratios
bench-serve *arguments:
    scripts/bench-serve {{arguments}}

# the program with the example config
run *arguments:
    cargo run -- --config config/feedmill.toml {{arguments}}
