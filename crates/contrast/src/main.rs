//! Single-threaded concurrency against true parallelism: the same programs on one event loop and on N workers, measured.
//!
//! | file | concept |
//! |---|---|
//! | `cli.rs`, `plan.rs` | what was asked for; the same with every default filled in |
//! | `contrast.rs` | the main job: every row, every column, several runs |
//! | `rows/` | the work, one file per row, each with its verdict |
//! | `cell.rs` | a row's work done one column's way, in a process of its own |
//! | `others.rs` | the same in other languages, whose programs are in `others/` |
//! | `child.rs`, `interrupt.rs` | processes that are given up after a while; Ctrl-C |
//! | `measure.rs`, `measured.rs` | what one run cost; what several runs came to |
//! | `flavour.rs` | the event loop and the workers behind one verb |
//! | `server.rs`, `http.rs`, `url.rs` | the server of the fan-out row; what else it may ask for |
//! | `input.rs` | the files of the files row |
//! | `timeline/` | what each thread did when |
//! | `report/` | the terminal, the page, the JSON file and the trace |
//! | `articles/` | the programs of the articles, on both flavours |
#![forbid(unsafe_code)]

mod articles;
mod cell;
mod child;
mod cli;
mod contrast;
mod flavour;
mod http;
mod input;
mod interrupt;
mod measure;
mod measured;
mod others;
mod plan;
mod report;
mod rows;
mod server;
mod timeline;
mod url;

use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use cli::{Cli, Command, MeasureArgs};
use others::Others;
use report::page::PageInput;
use report::trace_parts::TraceParts;

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
    let mut plan = match args.plan() {
        Ok(plan) => plan,
        Err(reason) => return complain(MISUSE, &reason),
    };
    for (option, file) in [("--json", &args.json), ("--trace", &args.trace)] {
        if let Some(file) = file {
            if let Err(error) = report::json::check(file) {
                return complain(MISUSE, &unwritable(option, file, &error));
            }
        }
    }
    let mut trace = match args.trace.as_ref().map(|_| TraceParts::new()).transpose() {
        Ok(trace) => trace,
        Err(error) => {
            return complain(INCOMPLETE, &format!("no temporary file can be made: {error}"));
        }
    };
    if let Err(reason) = interrupt::catch() {
        eprintln!("note: {reason}");
    }
    plan.others = Others::find();
    let outcome = contrast::run(&plan, trace.as_mut());

    let mut code = if outcome.is_complete() { ExitCode::SUCCESS } else { INCOMPLETE.into() };
    if let Some(file) = &args.json {
        if let Err(error) = report::json::write(file, &plan, &outcome) {
            code = complain(INCOMPLETE, &unwritable("--json", file, &error));
        }
    }
    if let (Some(file), Some(trace)) = (&args.trace, trace) {
        if let Err(error) = trace.write(file) {
            code = complain(INCOMPLETE, &unwritable("--trace", file, &error));
        }
    }
    if let Some(file) = args.page() {
        match report::page::write(&file, PageInput { plan: &plan, outcome: &outcome }) {
            Ok(()) => report::rows::written(&file),
            Err(error) => code = complain(INCOMPLETE, &unwritable("--page", &file, &error)),
        }
    }
    if outcome.interrupted { interrupt::EXIT_CODE.into() } else { code }
}

fn unwritable(option: &str, file: &Path, error: &io::Error) -> String {
    format!("{option} {}: cannot be written: {error}", file.display())
}

fn complain(code: u8, reason: &str) -> ExitCode {
    eprintln!("error: {reason}");
    code.into()
}
