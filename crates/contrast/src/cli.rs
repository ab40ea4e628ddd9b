//! The command line: what can be asked for, and what an answer may be.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, value_parser};

use crate::cell::CellArgs;
use crate::input::this_repository;
use crate::others::Others;
use crate::plan::{Plan, cores};
use crate::rows::{ALL_ROWS, RowName};
use crate::server::ServeArgs;
use crate::url::{self, Url};

/// Filch's contrast: what concurrency on one thread gives, what it cannot give, and what several workers add
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
#[command(long_about = ABOUT, after_long_help = EXAMPLES)]
pub struct Cli {
    /// What to do instead of measuring.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What to measure.
    #[command(flatten)]
    pub measure: MeasureArgs,
}

// A line each: they are wrapped to the terminal's width.
const ABOUT: &str = "\
Filch's contrast: what concurrency on one thread gives, what it cannot give, and what several workers add.

Articles on asynchronous programming teach the event loop: one thread that switches to another task while one is \
waiting. That is concurrency, \"and it is not to be confused with parallel processing\". This program does the same \
work both ways, on this machine, and measures the difference.

Without a command it measures, for a bit more than a minute. Each row of work gets a table and a verdict in plain words, read \
off the figures. Each row is done
- sequentially: one task after the other;
- in a thread of the operating system per task;
- on an event loop, as in Python and JavaScript: one thread, many tasks;
- on one worker, and on N workers that steal tasks from each other;
- in Python (asyncio, and uvloop where it is installed) and Node, where they are on this machine.";

const EXAMPLES: &str = "\
Examples (cargo run --release -- instead of filch-contrast works too):
  filch-contrast                        all rows, with this repository's files
  filch-contrast --quick ~/Pictures     a first impression, with your own files
  filch-contrast --rows files --workers 4 --runs 5
  filch-contrast --rows fan-out http://localhost:8080/ http://localhost:8081/slow
  filch-contrast articles --scale 1     the articles' programs at their full length

Exit code: 0, everything was done; 1, something was left out or failed, which is named, and the rest
is printed; 2, the command line cannot be understood or names a path that does not exist; 130, Ctrl-C
ended it, after the figures that there were. A language that is not on this machine is no failure.";

/// Other things than measuring.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the programs of the articles and print their output beside the originals'
    ///
    /// Each program is run on an event loop, where it has to print line for line what Python or Node print, and on
    /// several workers, where the lines are the same and their order may differ.
    Articles(ArticlesArgs),
    /// One cell of the table, in a process of its own.
    #[command(hide = true)]
    Cell(CellArgs),
    /// The server that the fan-out row talks to.
    #[command(hide = true)]
    Serve(ServeArgs),
}

/// Options of the measurement.
#[derive(Args, Debug)]
pub struct MeasureArgs {
    /// Files for the files row: a directory, of which every file is read, or one file [default: this repository's own
    /// files, without .git and target]. Or http:// addresses for the fan-out row, each of which is asked for once in
    /// each run of each column [default: a server of this program's own]
    #[arg(value_name = "PATH | URL")]
    inputs: Vec<OsString>,

    /// Rows to measure, separated by commas [default: all]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "ROW,...")]
    rows: Vec<RowName>,

    /// Workers of the last column [default: as many as this process may use cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,

    /// How often each figure is measured; the table shows medians [default: 3, less often where a run takes long, and
    /// other languages once; with --quick 1]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1000))]
    runs: Option<u16>,

    /// Less work and fewer runs: a first impression in about 20 seconds
    #[arg(long)]
    quick: bool,

    /// Read at most that many MiB of files; 0 for all of them, however long it takes
    #[arg(long, value_name = "MIB", default_value_t = 64)]
    #[arg(value_parser = value_parser!(u64).range(0..=1 << 30))]
    limit: u64,

    /// Read more http:// addresses for the fan-out row from this file, one on each line
    #[arg(long, value_name = "FILE")]
    urls: Option<PathBuf>,

    /// Port of the fan-out row's own server [default: one that is free]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    port: u16,

    /// Write the figures to this file too, every single run among them
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Write what each thread of Filch did in a short run of each row to this file, for Perfetto (ui.perfetto.dev)
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,

    /// Write the page, with charts and timelines, to this file [default: target/contrast/index.html]
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,

    /// Write no page, and make no recordings for it
    #[arg(long, conflicts_with = "page")]
    no_page: bool,
}

