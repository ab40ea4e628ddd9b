//! What several runs of a row's cells came to.

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::cell::{Column, Delays, Sample};
use crate::measure::{median, spread};
use crate::rows::RowName;

/// A row's figures, on this machine.
#[derive(Debug)]
pub struct Measured {
    /// Which row.
    pub row: RowName,
    /// Workers of the last column.
    pub workers: usize,
    /// Cores that this process may use.
    pub cores: usize,
    /// In the order of the table.
    pub columns: Vec<Measurement>,
}

/// A column's figures in one row.
#[derive(Debug)]
pub struct Measurement {
    /// Which column.
    pub column: Column,
    /// One for each run that succeeded.
    pub samples: Vec<Sample>,
    /// *mixed*: how long requests took, in microseconds, of all runs together.
    latencies: Histogram<u64>,
    /// Why a run did not succeed; no further ones are tried then.
    pub failure: Option<String>,
}

/// A median and how far the runs are spread around it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Middle {
    /// The median.
    pub median: f64,
    /// Half the range, as a part of the median.
    pub spread: f64,
}

impl Measurement {
    /// Nothing is measured yet.
    pub fn of(column: Column) -> Self {
        let latencies = Histogram::new(3).expect("three digits are possible");
        Self { column, samples: Vec::new(), latencies, failure: None }
    }

    /// Adds a run. Its latencies go to those of the other runs.
    pub fn add(&mut self, mut sample: Sample) {
        for latency in sample.latencies_us.drain(..) {
            self.latencies.record(latency).expect("the histogram grows with what it is given");
        }
        self.samples.push(sample);
    }

    /// Seconds below which `percent` of the requests stayed.
    pub fn latency(&self, percent: f64) -> Option<f64> {
        let some = !self.latencies.is_empty();
        some.then(|| self.latencies.value_at_quantile(percent / 100.0) as f64 / 1e6)
    }

    /// Requests per second.
    pub fn throughput(&self) -> Option<f64> {
        Some(self.middle(|sample| sample.throughput)?.median)
    }

    /// Memory divided by tasks.
    pub fn bytes_per_task(&self) -> Option<f64> {
        Some(self.middle(|sample| sample.bytes_per_task)?.median)
    }

    /// Tasks that workers took from each other.
    pub fn stolen(&self) -> Option<u64> {
        let stolen = self.middle(|sample| sample.stolen.map(|tasks| tasks as f64))?;
        Some(stolen.median as u64)
    }

    /// Seconds from the start of the process to its end.
    pub fn process(&self) -> Option<f64> {
        Some(self.middle(|sample| Some(sample.process_s))?.median)
    }

    /// The median of one figure of each sample that has it.
    pub fn middle(&self, figure: impl Fn(&Sample) -> Option<f64>) -> Option<Middle> {
        let values: Vec<f64> = self.samples.iter().filter_map(figure).collect();
        Some(Middle {
            median: median(values.iter().copied())?,
            spread: spread(values).unwrap_or(0.0),
        })
    }

    /// Seconds that went by.
    pub fn wall(&self) -> Option<Middle> {
        self.middle(|sample| Some(sample.wall_s))
    }

    /// Seconds spent computing.
    pub fn cpu(&self) -> Option<Middle> {
        self.middle(|sample| Some(sample.cpu_s))
    }

    /// Peak memory, in bytes.
    pub fn peak(&self) -> Option<u64> {
        self.middle(|sample| sample.peak_bytes.map(|bytes| bytes as f64))
            .map(|middle| middle.median as u64)
    }

    /// Threads that ran the work: the most of any run.
    pub fn threads(&self) -> Option<usize> {
        self.samples.iter().map(|sample| sample.threads).max()
    }

    /// Of the run whose longest delay is the median one.
    pub fn delays(&self) -> Option<Delays> {
        let mut delays: Vec<Delays> =
            self.samples.iter().filter_map(|sample| sample.delays).collect();
        delays.sort_unstable_by(|a, b| a.longest_s.total_cmp(&b.longest_s));
        delays.get(delays.len() / 2).copied()
    }

    /// Whether it failed, and had to work.
    pub fn has_failed(&self) -> bool {
        self.failure.is_some() && !self.column.is_other_language()
    }

    /// Whether its times are extrapolated from a part of the work.
    pub fn is_extrapolated(&self) -> bool {
        self.samples.iter().any(|sample| sample.part_done < 1.0)
    }
}

impl Measured {
    /// A column's figures, if it was to be measured.
    pub fn column(&self, column: Column) -> Option<&Measurement> {
        self.columns.iter().find(|measurement| measurement.column == column)
    }

    /// With one worker the last two columns are the same, and there is one of them.
    pub fn workers_column(&self) -> Column {
        if self.workers == 1 { Column::OneWorker } else { Column::Workers }
    }

    /// Seconds that went by, the median.
    pub fn wall(&self, column: Column) -> Option<f64> {
        self.column(column)?.wall().map(|wall| wall.median)
    }

    /// Peak memory, in bytes.
    pub fn peak(&self, column: Column) -> Option<u64> {
        self.column(column)?.peak()
    }

    /// What the tasks that did not block noticed.
    pub fn delays(&self, column: Column) -> Option<Delays> {
        self.column(column)?.delays()
    }

    /// [`wall`](Self::wall) of N workers.
    pub fn workers_wall(&self) -> Option<f64> {
        self.wall(self.workers_column())
    }

    /// Requests per second.
    pub fn throughput(&self, column: Column) -> Option<f64> {
        self.column(column)?.throughput()
    }

