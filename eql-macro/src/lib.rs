//! The procedural macros of `eql`; use them through the crate `eql`.
