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
    pub(super) fn of_peer(socket: impl std::os::fd::AsFd) -> std::io::Result<Self> {
        let credentials = rustix::net::sockopt::socket_peercred(socket)?;
        Ok(Self {
            uid: credentials.uid.as_raw(),
            gid: credentials.gid.as_raw(),
            pid: Some(credentials.pid.as_raw_nonzero().get()),
        })
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

    /// Its number, where the system tells.
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
