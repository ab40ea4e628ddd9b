//! The measurements, one after the other, each against a server of its own.

use crate::generator::{Answered, Target, closed_loop, open_loop};
use crate::heavy::rounds_in;
use crate::latencies::{Latencies, Percentiles};
use crate::plan::{Contestant, HEAVY, LOADS, Mix, Plan};
use crate::schedule::Schedule;
use crate::server::Server;
use crate::serving::Contract;
use crate::wire::Wire;
use filch_benches::WORKERS;
use serde::Serialize;
use std::io;
use std::time::Duration;

/// How often each peak is measured, so that a disturbance does not set the load for everything after it.
const PEAK_RUNS: u32 = 3;

/// Everything that was found out.
#[derive(Debug, Serialize)]
pub struct Outcome {
    pub plan: Plan,
    pub workers: usize,
    pub scenarios: Vec<Scenario>,
    /// What could not be measured, and why.
    pub failures: Vec<String>,
}

impl Outcome {
    /// Whether everything was measured.
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty()
    }
}

/// One server under one mix of requests.
#[derive(Debug, Serialize)]
pub struct Scenario {
    pub wire: Wire,
    pub mix: Mix,
    /// What each contestant can do at most, in requests per second.
    pub peaks: [(Contestant, f64); 2],
    pub cells: Vec<Cell>,
}

/// One contestant at one load.
#[derive(Debug, Serialize)]
pub struct Cell {
    pub contestant: Contestant,
    /// In per cent of the slower one's peak.
    pub load: u32,
    /// In requests per second.
    pub rate: f64,
    /// Of all runs together, in microseconds, the light requests.
    pub latency: Percentiles,
    /// The p99 of each run, in microseconds.
    pub p99_of_runs: Vec<f64>,
    /// The heavy requests, where there are some.
    pub heavy: Option<Percentiles>,
    /// By how much the generator itself was late.
    pub lag: Percentiles,
    /// Processor time of the server per request, in microseconds: the mean of the runs.
    pub processor: f64,
    /// Answers per second.
    pub achieved: f64,
    /// Requests without an answer.
    pub unanswered: u64,
}

/// The cell of one contestant at one load, while its runs are under way.
struct Runs {
    contestant: Contestant,
    load: u32,
    rate: f64,
    latencies: Latencies,
    heavy: Latencies,
    lag: Latencies,
    p99_of_runs: Vec<f64>,
    processor: Vec<f64>,
    took: Duration,
    unanswered: u64,
}

/// Measures all of `plan`, and says on standard error how far it is.
pub fn all(plan: &Plan) -> Outcome {
    let workbench = Workbench { plan, rounds: rounds_in(HEAVY) };
    let mut failures = Vec::new();
    let mut scenarios = Vec::new();
    for &wire in &plan.wires {
        for mix in Mix::ALL {
            match workbench.scenario(wire, mix, &mut failures) {
                Ok(scenario) => scenarios.push(scenario),
                Err(failure) => failures.push(failure),
            }
        }
    }
    Outcome { plan: plan.clone(), workers: WORKERS, scenarios, failures }
}

struct Workbench<'p> {
    plan: &'p Plan,
    rounds: u64,
}

