//! The `eql` command; see the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    eql_cli::main(std::env::args_os())
}
