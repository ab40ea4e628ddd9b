//! The command line.

use crate::plan::Plan;
use crate::serving::Contract;
use crate::wire::Wire;
use clap::{Parser, Subcommand, value_parser};
use std::path::PathBuf;
use std::time::Duration;

/// Latency of filch and tokio under a constant rate of requests
///
/// Finds out what the slower one can do at most, then sends at 25, 50, 75 and 90 % of that, with and without one
/// request in a hundred that computes for 2 ms. Takes about five minutes. docs/latency.md has the method.
///
/// Exit code: 0, everything was measured; 1, something failed, which is named, and the rest is printed.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do instead of measuring.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// A first impression, in less than a minute
    #[arg(long)]
    quick: bool,
    /// Only this server
    #[arg(long)]
    only: Option<Wire>,
    /// How often each cell is measured; their requests are taken together
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=100))]
    pub runs: Option<u32>,
    /// How many connections the requests share
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = value_parser!(u16).range(1..=1024))]
    pub connections: u16,
    /// Instead: how much the hyper servers answer at most, asked by the program wrk
    #[arg(long, conflicts_with_all = ["quick", "only", "json"])]
    pub wrk: bool,
    /// Write the figures to a file, for a program to read
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Put the table into docs/latency.md of this repository
    #[arg(long)]
    pub docs: bool,
}

/// Other things than measuring.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// One server, in a process of its own.
    #[command(hide = true)]
    Serve(Contract),
}

impl Cli {
    /// What is to be measured.
    pub fn plan(&self) -> Plan {
        let (runs, seconds, warm_up) = if self.quick { (1, 0.7, 0.2) } else { (3, 2.4, 0.3) };
        Plan {
            wires: self.only.map_or_else(|| vec![Wire::Echo, Wire::Http], |wire| vec![wire]),
            runs: self.runs.unwrap_or(runs),
            connections: usize::from(self.connections),
            warm_up: Duration::from_secs_f64(warm_up),
            measured: Duration::from_secs_f64(seconds),
        }
    }
}
