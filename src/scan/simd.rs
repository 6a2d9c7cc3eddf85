//! Looking at many bytes at once: what the walk asks of the processor, and who answers.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Avx2;
pub(super) use portable::Portable;

use super::projection::NodeId;
use super::walk::{Odd, Walk};

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