    /// Seconds below which `percent` of the requests stayed.
    pub fn latency(&self, column: Column, percent: f64) -> Option<f64> {
        self.column(column)?.latency(percent)
    }

    /// Memory divided by tasks.
    pub fn bytes_per_task(&self, column: Column) -> Option<f64> {
        self.column(column)?.bytes_per_task()
    }

    /// Tasks that N workers took from each other.
    pub fn stolen(&self) -> Option<u64> {
        self.column(self.workers_column())?.stolen()
    }

    /// How many cores can compute for the last column at the same time.
    pub fn at_once(&self) -> usize {
        self.workers.min(self.cores)
    }

    /// [`delays`](Self::delays) of N workers.
    pub fn workers_delays(&self) -> Option<Delays> {
        self.delays(self.workers_column())
    }

    /// The last column's name.
    pub fn workers_label(&self) -> String {
        self.workers_column().label(self.workers)
    }

    /// Times faster than sequential.
    pub fn speed_up(&self, measurement: &Measurement) -> Option<f64> {
        Some(self.wall(Column::Sequential)? / measurement.wall()?.median)
    }

    /// How much of a core the columns with one thread had, the least of them: near 1 for computing on an idle machine.
    pub fn share_of_a_core(&self) -> Option<f64> {
        [Column::Sequential, Column::EventLoop, Column::OneWorker]
            .into_iter()
            .filter_map(|column| {
                let column = self.column(column)?;
                Some(column.cpu()?.median / column.wall()?.median)
            })
            .min_by(f64::total_cmp)
    }

    /// Whether every run of every column that says what it did says the same.
    pub fn is_same_work(&self) -> bool {
        let mut digests = self
            .columns
            .iter()
            .flat_map(|column| &column.samples)
            .filter_map(|sample| sample.digest.as_ref());
        digests.next().is_none_or(|first| digests.all(|other| other == first))
    }
}

#[cfg(test)]
impl Measured {
    /// A column with one sample for each of `walls`, on two cores; all CPU time, and delays of a tenth of it.
    pub fn with_walls(row: RowName, walls: &[(Column, f64)]) -> Self {
        let sample = |wall_s: f64| Sample {
            wall_s,
            cpu_s: wall_s,
            peak_bytes: Some(1024),
            threads: 1,
            tasks: 10,
            part_done: 1.0,
            process_s: wall_s,
            stolen: Some(5),
            throughput: None,
            latencies_us: Vec::new(),
            bytes_per_task: None,
            delays: Some(Delays { longest_s: wall_s / 10.0, delayed_tasks: 0, other_tasks: 9 }),
            digest: Some("same".into()),
            unreadable: Vec::new(),
        };
        let mut columns: Vec<Measurement> = Vec::new();
        for &(column, wall) in walls {
            match columns.iter_mut().find(|measurement| measurement.column == column) {
                Some(measurement) => measurement.samples.push(sample(wall)),
                None => {
                    let mut measurement = Measurement::of(column);
                    measurement.add(sample(wall));
                    columns.push(measurement);
                }
            }
        }
        Self { row, workers: 2, cores: 2, columns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_up_compares_medians() {
        let (sequential, workers) = (Column::Sequential, Column::Workers);
        let measured = Measured::with_walls(
            RowName::Files,
            &[
                (sequential, 2.0),
                (workers, 1.0),
                (sequential, 9.0),
                (workers, 1.0),
                (sequential, 2.0),
                (workers, 5.0),
            ],
        );
        assert_eq!(measured.speed_up(&measured.columns[1]), Some(2.0));
        assert_eq!(measured.workers_label(), "2 workers");
        assert_eq!(measured.delays(workers).expect("there are some").longest_s, 0.1);
    }

    #[test]
    fn a_column_without_a_sample_has_no_figures() {
        let mut measured = Measured::with_walls(RowName::Files, &[(Column::Sequential, 1.0)]);
        measured.columns[0].samples.clear();
        assert!(measured.wall(Column::Sequential).is_none() && measured.workers_wall().is_none());
        assert!(measured.columns[0].delays().is_none() && measured.is_same_work());
        assert!(measured.share_of_a_core().is_none());
    }

    #[test]
    fn different_digests_are_different_work() {
        let mut measured = Measured::with_walls(
            RowName::Files,
            &[(Column::Sequential, 1.0), (Column::Workers, 1.0)],
        );
        assert!(measured.is_same_work());
        measured.columns[1].samples[0].digest = Some("other".into());
        assert!(!measured.is_same_work());
    }

    #[test]
    fn latencies_are_those_of_all_runs_however_far_apart() {
        let (mut measured, mut all) = (Measurement::of(Column::Workers), Vec::<u64>::new());
        let one = Measured::with_walls(RowName::Mixed, &[(Column::Workers, 1.0)]);
        for run in 0..3_u64 {
            let latencies: Vec<u64> =
                (0..400).map(|number| 5_000 + run * 700 + number * number * 11).collect();
            all.extend(&latencies);
            measured.add(Sample { latencies_us: latencies, ..one.columns[0].samples[0].clone() });
        }
        all.sort_unstable();
        for percent in [50.0, 99.0, 99.9] {
            let place = (all.len() as f64 * percent / 100.0).ceil() as usize - 1;
            let (exact, latency) = (all[place] as f64 / 1e6, measured.latency(percent));
            let latency = latency.expect("there are some");
            assert!((exact..exact * 1.001).contains(&latency), "{percent}: {latency} for {exact}");
        }
    }
}
