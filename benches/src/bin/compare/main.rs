//! Filch beside what a user would pick instead: the same work, in one run, each runtime in processes of its own.
//!
//! | file | concept |
//! |---|---|
//! | `cli.rs` | what can be asked for |
//! | `compare.rs` | the run of everything that was asked for |
//! | `catalogue.rs` | what can be measured |
//! | `subject.rs`, `others.rs` | who is measured; those in other languages |
//! | `child.rs`, `protocol.rs` | the process that does the work; what it says |
//! | `process.rs`, `syscalls.rs` | a child, seen from outside: time limit, cost, system calls |
//! | `measure.rs` | A B A B |
//! | `scaling/` | cost against size |
//! | `statistics.rs`, `verdict.rs`, `baseline.rs`, `goals.rs` | what figures come to, who is better, what has changed, what was to be |
//! | `machine.rs`, `results.rs` | where; everything that was found out |
//! | `report/` | the terminal, the book, the charts |

mod baseline;
mod catalogue;
mod child;
mod cli;
mod compare;
mod goals;
mod machine;
mod measure;
mod others;
mod process;
mod protocol;
mod report;
mod results;
mod scaling;
mod statistics;
mod subject;
mod syscalls;
mod verdict;

use std::process::ExitCode;

use clap::Parser as _;
use cli::{Cli, Hidden};

/// Something failed.
const INCOMPLETE: u8 = 1;
/// The command line makes no sense; clap's too.
const MISUSE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match &cli.command {
        None => compare::run(&cli.compare),
        Some(Hidden::Child(args)) => {
            let printed = child::run(args)
                .and_then(|said| serde_json::to_string(&said).map_err(|error| error.to_string()));
            match printed {
                Ok(line) => {
                    println!("{line}");
                    ExitCode::SUCCESS
                }
                Err(reason) => complain(INCOMPLETE, &reason),
            }
        }
    }
}

fn complain(code: u8, reason: &str) -> ExitCode {
    eprintln!("error: {reason}");
    code.into()
}
