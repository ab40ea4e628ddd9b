//! Counts the instructions of one run, with valgrind's callgrind.

use crate::paths::Path;
use std::io;
use std::process::{Command, Stdio};

/// The version of valgrind; `None` where it is not installed.
pub fn version() -> Option<String> {
    let output = Command::new("valgrind").arg("--version").stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Instructions per operation: those of the second half of a run of twice as many.
///
/// # Errors
/// If a run fails or callgrind does not say what it counted.
pub fn per_operation(path: &Path) -> io::Result<f64> {
    let once = count(path.name, path.operations)?;
    let twice = count(path.name, 2 * path.operations)?;
    let slope = twice.saturating_sub(once) as f64 / path.operations as f64;
    // To a tenth: what is behind it differs from run to run.
    Ok((slope * 10.0).round() / 10.0)
}

fn count(path: &str, operations: u64) -> io::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["run", path, &operations.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(io::Error::other(format!("{path} ends with {}: {said}", output.status)));
    }
    collected(&said).ok_or_else(|| io::Error::other(format!("callgrind counts nothing: {said}")))
}

/// The count, in what callgrind writes at its end: `==7== Collected : 1234`.
fn collected(said: &str) -> Option<u64> {
    let line = said.lines().find_map(|line| line.split_once("Collected :"))?;
    line.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_among_what_callgrind_says() {
        let said = "==7== Callgrind, a call-graph generating cache profiler\n==7== \n\
                    ==7== Events    : Ir\n==7== Collected : 112358\n==7== \n";
        assert_eq!(collected(said), Some(112_358));
        assert_eq!(collected("==7== Collected : many\n"), None);
        assert_eq!(collected(""), None);
    }
}
