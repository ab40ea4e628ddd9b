//! The generator: one thread and one epoll, no runtime.
//!
//! A request that is due takes the connection that has been idle for longest; if there is none, it waits
//! for one, and that wait is part of its latency.

use crate::connection::{Asked, Connection};
use crate::latencies::Latencies;
use crate::plan::Mix;
use crate::schedule::Schedule;
use crate::wire::Wire;
use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};
use std::collections::VecDeque;
use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

/// How long after the last request its answer may come. What has no answer by then is counted apart,
/// and as having taken until then.
const GRACE: Duration = Duration::from_secs(2);

/// How many events are taken at once.
const EVENTS: usize = 64;

/// To whom requests are sent, and which.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub address: SocketAddr,
    pub wire: Wire,
    pub mix: Mix,
    pub connections: usize,
}

/// What became of a schedule.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Of the light requests.
    pub light: Latencies,
    /// Of the heavy ones.
    pub heavy: Latencies,
    /// By how much the generator itself was late, where request and connection were both ready.
    pub lag: Latencies,
    /// Requests without an answer.
    pub unanswered: u64,
    /// From the first request that counts to the last answer.
    pub took: Duration,
}

/// Sends by the schedule, whatever the server does.
///
/// # Errors
/// If the server is gone or answers nonsense.
pub fn open_loop(target: Target, schedule: Schedule) -> io::Result<Answered> {
    on_its_own_thread(move || Generator::connect(target)?.follow(schedule))
}

/// Asks on every connection as soon as it has its answer; answers per second, when the warm-up is over.
///
/// # Errors
/// If the server is gone or answers nonsense.
pub fn closed_loop(target: Target, warm_up: Duration, measured: Duration) -> io::Result<f64> {
    on_its_own_thread(move || Generator::connect(target)?.press(warm_up, measured))
}

/// The thread has the finest timers that Linux gives: a server that is started from another thread does
/// not inherit them.
fn on_its_own_thread<T: Send + 'static>(
    run: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let thread = thread::Builder::new().name("generator".into()).spawn(|| {
        rustix::thread::set_current_timer_slack(NonZero::new(1))?;
        run()
    })?;
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

struct Generator {
    mix: Mix,
    connections: Vec<Connection>,
    idle: VecDeque<usize>,
    epoll: OwnedFd,
    start: Instant,
}

impl Generator {
    fn connect(target: Target) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut connections = Vec::with_capacity(target.connections);
        for index in 0..target.connections {
            let connection = Connection::new(target.address, target.wire)?;
            let data = epoll::EventData::new_u64(index as u64);
            epoll::add(&epoll, connection.stream(), data, epoll::EventFlags::IN)?;
            connections.push(connection);
        }
        let idle = (0..connections.len()).collect();
        Ok(Self { mix: target.mix, connections, idle, epoll, start: Instant::now() })
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn follow(mut self, schedule: Schedule) -> io::Result<Answered> {
        let mut light = Latencies::new();
        let mut heavy = Latencies::new();
        let mut lag = Latencies::new();
        let mut last = Duration::ZERO;
        let mut next = 0;
        let end = schedule.intended(schedule.total()) + GRACE;
        self.start = Instant::now();

        let mix = self.mix;
        let mut record = |asked: Asked, now: Duration| {
            if schedule.counts(asked.number) {
                let latencies = if mix.is_heavy(asked.number) { &mut heavy } else { &mut light };
                latencies.record(now.saturating_sub(asked.intended));
            }
        };
        while next < schedule.total() || self.idle.len() < self.connections.len() {
            let now = self.now();
            if now >= end {
                break;
            }
            let due = schedule.intended(next);
            let has_more = next < schedule.total();
            if has_more && due <= now && !self.idle.is_empty() {
                let idle_since = self.ask(Asked { number: next, intended: due })?;
                if schedule.counts(next) {
                    lag.record(now.saturating_sub(due.max(idle_since)));
                }
                next += 1;
                continue;
            }
            let nothing_to_send = !has_more || self.idle.is_empty();
            let until = if nothing_to_send { end } else { due };
            self.receive(until.saturating_sub(now), |asked, now| {
                record(asked, now);
                last = now;
            })?;
        }

        // An answer that never came is no reason to leave a request out.
        let sent = self.connections.iter().filter_map(Connection::asked);
        let unsent = (next..schedule.total())
            .map(|number| Asked { number, intended: schedule.intended(number) });
        let mut unanswered = 0;
        for asked in sent.chain(unsent) {
            record(asked, end);
            unanswered += u64::from(schedule.counts(asked.number));
        }
        let took = last.saturating_sub(schedule.warm_up());
        Ok(Answered { light, heavy, lag, unanswered, took })
    }

    fn press(mut self, warm_up: Duration, measured: Duration) -> io::Result<f64> {
        let end = warm_up + measured;
        let mut next = 0;
        let mut answers = 0_u64;
        self.start = Instant::now();
        loop {
            let now = self.now();
            if now >= end {
                return Ok(answers as f64 / measured.as_secs_f64());
            }
            while !self.idle.is_empty() {
                self.ask(Asked { number: next, intended: now })?;
                next += 1;
            }
            self.receive(end - now, |_, now| {
                answers += u64::from(warm_up <= now && now < end);
            })?;
        }
    }

