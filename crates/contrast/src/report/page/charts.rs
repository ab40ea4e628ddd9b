//! A row's figures as bars, one picture for each figure.

use maud::{Markup, html};

use super::table::is_ours;
use crate::contrast::RowOutcome;
use crate::measured::{Measured, Measurement};
use crate::report::rows::said;
use crate::rows::Figure;

/// From one bar to the next, in pixels: a line of text, and the bar.
const PITCH: usize = 40;

/// The pictures of the figures that bars suit. Widths are in percent, so that text keeps its size on a narrow page.
pub fn bars(row: &RowOutcome) -> Markup {
    let pictures = row
        .measured
        .row
        .row()
        .figures
        .iter()
        .filter_map(|&figure| Some((figure, title(figure)?, values(figure, &row.measured)?)));
    html! {
        div.charts {
            @for (figure, title, values) in pictures {
                figure { (picture(figure, title, &values, &row.measured)) }
            }
        }
    }
}

fn picture(figure: Figure, title: &str, values: &[f64], measured: &Measured) -> Markup {
    let most = values.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    html! {
        figcaption { (title) }
        svg role="img" aria-label={ (title) ": the figures of the table as bars" }
            height=(PITCH * values.len()) {
            @for (place, (value, measurement)) in values.iter().zip(&measured.columns).enumerate() {
                @let y = PITCH * place;
                text x="0" y=(y + 19) { (measurement.column.label(measured.workers)) }
                text.value x="100%" y=(y + 19) { (said(figure, measured, measurement).unwrap_or_default()) }
                rect.track x="0" y=(y + 26) width="100%" height="10" rx="2" {}
                rect.ours[is_ours(measurement.column)] x="0" y=(y + 26) height="10" rx="2"
                    width={ (format!("{:.2}", (value / most * 100.0).max(0.3))) "%" } {}
            }
        }
    }
}

fn title(figure: Figure) -> Option<&'static str> {
    Some(match figure {
        Figure::Wall => "Time that went by",
        Figure::Cpu => "Time spent computing",
        Figure::Memory => "Most memory at a time",
        Figure::LongestDelay => "Longest delay of another task",
        Figure::DelayedTasks => "Other tasks that were late",
        Figure::SpeedUp | Figure::Threads => return None,
    })
}

/// One for each column; `None` where one is missing.
fn values(figure: Figure, measured: &Measured) -> Option<Vec<f64>> {
    let value = |measurement: &Measurement| {
        Some(match figure {
            Figure::Wall => measurement.wall()?.median,
            Figure::Cpu => measurement.cpu()?.median,
            Figure::Memory => measurement.peak()? as f64,
            Figure::LongestDelay => measurement.delays()?.longest_s,
            Figure::DelayedTasks => measurement.delays()?.delayed_tasks as f64,
            Figure::SpeedUp => measured.speed_up(measurement)?,
            Figure::Threads => measurement.threads()? as f64,
        })
    };
    measured.columns.iter().map(value).collect()
}
