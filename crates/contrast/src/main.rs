//! Single-threaded concurrency against true parallelism: the same programs on one event loop and on N workers, measured.
//!
//! | file | concept |
//! |---|---|
//! | `cli.rs`, `plan.rs` | what was asked for; the same with every default filled in |
//! | `contrast.rs` | the main job: every row, every column, several runs |
//! | `rows/` | the work, one file per row, each with its verdict |
//! | `cell.rs` | a row's work done one column's way, in a process of its own |
//! | `measure.rs`, `measured.rs` | what one run cost; what several runs came to |
//! | `flavour.rs` | the event loop and the workers behind one verb |
//! | `server.rs`, `http.rs` | the server of the fan-out row |
//! | `input.rs` | the files of the files row |
//! | `report/` | the terminal, the JSON file, and the trace of a recording |
//! | `articles/` | the programs of the articles, on both flavours |
#![forbid(unsafe_code)]

mod articles;
mod cell;
mod cli;
mod contrast;
mod flavour;
mod http;
mod input;
mod measure;
mod measured;
mod plan;
mod report;
mod rows;
mod server;

use std::process::ExitCode;

use clap::Parser as _;
use cli::{Cli, Command, MeasureArgs};

/// Something was left out or failed.
const INCOMPLETE: u8 = 1;
/// The command line makes no sense; clap's too.
const MISUSE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match &cli.command {
        None => measure(&cli.measure),
        Some(Command::Articles(args)) => match articles::show::show(args.scale, args.workers()) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => INCOMPLETE.into(),
            Err(error) => complain(INCOMPLETE, &format!("a runtime cannot be built: {error}")),
        },
        Some(Command::Cell(args)) => cell::run_here(args),
        Some(Command::Serve(args)) => match server::serve(args) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(INCOMPLETE, &error.to_string()),
        },
    }
}

fn measure(args: &MeasureArgs) -> ExitCode {
    let plan = match args.plan() {
        Ok(plan) => plan,
        Err(reason) => return complain(MISUSE, &reason),
    };
    if let Some(file) = &args.json {
        if let Err(error) = report::json::check(file) {
            return complain(
                MISUSE,
                &format!("--json {}: cannot be written: {error}", file.display()),
            );
        }
    }
    let outcome = contrast::run(&plan);
    if let Some(file) = &args.json {
        if let Err(error) = report::json::write(file, &plan, &outcome) {
            return complain(
                INCOMPLETE,
                &format!("--json {}: cannot be written: {error}", file.display()),
            );
        }
    }
    if outcome.is_complete() { ExitCode::SUCCESS } else { INCOMPLETE.into() }
}

fn complain(code: u8, reason: &str) -> ExitCode {
    eprintln!("error: {reason}");
    code.into()
}
