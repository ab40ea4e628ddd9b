//! What does a message cost, from task to task?

use super::{About, Candidate, Entry, Goal, Measure, Outcome, Workload, as_many};
use crate::contestant::channels::{AsyncChannel, Flume, Guest, Kanal, Own, Pick, Tachyonix};
use crate::contestant::subjects::{Broadcast, Channel, Oneshot, Watch};
use crate::contestant::{
    Contestant, Filch, FilchChannels, FilchLoop, Smol, Tokio, TokioChannels, TokioCurrent,
};
use std::marker::PhantomData;

pub(super) const ENTRIES: &[Entry] = &[
    Mpsc::<1>::ENTRY,
    Mpsc::<10>::ENTRY,
    Mpsc::<100>::ENTRY,
    Entry::everyone::<OneshotAlone>(),
    Entry::everyone::<RequestReply>(),
    ToAll::<()>::ENTRY,
    Latest::<()>::ENTRY,
];

const MESSAGE: About = About {
    name: "",
    group: "channels",
    question: "What does a message cost, from task to task?",
    operation: "message",
    measure: Measure::Time,
    size: 1_000_000,
    bench_size: Some(10_000),
    tiny: 200,
    operations: as_many,
    goals: &[],
};

/// How many messages the bounded channels hold.
const CAPACITY: usize = 100;

fn mpsc<C: Contestant, Ch: Channel>(contestant: &C, senders: u64, size: u64) -> Outcome {
    Outcome::time(|| {
        let received = contestant.block_on(async {
            let (sender, mut receiver) = Ch::bounded::<u64>(CAPACITY);
            for _ in 0..senders {
                let sender = sender.clone();
                C::detach(C::spawn(async move {
                    for message in 0..size / senders {
                        Ch::send(&sender, message).await;
                    }
                }));
            }
            drop(sender);
            C::spawn(async move {
                let mut received = 0;
                while Ch::receive(&mut receiver).await.is_some() {
                    received += 1;
                }
                received
            })
            .await
        });
        assert_eq!(received, size);
    })
}

/// So many tasks send, one receives; `P` picks the channel.
struct Mpsc<const SENDERS: u64, P = Own>(PhantomData<P>);

impl<const SENDERS: u64> Mpsc<SENDERS> {
    const ENTRY: Entry = Entry { about: Self::ABOUT, candidates: Self::CANDIDATES };

    /// On every runtime with its own channel, on filch and tokio with those of others too.
    const CANDIDATES: &'static [Candidate] = &[
        Candidate::of::<Self, Filch>(),
        Candidate::of::<Self, FilchLoop>(),
        Candidate::of::<Self, Tokio>(),
        Candidate::of::<Self, TokioCurrent>(),
        Candidate::of::<Self, Smol>(),
        Self::guest::<AsyncChannel, Filch>("filch+async-channel"),
        Self::guest::<AsyncChannel, Tokio>("tokio+async-channel"),
        Self::guest::<Flume, Filch>("filch+flume"),
        Self::guest::<Flume, Tokio>("tokio+flume"),
        Self::guest::<Kanal, Filch>("filch+kanal"),
        Self::guest::<Kanal, Tokio>("tokio+kanal"),
        Self::guest::<Tachyonix, Filch>("filch+tachyonix"),
        Self::guest::<Tachyonix, Tokio>("tokio+tachyonix"),
    ];

    const fn guest<Ch: Channel, C: Contestant>(name: &'static str) -> Candidate {
        Candidate::named::<Mpsc<SENDERS, Guest<Ch>>, C>(name)
    }
}

impl<const SENDERS: u64, P: Pick> Workload for Mpsc<SENDERS, P> {
    const ABOUT: About = About {
        name: match SENDERS {
            1 => "mpsc_1_to_1",
            10 => "mpsc_10_to_1",
            _ => "mpsc_100_to_1",
        },
        operation: "message of 8 bytes through a channel that holds 100",
        goals: match SENDERS {
            1 => &[Goal::tokio(0.3)],
            10 => &[Goal::tokio(0.23)],
            _ => &[],
        },
        ..MESSAGE
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        mpsc::<C, P::Channel<C>>(contestant, SENDERS, size)
    }
}

/// A channel for one message, made and used by one task: nobody waits.
struct OneshotAlone;

impl Workload for OneshotAlone {
    const ABOUT: About = About {
        name: "oneshot",
        operation: "oneshot: made, sent, received",
        size: 100_000,
        goals: &[Goal::tokio(0.4)],
        ..MESSAGE
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| {
            contestant.block_on(async {
                C::spawn(async move {
                    for number in 0..size {
                        let (sender, receiver) = C::Oneshot::channel();
                        C::Oneshot::send(sender, number);
                        assert_eq!(C::Oneshot::receive(receiver).await, number);
                    }
                })
                .await;
            });
        })
    }
}

