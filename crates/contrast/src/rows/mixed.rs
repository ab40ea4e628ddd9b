//! *Mixed service*: must show what one heavy request does to the others. Requests wait (for a database, say) and then
//! compute a millisecond. An event loop answers as many of them per second as one core computes, and all of them wait
//! behind a heavy one; N workers answer N times as many, and the others are served meanwhile.

use std::sync::Mutex;
use std::time::Duration;

use filch::time::{Instant, sleep, sleep_until};
use serde_json::json;

use super::compute::{compute, kib_per_ms};
use super::{ALL_COLUMNS, Figure, Prepared, Row, Shown, Unprepared, Verdict, on_threads, parallel};
use crate::cell::{CellArgs, Column, Means, Sample};
use crate::measure::{Stopwatch, working_here};
use crate::measured::Measured;
use crate::plan::Plan;
use crate::report::words::{duration, factor};
use crate::timeline::notes;

pub const ROW: Row = Row {
    title: "Mixed service",
    columns: ALL_COLUMNS,
    most_runs: 2,
    figures: &[
        Figure::Throughput,
        Figure::Latency(50.0),
        Figure::Latency(99.0),
        Figure::Latency(99.9),
        Figure::Cpu,
        Figure::Threads,
        Figure::Stolen,
    ],
    prepare,
    cell,
    verdict,
};

/// What a request waits for before it computes.
const WAIT: Duration = Duration::from_millis(5);
/// First part: so many clients, each of which sends a request as soon as it has the answer to the one before.
const CLIENTS: usize = 40;
/// Second part: a request comes every so often, whether or not the others are answered.
const EVERY: Duration = Duration::from_millis(2);
/// How long the heavy one computes, in milliseconds.
const HEAVY_MS: usize = 150;
/// Of the sequential column, which is extrapolated.
const REQUESTS_IN_SEQUENCE: usize = 20;
/// N workers are to answer this part of N times as many, at least.
const NEAR_TO_N: f64 = 0.75;

/// How much there is to do.
#[derive(Clone, Copy, Debug)]
struct Size {
    /// First part.
    requests_each: usize,
    /// Second part, the heavy one included.
    arrivals: usize,
    kib_per_ms: usize,
}

impl Size {
    fn of(quick: bool, kib_per_ms: usize) -> Self {
        if quick {
            Self { requests_each: 3, arrivals: 200, kib_per_ms }
        } else {
            Self { requests_each: 8, arrivals: 400, kib_per_ms }
        }
    }

    /// Requests of the first part.
    fn of_clients(self) -> usize {
        CLIENTS * self.requests_each
    }

    fn all(self) -> usize {
        self.of_clients() + self.arrivals
    }

    /// The heavy one, counted from zero.
    fn heavy_one(self) -> usize {
        self.arrivals / 4
    }

    /// What arrival number `number` computes.
    fn kib(self, number: usize) -> usize {
        if number == self.heavy_one() { HEAVY_MS * self.kib_per_ms } else { self.kib_per_ms }
    }
}

fn due(start: Instant, number: usize) -> Instant {
    start + EVERY * u32::try_from(number).expect("few requests")
}

fn prepare(plan: &Plan) -> Result<Prepared, Unprepared> {
    let size = Size::of(plan.quick, kib_per_ms());
    Ok(Prepared {
        work: format!(
            "Requests that wait {} ms and then compute 1 ms. First {} of them from {CLIENTS} \
             clients, as fast as they are answered: requests per second. Then {} that come every \
             {} ms, one of which computes {HEAVY_MS} ms: how long the others take, from the \
             moment they were due. p99: all but one in a hundred took less. (Sequential is \
             extrapolated from {REQUESTS_IN_SEQUENCE} requests; it could not keep up with the \
             second part.)",
            WAIT.as_millis(),
            size.of_clients(),
            size.arrivals,
            EVERY.as_millis(),
        ),
        args: vec!["--kib-per-ms".into(), size.kib_per_ms.to_string().into()],
        limit_s: 120,
        others: Some(json!({
            "row": "mixed",
            "clients": CLIENTS,
            "requests_each": size.requests_each,
            "wait_s": WAIT.as_secs_f64(),
            "kib": size.kib_per_ms,
            "arrivals": size.arrivals,
            "every_s": EVERY.as_secs_f64(),
            "heavy_one": size.heavy_one(),
            "heavy_kib": HEAVY_MS * size.kib_per_ms,
        })),
        ..Prepared::default()
    })
}

