//! The ready-made sensor: every rule of this crate behind a command line.

fn main() -> eql_sensor::ExitCode {
    eql_sensor::main!(detections::pack)
}