/// Options of `articles`.
#[derive(Args, Debug)]
pub struct ArticlesArgs {
    /// How long waits last, 1 being as long as in the articles
    #[arg(long, value_name = "F", default_value_t = 0.25, value_parser = scale)]
    pub scale: f64,

    /// Workers of the second flavour [default: as many as this process may use cores]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
}

impl ArticlesArgs {
    /// As many as asked for, or as there are cores.
    pub fn workers(&self) -> usize {
        self.workers.map_or_else(cores, usize::from)
    }
}

impl MeasureArgs {
    /// Fills in the defaults.
    ///
    /// # Errors
    /// In words, when a path does not exist or an address is none.
    pub fn plan(&self) -> Result<Plan, String> {
        let (path, urls) = self.inputs()?;
        Ok(Plan {
            rows: ALL_ROWS
                .into_iter()
                .filter(|row| self.rows.is_empty() || self.rows.contains(row))
                .collect(),
            workers: self.workers.map_or_else(cores, usize::from),
            runs: self.runs.map_or(Plan::default_runs(self.quick), usize::from),
            runs_for_all: self.runs.is_some(),
            quick: self.quick,
            sources_only: path.is_none(),
            path: path.unwrap_or_else(this_repository),
            limit_mib: self.limit,
            urls,
            port: self.port,
            record: !self.no_page || self.trace.is_some(),
            cores: cores(),
            others: Others::default(),
        })
    }

    /// Where the page goes; `None` if none is wanted.
    pub fn page(&self) -> Option<PathBuf> {
        let named =
            || self.page.clone().unwrap_or_else(|| PathBuf::from("target/contrast/index.html"));
        (!self.no_page).then(named)
    }

    /// The path, if there is one, and the addresses.
    fn inputs(&self) -> Result<(Option<PathBuf>, Vec<Url>), String> {
        let (mut path, mut urls) = (None, Vec::new());
        for input in &self.inputs {
            match input.to_str().filter(|text| text.contains("://")) {
                Some(address) => urls.push(address.parse()?),
                None if path.is_some() => {
                    return Err(format!(
                        "{}: one path is enough (a directory is read with all that is below it)",
                        input.to_string_lossy()
                    ));
                }
                None => path = Some(PathBuf::from(input)),
            }
        }
        // A path that cannot be looked at may exist; reading it will say why not.
        if let Some(path) = path.as_ref().filter(|path| matches!(path.try_exists(), Ok(false))) {
            return Err(format!(
                "{} does not exist (expected: a file, a directory, an http:// address, or the \
                 command `articles`)",
                path.display()
            ));
        }
        if let Some(file) = &self.urls {
            let named = |reason: String| format!("--urls {}: {reason}", file.display());
            let text = std::fs::read_to_string(file)
                .map_err(|error| named(format!("cannot be read: {error}")))?;
            let listed = url::list(&text).map_err(named)?;
            if listed.is_empty() {
                return Err(named("there is no address in it".into()));
            }
            urls.extend(listed);
        }
        if urls.len() > MOST_URLS {
            return Err(format!(
                "{} addresses are too many: {MOST_URLS} at most, each has a connection of its own",
                urls.len()
            ));
        }
        Ok((path, urls))
    }
}

/// Each is a connection, and a thread in one of the columns.
const MOST_URLS: usize = 1_000;

/// A factor for waits: above zero, and short enough to see the end.
fn scale(text: &str) -> Result<f64, String> {
    const MOST: f64 = 100.0;
    match text.parse::<f64>() {
        Ok(scale) if scale > 0.0 && scale <= MOST => Ok(scale),
        _ => Err(format!("a number above 0 and up to {MOST} is expected")),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn rows_are_measured_once_and_in_their_order() {
        let cli = Cli::parse_from(["filch-contrast", "--rows", "files,waiting,files"]);
        assert_eq!(cli.measure.plan().expect("is fine").rows, [RowName::Waiting, RowName::Files]);
    }

    #[test]
    fn quick_means_fewer_runs_unless_runs_says_otherwise() {
        let runs = |args: &[&str]| {
            Cli::parse_from([&["filch-contrast"], args].concat())
                .measure
                .plan()
                .expect("is fine")
                .runs
        };
        assert_eq!([runs(&[]), runs(&["--quick"]), runs(&["--quick", "--runs", "4"])], [3, 1, 4]);
    }

    #[test]
    fn only_a_positive_scale_makes_sense() {
        assert_eq!(scale("0.5"), Ok(0.5));
        for nonsense in ["0", "-1", "inf", "NaN", "1e9", "fast"] {
            assert!(scale(nonsense).is_err(), "{nonsense}");
        }
    }
}
