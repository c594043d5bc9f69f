//! Delay against requests as small pictures beside each other, in SVG.

use std::fmt::Write;

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 220.0;
const COLUMNS: usize = 3;
const MARGIN: f64 = 42.0;
/// The largest rate drawn.
const RATE: f64 = 10.5;

/// Colours that are told apart by everyone (Okabe and Ito), and the rules' names.
const RULES: [(&str, &str); 4] = [
    ("#999999", "fixed interval"),
    ("#e69f00", "entry frequency (Miniflux)"),
    ("#56b4e9", "empirical (CommaFeed)"),
    ("#0072b2", "rhythm (feedmill)"),
];

/// Points of requests a day and mean delay in hours, for each rule.
pub(crate) type Curves = [Vec<(f64, f64)>; 4];

/// The pictures of `rows`: a name and the curve of each rule.
pub(crate) fn svg(rows: &[(&str, Curves)]) -> String {
    let lines = rows.len().div_ceil(COLUMNS) as f64;
    let (width, height) = (WIDTH * COLUMNS as f64, HEIGHT * lines + 40.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    for (number, (name, curves)) in rows.iter().enumerate() {
        let (x, y) = ((number % COLUMNS) as f64 * WIDTH, (number / COLUMNS) as f64 * HEIGHT);
        let _ = writeln!(out, "<g transform=\"translate({x} {y})\">");
        picture(&mut out, name, curves);
        out.push_str("</g>\n");
    }
    for (number, (colour, name)) in RULES.iter().enumerate() {
        let (x, y) = (MARGIN + number as f64 * 210.0, height - 16.0);
        let _ = writeln!(
            out,
            "<path d=\"M{x} {y}h24\" stroke=\"{colour}\" stroke-width=\"3\"/>\
             <text x=\"{}\" y=\"{}\">{name}</text>",
            x + 30.0,
            y + 4.0
        );
    }
    out.push_str("</svg>\n");
    out
}

fn picture(out: &mut String, name: &str, curves: &Curves) {
    let all = curves.iter().flatten();
    let most = all.map(|(_, delay)| *delay).fold(0.0, f64::max).max(0.1) * 1.05;
    let (right, bottom) = (WIDTH - 14.0, HEIGHT - MARGIN);
    let x = |rate: f64| MARGIN + (right - MARGIN) * rate / RATE;
    let y = |delay: f64| bottom - (bottom - 28.0) * delay / most;
    let _ = writeln!(
        out,
        "<text x=\"{MARGIN}\" y=\"18\" font-size=\"13\">{name}</text>\
         <path d=\"M{MARGIN} 28V{bottom}H{right}\" fill=\"none\" stroke=\"#444\"/>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"end\">requests a day</text>\
         <text x=\"12\" y=\"{bottom}\" transform=\"rotate(-90 12 {bottom})\">mean delay, hours</text>",
        right,
        bottom + 32.0
    );
    for rate in [2.0, 4.0, 6.0, 8.0, 10.0] {
        let (at, below) = (x(rate), bottom + 16.0);
        let _ =
            writeln!(out, "<text x=\"{at}\" y=\"{below}\" text-anchor=\"middle\">{rate}</text>");
    }
    for step in [0.0, 0.5, 1.0] {
        let (delay, left) = (most * step, MARGIN - 4.0);
        let _ = writeln!(
            out,
            "<text x=\"{left}\" y=\"{}\" text-anchor=\"end\">{delay:.1}</text>",
            y(delay) + 4.0
        );
    }
    for (curve, (colour, _)) in curves.iter().zip(RULES) {
        let points: Vec<String> = curve
            .iter()
            .filter(|(rate, _)| *rate <= RATE)
            .map(|(rate, delay)| format!("{:.1},{:.1}", x(*rate), y(*delay)))
            .collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>",
            points.join(" ")
        );
    }
}
