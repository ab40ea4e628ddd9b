//! The hyper servers at full load, asked by wrk: a program that knows neither runtime.
//!
//! wrk sends the next request on a connection as soon as it has the answer, so its latencies are those of a
//! server that is always busy; they are not corrected for anything, and are compared, not quoted.

use crate::cli::Cli;
use crate::machine::Machine;
use crate::plan::{Contestant, Plan};
use crate::report::{self, WRK};
use crate::server::Server;
use crate::serving::Contract;
use crate::wire::Wire;
use comfy_table::{CellAlignment, Table, presets};
use filch_benches::neighbours::Watch;
use std::io;
use std::process::Command;
use std::time::Duration;

const WORKERS: usize = 2;

/// For how long wrk asks; before that, so long that does not count.
const MEASURED: &str = "4s";
const WARM_UP: &str = "1s";

/// How often each is measured, unless it is said.
const RUNS: u32 = 5;

/// What one run of wrk found out.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Figures {
    requests_per_second: f64,
    p50_us: f64,
    p99_us: f64,
    cpu_per_request_us: f64,
}

/// Measures, prints, and puts the table into the docs if that is asked for.
///
/// # Errors
/// If wrk is not there, or it or a server fails.
pub fn run(cli: &Cli) -> io::Result<()> {
    let (mut machine, watch) = (Machine::here(), Watch::start());
    let mut filch = Vec::new();
    let mut tokio = Vec::new();
    for run in 0..cli.runs.unwrap_or(RUNS) {
        for on in Plan::turns(run) {
            let figures = measure(on, cli.connections)?;
            eprintln!("run {}: {on}: {:.0} requests/s", run + 1, figures.requests_per_second);
            match on {
                Contestant::Filch => filch.push(figures),
                Contestant::Tokio => tokio.push(figures),
            }
        }
    }
    machine.neighbours = watch.seen();
    let heading = format!(
        "{machine}\n\n`wrk --threads 1 --connections {} --duration {MEASURED}`, {} runs of each in turn, medians.",
        cli.connections,
        filch.len(),
    );
    println!("{heading}\n\n{}", table(&filch, &tokio, presets::UTF8_FULL_CONDENSED));
    if cli.docs {
        let table = table(&filch, &tokio, presets::ASCII_MARKDOWN);
        report::put_into_docs(WRK, &format!("{heading}\n\n{table}"))?;
    }
    Ok(())
}

/// One server, asked by one wrk.
fn measure(on: Contestant, connections: u16) -> io::Result<Figures> {
    let mut server = Server::start(Contract { on, wire: Wire::Http, workers: WORKERS, rounds: 0 })?;
    let url = format!("http://{}/", server.address());
    ask(&url, connections, WARM_UP)?;
    let before = server.processor_time()?;
    let said = ask(&url, connections, MEASURED)?;
    let used = server.processor_time()?.saturating_sub(before);
    figures(&said, used).ok_or_else(|| io::Error::other(format!("wrk says nothing useful: {said}")))
}

fn ask(url: &str, connections: u16, duration: &str) -> io::Result<String> {
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads", "1", "--latency", "--duration", duration]);
    let output = wrk.args(["--connections", &connections.to_string(), url]).output();
    let output = output.map_err(|error| {
        let what = "wrk cannot be started (Debian: apt-get install wrk)";
        io::Error::new(error.kind(), format!("{what}: {error}"))
    })?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(io::Error::other(format!("wrk fails: {why}")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads what wrk prints; `None` if requests failed or something is missing.
fn figures(said: &str, used: Duration) -> Option<Figures> {
    let after =
        |label: &str| said.lines().find_map(|line| line.trim().strip_prefix(label)).map(str::trim);
    if after("Socket errors:").or(after("Non-2xx")).is_some() {
        return None;
    }
    let requests: f64 = said
        .lines()
        .find_map(|line| line.trim().split_once(" requests in "))
        .and_then(|(requests, _)| requests.parse().ok())?;
    Some(Figures {
        requests_per_second: after("Requests/sec:")?.parse().ok()?,
        p50_us: micros(after("50%")?)?,
        p99_us: micros(after("99%")?)?,
        cpu_per_request_us: used.as_secs_f64() * 1e6 / requests,
    })
}

/// `12.50us`, `1.20ms` or `2.00s` in microseconds.
fn micros(time: &str) -> Option<f64> {
    let units = [("us", 1.0), ("ms", 1e3), ("s", 1e6)];
    let (number, scale) =
        units.iter().find_map(|(unit, scale)| Some((time.strip_suffix(unit)?, scale)))?;
    Some(number.parse::<f64>().ok()? * scale)
}

fn median(runs: &[Figures], of: impl Fn(&Figures) -> f64) -> f64 {
    let mut values: Vec<f64> = runs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A column: its name, what is in it, and with how many digits behind the point.
type Column = (&'static str, fn(&Figures) -> f64, usize);

const COLUMNS: [Column; 4] = [
    ("requests/s", |run| run.requests_per_second, 0),
    ("p50, us", |run| run.p50_us, 0),
    ("p99, us", |run| run.p99_us, 0),
    ("CPU/request, us", |run| run.cpu_per_request_us, 2),
];

fn table(filch: &[Figures], tokio: &[Figures], preset: &str) -> Table {
    let row = |name: &str, value: &dyn Fn(&Column) -> String| {
        std::iter::once(name.to_owned()).chain(COLUMNS.iter().map(value)).collect::<Vec<_>>()
    };
    let of = |runs: &[Figures], column: &Column| format!("{:.*}", column.2, median(runs, column.1));
    let mut table = Table::new();
    table.load_preset(preset).set_header(row("runtime", &|column| column.0.to_owned()));
    table.add_row(row("filch", &|column| of(filch, column)));
    table.add_row(row("tokio", &|column| of(tokio, column)));
    table.add_row(row("filch / tokio", &|column| {
        format!("{:.2}", median(filch, column.1) / median(tokio, column.1))
    }));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "Running 2s test @ http://127.0.0.1:1/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.05ms    1.02ms  20.13ms   92.01%
    Req/Sec    63.71k     5.52k   73.05k    70.00%
  Latency Distribution
     50%  812.00us
     75%    1.16ms
     90%    1.81ms
     99%    5.04ms
  126795 requests in 2.00s, 10.88MB read
Requests/sec:  63356.61
Transfer/sec:      5.44MB
";

    #[test]
    fn what_wrk_prints_is_understood() {
        let figures = figures(SAID, Duration::from_millis(1_268)).unwrap();
        assert_eq!(figures.requests_per_second, 63_356.61);
        assert_eq!((figures.p50_us, figures.p99_us), (812.0, 5040.0));
        assert!((figures.cpu_per_request_us - 10.0).abs() < 0.01);
    }

    #[test]
    fn failed_requests_are_no_figures() {
        let failed = format!("{SAID}  Socket errors: connect 0, read 3, write 0, timeout 0\n");
        assert_eq!(figures(&failed, Duration::ZERO), None);
        assert_eq!(figures("", Duration::ZERO), None);
    }

    #[test]
    fn units_are_told_apart() {
        assert_eq!(micros("12.50us"), Some(12.5));
        assert_eq!(micros("1.50ms"), Some(1500.0));
        assert_eq!(micros("2.00s"), Some(2e6));
        assert_eq!(micros("2.00m"), None);
    }
}
