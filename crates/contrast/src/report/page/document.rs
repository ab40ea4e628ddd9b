//! The page from top to bottom.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{PageInput, charts, table, timelines};
use crate::contrast::{Outcome, RowOutcome};
use crate::plan::Plan;
use crate::report::rows::in_short;
use crate::report::terminal::glued;
use crate::report::words::counted;
use crate::rows::Shown;

const STYLE: &str = include_str!("assets/page.css");
/// In this order: each uses what those before it define.
const SCRIPTS: [&str; 5] = [
    include_str!("assets/data.js"),
    include_str!("assets/draw.js"),
    include_str!("assets/view.js"),
    include_str!("assets/timeline.js"),
    include_str!("assets/main.js"),
];
/// Nothing is fetched: whatever is in the page by mistake, a browser will not ask anybody for it.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
const TITLE: &str = "Filch: concurrency on one thread, parallelism on several";

/// The whole page.
pub fn page(PageInput { plan, outcome }: PageInput<'_>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                link rel="icon" href="data:,";
                title { (TITLE) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { "To the content" }
                (header(plan, outcome))
                main id="content" {
                    @for row in &outcome.rows { (section(plan, row)) }
                    @for (name, reason) in &outcome.not_measured {
                        section {
                            h2 { (name.row().title) }
                            p { "Not measured: " (reason) }
                        }
                    }
                    section aria-labelledby="in-short" {
                        h2 id="in-short" { "In short" }
                        p { (glued(&in_short(outcome))) }
                    }
                }
                (footer(plan))
                div id="tip" role="tooltip" hidden {}
                div.unseen id="said" aria-live="polite" {}
                script { (PreEscaped("(() => {\n\"use strict\";\n")) @for script in SCRIPTS { (PreEscaped(script)) } (PreEscaped("})();\n")) }
            }
        }
    }
}

fn header(plan: &Plan, outcome: &Outcome) -> Markup {
    html! {
        header {
            div.top {
                div {
                    h1 { (TITLE) }
                }
                fieldset {
                    legend { "Colours" }
                    label { input type="radio" name="theme" value="auto" checked; " as the system" }
                    label { input type="radio" name="theme" value="light"; " light" }
                    label { input type="radio" name="theme" value="dark"; " dark" }
                }
            }
            p {
                "An event loop is one thread that turns to another task whenever one waits. At any time a single \
                 task runs: that is concurrency. Parallelism is something else: several threads that run several \
                 tasks at the same moment. Here the same work is done both ways, on this machine, and measured."
            }
            p.quiet {
                "Each figure is the median of " (counted(plan.runs, "run")) ", each a process of its own. "
                @if plan.cores == 1 {
                    "The program could use one core only: it cannot show parallelism."
                } @else {
                    "The program could use " (plan.cores) " cores, and " (counted(plan.workers, "worker")) "."
                }
                @if cfg!(debug_assertions) {
                    " This was a debug build: its figures mean little."
                }
            }
            nav aria-label="Rows" {
                ul {
                    @for row in &outcome.rows {
                        li { a href={ "#" (id(row)) } { (row.measured.row.row().title) } }
                    }
                    li { a href="#in-short" { "In short" } }
                }
            }
        }
    }
}

/// What a row is called in links.
fn id(row: &RowOutcome) -> String {
    row.measured.row.row().title.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

fn section(plan: &Plan, row: &RowOutcome) -> Markup {
    let id = id(row);
    let heading = format!("{id}-heading");
    let (class, verdict) = match row.verdict.shown {
        Shown::Yes => ("verdict", "Verdict"),
        Shown::No => ("verdict no", "Verdict (unexpected)"),
        Shown::Undecided => ("verdict undecided", "Verdict (undecided)"),
    };
    html! {
        section id=(id) aria-labelledby=(heading) {
            h2 id=(heading) { (row.measured.row.row().title) }
            p { (glued(&row.work)) }
            p class=(class) { b { (verdict) } (glued(&row.verdict.words)) }
            (table::figures(row))
            (charts::bars(row))
            (timelines::timelines(&id, plan, row))
        }
    }
}

fn footer(plan: &Plan) -> Markup {
    html! {
        footer {
            p.quiet {
                "Written by filch-contrast " (env!("CARGO_PKG_VERSION")) " on " (std::env::consts::OS) ", "
                (std::env::consts::ARCH) ", with " (counted(plan.cores, "core")) "."
            }
        }
    }
}
