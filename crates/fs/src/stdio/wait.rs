//! Waiting for standard input, until called off.

pub(super) use half::{Cancel, Cancelled, cancellation, wait_for_input};

#[cfg(unix)]
mod half {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;
    use std::io::{self, Read, Write};
    use std::os::unix::net::UnixStream;

    /// Calls the other half off.
    #[derive(Debug)]
    pub(crate) struct Cancel(UnixStream);

    #[derive(Debug)]
    pub(crate) struct Cancelled(UnixStream);

    pub(crate) fn cancellation() -> io::Result<(Cancel, Cancelled)> {
        let (cancel, cancelled) = UnixStream::pair()?;
        cancel.set_nonblocking(true)?;
        cancelled.set_nonblocking(true)?;
        Ok((Cancel(cancel), Cancelled(cancelled)))
    }

    impl Cancel {
        pub(crate) fn call_off(&self) {
            // Full: then it is called off already.
            let _ = (&self.0).write(&[0]);
        }
    }

    /// Whether there is something to read, or the end or an error to be found by reading.
    pub(crate) fn wait_for_input(cancelled: &Cancelled) -> io::Result<bool> {
        let stdin = io::stdin();
        let mut fds =
            [PollFd::new(&stdin, PollFlags::IN), PollFd::new(&cancelled.0, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let [input, called_off] = fds.map(|fd| !fd.revents().is_empty());
        if called_off {
            while matches!((&cancelled.0).read(&mut [0; 64]), Ok(1..)) {}
        }
        Ok(input)
    }
}

#[cfg(not(unix))]
mod half {
    use std::io;

    /// There is no way to wait here without reading.
    #[derive(Debug)]
    pub(crate) struct Cancel;

    #[derive(Debug)]
    pub(crate) struct Cancelled;

    pub(crate) fn cancellation() -> io::Result<(Cancel, Cancelled)> {
        Ok((Cancel, Cancelled))
    }

    impl Cancel {
        pub(crate) fn call_off(&self) {}
    }

    pub(crate) fn wait_for_input(_: &Cancelled) -> io::Result<bool> {
        Ok(true)
    }
}