    /// Sends a request on the connection that was idle for longest; since when it was.
    fn ask(&mut self, asked: Asked) -> io::Result<Duration> {
        let index = self.idle.pop_front().expect("somebody is idle");
        let connection = &mut self.connections[index];
        connection.ask(asked, self.mix.is_heavy(asked.number))?;
        Ok(connection.idle_since)
    }

    /// Receives what is there, or waits for it no longer than `patience`.
    fn receive(
        &mut self,
        patience: Duration,
        mut answered: impl FnMut(Asked, Duration),
    ) -> io::Result<()> {
        let mut space = [MaybeUninit::uninit(); EVENTS];
        let (events, _) = epoll::wait(&self.epoll, &mut space, Some(&Timespec::default()))?;
        if events.is_empty() {
            // epoll's own time-outs are in milliseconds.
            let patience = Timespec::try_from(patience).map_err(io::Error::other)?;
            return match poll(&mut [PollFd::new(&self.epoll, PollFlags::IN)], Some(&patience)) {
                Err(rustix::io::Errno::INTR) | Ok(_) => Ok(()),
                Err(error) => Err(error.into()),
            };
        }
        for event in events {
            let index = event.data.u64() as usize;
            if let Some(asked) = self.connections[index].receive()? {
                let now = self.start.elapsed();
                self.connections[index].idle_since = now;
                self.idle.push_back(index);
                answered(asked, now);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::MESSAGE;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// An echo server, one thread per connection, that may do something before each answer.
    fn server(before: impl Fn(u64) + Clone + Send + 'static) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let before = before.clone();
                thread::spawn(move || {
                    let mut message = [0; MESSAGE];
                    for number in 0.. {
                        if stream.read_exact(&mut message).is_err() {
                            break;
                        }
                        before(number);
                        if stream.write_all(&message).is_err() {
                            break;
                        }
                    }
                });
            }
        });
        Target { address, wire: Wire::Echo, mix: Mix::Light, connections: 1 }
    }

    const PAUSE: Duration = Duration::from_millis(100);

    #[test]
    fn a_pause_of_the_server_shows_up_in_every_request_that_was_due_meanwhile() {
        let target = server(|number| {
            if number == 500 {
                thread::sleep(PAUSE);
            }
        });
        let schedule = Schedule::new(1_000.0, Duration::ZERO, Duration::from_secs(1));
        let answered = open_loop(target, schedule).unwrap();
        // A client that waits for each answer would find one slow request among a thousand. The hundred
        // that were due in the pause waited for 1 to 100 ms: the eleventh slowest for at least 90.
        assert_eq!(answered.light.len(), 1_000);
        assert!(answered.light.at(0.99).unwrap() >= Duration::from_millis(89));
        assert!(answered.light.percentiles().max >= 100_000.0 * 0.999);
        assert_eq!(answered.unanswered, 0);
    }

    #[test]
    fn waiting_for_a_connection_is_part_of_the_latency() {
        // One connection, 10 ms an answer, a request every 5 ms: each waits 5 ms more than the last.
        let target = server(|_| thread::sleep(Duration::from_millis(10)));
        let schedule = Schedule::new(200.0, Duration::ZERO, Duration::from_millis(200));
        let answered = open_loop(target, schedule).unwrap();
        assert_eq!(answered.light.len(), 40);
        assert!(answered.light.percentiles().max >= (10_000.0 + 39.0 * 5_000.0) * 0.999);
        assert!(answered.took >= 40 * Duration::from_millis(10));
    }

    #[test]
    fn requests_without_an_answer_count_as_slow_ones() {
        let target = server(|number| {
            if number == 5 {
                thread::sleep(Duration::from_secs(60));
            }
        });
        let schedule = Schedule::new(100.0, Duration::ZERO, Duration::from_millis(100));
        let answered = open_loop(target, schedule).unwrap();
        assert_eq!((answered.unanswered, answered.light.len()), (5, 10));
        assert!(answered.light.percentiles().max >= GRACE.as_micros() as f64);
    }

    #[test]
    fn heavy_requests_are_counted_apart() {
        let target = Target { mix: Mix::Heavy, connections: 4, ..server(|_| ()) };
        let schedule = Schedule::new(2_000.0, Duration::ZERO, Duration::from_millis(500));
        let answered = open_loop(target, schedule).unwrap();
        assert_eq!((answered.light.len(), answered.heavy.len()), (990, 10));
    }

    #[test]
    fn a_closed_loop_counts_what_was_answered() {
        let target = server(|_| thread::sleep(Duration::from_millis(2)));
        let rate = closed_loop(target, Duration::ZERO, Duration::from_secs(2)).unwrap();
        assert!(rate > 0.0 && rate <= 500.0, "{rate}");
    }

    #[test]
    fn a_server_that_hangs_up_is_an_error() {
        let target = server(|number| assert!(number < 10, "the test's server ends here"));
        let schedule = Schedule::new(1_000.0, Duration::ZERO, Duration::from_secs(1));
        assert!(open_loop(target, schedule).is_err());
    }

    #[test]
    fn nobody_listening_is_an_error() {
        let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let target = Target { address: unused, wire: Wire::Echo, mix: Mix::Light, connections: 1 };
        assert!(closed_loop(target, Duration::ZERO, Duration::from_secs(1)).is_err());
    }
}