async fn serve(kib: usize) {
    sleep(WAIT).await;
    working_here();
    compute(kib);
}

fn serve_blocking(kib: usize) {
    notes::wait(|| std::thread::sleep(WAIT));
    working_here();
    compute(kib);
}

fn cell(args: &CellArgs) -> Result<Sample, String> {
    let size = Size::of(args.quick || args.record, args.kib_per_ms);
    let means = args.means()?;
    let watch = Stopwatch::start();
    let (throughput, latencies) = match means {
        Means::Sequential => {
            (0..REQUESTS_IN_SEQUENCE)
                .for_each(|number| notes::task(number, || serve_blocking(size.kib_per_ms)));
            let rate = REQUESTS_IN_SEQUENCE as f64 / watch.read().wall.as_secs_f64();
            let part = REQUESTS_IN_SEQUENCE as f64 / size.all() as f64;
            let mut sample = Sample::of_part(&watch, REQUESTS_IN_SEQUENCE, part);
            sample.throughput = Some(rate);
            return Ok(sample);
        }
        Means::PlainThreads(_) => return Err("this row has no column of plain threads".into()),
        Means::Threads => on_plain_threads(size)?,
        Means::Tasks(flavour) => flavour
            .run(async move { filch::spawn(in_tasks(size)).await })
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string())??,
    };
    let mut sample = Sample::of_all_work(&watch, size.all());
    sample.throughput = Some(throughput);
    sample.latencies_us = latencies;
    Ok(sample)
}

/// Both parts: requests per second of the first, microseconds of all but the heavy one of the second.
async fn in_tasks(size: Size) -> Result<(f64, Vec<u64>), String> {
    let started = Instant::now();
    let client = || async move {
        for _ in 0..size.requests_each {
            serve(size.kib_per_ms).await;
        }
    };
    let clients: Vec<_> = (0..CLIENTS).map(|_| filch::spawn(client())).collect();
    for client in clients {
        client.await.map_err(|error| error.to_string())?;
    }
    let throughput = size.of_clients() as f64 / started.elapsed().as_secs_f64();

    let start = Instant::now();
    let mut requests = Vec::with_capacity(size.arrivals);
    for number in 0..size.arrivals {
        let due = due(start, number);
        sleep_until(due).await;
        requests.push(filch::spawn(async move {
            serve(size.kib(number)).await;
            due.elapsed()
        }));
    }
    let mut latencies = Vec::with_capacity(size.arrivals);
    for (number, request) in requests.into_iter().enumerate() {
        let took = request.await.map_err(|error| error.to_string())?;
        if number != size.heavy_one() {
            latencies.push(microseconds(took));
        }
    }
    Ok((throughput, latencies))
}

