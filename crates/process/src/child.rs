//! A process that was started.

use crate::exit::Exit;
use crate::orphans;
use crate::pipes::{ChildStderr, ChildStdin, ChildStdout};
use filch_io::{AsyncRead, AsyncReadExt};
use filch_primitives::coop::consume_budget;
use rustix::process::Pid;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::process::{self, ExitStatus, Output};
use std::task::{Context, Poll, ready};

/// A child process.
///
/// Dropping it lets the process run on, unless [`kill_on_drop`](crate::Command::kill_on_drop) was chosen;
/// either way it is reaped when it ends, and leaves no zombie. A thread does that, which is there while there are
/// such processes; if the system refuses it, they are reaped once the program starts, waits for or drops another
/// child.
///
/// ```
/// # filch_io_driver::Driver::new()?.block_on(async {
/// let mut child: filch_process::Child = filch_process::Command::new("true").spawn()?;
/// assert!(child.wait().await?.success());
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Child {
    /// What writes to its standard input, if that was [piped](std::process::Stdio::piped).
    pub stdin: Option<ChildStdin>,
    /// What reads from its standard output, if that was piped.
    pub stdout: Option<ChildStdout>,
    /// What reads from its standard error stream, if that was piped.
    pub stderr: Option<ChildStderr>,
    state: State,
    kill_on_drop: bool,
}

#[derive(Debug)]
enum State {
    /// It may have ended, but its status was not taken.
    Runs {
        child: process::Child,
        exit: Exit,
    },
    Ended(ExitStatus),
    /// While it is dropped.
    Gone,
}

impl Child {
    /// Watches a child that was started just now. On an error the child is killed and reaped.
    pub(crate) fn new(mut child: process::Child, kill_on_drop: bool) -> io::Result<Self> {
        orphans::retry();
        match Self::watch(&mut child) {
            Ok((stdin, stdout, stderr, exit)) => {
                let state = State::Runs { child, exit };
                Ok(Self { stdin, stdout, stderr, state, kill_on_drop })
            }
            Err(error) => {
                // Its caller is told that there is none. Killed, it ends at once.
                let _ = child.kill();
                orphans::adopt(child, None);
                Err(error)
            }
        }
    }

    fn watch(child: &mut process::Child) -> io::Result<Watched> {
        let stdin = child.stdin.take().map(ChildStdin::from_std).transpose()?;
        let stdout = child.stdout.take().map(ChildStdout::from_std).transpose()?;
        let stderr = child.stderr.take().map(ChildStderr::from_std).transpose()?;
        Ok((stdin, stdout, stderr, Exit::of(Pid::from_child(child))?))
    }