impl Workbench<'_> {
    fn scenario(
        &self,
        wire: Wire,
        mix: Mix,
        failures: &mut Vec<String>,
    ) -> Result<Scenario, String> {
        let peaks = self.peaks(wire, mix)?;
        let slower = peaks.iter().map(|(_, rate)| *rate).fold(f64::INFINITY, f64::min);
        let mut cells: Vec<Runs> = Vec::new();
        for load in LOADS {
            for contestant in Plan::turns(0) {
                cells.push(Runs::new(contestant, load, slower * f64::from(load) / 100.0));
            }
        }
        // A whole run of all loads, then the next: what disturbs the machine for a while disturbs one
        // run of several cells, not all the runs of one.
        for run in 0..self.plan.runs {
            for load in LOADS {
                for contestant in Plan::turns(run) {
                    let cell = cells
                        .iter_mut()
                        .find(|cell| cell.contestant == contestant && cell.load == load)
                        .expect("every cell is there");
                    let what = format!("{contestant}, {wire}, {mix:?} mix, {load} %, run {run}");
                    eprintln!("{what}: {:.0} requests/s", cell.rate);
                    if let Err(error) = self.run(wire, mix, cell) {
                        failures.push(format!("{what}: {error}"));
                    }
                }
            }
        }
        let cells = cells.into_iter().filter_map(Runs::finish).collect();
        Ok(Scenario { wire, mix, peaks, cells })
    }

    /// What each contestant can do at most: its best of several runs, because what disturbs a run only
    /// makes it slower.
    fn peaks(&self, wire: Wire, mix: Mix) -> Result<[(Contestant, f64); 2], String> {
        let mut peaks = Plan::turns(0).map(|contestant| (contestant, 0.0_f64));
        for run in 0..PEAK_RUNS {
            for contestant in Plan::turns(run) {
                let what = format!("{contestant}, {wire}, {mix:?} mix, peak, run {run}");
                let rate = self.peak(contestant, wire, mix);
                let rate = rate.map_err(|error| format!("{what}: {error}"))?;
                eprintln!("{what}: {rate:.0} requests/s");
                for (_, peak) in peaks.iter_mut().filter(|(of, _)| *of == contestant) {
                    *peak = peak.max(rate);
                }
            }
        }
        Ok(peaks)
    }

    fn peak(&self, contestant: Contestant, wire: Wire, mix: Mix) -> io::Result<f64> {
        let (mut server, target) = self.start(contestant, wire, mix)?;
        let rate = closed_loop(target, self.plan.warm_up, self.plan.measured / 2);
        let rate = rate.map_err(|error| server.why(error))?;
        if rate > 0.0 { Ok(rate) } else { Err(io::Error::other("the server answers nothing")) }
    }

    fn run(&self, wire: Wire, mix: Mix, cell: &mut Runs) -> io::Result<()> {
        let (mut server, target) = self.start(cell.contestant, wire, mix)?;
        let schedule = Schedule::new(cell.rate, self.plan.warm_up, self.plan.measured);
        let before = server.processor_time()?;
        let answered = open_loop(target, schedule).map_err(|error| server.why(error))?;
        let used = server.processor_time()? - before;
        cell.add(&answered, used, schedule.total());
        Ok(())
    }

    fn start(&self, on: Contestant, wire: Wire, mix: Mix) -> io::Result<(Server, Target)> {
        let contract = Contract { on, wire, workers: WORKERS, rounds: self.rounds };
        let server = Server::start(contract)?;
        let address = server.address();
        Ok((server, Target { address, wire, mix, connections: self.plan.connections }))
    }
}

impl Runs {
    fn new(contestant: Contestant, load: u32, rate: f64) -> Self {
        Self {
            contestant,
            load,
            rate,
            latencies: Latencies::new(),
            heavy: Latencies::new(),
            lag: Latencies::new(),
            p99_of_runs: Vec::new(),
            processor: Vec::new(),
            took: Duration::ZERO,
            unanswered: 0,
        }
    }

    fn add(&mut self, answered: &Answered, used: Duration, requests: u64) {
        self.latencies.add(&answered.light);
        self.heavy.add(&answered.heavy);
        self.lag.add(&answered.lag);
        self.p99_of_runs.extend(answered.light.percentiles().p99);
        self.processor.push(used.as_secs_f64() * 1e6 / requests as f64);
        self.took += answered.took;
        self.unanswered += answered.unanswered;
    }

    /// `None` if no run succeeded.
    fn finish(self) -> Option<Cell> {
        let answers = self.latencies.len() + self.heavy.len() - self.unanswered;
        (!self.processor.is_empty()).then(|| Cell {
            contestant: self.contestant,
            load: self.load,
            rate: self.rate,
            latency: self.latencies.percentiles(),
            p99_of_runs: self.p99_of_runs,
            heavy: (self.heavy.len() > 0).then(|| self.heavy.percentiles()),
            lag: self.lag.percentiles(),
            processor: self.processor.iter().sum::<f64>() / self.processor.len() as f64,
            achieved: answers as f64 / self.took.as_secs_f64(),
            unanswered: self.unanswered,
        })
    }
}
