//! What a timeline shows, in words: for those who do not see it, and beside it for those who do.

use crate::report::words::duration;
use crate::timeline::LaneKind;
use crate::timeline::drawing::{Drawing, DrawnLane};

/// A number with its thousands apart, and its noun.
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// Nanoseconds, with a unit.
pub fn time(ns: u64) -> String {
    duration(ns as f64 / 1e9)
}

fn part(some: u64, all: u64) -> String {
    match some as f64 / all.max(1) as f64 * 100.0 {
        p if p > 0.0 && p < 1.0 => "less than 1 %".into(),
        p => format!("{p:.0} %"),
    }
}

/// Whether no runtime polled anything here.
pub fn is_plain(drawing: &Drawing) -> bool {
    drawing.lanes.first().is_some_and(|lane| lane.kind == LaneKind::Plain)
}

/// A timeline in a few sentences.
pub fn summary(drawing: &Drawing) -> String {
    let totals = &drawing.totals;
    if is_plain(drawing) {
        return plain(drawing);
    }
    let mut words = format!(
        "{} polled {} {} in {}",
        counted(totals.busy_lanes as u64, "thread"),
        counted(totals.tasks, "task"),
        match totals.blocks {
            1 => "once".into(),
            blocks => format!("{} times", grouped(blocks)),
        },
        time(drawing.span_ns),
    );
    words += &match totals.most_busy {
        0 | 1 => format!(
            ": one after the other, never two at once. Something ran for {} of that time.",
            part(totals.one_busy_ns, drawing.span_ns)
        ),
        most => format!(
            ". Something ran for {} of that time, and for {} two or more ran at once, {most} at \
             most.",
            part(totals.one_busy_ns, drawing.span_ns),
            time(totals.several_busy_ns),
        ),
    };
    if totals.stolen > 0 {
        words += &format!(
            " {} changed threads, in {}.",
            counted(totals.stolen, "stolen task"),
            counted(totals.steals, "steal")
        );
    }
    words += &match totals.long {
        0 => format!(" No poll took {} or longer.", time(drawing.long_ns)),
        1 => format!(" One poll took {} or longer.", time(drawing.long_ns)),
        long => format!(" {} took {} or longer.", counted(long, "poll"), time(drawing.long_ns)),
    };
    if drawing.lost > 0 {
        words += &format!(
            " The recorder had no room for {} before the first that is shown.",
            counted(drawing.lost, "event")
        );
    }
    words
}

fn plain(drawing: &Drawing) -> String {
    let totals = &drawing.totals;
    let span = time(drawing.span_ns);
    if totals.lanes == 1 {
        return format!(
            "One thread did {}, one after the other, in {span}; it was at work for {} of that \
             time, and waited for the rest.",
            counted(totals.tasks, "task"),
            part(totals.busy_ns, drawing.span_ns),
        );
    }
    let mut words = format!(
        "{} did {} in {span}; up to {} were at work at a time, on as many cores as there are: \
         the operating system shares them out, and blocks tell when a thread had work, not when \
         it had a core.",
        counted(totals.lanes as u64, "thread"),
        counted(totals.tasks, "task"),
        grouped(totals.most_busy as u64),
    );
    if drawing.lanes.len() < totals.lanes {
        words += &format!(" {} of the threads are drawn.", drawing.lanes.len());
    }
    words
}

/// One lane in a sentence.
pub fn lane(lane: &DrawnLane, drawing: &Drawing) -> String {
    let nouns = match lane.kind {
        LaneKind::EventLoop | LaneKind::Worker | LaneKind::Outside => ("poll", "polls"),
        LaneKind::Blocking => ("call", "calls"),
        LaneKind::Plain => ("stretch of work", "stretches of work"),
    };
    let mut words = format!(
        "{}: {} {}, at work for {} ({})",
        lane.name,
        grouped(lane.block_count),
        if lane.block_count == 1 { nouns.0 } else { nouns.1 },
        time(lane.busy_ns),
        part(lane.busy_ns, drawing.span_ns),
    );
    if lane.stolen > 0 {
        words += &format!(", {}", counted(lane.stolen, "stolen task"));
    }
    if lane.long > 0 {
        words += &format!(", {} of {} or longer", grouped(lane.long), time(drawing.long_ns));
    }
    words
}

/// What a comparison of the event loop with several workers comes to.
pub fn contrast(event_loop: &Drawing, workers: &Drawing, label: &str) -> String {
    let (alone, several) = (&event_loop.totals, &workers.totals);
    let mut words = format!(
        "The event loop has one lane: {} take turns on it, and while one runs every other waits.",
        counted(alone.tasks, "task"),
    );
    words += &if several.several_busy_ns > 0 {
        format!(
            " {label}: lanes that are filled at the same time. During {} of {} two or more tasks \
             ran at the same moment, which on one lane never happens.",
            time(several.several_busy_ns),
            time(workers.span_ns),
        )
    } else {
        format!(" {label}: in this run no two tasks ran at the same moment.")
    };
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::Timeline;

    #[test]
    fn thousands_are_apart() {
        let said = [0, 999, 1_000, 1_234_567].map(grouped);
        assert_eq!(said, ["0", "999", "1\u{202f}000", "1\u{202f}234\u{202f}567"]);
    }

    #[test]
    fn a_summary_tells_taking_turns_from_running_at_once() {
        let turns = summary(&Drawing::of(&Timeline::generated(1, 500)));
        assert!(
            turns.contains("1 thread polled") && turns.contains("never two at once"),
            "{turns}"
        );
        let at_once = Drawing::of(&Timeline::generated(2, 500));
        let words = summary(&at_once);
        assert!(words.contains("2 threads polled") && words.contains("2 at most"), "{words}");
        assert!(words.contains("300 stolen tasks changed threads, in 100 steals"), "{words}");
        let long = at_once.totals.long;
        assert!(long > 0 || words.contains("No poll took 10.0 ms or longer"), "{words}");
        assert!(lane(&at_once.lanes[1], &at_once).starts_with("worker 1: 500 polls, at work for"));
    }
}
