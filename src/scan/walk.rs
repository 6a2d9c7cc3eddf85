//! The quick way to read a line.
//!
//! The walk goes through the objects and arrays on the way to wanted values, steps over everything else, and gives
//! up on whatever is wrong or rare: then the thorough way has the word. It never says that a line is flawed.
//!
//! # Why reads and writes stay inside the buffer
//!
//! Let `n` be the length of the line. Behind it stand [`PADDING`] quotes.
//!
//! - A text of [`Guesses`] ends in no quote, so that one which agrees with the buffer ends at `n` or before. The
//!   walk gives up where any other token that is no string ends behind `n`.
//! - A search for the end of a string that begins at `n` or before finds it at `n + 1` or before: of two quotes in a
//!   row a backslash before them takes one. A string that begins at `n` is empty.
//! - Behind `n` is no byte that may follow a string, so that the walk gives up there.
//!
//! So each token begins at `n + 3` or before, and each block of 64 bytes that is read begins there too, or
//! before the end of the string or the container that it belongs to. Each byte of a string with escapes yields at
//! most one byte of the string that is meant, so that of the second half of the buffer `n` bytes are used; blocks
//! begin at most there.

use super::guess::{CLOSE, Guess, Guesses, Member, NO_SLOT, SLOTS, Target, WAYS};
use super::projection::{NodeId, Projection};
#[cfg(target_arch = "x86_64")]
use super::simd::Avx2;
use super::simd::{Portable, Simd};
use super::{Backend, Entry, Kind, Scan, Store};

/// What the walk does not judge.
#[derive(Debug)]
pub(super) struct Odd;

/// Deeper than this, the thorough way counts.
const DEEPEST: u32 = 100;

/// A number of at most so many bytes whose exponent has at most two digits is finite.
const LONGEST_NUMBER: usize = 100;

/// Reads a line into a scan that has it in its buffer already, and no values.
pub(super) fn read(scan: &mut Scan, projection: &Projection) -> Result<(), Odd> {
    match scan.backend {
        // SAFETY: any processor runs it.
        Backend::Portable => unsafe { read_with::<Portable>(scan, projection) },
        // SAFETY: a scan has this backend only where the processor runs it.
        #[cfg(target_arch = "x86_64")]
        Backend::Avx2 => unsafe { read_with::<Avx2>(scan, projection) },
        #[cfg(not(target_arch = "x86_64"))]
        Backend::Avx2 => Err(Odd),
    }
}

/// # Safety
/// The processor has what `S` is made of.
unsafe fn read_with<S: Simd>(scan: &mut Scan, projection: &Projection) -> Result<(), Odd> {
    let (len, arena) = (scan.buffer.line().len(), scan.buffer.arena());
    let buffer = scan.buffer.bytes();
    // SAFETY: the padding is longer than a block, and of the buffer like the line.
    let (beyond_ascii, control) = unsafe { S::survey(buffer.as_ptr(), len) };
    if control || beyond_ascii && std::str::from_utf8(&buffer[..len]).is_err() {
        return Err(Odd);
    }
    let buffer = scan.buffer.bytes_mut();
    let (store, guesses) = (&mut scan.store, &mut scan.guesses);
    let objects = (scan.seen.as_mut_slice(), &mut scan.objects);
    // SAFETY: as asked of the caller; the line was looked at.
    unsafe { Walk::run::<S>(buffer, (len, arena), projection, guesses, store, objects) }
}

/// The text of one of the values of a scan.
#[inline]
pub(super) fn text(scan: &Scan, value: Entry) -> &str {
    // SAFETY: values are made of whole strings and numbers, of the line that the buffer holds, which is UTF-8, or of
    // what escapes in it mean; and they are forgotten when the buffer takes another line.
    unsafe { scan.buffer.text(value.start, value.len) }
}

/// One line on its way.
pub(super) struct Walk<'a> {
    /// The buffer.
    base: *mut u8,
    /// The length of the line.
    end: usize,
    /// Where the next string without escapes goes.
    arena: usize,
    depth: u32,
    projection: &'a Projection,
    guesses: &'a mut Guesses,
    store: &'a mut Store,
    /// For each edge the object that had it last.
    seen: &'a mut [u64],
    /// Counts the objects.
    object: &'a mut u64,
}

