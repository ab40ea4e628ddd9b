//! The `articles` command: every program beside what its original prints.

use std::io;
use std::thread;

use super::script::{Line, without_time_of_day};
use super::stage::{Performed, perform};
use super::{PROGRAMS, Program};
use crate::flavour::Flavour;
use crate::report::progress::Progress;
use crate::report::terminal;
use crate::report::words::{counted, duration};

/// Where the originals are, seen from the workspace's root.
const ORIGINALS: &str = "crates/contrast/originals";

/// Runs every program on both flavours and prints the result. Returns whether each printed what its original prints.
///
/// # Errors
/// When a flavour cannot be built.
pub fn show(scale: f64, workers: usize) -> io::Result<bool> {
    let flavours = [Flavour::EventLoop, Flavour::Workers(workers)];
    terminal::paragraph(&format!(
        "The programs of the articles, each on one event loop and on {}, beside what the original \
         prints in Python or Node.{}",
        counted(workers, "worker"),
        if scale == 1.0 {
            String::new()
        } else {
            format!(
                " Waits last {scale} times as long as in the articles; --scale 1 gives them their \
                 full length."
            )
        }
    ));

    let mut progress = Progress::new(PROGRAMS.len());
    let mut as_the_originals = 0;
    for program in PROGRAMS {
        progress.begin(program.name);
        // The flavours know nothing of each other: they can have their time in the same two seconds.
        let [on_loop, on_workers] = thread::scope(|threads| {
            flavours
                .map(|flavour| threads.spawn(move || perform(program, flavour, scale)))
                .map(|run| run.join().expect("a program does not panic"))
        });
        let (on_loop, on_workers) = (on_loop?, on_workers?);
        progress.hidden(|| {
            as_the_originals += usize::from(show_program(program, &on_loop, &on_workers, workers))
        });
        progress.done(1);
    }
    drop(progress);

    terminal::blank();
    terminal::paragraph(&format!(
        "{as_the_originals} of {} programs printed what their originals print: line for line on \
         the event loop, the same set of lines on {}. There is one queue on an event loop, so the \
         order of its turns is always the same; workers run tasks at the same time, and which of \
         two lines comes first is then a matter of luck unless the program awaits. All of these \
         programs only wait: none of them is faster on several workers. Run without a command to \
         see what is.",
        PROGRAMS.len(),
        counted(workers, "worker"),
    ));
    Ok(as_the_originals == PROGRAMS.len())
}

fn show_program(
    program: &Program,
    on_loop: &Performed,
    on_workers: &Performed,
    workers: usize,
) -> bool {
    terminal::blank();
    terminal::heading(&format!("{}: {}", program.name, program.shows));
    terminal::paragraph(&format!(
        "From \"{}\"; the original is {ORIGINALS}/{}.",
        program.article, program.original
    ));

    let heads =
        ["at".into(), "the original".into(), "event loop".into(), counted(workers, "worker")];
    let (original, on_loop_lines) = (program.original_prints, &on_loop.lines);
    let rows = original.len().max(on_loop_lines.len()).max(on_workers.lines.len());
    let cells = |row: usize| {
        let at = on_loop_lines.get(row).map(|line| duration(line.at.as_secs_f64()));
        let printed = |lines: &[Line]| lines.get(row).map(|line| line.text.clone());
        let original = original.get(row).map(|&line| line.to_owned());
        let cells = [at, original, printed(on_loop_lines), printed(&on_workers.lines)];
        cells.map(Option::unwrap_or_default).to_vec()
    };
    terminal::table(&heads, (0..rows).map(cells));

    let verdicts = [in_order(program, on_loop), same_set(program, on_workers)];
    let mended =
        if program.mended.is_some() { " (as the article means it: see the note)" } else { "" };
    terminal::paragraph(&format!(
        "Event loop: {}{mended}, in {}. {}: {}, in {}.",
        if verdicts[0] { "line for line the same" } else { "NOT the same lines in the same order" },
        duration(on_loop.took.as_secs_f64()),
        counted(workers, "worker"),
        match (verdicts[1], in_order(program, on_workers)) {
            (true, true) => "the same",
            (true, false) => "the same lines in another order",
            (false, _) => "NOT the same lines",
        },
        duration(on_workers.took.as_secs_f64()),
    ));
    if let Some(mended) = &program.mended {
        terminal::paragraph(&format!("Mended original: {ORIGINALS}/{}.", mended.original));
    }
    if !program.note.is_empty() {
        terminal::paragraph(&format!("Note: {}", program.note));
    }
    verdicts == [true, true]
}

/// Whether the lines are the expected ones in the expected order.
pub fn in_order(program: &Program, performed: &Performed) -> bool {
    performed.texts().into_iter().map(without_time_of_day).eq(program.expected().iter().copied())
}

/// Whether the lines are the expected ones in any order.
pub fn same_set(program: &Program, performed: &Performed) -> bool {
    let mut printed: Vec<String> = performed.texts().into_iter().map(without_time_of_day).collect();
    let mut expected: Vec<String> =
        program.expected().iter().map(|&line| line.to_owned()).collect();
    printed.sort_unstable();
    expected.sort_unstable();
    printed == expected
}
