//! Counts the instructions of one run, with valgrind's cachegrind, whose caches stay off.
//!
//! Not callgrind: it takes so long over each poll that polls count as long ones, or just not, from run to run.

use crate::paths::Path;
use std::io;
use std::process::{Command, Stdio};

/// How often each count is made.
const RUNS: usize = 3;

/// The version of valgrind; `None` where it is not installed.
pub fn version() -> Option<String> {
    let output = Command::new("valgrind").arg("--version").stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Instructions per operation: those of the second half of a run of twice as many.
///
/// # Errors
/// If a run fails or valgrind does not say what it counted.
pub fn per_operation(path: &Path) -> io::Result<f64> {
    let once = least(path.name, path.operations)?;
    let twice = least(path.name, 2 * path.operations)?;
    let slope = twice.saturating_sub(once) as f64 / path.operations as f64;
    // To a tenth: what is behind it differs from run to run.
    Ok((slope * 10.0).round() / 10.0)
}

/// Of several runs: what goes by the clock, turns of the driver and looks at other workers, only adds, and under valgrind
/// it adds a lot.
fn least(path: &str, operations: u64) -> io::Result<u64> {
    let mut least = count(path, operations)?;
    for _ in 1..RUNS {
        least = least.min(count(path, operations)?);
    }
    Ok(least)
}

fn count(path: &str, operations: u64) -> io::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["run", path, &operations.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(io::Error::other(format!("{path} ends with {}: {said}", output.status)));
    }
    collected(&said).ok_or_else(|| io::Error::other(format!("valgrind counts nothing: {said}")))
}

/// The count, in what cachegrind writes at its end: `==7== I refs: 1,234`.
fn collected(said: &str) -> Option<u64> {
    let line = said.lines().find_map(|line| line.split_once("refs:"))?;
    line.1.trim().replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_among_what_valgrind_says() {
        let said = "==7== Cachegrind, a high-precision tracing profiler\n==7== \n\
                    ==7== I   refs:      112,358\n";
        assert_eq!(collected(said), Some(112_358));
        assert_eq!(collected("==7== I   refs: many\n"), None);
        assert_eq!(collected(""), None);
    }
}
