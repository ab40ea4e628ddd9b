//! A server as a process: started, asked for its processor time, and told to end.

use crate::serving::Contract;
use clap::ValueEnum;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to start or to answer.
const PATIENCE: Timespec = Timespec { tv_sec: 20, tv_nsec: 0 };

/// A server process; ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Taken when the server is told to end.
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Server {
    /// Starts this program again, as a server.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(contract: Contract) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", "--on", &name(contract.on), "--wire", &name(contract.wire)]);
        command.args(["--workers", &contract.workers.to_string()]);
        command.args(["--rounds", &contract.rounds.to_string()]);
        Self::from_command(command)
    }

    fn from_command(mut command: Command) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("the output is a pipe"));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut server = Self { child, questions, answers, address };
        let port = server.answer()?;
        server.address.set_port(u16::try_from(port).map_err(io::Error::other)?);
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The processor time that it has used, user and system.
    ///
    /// # Errors
    /// If it is gone.
    pub fn processor_time(&mut self) -> io::Result<Duration> {
        let asked = match &mut self.questions {
            Some(questions) => questions.write_all(b"\n"),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        match asked.and_then(|()| self.answer()) {
            Ok(nanoseconds) => Ok(Duration::from_nanos(nanoseconds)),
            Err(error) => Err(self.why(error)),
        }
    }

    /// What went wrong: the server's end, if it has ended, and otherwise `error`.
    pub fn why(&mut self, error: io::Error) -> io::Error {
        // Its end and the end of its connections are noticed in any order.
        let deadline = Instant::now() + Duration::from_secs(1);
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return io::Error::other(format!("the server died ({status}): {error}"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        error
    }

    fn answer(&mut self) -> io::Result<u64> {
        let output = self.answers.get_ref();
        if poll(&mut [PollFd::new(output, PollFlags::IN)], Some(&PATIENCE))? == 0 {
            return Err(io::Error::other("the server says nothing"));
        }
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let number = line.trim().parse();
        number.map_err(|_| self.why(io::Error::other("the server does not answer")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.questions.take());
        let deadline = Instant::now() + Duration::from_secs(2);
        while Instant::now() < deadline {
            if let Ok(Some(_)) | Err(_) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        // It is ours, and it was asked kindly.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn name(value: impl ValueEnum) -> String {
    let value = value.to_possible_value().expect("every value can be said");
    value.get_name().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", text]);
        command
    }

    #[test]
    fn a_server_says_its_port_and_its_processor_time() {
        let mut server = Server::from_command(script("echo 4242; read _; echo 1500")).unwrap();
        assert_eq!(server.address(), SocketAddr::from((Ipv4Addr::LOCALHOST, 4242)));
        assert_eq!(server.processor_time().unwrap(), Duration::from_nanos(1500));
    }

    #[test]
    fn a_server_that_does_not_start_is_reported_with_its_exit_code() {
        let error = Server::from_command(script("exit 7")).unwrap_err().to_string();
        assert!(error.contains("the server died (exit status: 7)"), "{error}");
    }

    #[test]
    fn a_server_that_dies_is_reported_with_its_signal() {
        let mut server = Server::from_command(script("echo 4242; kill -9 $$")).unwrap();
        let error = server.why(io::ErrorKind::UnexpectedEof.into()).to_string();
        assert!(error.contains("the server died (signal: 9"), "{error}");
        let error = server.processor_time().unwrap_err().to_string();
        assert!(error.contains("the server died (signal: 9"), "{error}");
    }

    #[test]
    fn a_server_that_lives_keeps_the_first_error() {
        let mut server = Server::from_command(script("echo 4242; read _")).unwrap();
        assert_eq!(server.why(io::Error::other("no answer")).to_string(), "no answer");
    }

    #[test]
    fn a_dropped_server_ends() {
        let server = Server::from_command(script("echo 4242; read _")).unwrap();
        let id = server.child.id();
        drop(server);
        assert!(!std::path::Path::new(&format!("/proc/{id}")).exists());
    }
}
