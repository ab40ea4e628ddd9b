//! # Latency under load: filch and tokio at a constant rate of requests
//!
//! A generator that is neither runtime's sends requests at a constant rate, whatever the server does, and
//! measures each from the moment at which it was meant to be sent. `docs/latency.md` has the method and
//! the figures.
//!
//! | file | holds |
//! |---|---|
//! | `cli.rs` | what can be asked for |
//! | `plan.rs` | what is measured, in which order |
//! | `schedule.rs` | when each request is meant to be sent |
//! | `generator.rs` | sends and receives, from one thread |
//! | `connection.rs`, `wire.rs` | one connection; what goes over it |
//! | `latencies.rs` | the histogram |
//! | `server.rs`, `serving.rs` | a server as a process; what runs in that process |
//! | `heavy.rs` | what a heavy request computes |
//! | `measure.rs` | the measurements, one after the other |
//! | `wrk.rs` | the hyper servers at full load, asked by a program that was not written here |
//! | `report.rs`, `machine.rs` | table, Markdown, JSON; where and with what they were made |

mod cli;
mod connection;
mod generator;
mod heavy;
mod latencies;
mod machine;
mod measure;
mod plan;
mod report;
mod schedule;
mod server;
mod serving;
mod wire;
mod wrk;

use clap::Parser;
use cli::{Cli, Command};
use filch_benches::neighbours::Watch;
use machine::Machine;
use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match cli.command {
        Some(Command::Serve(contract)) => serving::serve(contract).map(|()| true),
        None if cli.wrk => wrk::run(&cli).map(|()| true),
        None => run(&cli),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("latency: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures and reports; false if something could not be measured.
fn run(cli: &Cli) -> io::Result<bool> {
    let (mut machine, watch) = (Machine::here(), Watch::start());
    let outcome = measure::all(&cli.plan());
    machine.neighbours = watch.seen();
    println!("{}", report::text(&outcome, &machine));
    if let Some(file) = &cli.json {
        report::write_json(&outcome, &machine, file)?;
    }
    if cli.docs {
        report::write_docs(&outcome, &machine)?;
    }
    Ok(outcome.is_complete())
}
