//! The buffer that [`AsyncRead::poll_read`](crate::AsyncRead::poll_read) fills.

use std::fmt;
use std::mem::MaybeUninit;

/// A borrowed byte buffer that is filled from the front and may start out uninitialised.
///
/// It remembers two marks, so that nobody has to zero memory that is about to be overwritten:
///
/// ```text
/// [             capacity              ]
/// [  filled  |        unfilled        ]
/// [    initialized    | uninitialized ]
/// ```
///
/// Invariant: `filled <= initialized <= capacity`, and every byte before the `initialized` mark
/// holds a value. The safe methods cannot break it.
///
/// ```
/// use filch_io::ReadBuf;
/// use std::mem::MaybeUninit;
///
/// let mut space = [MaybeUninit::uninit(); 8];
/// let mut buf = ReadBuf::uninit(&mut space);
/// buf.put_slice(b"abc");
/// assert_eq!(buf.filled(), b"abc");
/// assert_eq!(buf.remaining(), 5);
/// ```
pub struct ReadBuf<'a> {
    buf: &'a mut [MaybeUninit<u8>],
    filled: usize,
    initialized: usize,
}

impl<'a> ReadBuf<'a> {
    /// An empty buffer over memory that is initialised already.
    ///
    /// ```
    /// let mut space = [0; 4];
    /// let buf = filch_io::ReadBuf::new(&mut space);
    /// assert_eq!((buf.filled().len(), buf.initialized().len()), (0, 4));
    /// ```
    #[inline]
    pub fn new(buf: &'a mut [u8]) -> Self {
        let initialized = buf.len();
        let bytes: *mut [u8] = buf;
        // SAFETY: the same memory under a type of the same layout, borrowed for as long. No safe
        // method of `ReadBuf` writes an uninitialised byte through it, and the unsafe ones forbid
        // it, so that the caller finds bytes again.
        let buf = unsafe { &mut *(bytes as *mut [MaybeUninit<u8>]) };
        Self { buf, filled: 0, initialized }
    }

    /// An empty buffer over memory of which nothing is known.
    ///
    /// ```
    /// use std::mem::MaybeUninit;
    /// let mut space = [MaybeUninit::uninit(); 4];
    /// let buf = filch_io::ReadBuf::uninit(&mut space);
    /// assert_eq!((buf.capacity(), buf.initialized().len()), (4, 0));
    /// ```
    #[inline]
    pub fn uninit(buf: &'a mut [MaybeUninit<u8>]) -> Self {
        Self { buf, filled: 0, initialized: 0 }
    }