fn on_plain_threads(size: Size) -> Result<(f64, Vec<u64>), String> {
    let started = Instant::now();
    on_threads::run_each(CLIENTS, CLIENTS, |_| {
        (0..size.requests_each).for_each(|_| serve_blocking(size.kib_per_ms));
        Ok(())
    })?;
    let throughput = size.of_clients() as f64 / started.elapsed().as_secs_f64();

    let start = Instant::now();
    let latencies = Mutex::new(Vec::with_capacity(size.arrivals));
    on_threads::run_each(size.arrivals, size.arrivals, |number| {
        let due = due(start, number);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        serve_blocking(size.kib(number));
        if number != size.heavy_one() {
            latencies.lock().expect("no holder panics").push(microseconds(due.elapsed()));
        }
        Ok(())
    })?;
    Ok((throughput, latencies.into_inner().expect("no holder panics")))
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn verdict(measured: &Measured) -> Verdict {
    let workers_column = measured.workers_column();
    let of = |column| {
        Some((
            measured.throughput(column)?,
            measured.latency(column, 50.0)?,
            measured.latency(column, 99.0)?,
        ))
    };
    let (Some((loop_rate, loop_p50, loop_p99)), Some((rate, p50, p99))) =
        (of(Column::EventLoop), of(workers_column))
    else {
        return Verdict::incomplete();
    };
    let heavy = HEAVY_MS as f64 / 1e3;
    let label = measured.workers_label();
    let mut words = format!(
        "The event loop answers {loop_rate:.0} requests per second, which is what one core can \
         compute; {label} {rate:.0}: {}. While one request computes {}, the event loop answers \
         nobody: half of the others take less than {}, but one in a hundred more than {}. On \
         {label} these are {} and {}.",
        factor(rate / loop_rate),
        duration(heavy),
        duration(loop_p50),
        duration(loop_p99),
        duration(p50),
        duration(p99),
    );
    if let Some(reason) = parallel::hindrance(measured) {
        return Verdict { shown: Shown::Undecided, words: format!("{words} {reason}") };
    }
    let faster = rate / loop_rate >= measured.at_once() as f64 * NEAR_TO_N;
    let delayed = loop_p99 >= heavy / 2.0;
    let undisturbed = p99 < heavy / 2.0;
    words += match (faster, delayed, undisturbed) {
        (true, true, true) => {
            " Awaiting helps while a request waits, not while one computes: then a second worker \
             has to take the others."
        }
        (_, false, _) => {
            " Not what was to be shown: the heavy request should delay the others on the event loop."
        }
        (_, _, false) => {
            " Not what was to be shown: on several workers the others should not wait for the \
             heavy request. Something else may have used this machine's cores."
        }
        (false, ..) => {
            " Not what was to be shown: several workers should answer nearly that many times as \
             many. Something else may have used this machine's cores."
        }
    };
    let shown = if faster && delayed && undisturbed { Shown::Yes } else { Shown::No };
    Verdict { shown, words }
}

#[cfg(test)]
mod tests {
    use super::super::RowName;
    use super::*;

    fn shown(loop_rate: f64, loop_late_us: u64, rate: f64, late_us: u64) -> Shown {
        let mut measured = Measured::with_walls(
            RowName::Mixed,
            &[(Column::EventLoop, 1.0), (Column::Workers, 1.0)],
        );
        for (column, rate, late) in [(0, loop_rate, loop_late_us), (1, rate, late_us)] {
            let column = &mut measured.columns[column];
            column.samples[0].throughput = Some(rate);
            let mut latencies = vec![7_000; 90];
            latencies.extend(vec![late; 10]);
            column.samples[0].latencies_us = latencies;
            let sample = column.samples.remove(0);
            column.add(sample);
        }
        verdict(&measured).shown
    }

    #[test]
    fn the_verdict_follows_the_figures() {
        assert_eq!(shown(900.0, 140_000, 1_750.0, 9_000), Shown::Yes);
        assert_eq!(shown(900.0, 140_000, 950.0, 9_000), Shown::No, "no more requests per second");
        assert_eq!(shown(900.0, 9_000, 1_750.0, 9_000), Shown::No, "the event loop did not stall");
        assert_eq!(shown(900.0, 140_000, 1_750.0, 140_000), Shown::No, "so did the workers");
        let nothing = verdict(&Measured::with_walls(RowName::Mixed, &[]));
        assert_eq!(nothing.shown, Shown::Undecided);
    }

    #[test]
    fn one_request_is_heavy() {
        let size = Size::of(true, 10);
        let heavy = (0..size.arrivals).filter(|&number| size.kib(number) > 10).count();
        assert_eq!((heavy, size.kib(size.heavy_one())), (1, 10 * HEAVY_MS));
    }
}
