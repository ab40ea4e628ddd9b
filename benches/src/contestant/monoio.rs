//! monoio: a thread per core, tasks that stay on theirs; the yardstick for sockets that need no stealing.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use monoio::io::{AsyncReadRentExt, AsyncWriteRentExt};
use monoio::net::{TcpListener, TcpStream};
use monoio::{FusionDriver, RuntimeBuilder};

/// So many threads with a runtime each, on io_uring where the kernel has it, else on epoll.
#[derive(Debug)]
pub struct Monoio {
    threads: usize,
}

impl Monoio {
    /// Its name.
    pub const NAME: &'static str = "monoio";

    /// With `workers` threads.
    pub fn new(workers: usize) -> Self {
        Self { threads: workers }
    }

    /// The connections, each with both ends on the same thread, are spread over the threads; each makes so many
    /// round trips of `message` bytes. The time from when all are connected to the end, and that of each trip.
    pub fn echo(
        &self,
        connections: u64,
        round_trips: u64,
        message: usize,
    ) -> (Duration, Vec<Duration>) {
        let threads = (self.threads as u64).min(connections);
        let share = |thread| connections / threads + u64::from(thread < connections % threads);
        let all_connected = Barrier::new(threads as usize);
        let (all_connected, share) = (&all_connected, &share);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..threads)
                .map(|thread| {
                    scope.spawn(move || {
                        let builder = RuntimeBuilder::<FusionDriver>::new();
                        let mut runtime = builder.build().expect("the runtime starts");
                        runtime.block_on(echo(share(thread), round_trips, message, all_connected))
                    })
                })
                .collect();
            let mut slowest = Duration::ZERO;
            let mut trips = Vec::new();
            for thread in threads {
                let (elapsed, of_thread) = thread.join().expect("it ends well");
                slowest = slowest.max(elapsed);
                trips.extend(of_thread);
            }
            (slowest, trips)
        })
    }
}

async fn echo(
    connections: u64,
    round_trips: u64,
    message: usize,
    all_connected: &Barrier,
) -> (Duration, Vec<Duration>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let (mut clients, mut servers) = (Vec::new(), Vec::new());
    for _ in 0..connections {
        let client = TcpStream::connect(address).await.expect("the server listens");
        let (server, _peer) = listener.accept().await.expect("a client connects");
        for stream in [&client, &server] {
            stream.set_nodelay(true).expect("it is a TCP socket");
        }
        servers.push(monoio::spawn(serve(server, message)));
        clients.push(client);
    }
    all_connected.wait();
    let start = Instant::now();
    let clients: Vec<_> = clients
        .into_iter()
        .map(|client| monoio::spawn(ask(client, round_trips, message)))
        .collect();
    let mut trips = Vec::with_capacity((connections * round_trips) as usize);
    for client in clients {
        trips.extend(client.await);
    }
    let elapsed = start.elapsed();
    // A runtime that is dropped does not close what its tasks hold.
    for server in servers {
        server.await;
    }
    (elapsed, trips)
}

async fn serve(mut stream: TcpStream, message: usize) {
    let mut buffer = vec![0; message];
    loop {
        let read;
        (read, buffer) = stream.read_exact(buffer).await;
        if read.is_err() {
            return;
        }
        let written;
        (written, buffer) = stream.write_all(buffer).await;
        written.expect("the client reads");
    }
}

async fn ask(mut stream: TcpStream, round_trips: u64, message: usize) -> Vec<Duration> {
    let mut buffer = vec![7; message];
    let mut trips = Vec::with_capacity(round_trips as usize);
    let mut begun = Instant::now();
    for _ in 0..round_trips {
        let written;
        (written, buffer) = stream.write_all(buffer).await;
        written.expect("the server reads");
        let read;
        (read, buffer) = stream.read_exact(buffer).await;
        read.expect("the server answers");
        let ended = Instant::now();
        trips.push(ended - begun);
        begun = ended;
    }
    trips
}