    /// How many bytes the buffer can hold in total.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.buf.len()
    }

    /// The bytes that have been put in.
    #[inline]
    pub fn filled(&self) -> &[u8] {
        // SAFETY: bytes before the `initialized` mark hold values, and `filled <= initialized`.
        unsafe { assume_init_ref(&self.buf[..self.filled]) }
    }

    /// The bytes that have been put in, to be changed in place.
    #[inline]
    pub fn filled_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `filled`.
        unsafe { assume_init_mut(&mut self.buf[..self.filled]) }
    }

    /// A buffer over the first `n` unfilled bytes, or over all of them if there are fewer.
    ///
    /// What is put into the part does not count as filled here: [`assume_init`](Self::assume_init)
    /// and [`advance`](Self::advance) afterwards.
    ///
    /// ```
    /// let mut space = [0; 8];
    /// let mut buf = filch_io::ReadBuf::new(&mut space);
    /// assert_eq!(buf.take(3).capacity(), 3);
    /// assert_eq!(buf.take(99).capacity(), 8);
    /// ```
    #[inline]
    pub fn take(&mut self, n: usize) -> ReadBuf<'_> {
        let len = n.min(self.remaining());
        let initialized = (self.initialized - self.filled).min(len);
        let buf = &mut self.buf[self.filled..][..len];
        ReadBuf { buf, filled: 0, initialized }
    }

    /// The bytes that hold a value, filled or not.
    #[inline]
    pub fn initialized(&self) -> &[u8] {
        // SAFETY: bytes before the `initialized` mark hold values.
        unsafe { assume_init_ref(&self.buf[..self.initialized]) }
    }

    /// The bytes that hold a value, filled or not, to be changed in place.
    #[inline]
    pub fn initialized_mut(&mut self) -> &mut [u8] {
        // SAFETY: bytes before the `initialized` mark hold values.
        unsafe { assume_init_mut(&mut self.buf[..self.initialized]) }
    }

    /// The whole memory, initialised or not.
    ///
    /// # Safety
    /// The caller must not write [`MaybeUninit::uninit`] over a byte that was initialised.
    #[inline]
    pub unsafe fn inner_mut(&mut self) -> &mut [MaybeUninit<u8>] {
        self.buf
    }

    /// The memory after the filled part, initialised or not.
    ///
    /// Write into it, then call [`assume_init`](Self::assume_init) and [`advance`](Self::advance).
    ///
    /// # Safety
    /// The caller must not write [`MaybeUninit::uninit`] over a byte that was initialised.
    ///
    /// ```
    /// use std::mem::MaybeUninit;
    /// let mut space = [MaybeUninit::uninit(); 4];
    /// let mut buf = filch_io::ReadBuf::uninit(&mut space);
    /// // SAFETY: only values are written.
    /// let spare = unsafe { buf.unfilled_mut() };
    /// spare[0].write(b'x');
    /// // SAFETY: the first byte was written just now.
    /// unsafe { buf.assume_init(1) };
    /// buf.advance(1);
    /// assert_eq!(buf.filled(), b"x");
    /// ```
    #[inline]
    pub unsafe fn unfilled_mut(&mut self) -> &mut [MaybeUninit<u8>] {
        &mut self.buf[self.filled..]
    }

    /// The unfilled part as bytes; what was not initialised is zeroed, once.
    ///
    /// ```
    /// let mut space = [std::mem::MaybeUninit::uninit(); 4];
    /// let mut buf = filch_io::ReadBuf::uninit(&mut space);
    /// buf.initialize_unfilled()[..2].copy_from_slice(b"hi");
    /// buf.advance(2);
    /// assert_eq!(buf.filled(), b"hi");
    /// ```
    #[inline]
    pub fn initialize_unfilled(&mut self) -> &mut [u8] {
        self.initialize_unfilled_to(self.remaining())
    }

    /// The first `n` unfilled bytes; what was not initialised is zeroed, once.
    ///
    /// # Panics
    /// If fewer than `n` bytes are unfilled.
    #[inline]
    #[track_caller]
    pub fn initialize_unfilled_to(&mut self, n: usize) -> &mut [u8] {
        let remaining = self.remaining();
        assert!(n <= remaining, "{n} bytes asked of a ReadBuf that has {remaining} left");
        let end = self.filled + n;
        if self.initialized < end {
            self.buf[self.initialized..end].fill(MaybeUninit::new(0));
            self.initialized = end;
        }
        // SAFETY: everything before `end` holds a value: it did before, or was zeroed just now.
        unsafe { assume_init_mut(&mut self.buf[self.filled..end]) }
    }

    /// How many bytes are unfilled.
    #[inline]
    pub fn remaining(&self) -> usize {
        self.capacity() - self.filled
    }

    /// Forgets what was put in; what was initialised stays so.
    #[inline]
    pub fn clear(&mut self) {
        self.filled = 0;
    }

    /// Counts the next `n` bytes as filled.
    ///
    /// # Panics
    /// If they are not known to be initialised.
    #[inline]
    #[track_caller]
    pub fn advance(&mut self, n: usize) {
        let filled = self.filled.checked_add(n).expect("the filled part of a ReadBuf overflows");
        self.set_filled(filled);
    }

    /// Counts exactly the first `n` bytes of the buffer as filled; the part may grow or shrink.
    ///
    /// # Panics
    /// If they are not known to be initialised.
    #[inline]
    #[track_caller]
    pub fn set_filled(&mut self, n: usize) {
        let initialized = self.initialized;
        assert!(
            n <= initialized,
            "{n} bytes of a ReadBuf declared filled, but only {initialized} are initialised"
        );
        self.filled = n;
    }

    /// Counts the next `n` unfilled bytes as initialised (the filled part does not change).
    ///
    /// # Safety
    /// They must have been written, and must lie within the buffer.
    #[inline]
    pub unsafe fn assume_init(&mut self, n: usize) {
        let end = self.filled + n;
        debug_assert!(end <= self.capacity(), "more bytes assumed initialised than there are");
        self.initialized = self.initialized.max(end);
    }

    /// Appends `bytes`.
    ///
    /// # Panics
    /// If fewer bytes are unfilled than `bytes` has.
    #[inline]
    #[track_caller]
    pub fn put_slice(&mut self, bytes: &[u8]) {
        let (len, remaining) = (bytes.len(), self.remaining());
        assert!(len <= remaining, "{len} bytes put into a ReadBuf that has {remaining} left");
        let end = self.filled + len;
        let target: *mut MaybeUninit<u8> = self.buf[self.filled..end].as_mut_ptr();
        // SAFETY: `target` has room for `len` bytes, and a `&mut` borrow overlaps no `&` borrow.
        unsafe { target.cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), len) };
        self.initialized = self.initialized.max(end);
        self.filled = end;
    }
}

/// Bytes that all hold a value.
///
/// # Safety
/// They must.
#[inline]
unsafe fn assume_init_ref(bytes: &[MaybeUninit<u8>]) -> &[u8] {
    let bytes: *const [MaybeUninit<u8>] = bytes;
    // SAFETY: same memory, same layout, same lifetime; initialised by the caller's word.
    unsafe { &*(bytes as *const [u8]) }
}

/// Bytes that all hold a value.
///
/// # Safety
/// They must.
#[inline]
unsafe fn assume_init_mut(bytes: &mut [MaybeUninit<u8>]) -> &mut [u8] {
    let bytes: *mut [MaybeUninit<u8>] = bytes;
    // SAFETY: same memory, same layout, same lifetime; initialised by the caller's word.
    unsafe { &mut *(bytes as *mut [u8]) }
}

// SAFETY: `chunk_mut` is the unfilled part, whose length is `remaining_mut`; `advance_mut` moves
// its start by exactly the given count.
unsafe impl bytes::BufMut for ReadBuf<'_> {
    fn remaining_mut(&self) -> usize {
        self.remaining()
    }

    unsafe fn advance_mut(&mut self, count: usize) {
        // SAFETY: the caller has written `count` bytes of `chunk_mut`.
        unsafe { self.assume_init(count) };
        self.advance(count);
    }

    fn chunk_mut(&mut self) -> &mut bytes::buf::UninitSlice {
        bytes::buf::UninitSlice::uninit(&mut self.buf[self.filled..])
    }
}

impl fmt::Debug for ReadBuf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadBuf")
            .field("filled", &self.filled)
            .field("initialized", &self.initialized)
            .field("capacity", &self.capacity())
            .finish()
    }
}