    /// Its process number; `None` after its status was taken, because another process may have the number
    /// then.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// let mut child = filch_process::Command::new("true").spawn()?;
    /// assert!(child.id().is_some());
    /// child.wait().await?;
    /// assert!(child.id().is_none());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn id(&self) -> Option<u32> {
        match &self.state {
            State::Runs { child, .. } => Some(child.id()),
            State::Ended(_) | State::Gone => None,
        }
    }

    /// Kills the process, by `SIGKILL`, which it cannot ignore; [`wait`](Self::wait) then takes its status.
    ///
    /// # Errors
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if its status was taken already.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// let mut child = filch_process::Command::new("sleep").arg("1000").spawn()?;
    /// child.start_kill()?;
    /// assert!(!child.wait().await?.success());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn start_kill(&mut self) -> io::Result<()> {
        match &mut self.state {
            State::Runs { child, .. } => child.kill(),
            State::Ended(_) | State::Gone => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the process has ended: there is nothing to kill",
            )),
        }
    }

    /// Kills the process, by `SIGKILL`, and waits until it has ended.
    ///
    /// # Errors
    /// As [`start_kill`](Self::start_kill) and [`wait`](Self::wait).
    ///
    /// # Cancel safety
    /// Cancel safe: it is killed by the first poll, and can be waited for again.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// let mut child = filch_process::Command::new("sleep").arg("1000").spawn()?;
    /// child.kill().await?;
    /// assert!(!child.wait().await?.success());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn kill(&mut self) -> io::Result<()> {
        self.start_kill()?;
        self.wait().await.map(drop)
    }

    /// Closes the standard input of the process, unless that was taken out, and waits until it has ended.
    ///
    /// A process that fills its output pipes blocks until they are read:
    /// [`wait_with_output`](Self::wait_with_output) does that.
    ///
    /// # Errors
    /// If the runtime was shut down, or the status was taken by somebody else, such as a handler of
    /// `SIGCHLD`. Where process descriptors are wanting, and for a process that has ended while it was traced,
    /// also if no thread can be started.
    ///
    /// # Cancel safety
    /// Cancel safe: it can be waited for again. Its standard input stays closed.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// let mut child = filch_process::Command::new("sh").args(["-c", "exit 3"]).spawn()?;
    /// assert_eq!(child.wait().await?.code(), Some(3));
    /// assert_eq!(child.wait().await?.code(), Some(3)); // again
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        drop(self.stdin.take());
        consume_budget().await;
        if let Some(status) = self.try_wait()? {
            return Ok(status);
        }
        loop {
            poll_fn(|cx| self.poll_exit(cx)).await?;
            if let Some(status) = self.try_wait()? {
                return Ok(status);
            }
            // Somebody traces it, and gets its status first; the descriptor tells nothing more.
            if let State::Runs { child, exit } = &mut self.state {
                *exit = Exit::by_thread(Pid::from_child(child));
            }
        }
    }

    fn poll_exit(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.state {
            State::Runs { exit, .. } => exit.poll(cx),
            State::Ended(_) | State::Gone => Poll::Ready(Ok(())),
        }
    }

    /// Its status, if it has ended.
    ///
    /// # Errors
    /// If the status was taken by somebody else.
    ///
    /// ```
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// let mut child = filch_process::Command::new("sleep").arg("1000").spawn()?;
    /// assert!(child.try_wait()?.is_none());
    /// # child.kill().await?;
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        orphans::retry();
        match &mut self.state {
            State::Runs { child, .. } => {
                let status = child.try_wait()?;
                if let Some(status) = status {
                    self.state = State::Ended(status);
                }
                Ok(status)
            }
            State::Ended(status) => Ok(Some(*status)),
            State::Gone => Ok(None),
        }
    }

    /// Closes the standard input of the process, reads what it writes, to both streams at once and however
    /// much, and waits until it has ended. A stream that is not piped, or was taken out, gives nothing.
    ///
    /// It also waits for processes that have inherited one of the streams.
    ///
    /// # Errors
    /// As [`wait`](Self::wait), and those of reading.
    ///
    /// # Cancel safety
    /// Cancelled, what was read is lost, and the child is dropped.
    ///
    /// ```
    /// use std::process::Stdio;
    ///
    /// # filch_io_driver::Driver::new()?.block_on(async {
    /// let child = filch_process::Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
    /// assert_eq!(child.wait_with_output().await?.stdout, b"hello\n");
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub async fn wait_with_output(mut self) -> io::Result<Output> {
        let mut read_stdout = pin!(read_all(self.stdout.take()));
        let mut read_stderr = pin!(read_all(self.stderr.take()));
        let mut wait = pin!(self.wait());
        let (mut stdout, mut stderr, mut status) = (None, None, None);
        poll_fn(|cx| {
            // All three get their turn before one of them can make it pend.
            let read_stdout = poll_part(read_stdout.as_mut(), &mut stdout, cx)?;
            let read_stderr = poll_part(read_stderr.as_mut(), &mut stderr, cx)?;
            let waited = poll_part(wait.as_mut(), &mut status, cx)?;
            ready!(read_stdout);
            ready!(read_stderr);
            waited.map(Ok::<_, io::Error>)
        })
        .await?;
        match (status, stdout, stderr) {
            (Some(status), Some(stdout), Some(stderr)) => Ok(Output { status, stdout, stderr }),
            _ => unreachable!("each part has ended without an error"),
        }
    }
}

type Watched = (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>, Exit);

/// Polls `part` unless it has ended, and keeps what it ended with.
fn poll_part<T>(
    part: Pin<&mut impl Future<Output = io::Result<T>>>,
    done: &mut Option<T>,
    cx: &mut Context<'_>,
) -> io::Result<Poll<()>> {
    if done.is_none() {
        match part.poll(cx) {
            Poll::Ready(outcome) => *done = Some(outcome?),
            Poll::Pending => return Ok(Poll::Pending),
        }
    }
    Ok(Poll::Ready(()))
}

async fn read_all(stream: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        stream.read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

impl Drop for Child {
    fn drop(&mut self) {
        if let State::Runs { mut child, exit } = std::mem::replace(&mut self.state, State::Gone) {
            if self.kill_on_drop {
                // An error: it has ended.
                let _ = child.kill();
            }
            orphans::adopt(child, exit.into_descriptor());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use filch_io_driver::unix::AsyncFd;
    use filch_io_driver::{Driver, Interest};
    use filch_primitives::thread;
    use std::io::Write;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::process::{Command, Stdio};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    /// A child whose descriptor is readable, and which has no status: as if somebody traced it.
    fn traced() -> (Child, process::ChildStdin) {
        let (readable, mut far) = UnixStream::pair().unwrap();
        far.write_all(b"x").unwrap();
        let descriptor = AsyncFd::with_interest(OwnedFd::from(readable), Interest::READABLE);
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let state = State::Runs { child, exit: Exit::Descriptor(descriptor.unwrap()) };
        let child = Child { stdin: None, stdout: None, stderr: None, state, kill_on_drop: false };
        (child, stdin)
    }

    #[test]
    fn who_waits_for_a_child_whose_status_is_not_to_be_had_yet_sleeps_until_it_is() {
        let (tell, told) = channel();
        // It would never return from a poll: not on this thread.
        let test = thread::spawn(move || {
            Driver::new().unwrap().block_on(async {
                let (mut child, stdin) = traced();
                let mut stdin = Some(stdin);
                let mut polls = 0;
                let mut wait = pin!(child.wait());
                let status = poll_fn(|cx| {
                    polls += 1;
                    let polled = wait.as_mut().poll(cx);
                    if polls == 2 {
                        // The descriptor has told.
                        stdin = None;
                    }
                    polled
                });
                tell.send(status.await.unwrap().success()).unwrap();
            });
        });
        assert_eq!(told.recv_timeout(Duration::from_secs(30)), Ok(true));
        test.join().unwrap();
    }
}
