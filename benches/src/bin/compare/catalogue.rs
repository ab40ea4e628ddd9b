//! What can be measured: the registry's workloads, and those that only the curves need.

use filch_benches::workloads::{self, Entry};

use crate::machine::crate_version;
use crate::scaling;

/// The workload of that name.
pub fn find(name: &str) -> Option<&'static Entry> {
    workloads::find(name).or_else(|| scaling::ENTRIES.iter().find(|entry| entry.about.name == name))
}

/// The registry's workloads whose name or group contains one of the patterns; all of them if there is no pattern.
pub fn matching(patterns: &[String]) -> Vec<&'static Entry> {
    let matches = |entry: &&Entry| {
        patterns.is_empty()
            || patterns.iter().any(|pattern| {
                entry.about.name.contains(pattern.as_str())
                    || entry.about.group.contains(pattern.as_str())
            })
    };
    workloads::all().filter(matches).collect()
}

/// Whether a runtime is measured on request only: one with one thread, which says little beside those with several, or
/// filch with its recorder on, which is to be compared with itself.
pub fn is_on_request(runtime: &str) -> bool {
    matches!(runtime, "filch_loop" | "filch_recorded" | "tokio_current")
}

/// Name and version of the crate behind a runtime of this language.
pub fn version(runtime: &str) -> String {
    // `filch+flume` is filch with flume's channel.
    let name = runtime.rsplit('+').next().unwrap_or(runtime);
    let name = name.split('_').next().unwrap_or(name);
    match crate_version(name) {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_part_of_a_name_or_a_group() {
        let names = |patterns: &[&str]| {
            let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
            matching(&patterns).iter().map(|entry| entry.about.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&["yield_al"]), ["yield_alone"]);
        assert!(names(&["switch"]).contains(&"ping_pong"));
        assert_eq!(names(&[]).len(), workloads::all().count());
        assert!(names(&["no such workload"]).is_empty());
    }

    #[test]
    fn no_name_stands_for_two_workloads() {
        let mut names: Vec<_> =
            workloads::all().chain(scaling::ENTRIES).map(|entry| entry.about.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn a_runtime_is_known_by_its_crate() {
        assert!(version("tokio_current").starts_with("tokio 1."));
        assert!(version("filch+smol").starts_with("smol 2."));
        assert_eq!(version("nonsense"), "nonsense");
    }
}
