//! `cargo eql …`: the `eql` command, reached through cargo.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Cargo gives the name of the subcommand as the first argument.
    let mut args: Vec<_> = std::env::args_os().collect();
    if args.get(1).is_some_and(|arg| arg == "eql") {
        args.remove(1);
    }
    eql_cli::main(args)
}