/// A task asks another through a channel, and is answered through a oneshot that it sent along.
struct RequestReply;

impl Workload for RequestReply {
    const ABOUT: About = About {
        name: "request_reply",
        operation: "request through an mpsc, reply through a oneshot",
        size: 100_000,
        bench_size: Some(1_000),
        ..MESSAGE
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        type Reply<C> = <<C as Contestant>::Oneshot as Oneshot>::Sender<u64>;
        Outcome::time(|| {
            contestant.block_on(async {
                let (requests, mut inbox) = C::Channel::bounded::<(u64, Reply<C>)>(CAPACITY);
                let server = C::spawn(async move {
                    while let Some((number, reply)) = C::Channel::receive(&mut inbox).await {
                        C::Oneshot::send(reply, number);
                    }
                });
                let client = C::spawn(async move {
                    for number in 0..size {
                        let (reply, answer) = C::Oneshot::channel();
                        C::Channel::send(&requests, (number, reply)).await;
                        assert_eq!(C::Oneshot::receive(answer).await, number);
                    }
                });
                client.await;
                server.await;
            });
        })
    }
}

/// On filch and on tokio, with the channels of each: smol's users have no such channel that is the usual one.
macro_rules! both_libraries {
    ($workload:ident) => {
        Entry {
            about: $workload::<FilchChannels>::ABOUT,
            candidates: &[
                Candidate::of::<$workload<FilchChannels>, Filch>(),
                Candidate::of::<$workload<FilchChannels>, FilchLoop>(),
                Candidate::of::<$workload<TokioChannels>, Tokio>(),
                Candidate::of::<$workload<TokioChannels>, TokioCurrent>(),
            ],
        }
    };
}

/// How many receive.
const RECEIVERS: usize = 10;

/// One task sends, ten receive everything. The sender gives way before the channel would be full.
struct ToAll<B>(PhantomData<B>);

impl ToAll<()> {
    const ENTRY: Entry = both_libraries!(ToAll);
}

impl<B: Broadcast> Workload for ToAll<B> {
    const ABOUT: About = About {
        name: "broadcast_1_to_10",
        operation: "message of 8 bytes to ten receivers",
        size: 100_000,
        bench_size: Some(1_000),
        ..MESSAGE
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| {
            contestant.block_on(async {
                let (sender, receivers) = B::channel(CAPACITY, RECEIVERS);
                // A sender of this channel never waits, so it is told when everybody has a batch.
                let (done, mut all_done) = C::Channel::bounded::<()>(RECEIVERS);
                let batch = CAPACITY as u64;
                for mut receiver in receivers {
                    let done = done.clone();
                    C::detach(C::spawn(async move {
                        let mut received = 0;
                        while B::receive(&mut receiver).await.is_some() {
                            received += 1;
                            if received % batch == 0 || received == size {
                                C::Channel::send(&done, ()).await;
                            }
                        }
                        assert_eq!(received, size);
                    }));
                }
                drop(done);
                C::spawn(async move {
                    for message in 1..=size {
                        B::send(&sender, message);
                        if message % batch == 0 || message == size {
                            for _ in 0..RECEIVERS {
                                C::Channel::receive(&mut all_done).await;
                            }
                        }
                    }
                })
                .await;
            });
        })
    }
}

/// A value there through one channel, and back through another.
struct Latest<W>(PhantomData<W>);

impl Latest<()> {
    const ENTRY: Entry = both_libraries!(Latest);
}

impl<W: Watch> Workload for Latest<W> {
    const ABOUT: About = About {
        name: "watch_ping_pong",
        operation: "value there and back",
        size: 100_000,
        bench_size: Some(1_000),
        ..MESSAGE
    };

    fn run<C: Contestant>(contestant: &C, size: u64) -> Outcome {
        Outcome::time(|| {
            contestant.block_on(async {
                let (ask, mut asked) = W::channel();
                let (answer, mut answered) = W::channel();
                let server = C::spawn(async move {
                    for _ in 0..size {
                        let value = W::changed(&mut asked).await;
                        W::send(&answer, value);
                    }
                });
                let client = C::spawn(async move {
                    for number in 1..=size {
                        W::send(&ask, number);
                        assert_eq!(W::changed(&mut answered).await, number);
                    }
                });
                client.await;
                server.await;
            });
        })
    }
}