impl<'a> Walk<'a> {
    /// Walks through a line.
    ///
    /// # Safety
    /// The processor has what `S` is made of. The line is UTF-8 without control characters. The buffer is one that
    /// [`Buffer::fill`](super::buffer::Buffer::fill) prepared, and `line` bytes of it are the line.
    pub(super) unsafe fn run<S: Simd>(
        buffer: &mut [u8],
        (line, arena): (usize, usize),
        projection: &'a Projection,
        guesses: &'a mut Guesses,
        store: &'a mut Store,
        (seen, object): (&'a mut [u64], &'a mut u64),
    ) -> Result<(), Odd> {
        let mut walk = Self {
            base: buffer.as_mut_ptr(),
            end: line,
            arena,
            depth: 0,
            projection,
            guesses,
            store,
            seen,
            object,
        };
        // SAFETY: as asked of the caller; the line begins at 0.
        let end = unsafe {
            if walk.byte(0) != b'{' {
                return Err(Odd);
            }
            S::object(&mut walk, 0, Projection::ROOT)?
        };
        if end == line { Ok(()) } else { Err(Odd) }
    }

    // SAFETY, of all that follows: positions are those of tokens, and the module says why blocks from there on stay
    // inside the buffer. The processor is the caller's care.

    #[inline(always)]
    unsafe fn at(&self, at: usize) -> *const u8 {
        // SAFETY: see above.
        unsafe { self.base.add(at) }
    }

    #[inline(always)]
    unsafe fn byte(&self, at: usize) -> u8 {
        // SAFETY: see above.
        unsafe { *self.base.add(at) }
    }

    /// The next byte that is no space. There are no other white spaces in the line.
    #[inline(always)]
    unsafe fn spaces(&self, mut at: usize) -> usize {
        // SAFETY: see above; the padding is not white.
        while unsafe { self.byte(at) } == b' ' {
            at += 1;
        }
        at
    }

