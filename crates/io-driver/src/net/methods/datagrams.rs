//! Datagrams: each is sent and received whole, or cut off where the buffer ends.

/// What the kinds of sockets for datagrams have in common. In the examples `socket` and `peer` are
/// connected to each other.
macro_rules! datagrams {
    ($example:ident, $address:ty) => {
        /// Waits until there is a datagram; several tasks may wait at once.
        ///
        /// # Errors
        /// If the runtime was shut down.
        ///
        /// # Cancel safety
        /// As [`ready`](Self::ready).
        ///
        /// ```
        #[doc = $example!()]
        /// peer.try_send(b"hello")?;
        /// socket.readable().await?;
        /// assert_eq!(socket.try_recv(&mut [0; 8])?, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub async fn readable(&self) -> std::io::Result<()> {
            self.ready(crate::Interest::READABLE).await.map(drop)
        }

        /// Waits until there is room to send; several tasks may wait at once.
        ///
        /// # Errors
        /// If the runtime was shut down.
        ///
        /// # Cancel safety
        /// As [`ready`](Self::ready).
        ///
        /// ```
        #[doc = $example!()]
        /// socket.writable().await?;
        /// assert_eq!(socket.try_send(b"hello")?, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub async fn writable(&self) -> std::io::Result<()> {
            self.ready(crate::Interest::WRITABLE).await.map(drop)
        }

        /// As [`readable`](Self::readable), for a task that polls. Only the last task that polled for
        /// receiving is woken.
        ///
        /// # Errors
        /// If the runtime was shut down.
        ///
        /// ```
        #[doc = $example!()]
        /// peer.try_send(b"hello")?;
        /// std::future::poll_fn(|cx| socket.poll_recv_ready(cx)).await?;
        /// assert_eq!(socket.try_recv(&mut [0; 8])?, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn poll_recv_ready(
            &self,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            let direction = crate::readiness::Direction::Read;
            self.source.registration().poll_ready(cx, direction).map_ok(|_observed| ())
        }

        /// As [`writable`](Self::writable), for a task that polls. Only the last task that polled for
        /// sending is woken.
        ///
        /// # Errors
        /// If the runtime was shut down.
        ///
        /// ```
        #[doc = $example!()]
        /// std::future::poll_fn(|cx| socket.poll_send_ready(cx)).await?;
        /// assert_eq!(socket.try_send(b"hello")?, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn poll_send_ready(
            &self,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            let direction = crate::readiness::Direction::Write;
            self.source.registration().poll_ready(cx, direction).map_ok(|_observed| ())
        }

        /// Sends a datagram to the address that the socket is connected to.
        ///
        /// # Errors
        /// Not connected, nobody there, too large; or what else the operating system says.
        ///
        /// # Cancel safety
        /// If the future is dropped before it has returned, nothing was sent.
        ///
        /// ```
        #[doc = $example!()]
        /// assert_eq!(socket.send(b"hello").await?, 5);
        /// assert_eq!(peer.recv(&mut [0; 8]).await?, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub async fn send(&self, buf: &[u8]) -> std::io::Result<usize> {
            self.source.io(crate::readiness::Direction::Write, |socket| socket.send(buf)).await
        }

        /// As [`send`](Self::send), for a task that polls. Only the last task that polled for sending is
        /// woken.
        ///
        /// # Errors
        /// As [`send`](Self::send).
        ///
        /// ```
        #[doc = $example!()]
        /// let n = std::future::poll_fn(|cx| socket.poll_send(cx, b"hello")).await?;
        /// assert_eq!(n, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn poll_send(
            &self,
            cx: &mut std::task::Context<'_>,
            buf: &[u8],
        ) -> std::task::Poll<std::io::Result<usize>> {
            self.source.poll_io(cx, crate::readiness::Direction::Write, |socket| socket.send(buf))
        }

        /// As [`send`](Self::send), without waiting.
        ///
        /// # Errors
        /// [`WouldBlock`](std::io::ErrorKind::WouldBlock) if there is no room; or as [`send`](Self::send).
        ///
        /// ```
        #[doc = $example!()]
        /// assert_eq!(socket.try_send(b"hello")?, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn try_send(&self, buf: &[u8]) -> std::io::Result<usize> {
            self.source.try_io(crate::Interest::WRITABLE, |socket| socket.send(buf))
        }

        /// Receives a datagram; what does not fit into `buf` is lost. Returns its length.
        ///
        /// # Errors
        /// What the operating system says.
        ///
        /// # Cancel safety
        /// If the future is dropped before it has returned, no datagram was taken.
        ///
        /// ```
        #[doc = $example!()]
        /// peer.send(b"hello").await?;
        /// let mut buf = [0; 8];
        /// let n = socket.recv(&mut buf).await?;
        /// assert_eq!(&buf[..n], b"hello");
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub async fn recv(&self, buf: &mut [u8]) -> std::io::Result<usize> {
            self.source.io(crate::readiness::Direction::Read, |socket| socket.recv(buf)).await
        }

        /// As [`recv`](Self::recv), for a task that polls. Only the last task that polled for receiving is
        /// woken.
        ///
        /// # Errors
        /// As [`recv`](Self::recv).
        ///
        /// ```
        #[doc = $example!()]
        /// peer.send(b"hello").await?;
        /// let mut buf = [0; 8];
        /// let mut buf = filch_io::ReadBuf::new(&mut buf);
        /// std::future::poll_fn(|cx| socket.poll_recv(cx, &mut buf)).await?;
        /// assert_eq!(buf.filled(), b"hello");
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn poll_recv(
            &self,
            cx: &mut std::task::Context<'_>,
            buf: &mut filch_io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            self.source.poll_recv(cx, buf)
        }

        /// As [`recv`](Self::recv), without waiting.
        ///
        /// # Errors
        /// [`WouldBlock`](std::io::ErrorKind::WouldBlock) if there is none; or as [`recv`](Self::recv).
        ///
        /// ```
        #[doc = $example!()]
        /// use std::io::ErrorKind::WouldBlock;
        /// assert_eq!(socket.try_recv(&mut [0; 8]).unwrap_err().kind(), WouldBlock);
        /// peer.send(b"hello").await?;
        /// socket.readable().await?;
        /// assert_eq!(socket.try_recv(&mut [0; 8])?, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn try_recv(&self, buf: &mut [u8]) -> std::io::Result<usize> {
            self.source.try_io(crate::Interest::READABLE, |socket| socket.recv(buf))
        }

        /// As [`recv`](Self::recv), into the spare room of a growing buffer, which is advanced.
        ///
        /// # Errors
        /// As [`recv`](Self::recv).
        ///
        /// # Cancel safety
        /// As [`recv`](Self::recv).
        ///
        /// ```
        #[doc = $example!()]
        /// peer.send(b"hello").await?;
        /// let mut buf = Vec::with_capacity(8);
        /// socket.recv_buf(&mut buf).await?;
        /// assert_eq!(buf, b"hello");
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub async fn recv_buf<B: bytes::BufMut>(&self, buf: &mut B) -> std::io::Result<usize> {
            self.source.recv_buf(buf).await
        }

        /// As [`recv_buf`](Self::recv_buf), without waiting.
        ///
        /// # Errors
        /// As [`try_recv`](Self::try_recv).
        ///
        /// ```
        #[doc = $example!()]
        /// peer.send(b"hello").await?;
        /// socket.readable().await?;
        /// let mut buf = Vec::with_capacity(8);
        /// socket.try_recv_buf(&mut buf)?;
        /// assert_eq!(buf, b"hello");
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn try_recv_buf<B: bytes::BufMut>(&self, buf: &mut B) -> std::io::Result<usize> {
            self.source.try_recv_buf(buf)
        }

        /// As [`recv`](Self::recv), and says who has sent it.
        ///
        /// # Errors
        /// As [`recv`](Self::recv).
        ///
        /// # Cancel safety
        /// As [`recv`](Self::recv).
        ///
        /// ```
        #[doc = $example!()]
        /// peer.send(b"hello").await?;
        /// let (n, sender) = socket.recv_from(&mut [0; 8]).await?;
        /// assert_eq!(format!("{sender:?}"), format!("{:?}", peer.local_addr()?));
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub async fn recv_from(&self, buf: &mut [u8]) -> std::io::Result<(usize, $address)> {
            self.source.io(crate::readiness::Direction::Read, |socket| socket.recv_from(buf)).await
        }

        /// As [`recv_from`](Self::recv_from), for a task that polls. Only the last task that polled for
        /// receiving is woken.
        ///
        /// # Errors
        /// As [`recv`](Self::recv).
        ///
        /// ```
        #[doc = $example!()]
        /// peer.send(b"hello").await?;
        /// let mut buf = [0; 8];
        /// let mut buf = filch_io::ReadBuf::new(&mut buf);
        /// let sender = std::future::poll_fn(|cx| socket.poll_recv_from(cx, &mut buf)).await?;
        /// assert_eq!(format!("{sender:?}"), format!("{:?}", peer.local_addr()?));
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn poll_recv_from(
            &self,
            cx: &mut std::task::Context<'_>,
            buf: &mut filch_io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<$address>> {
            self.source.poll_recv_from(cx, buf)
        }

        /// As [`recv_from`](Self::recv_from), without waiting.
        ///
        /// # Errors
        /// As [`try_recv`](Self::try_recv).
        ///
        /// ```
        #[doc = $example!()]
        /// peer.send(b"hello").await?;
        /// socket.readable().await?;
        /// let (n, _sender) = socket.try_recv_from(&mut [0; 8])?;
        /// assert_eq!(n, 5);
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn try_recv_from(&self, buf: &mut [u8]) -> std::io::Result<(usize, $address)> {
            self.source.try_io(crate::Interest::READABLE, |socket| socket.recv_from(buf))
        }

        /// As [`recv_from`](Self::recv_from), into the spare room of a growing buffer, which is advanced.
        ///
        /// # Errors
        /// As [`recv`](Self::recv).
        ///
        /// # Cancel safety
        /// As [`recv`](Self::recv).
        ///
        /// ```
        #[doc = $example!()]
        /// peer.send(b"hello").await?;
        /// let mut buf = Vec::with_capacity(8);
        /// let (_n, _sender) = socket.recv_buf_from(&mut buf).await?;
        /// assert_eq!(buf, b"hello");
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub async fn recv_buf_from<B: bytes::BufMut>(
            &self,
            buf: &mut B,
        ) -> std::io::Result<(usize, $address)> {
            self.source.recv_buf_from(buf).await
        }

        /// As [`recv_buf_from`](Self::recv_buf_from), without waiting.
        ///
        /// # Errors
        /// As [`try_recv`](Self::try_recv).
        ///
        /// ```
        #[doc = $example!()]
        /// peer.send(b"hello").await?;
        /// socket.readable().await?;
        /// let mut buf = Vec::with_capacity(8);
        /// let (_n, _sender) = socket.try_recv_buf_from(&mut buf)?;
        /// assert_eq!(buf, b"hello");
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn try_recv_buf_from<B: bytes::BufMut>(
            &self,
            buf: &mut B,
        ) -> std::io::Result<(usize, $address)> {
            self.source.try_recv_buf_from(buf)
        }

        /// Takes the error that is pending on the socket, if there is one.
        ///
        /// # Errors
        /// If it cannot be asked for.
        ///
        /// ```
        #[doc = $example!()]
        /// assert!(socket.take_error()?.is_none());
        /// # std::io::Result::Ok(()) })?;
        /// # std::io::Result::Ok(())
        /// ```
        pub fn take_error(&self) -> std::io::Result<Option<std::io::Error>> {
            self.source.take_error()
        }
    };
}
pub(in crate::net) use datagrams;
