//! The ports against the stored lines, and the stored lines against the originals.
//!
//! The programs wait in real time, so a machine that is late often enough can reorder `fetch_and_numbers`
//! anywhere, in Python as well. Such a run is repeated with longer waits: only a program that is wrong however long
//! it waits is wrong.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::script::without_time_of_day;
use super::show::{in_order, same_set};
use super::stage::{Performed, perform};
use super::{PROGRAMS, Program};
use crate::flavour::Flavour;

/// Longer waits are told apart where a program is slow, and another attempt helps where it was stopped at a bad moment.
const SCALES: [f64; 10] = [0.05, 0.2, 1.0, 4.0, 0.2, 1.0, 0.2, 1.0, 0.2, 1.0];

fn check(program: &Program, flavour: Flavour, is_right: fn(&Program, &Performed) -> bool) {
    let mut printed = Vec::new();
    for scale in SCALES {
        let performed = perform(program, flavour, scale).expect("the flavour can be built");
        if is_right(program, &performed) {
            return;
        }
        printed = performed.lines;
    }
    panic!(
        "{} on {flavour:?} printed {printed:#?} instead of {:#?}",
        program.name,
        program.expected()
    );
}

#[test]
fn the_event_loop_prints_line_for_line_what_the_originals_print() {
    for program in PROGRAMS {
        check(program, Flavour::EventLoop, in_order);
    }
}

#[test]
fn one_worker_prints_the_same_set_of_lines() {
    for program in PROGRAMS {
        check(program, Flavour::Workers(1), same_set);
    }
}

#[test]
fn several_workers_print_the_same_set_of_lines() {
    for program in PROGRAMS {
        check(program, Flavour::Workers(4), same_set);
    }
}

#[test]
fn waits_are_never_shorter_than_the_articles_say() {
    let lasts = [
        ("promise_resolved", 2.0),
        ("say_hi_and_count", 5.0),
        ("gather_three", 2.0),
        ("blocking_foo", 10.0),
        ("await_foo_twice", 2.0),
        ("task_awaited", 1.0),
        ("fetch_and_numbers", 2.5),
    ];
    for (name, seconds) in lasts {
        let program =
            PROGRAMS.iter().find(|program| program.name == name).expect("the program exists");
        for flavour in [Flavour::EventLoop, Flavour::Workers(2)] {
            let performed = perform(program, flavour, 0.01).expect("the flavour can be built");
            let took = performed.took.as_secs_f64();
            assert!(took >= seconds * 0.01, "{name} on {flavour:?} took {took} s");
        }
    }
}

#[test]
fn a_task_that_main_leaves_behind_is_cancelled_on_both_flavours() {
    let program =
        PROGRAMS.iter().find(|program| program.name == "task_dropped").expect("the program exists");
    for flavour in [Flavour::EventLoop, Flavour::Workers(2)] {
        // At this scale foo would go on for 100 s.
        let performed = perform(program, flavour, 100.0).expect("the flavour can be built");
        assert!(!performed.texts().contains(&"Ending foo"));
        assert!(
            performed.took.as_secs() < 60,
            "the runtime waited for a task that it should have cancelled"
        );
    }
}

#[test]
fn the_originals_print_what_is_stored_here() {
    for program in PROGRAMS {
        compare_with_original(program.original, program.original_prints);
        if let Some(mended) = &program.mended {
            compare_with_original(mended.original, mended.prints);
        }
    }
}

fn compare_with_original(file: &str, stored: &[&str]) {
    let interpreter = if file.ends_with(".py") { "python3" } else { "node" };
    let mut printed = Vec::new();
    for scale in SCALES {
        let Some(output) = run_original(interpreter, file, scale) else {
            // Past the test harness's capture: a comparison that did not happen must be seen.
            let _ = writeln!(
                std::io::stderr(),
                "\n*** SKIPPED: {interpreter} is not on this machine, so originals/{file} was not \
                 compared ***"
            );
            return;
        };
        printed = output;
        if printed == stored {
            return;
        }
    }
    panic!("originals/{file} printed {printed:#?}; stored is {stored:#?}");
}

/// The lines that an original prints, stdout then stderr; `None` without its interpreter.
fn run_original(interpreter: &str, file: &str, scale: f64) -> Option<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("originals").join(file);
    let runs = Command::new(interpreter)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !runs {
        return None;
    }
    let output = Command::new(interpreter)
        .arg(path)
        .env("SCALE", scale.to_string())
        .stdin(Stdio::null())
        .output()
        .expect("the interpreter has just run");
    assert!(
        output.status.success(),
        "originals/{file} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = [output.stdout, output.stderr].concat();
    Some(
        String::from_utf8(lines)
            .expect("the originals print UTF-8")
            .lines()
            .map(without_time_of_day)
            .map(|line| without_timer_number(&line))
            .collect(),
    )
}

/// Node numbers its timers as it pleases: `input is 5!`, or any other number, becomes what is stored for it.
fn without_timer_number(line: &str) -> String {
    match line.strip_prefix("Our user's input is ").and_then(|rest| rest.strip_suffix('!')) {
        Some(number) if number.bytes().all(|b| b.is_ascii_digit()) => {
            "Our user's input is <the timer's number>!".to_owned()
        }
        _ => line.to_owned(),
    }
}
