//! Hostile HTML, cleaned, in a real browser: the page looks at its own document, touches every element,
//! and counts what ran.

use std::process::{Command, Stdio};

use crate::world::home::Home;
use crate::world::{servers, vectors};

/// Counts calls of what payloads call; stands before them.
const BEFORE: &str = "window.executed = 0; for (const name of ['alert', 'confirm', 'prompt', 'print', \
    'eval', 'open']) window[name] = () => { window.executed += 1; };";

/// Looks at what stands in the page and touches it; stands behind it.
const AFTER: &str = "const all = [...document.querySelectorAll('#bodies *')];
    const found = {elements: 0, handlers: 0, addresses: 0};
    for (const element of all) {
      if (/^(script|iframe|frame|object|embed|applet|form|svg|math|style|link|meta|base|template)$/i
          .test(element.localName)) found.elements += 1;
      for (const {name, value} of element.attributes) {
        if (/^on/i.test(name)) found.handlers += 1;
        const bare = value.replace(/[\\u0000-\\u0020]/g, '');
        if (/^(javascript|vbscript|data):/i.test(bare)) found.addresses += 1;
      }
      for (const kind of ['click', 'mouseover', 'focus', 'error', 'load', 'toggle', 'submit'])
        element.dispatchEvent(new Event(kind, {bubbles: true, cancelable: true}));
    }
    addEventListener('load', () => setTimeout(() => {
      document.documentElement.setAttribute('data-verdict', `elements ${found.elements}, handlers ` +
        `${found.handlers}, addresses ${found.addresses}, executed ${window.executed}`);
      document.documentElement.setAttribute('data-bodies',
        document.querySelectorAll('#bodies > div').length);
    }, 0));";

/// What the browser says of `bodies`, each in a block of its own, and how many it found.
fn verdict(home: &Home, name: &str, bodies: &[String]) -> (String, usize) {
    let blocks: String = bodies.iter().map(|body| format!("<div>{body}</div>\n")).collect();
    let page = format!(
        "<!DOCTYPE html><html lang=\"fr\"><head><meta charset=\"utf-8\"><title>x</title>\
         <script>{BEFORE}</script></head><body><div id=\"bodies\">{blocks}</div>\
         <script>{AFTER}</script></body></html>"
    );
    let path = home.path(&format!("{name}.html"));
    std::fs::write(&path, page).expect("written");
    let profile = format!("--user-data-dir={}", home.path("profile").display());
    let output = Command::new("chromium")
        .env("HOME", home.folder())
        .args(["--headless", "--no-sandbox", "--disable-gpu", &profile])
        // Nothing is fetched from anywhere.
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=10000"])
        .args(["--dump-dom", &format!("file://{}", path.display())])
        .stdin(Stdio::null())
        .output()
        .expect("the browser starts");
    let dom = String::from_utf8_lossy(&output.stdout);
    let value = |name: &str| {
        let (_, rest) = dom.split_once(&format!(" {name}=\""))?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    let verdict = value("data-verdict");
    let count = value("data-bodies").and_then(|count| count.parse().ok());
    let said = String::from_utf8_lossy(&output.stderr);
    (verdict.unwrap_or_else(|| panic!("{name}: no verdict\n{said}")), count.unwrap_or(0))
}

#[test]
fn a_browser_finds_nothing_to_run_in_a_page_a_mail_or_a_feed() {
    if !servers::present("the vectors in a browser", &["chromium"]) {
        return;
    }
    let home = Home::new();
    let vectors = vectors::all();
    for (place, bodies) in vectors::places(&vectors) {
        let (said, count) = verdict(&home, place, &bodies);
        assert_eq!(said, "elements 0, handlers 0, addresses 0, executed 0", "{place}");
        assert_eq!(count, bodies.len(), "{place}: a body left its block");
    }
}

#[test]
fn a_browser_runs_what_was_not_cleaned() {
    if !servers::present("hostile HTML in a browser", &["chromium"]) {
        return;
    }
    let bodies = [
        "<script>alert(1)</script>",
        "<img src=\"file:///nowhere\" onerror=\"alert(1)\">",
        "<a href=\"java&#10;script:alert(1)\">x</a>",
        "<svg onload=\"alert(1)\"></svg>",
    ];
    let (said, _) = verdict(&Home::new(), "hostile", &bodies.map(ToOwned::to_owned));
    let numbers: Vec<u32> = said.split([' ', ',']).filter_map(|word| word.parse().ok()).collect();
    assert!(numbers.len() == 4 && numbers.iter().all(|&number| number > 0), "{said}");
}
