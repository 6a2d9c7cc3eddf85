//! Looking at many bytes at once: what the walk asks of the processor, and who answers.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Avx2;
pub(super) use portable::Portable;

use super::projection::NodeId;
use super::walk::{Odd, Walk};

/// Has the processor fetch what stands behind a line in memory, which is the next one where many stand in a buffer. By
/// the time that this one is read, it is there.
#[inline]
pub(super) fn fetch_behind(line: &[u8]) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        /// What the processor fetches at once.
        const STEP: usize = 64;
        /// Of a longer line it fetches the rest by itself.
        const MOST: usize = 64;
        for at in (line.len()..2 * line.len()).step_by(STEP).take(MOST) {
            let behind = line.as_ptr().wrapping_add(at).cast();
            // SAFETY: this reads nothing and takes any address. Each processor with 64 bits has it.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(behind) };
        }
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = line;
}

/// One way to look at many bytes at once. In masks, bit `i` stands for the byte at offset `i`.
///
/// # Safety
/// What is asked of the caller is the same everywhere: the processor has what the implementation is made of, and
/// each pointer is good for as many bytes as the method names.
pub(super) trait Simd: Sized {
    /// Where 32 bytes at `at` equal 32 bytes at `literal`.
    unsafe fn equal32(at: *const u8, literal: *const u8) -> u32;

    /// Quotes, and backslashes, among 32 bytes.
    unsafe fn quotes32(at: *const u8) -> (u32, u32);

    /// Quotes, and backslashes, among 64 bytes.
    unsafe fn quotes64(at: *const u8) -> (u64, u64);

    /// `{` and `[`, and `}` and `]`, among 64 bytes.
    unsafe fn brackets64(at: *const u8) -> (u64, u64);

    /// For each bit the parity of it and all lower ones.
    unsafe fn prefix_xor(bits: u64) -> u64;

    /// Copies 32 bytes.
    unsafe fn copy32(from: *const u8, to: *mut u8);

    /// Whether any of the bytes is not ASCII, and whether any is a control character; of `len` bytes, rounded up
    /// to a multiple of 64.
    unsafe fn survey(at: *const u8, len: usize) -> (bool, bool);

    // The walk calls itself. Its bodies are inlined into these, so that they are compiled for the same processor.

    /// [`Walk::object_body`]
    unsafe fn object(walk: &mut Walk<'_>, at: usize, node: NodeId) -> Result<usize, Odd>;

    /// [`Walk::array_body`]
    unsafe fn array(walk: &mut Walk<'_>, at: usize, node: NodeId, slot: u32) -> Result<usize, Odd>;

    /// [`Walk::other_body`]
    unsafe fn other(
        walk: &mut Walk<'_>,
        at: usize,
        node: NodeId,
        prev: u32,
    ) -> Result<(usize, u32), Odd>;

    /// [`Walk::member_body`]
    unsafe fn member(
        walk: &mut Walk<'_>,
        at: usize,
        node: NodeId,
        prev: u32,
    ) -> Result<(usize, u32), Odd>;
}
