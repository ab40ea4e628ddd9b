//! What a child prints, in whatever language it is written: one line of JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Figure {
    /// Time per operation, in nanoseconds.
    Time,
    /// The median of many waits, in nanoseconds.
    P50,
    /// What one wait in a hundred exceeds, in nanoseconds.
    P99,
    /// Resident memory per operation, in bytes.
    Bytes,
    /// Time of the whole run beyond what had to be waited for, in nanoseconds.
    Over,
}

impl Figure {
    /// What it is called behind the name of a workload; the time per operation needs no name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Time => "",
            Self::P50 => "p50",
            Self::P99 => "p99",
            Self::Bytes => "memory",
            Self::Over => "time over the wait",
        }
    }
}

/// What a child says when it is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Language or library with its version.
    pub version: String,
    /// The most memory that was resident at a time, in bytes.
    pub peak_bytes: Option<u64>,
    /// How many operations all runs were, those that do not count included.
    pub all_operations: u64,
    /// The runs that count.
    pub runs: Vec<Run>,
}

/// One run of a workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// How many operations it was.
    pub operations: u64,
    /// What all threads computed meanwhile, in the kernel too, in nanoseconds.
    pub cpu_ns: u64,
    /// What was measured.
    pub figures: BTreeMap<Figure, f64>,
}

/// What a program in another language answers to `--list`.
#[derive(Debug, Deserialize)]
pub struct Listed {
    /// The language with its version.
    pub version: String,
    /// The workloads that it knows.
    pub workloads: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_languages_print_is_understood() {
        let line = r#"{"version":"Node 20","peak_bytes":7,"all_operations":30,
            "runs":[{"operations":10,"cpu_ns":5,"figures":{"time":1.5}},
                    {"operations":20,"cpu_ns":6,"figures":{"over":2,"bytes":130}}]}"#;
        let said: Said = serde_json::from_str(line).expect("is JSON of this shape");
        assert_eq!(said.runs[0].figures[&Figure::Time], 1.5);
        assert_eq!(said.runs[1].figures[&Figure::Bytes], 130.0);
        let again = serde_json::to_string(&said).expect("is plain data");
        assert_eq!(serde_json::from_str::<Said>(&again).expect("was just written"), said);
    }
}
