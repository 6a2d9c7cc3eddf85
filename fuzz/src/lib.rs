//! Properties that hold for every input. The fuzz targets call them, and so does `cargo test` with the seeds.
//!
//! Each function takes raw bytes and panics where a property is broken.

mod events;
mod expand;
mod fmt;
mod import;
mod parse;
mod rule_file;
mod scan;

pub use events::events;
pub use expand::expand;
pub use fmt::fmt;
pub use import::import;
pub use parse::parse;
pub use rule_file::rule_file;
pub use scan::scan;
