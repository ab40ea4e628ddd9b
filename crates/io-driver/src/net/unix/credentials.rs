//! Who is at the other end.

#![expect(non_camel_case_types, reason = "the names are C's")]

/// The number of a user.
pub type uid_t = u32;
/// The number of a group.
pub type gid_t = u32;
/// The number of a process.
pub type pid_t = i32;

/// The process at the other end of a connection, as it was when the connection was made.
///
/// ```
#[doc = paired!()]
/// let credentials = stream.peer_cred()?;
/// assert_eq!(credentials.pid(), Some(std::process::id() as i32));
/// # std::io::Result::Ok(()) })?;
/// # std::io::Result::Ok(())
/// ```
#[cfg(any(target_os = "linux", target_os = "android"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UCred {
    uid: uid_t,
    gid: gid_t,
    pid: Option<pid_t>,
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl UCred {
    /// By libc, not by rustix, whose type cannot be 0 where the kernel's number is: for a peer in another
    /// namespace of processes, and for a socket that is not connected.
    pub(super) fn of_peer(socket: impl std::os::fd::AsFd) -> std::io::Result<Self> {
        use std::os::fd::AsRawFd;
        let mut credentials = libc::ucred { pid: 0, uid: 0, gid: 0 };
        let mut length = size_of::<libc::ucred>() as libc::socklen_t;
        let socket = socket.as_fd().as_raw_fd();
        let to = (&raw mut credentials).cast();
        // SAFETY: `to` has room for `length` bytes, all of which are integers, and the descriptor is open.
        let result = unsafe {
            libc::getsockopt(socket, libc::SOL_SOCKET, libc::SO_PEERCRED, to, &raw mut length)
        };
        if result != 0 {
            return Err(std::io::Error::last_os_error());
        }
        let libc::ucred { pid, uid, gid } = credentials;
        Ok(Self { uid, gid, pid: (pid != 0).then_some(pid) })
    }

    /// Its effective user.
    ///
    /// ```
    #[doc = paired!()]
    /// assert_eq!(stream.peer_cred()?.uid(), peer.peer_cred()?.uid());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn uid(&self) -> uid_t {
        self.uid
    }

    /// Its effective group.
    ///
    /// ```
    #[doc = paired!()]
    /// assert_eq!(stream.peer_cred()?.gid(), peer.peer_cred()?.gid());
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn gid(&self) -> gid_t {
        self.gid
    }

    /// Its number, where the system tells: not of a process that cannot be seen from here, because it is in
    /// another namespace.
    ///
    /// ```
    #[doc = paired!()]
    /// assert_eq!(stream.peer_cred()?.pid(), Some(std::process::id() as i32));
    /// # std::io::Result::Ok(()) })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub fn pid(&self) -> Option<pid_t> {
        self.pid
    }
}
