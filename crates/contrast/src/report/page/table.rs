//! A row's figures as a table.

use maud::{Markup, html};

use crate::cell::Column;
use crate::contrast::RowOutcome;
use crate::report::rows::{head, said, whole_processes};
use crate::report::terminal::glued;

/// Whether the column is Filch's: it is pointed out.
pub fn is_ours(column: Column) -> bool {
    matches!(column, Column::EventLoop | Column::OneWorker | Column::Workers)
}

/// The table. Its roles are spelt out, because a narrow page lays it out as cards.
pub fn figures(row: &RowOutcome) -> Markup {
    let measured = &row.measured;
    let figures = measured.row.row().figures;
    let failures = measured.columns.iter().filter_map(|measurement| {
        let what = if measurement.has_failed() { "Failed" } else { "Note" };
        Some((what, measurement.column.label(measured.workers), measurement.failure.as_ref()?))
    });
    html! {
        table role="table" {
            caption { "Medians; ±: half the range of the runs; ≈: extrapolated from a part of the work." }
            thead role="rowgroup" {
                tr role="row" {
                    th role="columnheader" scope="col" { "way of doing it" }
                    @for &figure in figures {
                        th role="columnheader" scope="col" { (head(figure)) }
                    }
                }
            }
            tbody role="rowgroup" {
                @for measurement in &measured.columns {
                    tr.ours[is_ours(measurement.column)] role="row" {
                        th role="rowheader" scope="row" { (measurement.column.label(measured.workers)) }
                        @for &figure in figures {
                            td role="cell" data-head=(head(figure)) {
                                @if measurement.samples.is_empty() && measurement.failure.is_some() {
                                    "failed"
                                } @else {
                                    (glued(&said(figure, measured, measurement).unwrap_or_else(|| "-".into())))
                                }
                            }
                        }
                    }
                }
            }
        }
        @for (what, label, reason) in failures {
            p { (what) ": " (label) ": " (reason) }
        }
        @if let Some(words) = whole_processes(measured) {
            p.quiet { (glued(&words)) }
        }
        @if !measured.is_same_work() {
            p { "Beware: the files changed while they were measured, so the columns did not do the same work." }
        }
    }
}
