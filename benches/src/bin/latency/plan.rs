//! What is measured, and in which order.

use crate::wire::Wire;
use clap::ValueEnum;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// The loads, in per cent of what the slower contestant can do at most.
pub const LOADS: [u32; 4] = [25, 50, 75, 90];

/// In a mix with heavy requests, each so many-th is one.
pub const HEAVY_EVERY: u64 = 100;

/// For how long a heavy request computes, on a core of its own.
pub const HEAVY: Duration = Duration::from_millis(2);

/// Who is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Contestant {
    /// This project.
    Filch,
    /// The multi-threaded runtime of tokio.
    Tokio,
}

impl fmt::Display for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Filch => "filch",
            Self::Tokio => "tokio",
        })
    }
}

/// What the requests ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mix {
    /// All are light.
    Light,
    /// One in [`HEAVY_EVERY`] computes for [`HEAVY`].
    Heavy,
}

impl Mix {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Heavy];

    /// Whether the request of this number is a heavy one.
    pub fn is_heavy(self, number: u64) -> bool {
        self == Self::Heavy && number % HEAVY_EVERY == HEAVY_EVERY - 1
    }
}

/// How much is measured.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The servers.
    pub wires: Vec<Wire>,
    /// How often each cell is measured.
    pub runs: u32,
    /// How many connections the requests share.
    pub connections: usize,
    /// How long requests are sent before they count.
    pub warm_up: Duration,
    /// How long requests are sent that count.
    pub measured: Duration,
}

impl Plan {
    /// The contestants in the order of one run: each second run begins with the other one, so that
    /// neither always comes after the machine has grown warm.
    pub fn turns(run: u32) -> [Contestant; 2] {
        if run % 2 == 0 {
            [Contestant::Filch, Contestant::Tokio]
        } else {
            [Contestant::Tokio, Contestant::Filch]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_in_a_hundred_is_heavy_and_none_of_the_light_mix() {
        let heavy = |mix: Mix| (0..10_000).filter(|number| mix.is_heavy(*number)).count();
        assert_eq!(heavy(Mix::Heavy), 100);
        assert_eq!(heavy(Mix::Light), 0);
    }

    #[test]
    fn the_contestants_take_turns_to_begin() {
        assert_eq!(Plan::turns(0), [Contestant::Filch, Contestant::Tokio]);
        assert_eq!(Plan::turns(1), [Contestant::Tokio, Contestant::Filch]);
    }
}
