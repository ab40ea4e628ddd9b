//! A child process: its output within a limit of time, and what the kernel says that it cost.

use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, killpg};
use nix::sys::time::TimeValLike as _;
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

/// What a process cost from its start to its end, as the kernel counted it: no process can hide anything here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// What its threads computed, in nanoseconds.
    pub user_ns: u64,
    /// What the kernel computed for them, in nanoseconds.
    pub system_ns: u64,
    /// How often a thread gave its core away because it had to wait.
    pub voluntary_switches: u64,
    /// How often a core was taken away from a thread.
    pub involuntary_switches: u64,
    /// How often a page had to be made present.
    pub page_faults: u64,
}

impl Usage {
    /// Of this process so far.
    pub fn of_this_process() -> Self {
        Self::of(UsageWho::RUSAGE_SELF)
    }

    fn of(who: UsageWho) -> Self {
        let usage = getrusage(who).expect("the kernel knows these processes");
        // None of these is ever negative.
        let count = |number| u64::try_from(number).unwrap_or(0);
        Self {
            user_ns: count(usage.user_time().num_nanoseconds()),
            system_ns: count(usage.system_time().num_nanoseconds()),
            voluntary_switches: count(usage.voluntary_context_switches()),
            involuntary_switches: count(usage.involuntary_context_switches()),
            page_faults: count(usage.minor_page_faults()) + count(usage.major_page_faults()),
        }
    }

    /// User and system time together.
    pub fn cpu_ns(&self) -> u64 {
        self.user_ns + self.system_ns
    }

    /// What came on top of `before`.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            user_ns: self.user_ns.saturating_sub(before.user_ns),
            system_ns: self.system_ns.saturating_sub(before.system_ns),
            voluntary_switches: self.voluntary_switches.saturating_sub(before.voluntary_switches),
            involuntary_switches: self
                .involuntary_switches
                .saturating_sub(before.involuntary_switches),
            page_faults: self.page_faults.saturating_sub(before.page_faults),
        }
    }
}

/// Runs `command` to its end and returns what it printed and what it cost.
///
/// One child at a time: the kernel adds up what the children of a process cost, and the difference is this one's.
///
/// # Errors
/// In words: when it cannot be started, fails, or is not done after `limit`; it is killed then, with all that it started.
pub fn run(command: &mut Command, limit: Duration) -> Result<(String, Usage), String> {
    let before = Usage::of(UsageWho::RUSAGE_CHILDREN);
    let deadline = Instant::now() + limit;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cannot be started: {error}"))?;
    // Both are read at once: a child must not block on a full pipe.
    let printed = read(child.stdout.take());
    let complaint = read(child.stderr.take());

    let status = wait(&mut child, &printed, deadline);
    let Some((status, printed)) = status else {
        // It may have ended in this very moment; either way it is gone after this.
        if let Ok(group) = i32::try_from(child.id()) {
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        let _ = child.wait();
        return Err(format!("not done after {} s: killed", limit.as_secs()));
    };
    if !status.success() {
        let complaint = complaint.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
        let last = complaint.lines().rev().map(str::trim).find(|line| !line.is_empty());
        return Err(match last {
            Some(line) => format!("{status}: {line}"),
            None => status.to_string(),
        });
    }
    Ok((printed, Usage::of(UsageWho::RUSAGE_CHILDREN).since(&before)))
}

fn read(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let mut pipe = pipe.expect("piped");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

/// Everything that it printed, then its end; `None` when time is over before.
fn wait(
    child: &mut Child,
    printed: &mpsc::Receiver<String>,
    deadline: Instant,
) -> Option<(ExitStatus, String)> {
    let left = || deadline.saturating_duration_since(Instant::now());
    let printed = printed.recv_timeout(left()).ok()?;
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some((status, printed));
        }
        if left().is_zero() {
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn the_output_and_the_cost_of_a_child_are_known() {
        let script = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done";
        let (printed, usage) = run(&mut shell(script), PATIENCE).expect("it ends well");
        assert_eq!(printed, "done\n");
        assert!(usage.cpu_ns() > 0 && usage.page_faults > 0, "{usage:?}");
    }

    #[test]
    fn a_child_that_fails_is_quoted() {
        let error = run(&mut shell("echo 'no such thing' >&2; exit 3"), PATIENCE);
        let error = error.expect_err("it fails");
        assert!(error.contains('3') && error.contains("no such thing"), "{error}");
    }

    #[test]
    fn a_child_that_crashes_is_named_by_its_signal() {
        let error = run(&mut shell("kill -SEGV $$"), PATIENCE).expect_err("it crashes");
        assert!(error.contains("signal: 11"), "{error}");
    }

    #[test]
    fn a_child_that_hangs_is_killed_with_its_children() {
        let start = Instant::now();
        let error = run(&mut shell("sleep 600 & sleep 600"), Duration::from_millis(100));
        assert!(error.expect_err("it hangs").contains("killed"));
        assert!(start.elapsed() < PATIENCE);
    }

    #[test]
    fn a_child_that_says_everything_and_stays_is_killed() {
        let error = run(&mut shell("exec >&- 2>&-; sleep 600"), Duration::from_millis(200));
        assert!(error.expect_err("it stays").contains("killed"));
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let error = run(&mut Command::new("/nonexistent/program"), PATIENCE);
        assert!(error.expect_err("there is none").contains("cannot be started"));
    }
}
