//! A row's figures as a table.

use maud::{Markup, html};

use crate::cell::Column;
use crate::contrast::RowOutcome;
use crate::report::rows::{head, said};
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
        Some((measurement.column.label(measured.workers), measurement.failure.as_ref()?))
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
                                @if measurement.samples.is_empty() {
                                    "failed"
                                } @else {
                                    (glued(&said(figure, measured, measurement).unwrap_or_else(|| "?".into())))
                                }
                            }
                        }
                    }
                }
            }
        }
        @for (label, reason) in failures {
            p { "Failed: " (label) ": " (reason) }
        }
        @if !measured.is_same_work() {
            p { "Beware: the files changed while they were measured, so the columns did not do the same work." }
        }
    }
}
