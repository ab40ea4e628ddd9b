//! What many cores would do: counted on this machine with more workers than it has cores, and simulated.
//!
//! ```sh
//! cargo run -p filch-benches --bin many_cores
//! ```
//!
//! **Counted.** Real runtimes; how often workers go to sleep, steal and raid, for each task. No time is measured: with more
//! workers than cores, it would be the kernel's.
//!
//! **Simulated.** Discrete events, seeded: workers with queues and an injector, thieves that take half, and three ways to
//! wake workers. Costs are assumptions, printed with the table. It knows no caches and no memory; it says who
//! waits for whom.

use filch::runtime::Builder;
use filch::sync::mpsc;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::hint::black_box;

fn main() {
    counted();
    simulated();
}

fn counted() {
    println!("## Counted, per task\n");
    println!("| workload | workers | sleeps | tasks stolen | raids |");
    println!("|---|---|---|---|---|");
    let workloads: [(&str, u64, fn(&filch::runtime::Runtime, u64)); 4] = [
        ("spawn and join from a task, empty tasks", 20_000, from_a_task),
        ("the same, tasks of some 5 us", 20_000, long_from_a_task),
        ("spawn and join from outside, empty tasks", 20_000, from_outside),
        ("two tasks pass messages", 20_000, messages),
    ];
    for (name, tasks, run) in workloads {
        for workers in [1, 2, 4, 8, 16, 32, 64] {
            let runtime = Builder::new_multi_thread().worker_threads(workers).build().unwrap();
            // Every worker has gone to sleep once.
            std::thread::sleep(std::time::Duration::from_millis(50));
            let metrics = runtime.metrics();
            let before = (metrics.parks(), metrics.stolen_tasks(), metrics.raids());
            run(&runtime, tasks);
            let per_task = |after: u64, before: u64| (after - before) as f64 / tasks as f64;
            println!(
                "| {name} | {workers} | {:.4} | {:.4} | {:.5} |",
                per_task(metrics.parks(), before.0),
                per_task(metrics.stolen_tasks(), before.1),
                per_task(metrics.raids(), before.2),
            );
        }
    }
    println!();
}

