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
    let measured = &row.measured;
    html! {
        div.charts {
            @for &figure in measured.row.row().figures {
                @if let Some(title) = title(figure) {
                    figure { (picture(figure, title, measured)) }
                }
            }
        }
    }
}

fn picture(figure: Figure, title: &str, measured: &Measured) -> Markup {
    let bars: Vec<(&Measurement, f64)> = measured
        .columns
        .iter()
        .filter_map(|measurement| Some((measurement, value(figure, measurement)?)))
        .collect();
    let most = bars.iter().map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
    html! {
        figcaption { (title) }
        svg role="img" aria-label={ (title) ": the figures of the table as bars" }
            height=(PITCH * bars.len()) {
            @for (place, (measurement, value)) in bars.iter().enumerate() {
                @let y = PITCH * place;
                text x="0" y=(y + 19) { (measurement.column.label(measured.workers)) }
                text.value x="100%" y=(y + 19) { (said(figure, measured, measurement).unwrap_or_default()) }
                rect.track x="0" y=(y + 26) width="100%" height="10" rx="2" {}
                rect.ours[is_ours(measurement.column)] x="0" y=(y + 26) height="10" rx="2"
                    width={ (format!("{:.2}", percent(*value, most))) "%" } {}
            }
        }
    }
}

/// A bar's width; what is not nothing can be seen.
fn percent(value: f64, most: f64) -> f64 {
    if value > 0.0 { (value / most * 100.0).max(0.5) } else { 0.0 }
}

/// `None` for figures that are better read than seen.
fn title(figure: Figure) -> Option<&'static str> {
    Some(match figure {
        Figure::Wall => "Time that went by",
        Figure::Cpu => "Time spent computing",
        Figure::Memory => "Most memory at a time",
        Figure::LongestDelay => "Longest delay of another task",
        Figure::DelayedTasks => "Other tasks that were late",
        Figure::Throughput => "Requests answered per second",
        Figure::Latency(percent) if (99.0..99.5).contains(&percent) => {
            "All but one in a hundred took less"
        }
        Figure::PerTask => "Memory for each task",
        Figure::SpeedUp | Figure::Threads | Figure::Stolen | Figure::Tasks | Figure::Latency(_) => {
            return None;
        }
    })
}

fn value(figure: Figure, measurement: &Measurement) -> Option<f64> {
    match figure {
        Figure::Wall => Some(measurement.wall()?.median),
        Figure::Cpu => Some(measurement.cpu()?.median),
        Figure::Memory => Some(measurement.peak()? as f64),
        Figure::LongestDelay => Some(measurement.delays()?.longest_s),
        Figure::DelayedTasks => Some(measurement.delays()?.delayed_tasks as f64),
        Figure::Throughput => measurement.throughput(),
        Figure::Latency(percent) => measurement.latency(percent),
        Figure::PerTask => measurement.bytes_per_task(),
        Figure::SpeedUp | Figure::Threads | Figure::Stolen | Figure::Tasks => None,
    }
}
