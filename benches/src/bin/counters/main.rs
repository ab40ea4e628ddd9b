//! # Counters: instructions per operation on filch's hot paths
//!
//! Times depend on the machine and on who else uses it; the number of instructions hardly does. Each path
//! runs under valgrind with a number of operations and with twice as many: what lies between the two,
//! per operation, is free of what it costs to start and to stop. `benches/counters.json` holds what was
//! recorded; `docs/benchmarks.md`, under "Counters", says how to use this.
//!
//! | file | holds |
//! |---|---|
//! | `paths.rs` | the paths |
//! | `valgrind.rs` | counts the instructions of one run |
//! | `record.rs` | what was recorded, and what has changed since |

mod paths;
mod record;
mod valgrind;

use clap::{Parser, Subcommand};
use record::Record;
use std::io;
use std::process::ExitCode;

/// Instructions per operation on filch's hot paths, beside those that were recorded
///
/// Needs valgrind; without it, nothing is compared, and it says so. What grew by more than 5 % is printed and is no
/// failure.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Record what is counted in benches/counters.json
    #[arg(long)]
    update: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One path, in a process of its own.
    #[command(hide = true)]
    Run { path: String, operations: u64 },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match cli.command {
        Some(Command::Run { path, operations }) => run(&path, operations),
        None => count_all(cli.update),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("counters: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(path: &str, operations: u64) -> io::Result<()> {
    let path = paths::ALL.iter().find(|known| known.name == path);
    let path = path.ok_or_else(|| io::Error::other("there is no path of that name"))?;
    path.run(operations)
}

fn count_all(update: bool) -> io::Result<()> {
    if cfg!(debug_assertions) {
        return Err(io::Error::other("a debug build has other counts: use --release"));
    }
    let Some(version) = valgrind::version() else {
        println!(
            "!! valgrind is not installed: NO INSTRUCTIONS WERE COUNTED, nothing was compared."
        );
        return Ok(());
    };
    let mut now = Record::here(version);
    for path in paths::ALL {
        let per_operation = valgrind::per_operation(path)?;
        eprintln!("{}: {per_operation:.1}", path.name);
        now.instructions.insert(path.name.to_owned(), per_operation);
    }
    if update {
        return now.write();
    }
    print!("{}", now.beside(&Record::read()?));
    Ok(())
}
