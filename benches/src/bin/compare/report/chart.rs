//! Charts as SVG, written by hand: a stylesheet inside of each follows the reader's light or dark theme, which
//! drawing libraries cannot do, since they write colours into every shape.

use std::fmt::Write as _;

use crate::report::lines::MAIN;
use crate::report::words::{rate, time};
use crate::results::{REFERENCE, Results};
use crate::scaling::Curve;
use crate::verdict::SUBJECT;

/// A picture and its file's name.
#[derive(Clone, Debug)]
pub struct Chart {
    /// The file's name without its end.
    pub key: String,
    /// What it shows, for who does not see it too.
    pub title: String,
    /// The picture.
    pub svg: String,
}

/// All charts of a run.
pub fn all(results: &Results) -> Vec<Chart> {
    ratios(results).into_iter().chain(results.curves.iter().filter_map(curve)).collect()
}

const WIDTH: f64 = 760.0;

/// Colours that keep their contrast on white and on black, each with its own dash and its own name at the line.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}.grid{stroke:#d0d7de}\
    .line{fill:none;stroke-width:2}.c0{stroke:#0969da;fill:#0969da}.c1{stroke:#bc4c00;fill:#bc4c00}\
    .c2{stroke:#1a7f37;fill:#1a7f37}.c3{stroke:#8250df;fill:#8250df}text.c0,text.c1,text.c2,text.c3{stroke:none}\
    .line.c0,.line.c1,.line.c2,.line.c3{fill:none}.c1{stroke-dasharray:7 3}.c2{stroke-dasharray:2 3}\
    .c3{stroke-dasharray:9 3 2 3}.wins{fill:#1a7f37}.loses{fill:#cf222e}\
    @media(prefers-color-scheme:dark){text{fill:#e6edf3}.grid{stroke:#3d444d}.c0{stroke:#58a6ff;fill:#58a6ff}\
    .c1{stroke:#f0883e;fill:#f0883e}.c2{stroke:#3fb950;fill:#3fb950}.c3{stroke:#bc8cff;fill:#bc8cff}\
    .wins{fill:#3fb950}.loses{fill:#f85149}}";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn picture(title: &str, height: f64, body: &str) -> String {
    let title = escaped(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"{title}\">\n<style>{STYLE}</style>\n\
         <text class=\"title\" x=\"8\" y=\"20\">{title}</text>\n{body}</svg>\n"
    )
}

fn text(x: f64, y: f64, anchor: &str, class: &str, text: &str) -> String {
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{}</text>\n",
        escaped(text)
    )
}

fn segment(from: (f64, f64), to: (f64, f64), class: &str) -> String {
    format!(
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" class=\"{class}\"/>\n",
        from.0, from.1, to.0, to.1
    )
}

/// A scale on which equal factors are equally far apart.
struct Logarithmic {
    /// The values at both ends.
    values: (f64, f64),
    /// Where they are drawn.
    places: (f64, f64),
}

impl Logarithmic {
    fn place(&self, value: f64) -> f64 {
        let part = (value / self.values.0).ln() / (self.values.1 / self.values.0).ln();
        self.places.0 + part * (self.places.1 - self.places.0)
    }

    /// The powers of ten within; of a short scale, the values at its ends.
    fn ticks(&self) -> Vec<f64> {
        let powers = (-3..12).map(|power| 10_f64.powi(power));
        let within: Vec<f64> =
            powers.filter(|v| (self.values.0..=self.values.1 * 1.0001).contains(v)).collect();
        if within.len() > 1 { within } else { vec![self.values.0, self.values.1] }
    }
}

/// A bar per row: filch's first figure as a multiple of tokio's. `None` without such a row.
fn ratios(results: &Results) -> Option<Chart> {
    const LINE: f64 = 22.0;
    const TOP: f64 = 58.0;
    let bars: Vec<(String, f64)> = results
        .rows
        .iter()
        .filter_map(|row| {
            let figure = *row.figures.first()?;
            Some((row.label(figure), row.ratio(figure).filter(|ratio| *ratio > 0.0)?))
        })
        .collect();
    let title = format!("{SUBJECT} as a multiple of {REFERENCE}: to the left of 1 is better");
    let lowest = bars.iter().map(|bar| bar.1).reduce(f64::min)?.min(0.1);
    let highest = bars.iter().map(|bar| bar.1).reduce(f64::max)?.max(2.0);
    let scale =
        Logarithmic { values: (lowest * 0.8, highest * 1.2), places: (280.0, WIDTH - 60.0) };
    let bottom = TOP + LINE * bars.len() as f64;
    let mut body = String::new();
    for tick in [0.01, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0] {
        if (scale.values.0..scale.values.1).contains(&tick) {
            let x = scale.place(tick);
            body += &segment((x, TOP - 6.0), (x, bottom), "grid");
            body += &text(x, TOP - 12.0, "middle", "", &tick.to_string());
        }
    }
    for (at, (label, ratio)) in bars.iter().enumerate() {
        let y = TOP + LINE * at as f64;
        let (from, to) = (scale.place(ratio.min(1.0)), scale.place(ratio.max(1.0)));
        let class = if *ratio <= 1.0 { "wins" } else { "loses" };
        let _ = writeln!(
            body,
            "<rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"12\" class=\"{class}\"/>",
            y + 3.0,
            (to - from).max(1.0)
        );
        body += &text(270.0, y + 14.0, "end", "", label);
        body += &text(to + 6.0, y + 14.0, "start", "", &rate(*ratio));
    }
    Some(Chart { key: "ratios".into(), svg: picture(&title, bottom + 12.0, &body), title })
}

/// Cost against size, a line per runtime. `None` without a point.
fn curve(curve: &Curve) -> Option<Chart> {
    const HEIGHT: f64 = 380.0;
    let points = || curve.lines.iter().flat_map(|line| &line.points).filter(|p| p.low > 0.0);
    let range = |of: fn(&crate::scaling::Point) -> f64| {
        Some((points().map(of).reduce(f64::min)?, points().map(of).reduce(f64::max)?))
    };
    let (least, most) = range(|p| p.at as f64)?;
    let (lowest, highest) = (range(|p| p.low)?.0, range(|p| p.high)?.1);
    // A scale needs two ends; and a flat line should look flat, so it spans a factor of ten at least.
    let x = Logarithmic { values: (least, most.max(least * 2.0)), places: (80.0, WIDTH - 110.0) };
    let lowest = 10_f64.powf(lowest.log10().floor());
    let highest = 10_f64.powf(highest.log10().ceil()).max(lowest * 10.0);
    let y = Logarithmic { values: (lowest, highest), places: (HEIGHT - 50.0, 50.0) };

    let mut body = String::new();
    for tick in y.ticks() {
        let at = y.place(tick);
        body += &segment((x.places.0, at), (x.places.1, at), "grid");
        body += &text(x.places.0 - 8.0, at + 4.0, "end", "", &time(tick));
    }
    for tick in x.ticks() {
        let at = x.place(tick);
        body += &segment((at, y.places.0), (at, y.places.1), "grid");
        body += &text(at, y.places.0 + 18.0, "middle", "", &(tick.round() as u64).to_string());
    }
    body += &text(f64::midpoint(x.places.0, x.places.1), HEIGHT - 12.0, "middle", "", &curve.axis);

    let mut names: Vec<(f64, usize, &str)> = Vec::new();
    for line in &curve.lines {
        let class = MAIN.iter().position(|name| *name == line.runtime).unwrap_or(3).min(3);
        let places: Vec<_> = line
            .points
            .iter()
            .filter(|p| p.low > 0.0)
            .map(|p| (x.place(p.at as f64), y.place(p.cost), y.place(p.low), y.place(p.high)))
            .collect();
        let Some(last) = places.last() else { continue };
        names.push((last.1, class, &line.runtime));
        let path: Vec<String> = places.iter().map(|p| format!("{:.1},{:.1}", p.0, p.1)).collect();
        let _ = writeln!(body, "<polyline points=\"{}\" class=\"line c{class}\"/>", path.join(" "));
        for (at, cost, low, high) in places {
            body += &segment((at, low), (at, high), &format!("c{class}"));
            let _ = writeln!(
                body,
                "<circle cx=\"{at:.1}\" cy=\"{cost:.1}\" r=\"3\" class=\"c{class}\"/>"
            );
        }
    }
    // Names at the ends of the lines, each below the one before.
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = 0.0;
    for (at, class, name) in names {
        let at = f64::max(at + 4.0, free);
        body += &text(x.places.1 + 10.0, at, "start", &format!("c{class}"), name);
        free = at + 16.0;
    }
    let svg = picture(&curve.title, HEIGHT, &body);
    Some(Chart { key: curve.key.clone(), title: curve.title.clone(), svg })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::samples::{results, row};
    use crate::scaling::samples;

    /// Every tag that is opened is closed, in order.
    fn assert_well_formed(svg: &str) {
        let mut open = Vec::new();
        for tag in svg.split('<').skip(1) {
            let tag = tag.split('>').next().expect("a tag ends");
            let name = tag.split([' ', '/']).find(|part| !part.is_empty()).expect("it has a name");
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "{svg}");
            } else if !tag.ends_with('/') {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?} in {svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{svg}");
    }

    #[test]
    fn a_row_is_a_bar_and_a_curve_is_a_line_per_runtime() {
        let mut results = results(vec![row("a<b", &[("filch", &[1.0]), ("tokio", &[4.0])])]);
        results.curves.push(samples::curve([50.0, 60.0, 70.0]));
        let charts = all(&results);
        assert_eq!(charts.iter().map(|chart| &chart.key).collect::<Vec<_>>(), ["ratios", "tasks"]);
        for chart in &charts {
            assert_well_formed(&chart.svg);
            assert!(chart.svg.contains("prefers-color-scheme:dark"));
        }
        assert!(charts[0].svg.contains("a&lt;b") && charts[0].svg.contains("0.25"));
        assert!(charts[1].svg.contains("polyline"));
    }

    #[test]
    fn a_single_point_and_no_point_are_no_trouble() {
        let mut curve = samples::curve([50.0; 3]);
        curve.lines[0].points.truncate(1);
        assert_well_formed(&super::curve(&curve).expect("one point").svg);
        curve.lines[0].points.clear();
        assert!(super::curve(&curve).is_none());
        assert!(all(&results(Vec::new())).is_empty());
    }
}
