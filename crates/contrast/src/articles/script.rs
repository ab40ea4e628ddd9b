//! What a program is given: a transcript to print to, the scale of its waits, and a `spawn` that knows first turns.

use std::fmt::Display;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use filch::sync::Notify;
use filch::task::JoinHandle;

/// A printed line and when it was printed.
#[derive(Clone, Debug)]
pub struct Line {
    /// Time since the program started.
    pub at: Duration,
    /// The text, without its end of line.
    pub text: String,
}

/// Cheap to clone: every task of a program holds one.
#[derive(Clone, Debug)]
pub struct Script(Arc<Performance>);

#[derive(Debug)]
struct Performance {
    started: Instant,
    scale: f64,
    transcript: Mutex<Vec<Line>>,
    /// Tasks spawned that have not had their first turn.
    unstarted: AtomicUsize,
    all_started: Notify,
}

impl Script {
    /// A script whose waits last `scale` times what the article says.
    pub fn new(scale: f64) -> Self {
        Self(Arc::new(Performance {
            started: Instant::now(),
            scale,
            transcript: Mutex::new(Vec::new()),
            unstarted: AtomicUsize::new(0),
            all_started: Notify::new(),
        }))
    }

    /// Prints a line: `print` and `console.log`.
    pub fn print(&self, text: impl Display) {
        let line = Line { at: self.0.started.elapsed(), text: text.to_string() };
        self.0.transcript.lock().expect("no line panics").push(line);
    }

    /// The article's `seconds`, scaled.
    pub fn seconds(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds * self.0.scale)
    }

    /// Waits without blocking: `asyncio.sleep`.
    pub async fn sleep(&self, seconds: f64) {
        filch::time::sleep(self.seconds(seconds)).await;
    }

    /// Makes a task of a coroutine: `asyncio.create_task`. This is `filch::spawn`, and counts first turns besides.
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.unstarted.fetch_add(1, Ordering::Relaxed);
        let mut first_turn = FirstTurn(Some(self.clone()));
        filch::spawn(async move {
            let mut future = pin!(future);
            std::future::poll_fn(|cx| first_turn.poll(future.as_mut(), cx)).await
        })
    }

    /// Resolves when every task spawned so far has had its first turn.
    pub async fn all_started(&self) {
        while self.0.unstarted.load(Ordering::Acquire) > 0 {
            // The permit of `notify_one` is kept: a first turn between the check and the wait is not missed.
            self.0.all_started.notified().await;
        }
    }

    /// What was printed, in order.
    pub fn lines(&self) -> Vec<Line> {
        self.0.transcript.lock().expect("no line panics").clone()
    }

    fn first_turn_ended(&self) {
        if self.0.unstarted.fetch_sub(1, Ordering::Release) == 1 {
            self.0.all_started.notify_one();
        }
    }
}

/// Reports once, after the first poll or when dropped before it.
struct FirstTurn(Option<Script>);

impl FirstTurn {
    fn poll<F: Future>(&mut self, future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let result = future.poll(cx);
        if let Some(script) = self.0.take() {
            script.first_turn_ended();
        }
        result
    }
}

impl Drop for FirstTurn {
    fn drop(&mut self) {
        if let Some(script) = self.0.take() {
            script.first_turn_ended();
        }
    }
}

/// The time of day, in UTC: Python's `time.strftime('%X')`, but for the time zone.
pub fn time_of_day() -> String {
    let seconds =
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()) % 86_400;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `line` with a time of day replaced by `HH:MM:SS`, so that two runs can be compared.
pub fn without_time_of_day(line: &str) -> String {
    let is_time = |word: &str| {
        word.len() == 8
            && word.bytes().enumerate().all(
                |(i, b)| {
                    if i % 3 == 2 { b == b':' } else { b.is_ascii_digit() }
                },
            )
    };
    line.split(' ')
        .map(|word| if is_time(word) { "HH:MM:SS" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}
