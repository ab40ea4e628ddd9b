//! A plain TCP client: a line for its name, and then a line for each message.

use crate::room::{Ears, LONGEST, Member, Room};
use filch::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use filch::net::TcpStream;
use filch::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use filch::sync::CancellationToken;
use filch::time::{Duration, timeout};
use filch_examples::Error;
use std::sync::Arc;

pub async fn client(
    stream: TcpStream,
    room: Arc<Room>,
    stopping: CancellationToken,
    patience: Duration,
) -> Result<(), Error> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader);
    writer.write_all(b"Your name?\n").await?;
    let (mut member, mut ears) = loop {
        let line = timeout(patience, stopping.run_until_cancelled(line(&mut lines))).await?;
        let Some(Some(name)) = line.transpose()? else { return Ok(()) };
        match room.join(&name) {
            Ok(joined) => break joined,
            Err(why) => writer.write_all(format!("{why}\n").as_bytes()).await?,
        }
    };
    // Each of the two goes on until it ends; then the other one is dropped where it waits.
    filch::select! {
        ended = talk(&mut member, &mut lines) => ended,
        ended = listen(&mut ears, &mut writer, &stopping, patience) => ended,
    }
}

async fn talk(member: &mut Member, lines: &mut BufReader<OwnedReadHalf>) -> Result<(), Error> {
    while let Some(text) = line(lines).await? {
        member.say(&text).await;
    }
    Ok(())
}

async fn listen(
    ears: &mut Ears,
    writer: &mut OwnedWriteHalf,
    stopping: &CancellationToken,
    patience: Duration,
) -> Result<(), Error> {
    while let Some(event) = stopping.run_until_cancelled(ears.next()).await {
        timeout(patience, writer.write_all(format!("{}\n", event?).as_bytes())).await??;
    }
    timeout(patience, writer.write_all(b"* the server stops; goodbye\n")).await??;
    Ok(())
}

/// The next line; `None` at the end. Nobody can fill the memory with a line that does not end.
async fn line(lines: &mut BufReader<OwnedReadHalf>) -> Result<Option<String>, Error> {
    let mut line = Vec::new();
    lines.take(LONGEST as u64).read_until(b'\n', &mut line).await?;
    match line.last() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(String::from_utf8_lossy(&line).into_owned())),
        Some(_) if line.len() < LONGEST => Ok(None), // it went away in the middle of a line
        Some(_) => Err(format!("a line of more than {LONGEST} bytes").into()),
    }
}
