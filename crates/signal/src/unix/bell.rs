//! What a signal handler may ring, and a driver can wait for.

pub(super) use half::{Bell, bell};

#[cfg(target_os = "linux")]
mod half {
    use rustix::event::{EventfdFlags, eventfd};
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd, RawFd};
    use std::sync::Arc;

    /// A counter in the kernel: rung any number of times, it is heard once.
    #[derive(Debug, Clone)]
    pub(crate) struct Bell(Arc<OwnedFd>);

    /// The end that rings, and the end that hears.
    pub(crate) fn bell() -> io::Result<(Bell, Bell)> {
        let bell = Bell(Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?));
        Ok((bell.clone(), bell))
    }

    impl Bell {
        /// Nothing but a system call: a signal handler may do it.
        pub(crate) fn ring(&self) {
            let _ = rustix::io::write(&*self.0, &1_u64.to_ne_bytes());
        }

        /// [`WouldBlock`](io::ErrorKind::WouldBlock) if it was not rung since.
        pub(crate) fn hear(&self) -> io::Result<()> {
            Ok(rustix::io::read(&*self.0, &mut [0; 8]).map(drop)?)
        }
    }

    impl AsRawFd for Bell {
        fn as_raw_fd(&self) -> RawFd {
            self.0.as_raw_fd()
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod half {
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd, RawFd};

    /// One end of a pipe.
    #[derive(Debug)]
    pub(crate) struct Bell(OwnedFd);

    /// The end that rings, and the end that hears.
    pub(crate) fn bell() -> io::Result<(Bell, Bell)> {
        let (hears, rings) = rustix::pipe::pipe()?;
        for end in [&hears, &rings] {
            rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
            rustix::io::ioctl_fionbio(end, true)?;
        }
        Ok((Bell(rings), Bell(hears)))
    }

    impl Bell {
        /// Nothing but a system call: a signal handler may do it. A full pipe will be heard anyway.
        pub(crate) fn ring(&self) {
            let _ = rustix::io::write(&self.0, &[0]);
        }

        /// [`WouldBlock`](io::ErrorKind::WouldBlock) if it was not rung since.
        pub(crate) fn hear(&self) -> io::Result<()> {
            let mut rings = [0; 64];
            rustix::io::read(&self.0, &mut rings)?;
            while let Ok(1..) = rustix::io::read(&self.0, &mut rings) {}
            Ok(())
        }
    }

    impl AsRawFd for Bell {
        fn as_raw_fd(&self) -> RawFd {
            self.0.as_raw_fd()
        }
    }
}
