//! What else used the machine while a measurement ran. The load average cannot say it: a minute after a build it
//! still shows the build, and it never shows what the host of a virtual machine took away.

use std::fmt;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use rustix::param::clock_ticks_per_second;
use serde::{Deserialize, Serialize};

/// Above this share of the machine, figures say little.
const TOO_MUCH: f64 = 0.1;

/// The measurement's own end of the account.
#[derive(Debug)]
pub struct Watch {
    begun: Instant,
    before: Option<Account>,
}

/// Time on all cores since the machine was started.
#[derive(Clone, Copy, Debug)]
struct Account {
    /// In programs and, for them, in the kernel. Without interrupts, which are charged to nobody.
    used: Duration,
    /// What the host gave to others.
    stolen: Duration,
    /// This process and its children that have ended.
    own: Duration,
}

/// How many cores others kept busy, on average.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbours {
    /// Programs on this machine.
    pub programs: f64,
    /// Whatever else the host of this virtual machine runs.
    pub host: f64,
    /// Cores that there are.
    pub cores: f64,
}

impl Watch {
    /// From now on.
    pub fn start() -> Self {
        Self { begun: Instant::now(), before: Account::read() }
    }

    /// What others used until now; `None` where the kernel does not tell.
    pub fn seen(&self) -> Option<Neighbours> {
        let (before, now) = (self.before?, Account::read()?);
        let cores = std::thread::available_parallelism().ok()?.get() as f64;
        Some(between(before, now, self.begun.elapsed(), cores))
    }
}

fn between(before: Account, now: Account, lasted: Duration, cores: f64) -> Neighbours {
    let used = now.used.saturating_sub(before.used);
    let own = now.own.saturating_sub(before.own);
    let in_cores = |time: Duration| time.as_secs_f64() / lasted.as_secs_f64().max(0.01);
    Neighbours {
        programs: in_cores(used.saturating_sub(own)),
        host: in_cores(now.stolen.saturating_sub(before.stolen)),
        cores,
    }
}

impl Account {
    fn read() -> Option<Self> {
        let text = std::fs::read_to_string("/proc/stat").ok()?;
        let ticks: Vec<u64> = text
            .lines()
            .next()?
            .strip_prefix("cpu ")?
            .split_whitespace()
            .map_while(|field| field.parse().ok())
            .collect();
        // As proc(5) orders them.
        let [user, nice, system, _idle, _wait, _irq, _softirq, steal, ..] = ticks[..] else {
            return None;
        };
        let time =
            |ticks: u64| Duration::from_secs_f64(ticks as f64 / clock_ticks_per_second() as f64);
        Some(Self {
            used: time(user + nice + system),
            stolen: time(steal),
            own: cpu(UsageWho::RUSAGE_SELF)? + cpu(UsageWho::RUSAGE_CHILDREN)?,
        })
    }
}

fn cpu(who: UsageWho) -> Option<Duration> {
    let usage = getrusage(who).ok()?;
    let microseconds =
        usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Some(Duration::from_micros(microseconds.try_into().ok()?))
}

impl Neighbours {
    /// Whether they used so much that no figure means much.
    pub fn are_loud(&self) -> bool {
        self.programs + self.host > self.cores * TOO_MUCH
    }
}

impl fmt::Display for Neighbours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { programs, host, cores } = self;
        write!(
            f,
            "meanwhile, other programs used {programs:.2} of the {cores:.0} cores, and the host gave {host:.2} to others"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(used: u64, stolen: u64, own: u64) -> Account {
        let time = Duration::from_secs;
        Account { used: time(used), stolen: time(stolen), own: time(own) }
    }

    #[test]
    fn what_was_not_our_own_was_others() {
        let lasted = Duration::from_secs(10);
        let seen = between(account(5, 1, 2), account(25, 3, 12), lasted, 2.0);
        assert_eq!(seen, Neighbours { programs: 1.0, host: 0.2, cores: 2.0 });
        assert!(seen.are_loud());
        let alone = between(account(5, 1, 2), account(25, 1, 22), lasted, 2.0);
        assert!(!alone.are_loud());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_tells_what_others_used() {
        let seen = Watch::start().seen().unwrap();
        assert!(seen.programs >= 0.0 && seen.cores >= 1.0);
    }
}