    /// An object that begins here; gives its end.
    #[inline(always)]
    pub(super) unsafe fn object_body<S: Simd>(
        &mut self,
        mut at: usize,
        node: NodeId,
    ) -> Result<usize, Odd> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Odd);
        }
        *self.object += 1;
        let object = *self.object;
        let mut prev = node;
        loop {
            if at > self.end {
                return Err(Odd);
            }
            // SAFETY, of the whole body: see above; indices of guesses and edges are what they say.
            unsafe {
                let first = self.guess(prev).next[0];
                prev = if self.agrees::<S>(at, first) {
                    at += usize::from(self.guess(first).member.target.len);
                    first
                } else {
                    let (end, guess) = S::other(self, at, node, prev)?;
                    at = end;
                    guess
                };
                let Member { edge, target } = self.guess(prev).member;
                if edge < CLOSE {
                    // Of a key that stands twice the last one counts.
                    let seen = self.seen.get_unchecked_mut(edge as usize);
                    if *seen == object {
                        return Err(Odd);
                    }
                    *seen = object;
                } else if edge == CLOSE {
                    self.depth -= 1;
                    return Ok(at);
                }
                at = self.value::<S>(at, target)?;
            }
        }
    }

    #[inline(always)]
    unsafe fn guess(&self, index: u32) -> &Guess {
        debug_assert!((index as usize) < self.guesses.all.len());
        // SAFETY: indices of guesses are made by the guesses, which are forgotten between lines only.
        unsafe { self.guesses.all.get_unchecked(index as usize) }
    }

    /// Whether the text here is that of a guess.
    #[inline(always)]
    unsafe fn agrees<S: Simd>(&self, at: usize, index: u32) -> bool {
        // SAFETY, of the whole body: see above.
        unsafe {
            let guess = self.guess(index);
            let equal = S::equal32(self.at(at), guess.text.as_ptr()).trailing_ones();
            let len = u32::from(guess.member.target.len);
            if equal >= len {
                return true;
            }
            if equal < 32 {
                return false;
            }
            // The first 32 bytes are of the line.
            let tail = self.guesses.tails.get_unchecked(index as usize);
            let equal = S::equal32(self.at(at + 32), tail.as_ptr());
            !equal & (u32::MAX >> (64 - len)) == 0
        }
    }

    /// What stands before a value of an object, or its end, where the first guess is wrong; gives the end of it.
    #[inline(always)]
    pub(super) unsafe fn other_body<S: Simd>(
        &mut self,
        at: usize,
        node: NodeId,
        prev: u32,
    ) -> Result<(usize, u32), Odd> {
        // SAFETY, of the whole body: see above.
        unsafe {
            for way in 1..WAYS {
                let guess = self.guess(prev).next[way];
                if self.agrees::<S>(at, guess) {
                    let next = &mut self.guesses.all.get_unchecked_mut(prev as usize).next;
                    next.swap(0, way);
                    return Ok((at + usize::from(self.guess(guess).member.target.len), guess));
                }
            }
            S::member(self, at, node, prev)
        }
    }

    /// What stands before a value of an object, or its end, read without a guess; gives the end of it.
    #[inline(always)]
    pub(super) unsafe fn member_body<S: Simd>(
        &mut self,
        start: usize,
        node: NodeId,
        prev: u32,
    ) -> Result<(usize, u32), Odd> {
        // SAFETY, of the whole body: see above.
        unsafe {
            let mut at = start;
            if prev == node {
                // The object has just begun.
                at = self.spaces(at + 1);
            } else {
                at = self.spaces(at);
                if self.byte(at) == b',' {
                    at = self.spaces(at + 1);
                    if self.byte(at) != b'"' {
                        return Err(Odd);
                    }
                } else if self.byte(at) != b'}' {
                    return Err(Odd);
                }
            }
            let member = match self.byte(at) {
                b'}' => {
                    at += 1;
                    Member::CLOSE
                }
                b'"' => {
                    let first = at + 1;
                    let end = self.string_end::<S>(first);
                    let mut key = (first, end - first);
                    at = self.spaces(end + 1);
                    if at >= self.end || self.byte(at) != b':' {
                        return Err(Odd);
                    }
                    at = self.spaces(at + 1);
                    let raw = std::slice::from_raw_parts(self.at(first), end - first);
                    if memchr::memchr(b'\\', raw).is_some() {
                        // The key is not kept: the next string overwrites it.
                        let len = self.unescape::<S>(first)?.1;
                        key = (self.arena, len);
                    }
                    let key = std::slice::from_raw_parts(self.at(key.0), key.1);
                    Member::of(self.projection, self.projection.edge(node, key))
                }
                _ => return Err(Odd),
            };
            if at > self.end {
                return Err(Odd);
            }
            let text = std::slice::from_raw_parts(self.at(start), at - start);
            Ok((at, self.guesses.learn(node, prev, text, member)))
        }
    }

    /// An array that begins here; gives its end.
    #[inline(always)]
    pub(super) unsafe fn array_body<S: Simd>(
        &mut self,
        at: usize,
        node: NodeId,
        slot: u32,
    ) -> Result<usize, Odd> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Odd);
        }
        let target = Target { node, slot, edges: self.projection.has_edges(node), len: 0 };
        // SAFETY, of the whole body: see above.
        unsafe {
            let mut at = self.spaces(at + 1);
            if self.byte(at) == b']' {
                self.depth -= 1;
                return Ok(at + 1);
            }
            loop {
                at = self.value::<S>(at, target)?;
                at = self.spaces(at);
                if at >= self.end {
                    return Err(Odd);
                }
                match self.byte(at) {
                    b',' => at = self.spaces(at + 1),
                    b']' => break,
                    _ => return Err(Odd),
                }
            }
            self.depth -= 1;
            Ok(at + 1)
        }
    }

    /// A value that begins here; gives its end.
    #[inline(always)]
    unsafe fn value<S: Simd>(&mut self, at: usize, target: Target) -> Result<usize, Odd> {
        // SAFETY, of the whole body: see above.
        unsafe {
            match self.byte(at) {
                b'"' if target.slot == NO_SLOT => Ok(self.string_end::<S>(at + 1) + 1),
                b'"' => self.string::<S>(at + 1, target),
                b'{' if target.edges => S::object(self, at, target.node),
                b'[' if target.edges || target.slot != NO_SLOT => {
                    S::array(self, at, target.node, target.slot)
                }
                b'{' | b'[' => self.skip_container::<S>(at),
                b't' => self.name(at, b"true", 0, Kind::True, target),
                b'f' => self.name(at, b"alse", 1, Kind::False, target),
                b'n' => {
                    let null = Target { slot: NO_SLOT, ..target };
                    self.name(at, b"null", 0, Kind::False, null)
                }
                b'-' | b'0'..=b'9' => {
                    let end = self.number(at)?;
                    if target.slot != NO_SLOT {
                        self.push(target, Kind::Number, at, end - at);
                    }
                    Ok(end)
                }
                _ => Err(Odd),
            }
        }
    }

    #[inline(always)]
    unsafe fn name(
        &mut self,
        at: usize,
        text: &[u8; 4],
        before: usize,
        kind: Kind,
        target: Target,
    ) -> Result<usize, Odd> {
        // SAFETY: see above.
        let found = unsafe { self.at(at + before).cast::<[u8; 4]>().read() };
        if found != *text {
            return Err(Odd);
        }
        if target.slot != NO_SLOT {
            self.push(target, kind, at, 0);
        }
        Ok(at + before + 4)
    }

    #[inline(always)]
    fn push(&mut self, target: Target, kind: Kind, start: usize, len: usize) {
        let (start, len) = (start as u32, len as u32);
        if target.slot == SLOTS {
            self.store.push_all(self.projection.slots(target.node), kind, start, len);
        } else {
            self.store.push(target.slot, kind, start, len);
        }
    }

    /// A number; gives its end.
    #[inline(always)]
    unsafe fn number(&self, start: usize) -> Result<usize, Odd> {
        // SAFETY, of the whole body: see above; no byte of the padding is one of a number.
        unsafe {
            let mut at = start + usize::from(self.byte(start) == b'-');
            match self.byte(at) {
                b'0' => at += 1,
                b'1'..=b'9' => at = self.digits(at + 1),
                _ => return Err(Odd),
            }
            if self.byte(at) == b'.' {
                let first = at + 1;
                at = self.digits(first);
                if at == first {
                    return Err(Odd);
                }
            }
            if matches!(self.byte(at), b'e' | b'E') {
                let first = at + 1 + usize::from(matches!(self.byte(at + 1), b'+' | b'-'));
                at = self.digits(first);
                if !(1..=2).contains(&(at - first)) {
                    return Err(Odd);
                }
            }
            if at - start > LONGEST_NUMBER { Err(Odd) } else { Ok(at) }
        }
    }

    #[inline(always)]
    unsafe fn digits(&self, mut at: usize) -> usize {
        // SAFETY: see above.
        while unsafe { self.byte(at) }.is_ascii_digit() {
            at += 1;
        }
        at
    }

    /// The quote that ends the string whose content begins here.
    #[inline(always)]
    unsafe fn string_end<S: Simd>(&self, start: usize) -> usize {
        // SAFETY, of the whole body: see above.
        unsafe {
            let (quotes, backslashes) = S::quotes32(self.at(start));
            if quotes != 0 && backslashes & quotes.wrapping_sub(1) & !quotes == 0 {
                return start + quotes.trailing_zeros() as usize;
            }
            let mut at = start;
            let mut escaped_first = 0;
            loop {
                let (quotes, backslashes) = S::quotes64(self.at(at));
                let quotes = quotes & !escaped(backslashes, &mut escaped_first);
                if quotes != 0 {
                    return at + quotes.trailing_zeros() as usize;
                }
                at += 64;
            }
        }
    }

    /// Steps over the object or array that begins here. Whether brackets match is not looked at, only how many.
    #[inline(always)]
    unsafe fn skip_container<S: Simd>(&self, start: usize) -> Result<usize, Odd> {
        let mut at = start;
        let mut depth = 0_u32;
        let (mut escaped_first, mut inside) = (0, 0);
        while at < self.end {
            // SAFETY: see above; the block begins in the line.
            let (quotes, backslashes, open, close, strings);
            unsafe {
                (quotes, backslashes) = S::quotes64(self.at(at));
                (open, close) = S::brackets64(self.at(at));
                let quotes = quotes & !escaped(backslashes, &mut escaped_first);
                strings = S::prefix_xor(quotes) ^ inside;
            }
            inside = ((strings as i64) >> 63) as u64;
            let open = open & !strings;
            let mut close = close & !strings;
            if close.count_ones() >= depth {
                // It may end in this block.
                let mut seen = 0;
                while close != 0 {
                    let bit = close.trailing_zeros();
                    seen += 1;
                    let opened = (open & ((1_u64 << bit) - 1)).count_ones();
                    if depth + opened == seen {
                        return Ok(at + bit as usize + 1);
                    }
                    close &= close - 1;
                }
                depth = depth + open.count_ones() - seen;
            } else {
                depth = depth + open.count_ones() - close.count_ones();
            }
            at += 64;
        }
        Err(Odd)
    }

    /// A wanted string whose content begins here; gives its end.
    #[inline(always)]
    unsafe fn string<S: Simd>(&mut self, start: usize, target: Target) -> Result<usize, Odd> {
        // SAFETY, of the whole body: see above.
        unsafe {
            let (quotes, backslashes) = S::quotes32(self.at(start));
            if backslashes & quotes.wrapping_sub(1) & !quotes == 0 {
                if quotes != 0 {
                    let len = quotes.trailing_zeros() as usize;
                    self.push(target, Kind::Str, start, len);
                    return Ok(start + len + 1);
                }
                let mut at = start + 32;
                loop {
                    let (quotes, backslashes) = S::quotes64(self.at(at));
                    if backslashes & quotes.wrapping_sub(1) & !quotes != 0 {
                        break;
                    }
                    if quotes != 0 {
                        at += quotes.trailing_zeros() as usize;
                        self.push(target, Kind::Str, start, at - start);
                        return Ok(at + 1);
                    }
                    at += 64;
                }
            }
            let (end, len) = self.unescape::<S>(start)?;
            self.push(target, Kind::Str, self.arena, len);
            self.arena += len;
            Ok(end + 1)
        }
    }

    /// Resolves the escapes of the string whose content begins here, to the end of the strings; gives the quote that
    /// ends it, and the length of what it means.
    #[inline(always)]
    unsafe fn unescape<S: Simd>(&mut self, start: usize) -> Result<(usize, usize), Odd> {
        let mut from = start;
        let mut to = self.arena;
        // SAFETY, of the whole body: see above.
        unsafe {
            'block: loop {
                let (quotes, backslashes) = S::quotes64(self.at(from));
                let mut marks = quotes | backslashes;
                // The part of the block that was dealt with; one more than the block where an escape leaves it.
                let mut done = 0;
                while marks != 0 {
                    let mark = marks.trailing_zeros() as usize;
                    let len = mark - done;
                    S::copy32(self.at(from + done), self.base.add(to));
                    if len > 32 {
                        S::copy32(self.at(from + done + 32), self.base.add(to + 32));
                    }
                    to += len;
                    if quotes >> mark & 1 != 0 {
                        return Ok((from + mark, to - self.arena));
                    }
                    let escape = self.byte(from + mark + 1);
                    let meant = ESCAPES[escape as usize];
                    if meant == 0 {
                        let (end, next) = self.unicode_escape(from + mark, to)?;
                        (from, to) = (end, next);
                        continue 'block;
                    }
                    *self.base.add(to) = meant;
                    to += 1;
                    done = mark + 2;
                    // The byte after a backslash may be a mark of its own.
                    marks &= !(3 << mark);
                }
                if done < 64 {
                    S::copy32(self.at(from + done), self.base.add(to));
                    S::copy32(self.at(from + done + 32), self.base.add(to + 32));
                    to += 64 - done;
                    done = 64;
                }
                from += done;
            }
        }
    }

    /// `\u` and four digits, or two of them that make one character; gives the end of both sides.
    #[inline(never)]
    unsafe fn unicode_escape(&mut self, at: usize, to: usize) -> Result<(usize, usize), Odd> {
        // SAFETY, of the whole body: see above. No byte of the padding is one of an escape, so that what is read is
        // of the line.
        unsafe {
            let mut end = at + 6;
            let mut code = self.unit(at)?;
            if (0xd800..0xdc00).contains(&code) {
                let low = self.unit(end)?;
                if !(0xdc00..0xe000).contains(&low) {
                    return Err(Odd);
                }
                code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                end += 6;
            }
            let meant = char::from_u32(code).ok_or(Odd)?;
            let mut bytes = [0; 4];
            let bytes = meant.encode_utf8(&mut bytes).as_bytes();
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.base.add(to), bytes.len());
            Ok((end, to + bytes.len()))
        }
    }

    /// The number of a `\u` escape that stands here.
    unsafe fn unit(&self, at: usize) -> Result<u32, Odd> {
        // SAFETY: see above.
        let text = unsafe { self.at(at).cast::<[u8; 6]>().read() };
        let [b'\\', b'u', digits @ ..] = text else { return Err(Odd) };
        digits
            .iter()
            .try_fold(0, |code, &digit| Ok(code << 4 | char::from(digit).to_digit(16).ok_or(Odd)?))
    }
}

/// What a byte after a backslash means; 0 where it means nothing, or is `u`.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table[b'/' as usize] = b'/';
    table[b'b' as usize] = 0x08;
    table[b'f' as usize] = 0x0c;
    table[b'n' as usize] = b'\n';
    table[b'r' as usize] = b'\r';
    table[b't' as usize] = b'\t';
    table
};

/// Which bytes of a block have an unescaped backslash before them. `first` is 1 where the first one has, and then
/// the same of the block that follows.
#[inline(always)]
fn escaped(backslashes: u64, first: &mut u64) -> u64 {
    const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
    if backslashes == 0 {
        return std::mem::take(first);
    }
    // Backslashes at even places begin runs whose carry ends at an odd place, so that one subtraction tells the
    // even runs from the odd ones.
    let active = backslashes & !*first;
    let codes = ((active << 1 | ODD).wrapping_sub(active)) ^ ODD;
    let escaped = codes ^ (backslashes | *first);
    *first = (codes & backslashes) >> 63;
    escaped
}
