//! *Fork-join*: must show that stealing balances a lopsided tree. A sum is split again and again, a quarter to three
//! quarters, into a million tasks; nobody decides beforehand which core does what.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::{
    COMPUTING_COLUMNS, Prepared, Row, Shown, USUAL_FIGURES, Unprepared, Verdict, on_threads,
    parallel,
};
use crate::cell::{CellArgs, Column, Means, Sample};
use crate::measure::{Stopwatch, working_here};
use crate::measured::Measured;
use crate::plan::Plan;
use crate::report::words::factor;
use crate::timeline::notes;

pub const ROW: Row = Row {
    title: "Fork-join",
    columns: COMPUTING_COLUMNS,
    most_runs: 1,
    figures: USUAL_FIGURES,
    prepare,
    cell,
    verdict,
};

/// Rounds of computing in each leaf of the tree: four microseconds or so. To be a task costs a tenth of that, or less.
const ROUNDS: u32 = 2_400;
/// Of the column with a thread per task, which is extrapolated.
const LEAVES_ON_THREADS: u32 = 4_000;
/// Of a run that is recorded: enough to see who does what.
const LEAVES_RECORDED: u32 = 5_000;
/// Of the column in Python, which is extrapolated.
const LEAVES_IN_PYTHON: u32 = 2_000;
/// The same in Node.
const LEAVES_IN_NODE: u32 = 60_000;
/// Leaves that a plain thread takes at a time.
const CHUNK: u32 = 1_000;
/// Threads at a time.
const THREADS_AT_ONCE: usize = 512;

fn leaves(quick: bool) -> u32 {
    if quick { 60_000 } else { 1_000_000 }
}

fn prepare(plan: &Plan) -> Result<Prepared, Unprepared> {
    let leaves = leaves(plan.quick);
    Ok(Prepared {
        work: format!(
            "A sum over {leaves} numbers, each of which takes some microseconds to compute. It is \
             split again and again, a quarter to three quarters, until every number is a task of \
             its own. Divided by hand, once and for two cores, one would do three quarters of \
             it and the other would wait: {} at best. (A thread per task is extrapolated from \
             {LEAVES_ON_THREADS} tasks, asyncio from {LEAVES_IN_PYTHON}, Node from \
             {LEAVES_IN_NODE}.)",
            factor(4.0 / 3.0)
        ),
        limit_s: 240,
        others: Some(json!({
            "row": "fork-join",
            "leaves": leaves,
            "leaves_in_python": LEAVES_IN_PYTHON,
            "leaves_in_node": LEAVES_IN_NODE,
            "rounds": ROUNDS,
        })),
        ..Prepared::default()
    })
}

/// The number number `first`: a few rounds of a xorshift generator.
fn leaf(first: u32) -> u64 {
    working_here();
    let mut x = first + 1;
    for _ in 0..ROUNDS {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
    }
    x.into()
}

/// Where the numbers from `first` up to `end` are split.
fn split(first: u32, end: u32) -> u32 {
    first + ((end - first) / 4).max(1)
}

/// The tree on one thread, by plain recursion.
fn sequential(first: u32, end: u32) -> u64 {
    if end - first == 1 {
        return leaf(first);
    }
    let middle = split(first, end);
    sequential(first, middle).wrapping_add(sequential(middle, end))
}

/// The tree in tasks: one for each leaf. A quarter is split off and spawned, again and again, until one number is left.
#[expect(
    clippy::manual_async_fn,
    reason = "a future that spawns its own kind has to be told that it is Send"
)]
fn in_tasks(mut first: u32, end: u32) -> impl Future<Output = u64> + Send {
    async move {
        let mut parts = Vec::new();
        while end - first > 1 {
            let middle = split(first, end);
            parts.push(filch::spawn(in_tasks(first, middle)));
            first = middle;
        }
        let mut sum = leaf(first);
        // The youngest part first: it is the smallest, and was started last.
        while let Some(part) = parts.pop() {
            sum = sum.wrapping_add(part.await.expect("adding numbers does not panic"));
        }
        sum
    }
}

fn cell(args: &CellArgs) -> Result<Sample, String> {
    let leaves = if args.record { LEAVES_RECORDED } else { leaves(args.quick) };
    let sum = AtomicU64::new(0);
    // Ordering: Relaxed; a plain sum, read after the threads were joined.
    let add = |number: u64| {
        sum.fetch_add(number, Ordering::Relaxed);
    };

    let means = args.means()?;
    let watch = Stopwatch::start();
    match means {
        Means::Sequential => add(notes::task(0, || sequential(0, leaves))),
        Means::Threads => {
            // No tree: a thread per inner node would wait for its parts, and there are too many of them for this machine.
            on_threads::run_each(LEAVES_ON_THREADS as usize, THREADS_AT_ONCE, |number| {
                add(leaf(u32::try_from(number).expect("few leaves")));
                Ok(())
            })?;
            let part = f64::from(LEAVES_ON_THREADS) / f64::from(leaves);
            return Ok(Sample::of_part(&watch, LEAVES_ON_THREADS as usize, part));
        }
        Means::PlainThreads(threads) => {
            on_threads::share(threads, leaves.div_ceil(CHUNK) as usize, |chunk| {
                let first = u32::try_from(chunk).expect("few chunks") * CHUNK;
                let end = (first + CHUNK).min(leaves);
                add((first..end).map(leaf).fold(0, u64::wrapping_add));
            })?;
        }
        Means::Tasks(flavour) => add(flavour
            .run(async {
                // In a task, so that it runs on a worker and not beside the workers.
                filch::spawn(in_tasks(0, leaves)).await
            })
            .map_err(|error| error.to_string())?
            .map_err(|error| error.to_string())?),
    }
    let mut sample = Sample::of_all_work(&watch, leaves as usize);
    sample.digest = Some(format!("{:016x}", sum.into_inner()));
    Ok(sample)
}

fn verdict(measured: &Measured) -> Verdict {
    let mut verdict = parallel::verdict(measured, "number", Column::OneWorker);
    if let (Shown::Yes, Some(stolen)) = (verdict.shown, measured.stolen()) {
        verdict.words += &format!(
            " Nobody divided the work: whoever had nothing to do stole {stolen} of the tasks, \
             large branches among them, and so kept busy to the end."
        );
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flavour::Flavour;

    #[test]
    fn the_tree_has_the_same_sum_on_every_flavour_and_in_a_loop() {
        const LEAVES: u32 = 1_000;
        let expected = (0..LEAVES).map(leaf).sum::<u64>();
        assert_eq!(sequential(0, LEAVES), expected);
        for flavour in [Flavour::EventLoop, Flavour::Workers(1), Flavour::Workers(3)] {
            let sum = flavour.run(in_tasks(0, LEAVES)).expect("can be built");
            assert_eq!(sum, expected, "{flavour:?}");
        }
    }

    #[test]
    fn every_split_leaves_something_on_both_sides() {
        for length in 2..100 {
            let middle = split(7, 7 + length);
            assert!(7 < middle && middle < 7 + length, "{length}");
        }
    }
}
