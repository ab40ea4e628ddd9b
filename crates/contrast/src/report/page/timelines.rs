//! A row's timelines: the frame around each, the data that the scripts draw from, the key.

use maud::{Markup, PreEscaped, html};

use super::prose;
use crate::cell::Column;
use crate::contrast::{Recorded, RowOutcome};
use crate::plan::Plan;
use crate::report::terminal::glued;
use crate::timeline::drawing::Drawing;

/// Everything that is drawn for the row; nothing where nothing was recorded.
pub fn timelines(id: &str, plan: &Plan, row: &RowOutcome) -> Markup {
    let drawn: Vec<(String, &Drawing)> = row
        .recorded
        .iter()
        .filter_map(|Recorded { column, drawing }| {
            Some((column.label(plan.workers), drawing.as_ref().ok()?))
        })
        .collect();
    let failed = row.recorded.iter().filter_map(|Recorded { column, drawing }| {
        Some((column.label(plan.workers), drawing.as_ref().err()?))
    });
    html! {
        @if !row.recorded.is_empty() {
            h3 { "Who ran when" }
        }
        @if !drawn.is_empty() {
            @if let Some(words) = contrast(plan, row) { p { (glued(&words)) } }
            p.quiet {
                "From one more run of each way, shortened and recorded: the table's runs are not."
            }
            (tools(id))
            (key(&drawn))
            @for (number, (label, drawing)) in drawn.iter().enumerate() {
                (timeline(&format!("{id}-{number}"), label, drawing))
            }
            script type="application/json" data-row=(id) { (data(&drawn)) }
        }
        @for (label, reason) in failed {
            p.quiet { "No timeline of " (label) ": " (reason) }
        }
    }
}

fn contrast(plan: &Plan, row: &RowOutcome) -> Option<String> {
    let drawing = |wanted| {
        let found = row.recorded.iter().find(|recorded| recorded.column == wanted)?;
        found.drawing.as_ref().ok()
    };
    let workers = drawing(Column::Workers)?;
    let label = Column::Workers.label(plan.workers);
    Some(prose::contrast(drawing(Column::EventLoop)?, workers, &label))
}

fn tools(id: &str) -> Markup {
    let buttons = [
        ("whole", "Whole run", "Show the whole run"),
        ("beginning", "First polls", "Show the first polls, one by one"),
        ("nearer", "+", "Zoom in"),
        ("farther", "−", "Zoom out"),
        ("left", "◀", "Earlier"),
        ("right", "▶", "Later"),
    ];
    html! {
        div.tools role="group" aria-label="Part of the time that the timelines show" {
            @for (action, text, label) in buttons {
                button type="button" data-action=(action) aria-label=(label) aria-controls=(id) { (text) }
            }
        }
    }
}

fn key(drawn: &[(String, &Drawing)]) -> Markup {
    let long_ns = drawn.iter().map(|(_, drawing)| drawing.long_ns).max().unwrap_or(0);
    html! {
        ul.key {
            li {
                svg aria-hidden="true" { rect.lane width="26" height="16" {} rect x="2" width="11" height="16" fill="#56b4e9" {} rect x="14" width="9" height="16" fill="#e69f00" {} }
                "a poll, in its task's colour; blank: it waits"
            }
            li {
                svg aria-hidden="true" { rect.lane y="6" width="26" height="10" {} path.filled d="M8 0h9l-4.5 7z" {} path d="M12.5 6v10" {} }
                "steal: takes tasks from another lane"
            }
            li {
                svg aria-hidden="true" { rect width="26" height="16" fill="#3cb995" {} path d="M-4 16l16-16M3 16l16-16M10 16l16-16M17 16l16-16" style="stroke:#14161a;opacity:.55" {} path.alarm d="M0 1.5h26" stroke-width="3" {} }
                "long: " (glued(&prose::time(long_ns))) " or more"
            }
            li {
                svg aria-hidden="true" { rect.lane width="26" height="9" {} path d="M8.5 7v7" {} circle cx="18" cy="12" r="2" fill="none" stroke="currentColor" {} }
                "wakes a task; falls asleep"
            }
            li { "Drag to move; Ctrl and the wheel, or two fingers, to zoom; point at a block for more. \
                  Keys: arrows and + − 0 Home End; N and P go from block to block, ↑ ↓ to another lane, Enter zooms to it." }
        }
    }
}

fn timeline(id: &str, label: &str, drawing: &Drawing) -> Markup {
    let summary = format!("{id}-summary");
    let totals = &drawing.totals;
    html! {
        figure.timeline {
            figcaption {
                h4 { (label) }
                span.quiet id=(summary) { (glued(&prose::summary(drawing))) }
            }
            canvas tabindex="0" role="application" aria-roledescription="timeline"
                aria-label={ "Timeline of " (label) ": " (drawing.lanes.len()) " lanes. Arrow keys move, plus and minus zoom, N and P go from block to block, up and down to another lane." }
                aria-describedby=(summary)
                data-recorded-blocks=(totals.blocks) data-recorded-lanes=(totals.lanes) data-recorded-steals=(totals.steals) {}
            p.drawn {}
            details {
                summary { "Lane by lane" }
                ul { @for lane in &drawing.lanes { li { (glued(&prose::lane(lane, drawing))) } } }
            }
            noscript { p { "The timeline is drawn by a script, which this browser does not run." } }
        }
    }
}

/// What the scripts draw from. No `<` is left that could end the element.
fn data(drawn: &[(String, &Drawing)]) -> PreEscaped<String> {
    let drawings: Vec<&Drawing> = drawn.iter().map(|(_, drawing)| *drawing).collect();
    let json = serde_json::to_string(&drawings).expect("numbers and texts can be written");
    PreEscaped(json.replace('<', "\\u003c"))
}