fn from_a_task(runtime: &filch::runtime::Runtime, tasks: u64) {
    let root = runtime.spawn(async move {
        let tasks: Vec<_> = (0..tasks).map(|n| filch::spawn(async move { black_box(n) })).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    runtime.block_on(root).unwrap();
}

fn long_from_a_task(runtime: &filch::runtime::Runtime, tasks: u64) {
    let root = runtime.spawn(async move {
        let compute =
            |n: u64| async move { black_box((0..1000_u64).fold(n, |sum, n| black_box(sum ^ n))) };
        let tasks: Vec<_> = (0..tasks).map(|n| filch::spawn(compute(n))).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    runtime.block_on(root).unwrap();
}

fn from_outside(runtime: &filch::runtime::Runtime, tasks: u64) {
    let tasks: Vec<_> = (0..tasks).map(|n| runtime.spawn(async move { black_box(n) })).collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

fn messages(runtime: &filch::runtime::Runtime, messages: u64) {
    let (there, mut receives) = mpsc::channel(1);
    let (back, mut answers) = mpsc::channel(1);
    runtime.spawn(async move {
        while let Some(n) = receives.recv().await {
            back.send(n).await.unwrap();
        }
    });
    let asks = runtime.spawn(async move {
        for n in 0..messages / 2 {
            there.send(n).await.unwrap();
            assert_eq!(answers.recv().await, Some(n));
        }
    });
    runtime.block_on(asks).unwrap();
}

/// Nanoseconds.
type Nanos = u64;

/// From a wake-up until the worker runs; what it costs the one who wakes; what it costs to look at one victim, and to take
/// half of its queue.
const WAKES_AFTER: Nanos = 5_000;
const WAKING_COSTS: Nanos = 2_000;
const LOOK_COSTS: Nanos = 100;
const STEAL_COSTS: Nanos = 500;

/// When a worker is woken.
#[derive(Clone, Copy, PartialEq)]
enum Policy {
    /// Filch's: one at a time, if nobody searches; whoever has found something wakes the next if there is more.
    OneAtATime,
    /// For every task that becomes runnable.
    ForEachTask,
    /// Whoever has found something wakes two.
    TwoAtATime,
}

/// What there is to do.
#[derive(Clone, Copy)]
enum Load {
    /// So many tasks of such a length, all at once in the queue of worker 0.
    Burst(usize, Nanos),
    /// So many tasks from outside, one after each such pause, of such a length.
    Trickle(usize, Nanos, Nanos),
}

fn simulated() {
    println!("## Simulated\n");
    println!(
        "A wake-up takes {WAKES_AFTER} ns and costs the one who wakes {WAKING_COSTS}; a look at a victim {LOOK_COSTS}, a steal \
         {STEAL_COSTS}.\n"
    );
    println!(
        "| load | cores | policy | ends after, us | of the ideal | wake-ups/task | steals/task | busy |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let loads = [
        ("burst of 10 000 x 10 us", Load::Burst(10_000, 10_000)),
        ("burst of 1000 x 1 us", Load::Burst(1000, 1000)),
        ("2000 x 2 us, one each 3 us", Load::Trickle(2000, 3000, 2000)),
        ("20 000 x 20 us, one each 1 us", Load::Trickle(20_000, 1000, 20_000)),
    ];
    let policies = [
        ("one at a time", Policy::OneAtATime),
        ("two at a time", Policy::TwoAtATime),
        ("for each task", Policy::ForEachTask),
    ];
    for (name, load) in loads {
        for cores in [8, 16, 32, 64, 128] {
            for (policy_name, policy) in policies {
                let end = Machine::new(cores, policy).run(load);
                println!(
                    "| {name} | {cores} | {policy_name} | {:.0} | {:.2} | {:.4} | {:.4} | {:.0} % |",
                    end.at as f64 / 1000.0,
                    end.at as f64 / end.ideal as f64,
                    end.wake_ups as f64 / end.tasks as f64,
                    end.steals as f64 / end.tasks as f64,
                    100.0 * end.worked as f64 / (end.spent.max(1)) as f64,
                );
            }
        }
    }
}

struct End {
    at: Nanos,
    ideal: Nanos,
    tasks: usize,
    wake_ups: usize,
    steals: usize,
    /// In tasks, and altogether while awake.
    worked: Nanos,
    spent: Nanos,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Parked,
    /// Woken, and on its way; or looking around.
    Searching,
    Running,
}

struct Machine {
    policy: Policy,
    queues: Vec<VecDeque<Nanos>>,
    injector: VecDeque<Nanos>,
    states: Vec<State>,
    /// What happens next: when, in which order, and to whom; `None` is an arrival from outside.
    events: BinaryHeap<Reverse<(Nanos, usize, Option<usize>)>>,
    order: usize,
    random: u64,
    wake_ups: usize,
    steals: usize,
    worked: Nanos,
    spent: Nanos,
    done: usize,
}

impl Machine {
    fn new(cores: usize, policy: Policy) -> Self {
        Self {
            policy,
            queues: vec![VecDeque::new(); cores],
            injector: VecDeque::new(),
            states: vec![State::Parked; cores],
            events: BinaryHeap::new(),
            order: 0,
            random: 0x9E37_79B9_7F4A_7C15,
            wake_ups: 0,
            steals: 0,
            worked: 0,
            spent: 0,
            done: 0,
        }
    }

    fn run(mut self, load: Load) -> End {
        let cores = self.queues.len() as Nanos;
        let (tasks, ideal) = match load {
            Load::Burst(tasks, length) => {
                self.queues[0].extend(std::iter::repeat_n(length, tasks));
                self.states[0] = State::Running;
                self.push(0, Some(0));
                if self.policy == Policy::ForEachTask {
                    for _ in 0..tasks.min(self.queues.len() - 1) {
                        self.wake(0);
                    }
                }
                (tasks, (tasks as Nanos).div_ceil(cores) * length)
            }
            Load::Trickle(tasks, pause, length) => {
                for n in 0..tasks {
                    self.push(n as Nanos * pause, None);
                }
                let work = (tasks as Nanos).div_ceil(cores) * length;
                (tasks, work.max((tasks as Nanos - 1) * pause + length))
            }
        };
        let mut at = 0;
        while let Some(Reverse((now, _, worker))) = self.events.pop() {
            at = now;
            match (worker, load) {
                (Some(worker), _) => self.step(now, worker),
                (None, Load::Trickle(_, _, length)) => {
                    self.injector.push_back(length);
                    if self.policy == Policy::ForEachTask || !self.is_anyone_searching() {
                        self.wake(now);
                    }
                }
                (None, Load::Burst(..)) => {}
            }
        }
        assert_eq!(self.done, tasks, "a task was lost: the simulation is wrong");
        let Self { wake_ups, steals, worked, spent, .. } = self;
        End { at, ideal, tasks, wake_ups, steals, worked, spent }
    }

    fn push(&mut self, at: Nanos, worker: Option<usize>) {
        self.order += 1;
        self.events.push(Reverse((at, self.order, worker)));
    }

    fn is_anyone_searching(&self) -> bool {
        self.states.contains(&State::Searching)
    }

    /// Wakes somebody who is parked, if anybody is. What it costs whoever does it.
    fn wake(&mut self, now: Nanos) -> Nanos {
        let Some(sleeper) = self.states.iter().position(|&state| state == State::Parked) else {
            return 0;
        };
        self.states[sleeper] = State::Searching;
        self.wake_ups += 1;
        self.spent += WAKES_AFTER;
        self.push(now + WAKES_AFTER, Some(sleeper));
        WAKING_COSTS
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random % bound as u64) as usize
    }

    fn has_more(&self) -> bool {
        !self.injector.is_empty() || self.queues.iter().any(|queue| !queue.is_empty())
    }

    /// The worker has ended a task, or has come from its sleep.
    fn step(&mut self, now: Nanos, worker: usize) {
        let mut cost = 0;
        let own = self.queues[worker].pop_front();
        let is_own = own.is_some();
        let task = own.or_else(|| self.find(worker, &mut cost));
        let was_searching = self.states[worker] == State::Searching;
        let Some(task) = task else {
            self.states[worker] = State::Parked;
            self.spent += cost;
            return;
        };
        self.states[worker] = State::Running;
        // The last one that searched passes it on; and whoever has more of its own lets others know of it.
        let tells =
            if is_own { !self.queues[worker].is_empty() } else { was_searching || self.has_more() };
        if tells && self.has_more() {
            let wakes = match self.policy {
                Policy::OneAtATime => usize::from(!self.is_anyone_searching()),
                Policy::TwoAtATime if self.is_anyone_searching() => 0,
                Policy::TwoAtATime => 2,
                Policy::ForEachTask => 0,
            };
            for _ in 0..wakes {
                cost += self.wake(now + cost);
            }
        }
        self.done += 1;
        self.worked += task;
        self.spent += cost + task;
        self.push(now + cost + task, Some(worker));
    }

    /// A task from the injector, or half of somebody's queue.
    fn find(&mut self, worker: usize, cost: &mut Nanos) -> Option<Nanos> {
        let cores = self.queues.len();
        *cost += LOOK_COSTS;
        if let Some(first) = self.injector.pop_front() {
            let share = (self.injector.len() / cores).min(32);
            let rest: Vec<_> = self.injector.drain(..share).collect();
            self.queues[worker].extend(rest);
            return Some(first);
        }
        let start = self.below(cores);
        for victim in (0..cores).map(|n| (start + n) % cores) {
            if victim == worker {
                continue;
            }
            *cost += LOOK_COSTS;
            let half = self.queues[victim].len().div_ceil(2).min(128);
            if half > 0 {
                *cost += STEAL_COSTS;
                self.steals += half;
                let mut taken: VecDeque<_> = self.queues[victim].drain(..half).collect();
                let first = taken.pop_front();
                self.queues[worker].extend(taken);
                return first;
            }
        }
        None
    }
}
