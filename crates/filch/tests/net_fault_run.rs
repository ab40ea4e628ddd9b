//! A long run of everything at once: whole transfers, resets, slow clients, random aborts, want of
//! descriptors. No byte is lost - both ends compare checksums - and nothing stays open.
//!
//! `FILCH_FAULT_SECONDS=600` makes it ten minutes; without it, it takes a few seconds. Alone in this file,
//! because it takes every descriptor of the process.
#![cfg(target_os = "linux")]

#[path = "support/descriptors.rs"]
mod descriptors;

use descriptors::open_descriptors;
use filch::io::{AsyncReadExt, AsyncWriteExt};
use filch::net::{TcpListener, TcpStream};
use filch::runtime::Runtime;
use filch::time::{sleep, timeout};
use filch_primitives::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CLIENTS: u64 = 16;
/// Nothing here takes as long, on whatever machine.
const WATCHDOG: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
struct Counts {
    whole: AtomicUsize,
    bytes: AtomicU64,
    slow: AtomicUsize,
    reset: AtomicUsize,
    aborted: AtomicUsize,
    refused: AtomicUsize,
}

fn count(counter: &AtomicUsize) {
    // Ordering: Relaxed; a mere count.
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Numbers that look random, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        // Xorshift, of 64 bits.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % end
    }

    fn bytes(&mut self, most: u64) -> Vec<u8> {
        let count = 1 + self.below(most);
        (0..count).map(|_| self.below(256) as u8).collect()
    }
}

fn checksum(data: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(data);
    hasher.finish()
}

/// Reads to the end, answers with the checksum and everything in reverse.
async fn serve(mut stream: TcpStream) -> io::Result<()> {
    let mut data = Vec::new();
    stream.read_to_end(&mut data).await?;
    stream.write_u64(checksum(&data)).await?;
    data.reverse();
    stream.write_all(&data).await?;
    stream.shutdown().await
}

async fn accept(listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(filch::spawn(serve(stream))),
            // No descriptors: others will close theirs.
            Err(_) => sleep(Duration::from_millis(1)).await,
        }
    }
}

/// `None` while there is no descriptor.
async fn connect(address: SocketAddr, counts: &Counts) -> Option<TcpStream> {
    match timeout(WATCHDOG, TcpStream::connect(address)).await.expect("connecting hangs") {
        Ok(stream) => Some(stream),
        Err(error) => {
            assert_eq!(error.raw_os_error(), Some(24), "{error}");
            count(&counts.refused);
            sleep(Duration::from_millis(1)).await;
            None
        }
    }
}

/// Sends everything, in pieces, and reads the answer, in reads most of which are given up half-way.
async fn transfer(stream: TcpStream, data: Vec<u8>, chance: &mut Chance) {
    let (mut read, mut write) = stream.into_split();
    let expected: Vec<u8> = data.iter().rev().copied().collect();
    let sum = checksum(&data);
    let mut pieces = Chance(chance.below(u64::MAX) | 1);
    let sender = filch::spawn(async move {
        let mut rest = &data[..];
        while !rest.is_empty() {
            let piece = rest.len().min(1 + pieces.below(20_000) as usize);
            write.write_all(&rest[..piece]).await.unwrap();
            rest = &rest[piece..];
        }
        write.shutdown().await.unwrap();
    });
    let mut answer = Vec::new();
    let mut buf = vec![0; 1 + chance.below(40_000) as usize];
    let end = Instant::now() + WATCHDOG;
    loop {
        assert!(Instant::now() < end, "a transfer hangs");
        let patience = Duration::from_micros(chance.below(300));
        match timeout(patience, read.read(&mut buf)).await {
            Err(_elapsed) => {}
            Ok(Ok(0)) => break,
            Ok(n) => answer.extend_from_slice(&buf[..n.unwrap()]),
        }
    }
    sender.await.unwrap();
    let (far_sum, echoed) = answer.split_at(8);
    assert_eq!(u64::from_be_bytes(far_sum.try_into().unwrap()), sum, "bytes were lost on the way");
    assert_eq!(checksum(echoed), checksum(&expected), "bytes were lost on the way back");
}

async fn client(address: SocketAddr, seed: u64, end: Instant, counts: Arc<Counts>) {
    let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    while Instant::now() < end {
        let Some(mut stream) = connect(address, &counts).await else { continue };
        match chance.below(10) {
            0 => {
                let data = chance.bytes(100_000);
                let _ = timeout(Duration::from_micros(500), stream.write_all(&data)).await;
                stream.set_zero_linger().unwrap();
                count(&counts.reset);
            }
            1 => {
                let data = chance.bytes(2_000_000);
                let mut its_chance = Chance(chance.below(u64::MAX) | 1);
                let task = filch::spawn(async move {
                    transfer(stream, data, &mut its_chance).await;
                });
                sleep(Duration::from_micros(chance.below(5_000))).await;
                task.abort();
                // Its sender sees the connection go, and ends too.
                let _ = task.await;
                count(&counts.aborted);
            }
            2 => {
                stream.set_nodelay(true).unwrap();
                let data = chance.bytes(30);
                for byte in &data {
                    stream.write_all(&[*byte]).await.unwrap();
                    sleep(Duration::from_millis(1)).await;
                }
                stream.shutdown().await.unwrap();
                assert_eq!(stream.read_u64().await.unwrap(), checksum(&data));
                count(&counts.slow);
            }
            _ => {
                let data = chance.bytes(500_000);
                let length = data.len() as u64;
                transfer(stream, data, &mut chance).await;
                // Ordering: Relaxed; a mere count.
                counts.bytes.fetch_add(length, Ordering::Relaxed);
                count(&counts.whole);
            }
        }
    }
}

/// Takes every descriptor from time to time.
async fn take_descriptors(end: Instant) {
    while Instant::now() < end {
        sleep(Duration::from_millis(50)).await;
        let taken: Vec<_> = std::iter::from_fn(|| fs::File::open("/dev/null").ok()).collect();
        sleep(Duration::from_millis(20)).await;
        drop(taken);
    }
}

#[test]
fn everything_at_once_loses_no_byte_and_leaves_nothing_open() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    setrlimit(Resource::Nofile, Rlimit { current: Some(256), maximum: Some(256) }).unwrap();
    let seconds = std::env::var("FILCH_FAULT_SECONDS")
        .map_or(3, |text| text.parse().expect("FILCH_FAULT_SECONDS must be a number of seconds"));
    let seed = std::process::id() as u64;
    let before = open_descriptors();
    let counts = Arc::new(Counts::default());
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let end = Instant::now() + Duration::from_secs(seconds);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        filch::spawn(accept(listener));
        let takes = filch::spawn(take_descriptors(end));
        let clients: Vec<_> = (1..=CLIENTS)
            .map(|n| filch::spawn(client(address, seed * CLIENTS + n, end, Arc::clone(&counts))))
            .collect();
        for client in clients {
            client.await.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        }
        takes.await.unwrap();
    });
    drop(runtime);
    println!("seed {seed}, {seconds} s: {counts:?}");
    // Ordering: Relaxed; nobody counts any more.
    assert!(counts.whole.load(Ordering::Relaxed) > 0);
    assert_eq!(open_descriptors(), before, "descriptors stayed open");
}
