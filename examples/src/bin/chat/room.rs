//! The room: who is here, and what is said.

use filch::sync::broadcast::error::RecvError;
use filch::sync::broadcast::{self, Receiver, Sender};
use filch::time::{Duration, Interval, MissedTickBehavior, interval};
use filch_examples::Error;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How far a client may fall behind, in events, before it is dropped.
const BEHIND: usize = 1024;

/// The longest name, in characters.
const LONGEST_NAME: usize = 20;

/// The longest message, in bytes.
pub const LONGEST: usize = 4096;

/// The time between two messages of one member, so that nobody can flood the others.
const PACE: Duration = Duration::from_millis(1);

/// What happens in the room.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Event {
    /// Somebody came; all who are here now.
    Joined { name: String, here: Vec<String> },
    /// Somebody went; all who are here still.
    Left { name: String, here: Vec<String> },
    /// A message.
    Said { name: String, text: String },
}

/// The one room.
#[derive(Debug)]
pub struct Room {
    events: Sender<Arc<Event>>,
    names: Mutex<BTreeSet<String>>,
}

/// Somebody in the room. Dropping it is leaving, however that comes about.
#[derive(Debug)]
pub struct Member {
    room: Arc<Room>,
    name: String,
    pace: Interval,
}

/// What a member hears.
#[derive(Debug)]
pub struct Ears(Receiver<Arc<Event>>);

impl Room {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { events: broadcast::Sender::new(BEHIND), names: Mutex::default() })
    }

    /// Comes in under a name, which nobody else may have; the first that is heard is this.
    pub fn join(self: &Arc<Self>, name: &str) -> Result<(Member, Ears), String> {
        let name = printable(name);
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            return Err(format!("a name has 1 to {LONGEST_NAME} characters"));
        }
        let mut names = self.names();
        if !names.insert(name.clone()) {
            return Err(format!("there is a {name} here already"));
        }
        let ears = Ears(self.events.subscribe());
        // Under the lock: so that the lists come in the order in which they were true.
        self.tell(Event::Joined { name: name.clone(), here: names.iter().cloned().collect() });
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok((Member { room: self.clone(), name, pace }, ears))
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: Event) {
        // It fails if nobody is here to hear it.
        let _ = self.events.send(Arc::new(event));
    }
}

impl Member {
    /// Says something to everybody, the one who says it included; nothing if it is empty.
    ///
    /// # Cancel safety
    /// Nothing is said when it is dropped before its end.
    pub async fn say(&mut self, text: &str) {
        let text = printable(text);
        if !text.is_empty() {
            self.pace.tick().await;
            self.room.tell(Event::Said { name: self.name.clone(), text });
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut names = self.room.names();
        names.remove(&self.name);
        let (name, here) = (self.name.clone(), names.iter().cloned().collect());
        self.room.tell(Event::Left { name, here });
    }
}

impl Ears {
    /// The next event.
    ///
    /// # Errors
    /// If this client is so slow that events had to be thrown away.
    ///
    /// # Cancel safety
    /// Cancel safe: no event is lost.
    pub async fn next(&mut self) -> Result<Arc<Event>, Error> {
        self.0.recv().await.map_err(|error| match error {
            RecvError::Lagged(missed) => format!("too slow: {missed} events behind").into(),
            RecvError::Closed => "the room is gone".into(),
        })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined { name, here } => write!(f, "* {name} is here (now: {})", here.join(", ")),
            Self::Left { name, .. } => write!(f, "* {name} has left"),
            Self::Said { name, text } => write!(f, "{name}: {text}"),
        }
    }
}

/// Without what would move the cursor or colour somebody's terminal.
fn printable(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).collect()
}
