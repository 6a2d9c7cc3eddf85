//! Tables in Markdown.

use std::fmt::Write as _;

use crate::measure::Measured;

/// A table of measurements; the ratio is to the row `base`, and above 1 where a row is faster.
pub fn table(rows: &[Measured], base: usize) -> String {
    let mut out = format!(
        "| | MB/s | ns/event | speed, as a multiple of row {} |\n|---|---:|---:|---:|\n",
        base + 1
    );
    for row in rows {
        let ratio = rows[base].ns / row.ns;
        writeln!(out, "| {} | {:.0} | {} | {ratio:.2} |", row.name, row.megabytes, grouped(row.ns))
            .expect("a String takes it");
    }
    out
}

/// With the digits in groups of three.
pub fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The machine and the compiler, as a line of text.
pub fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model)
        .trim();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{model}, {cores} cores, {} {}; {}, optimised, link-time optimisation thin, default target features",
        std::env::consts::OS,
        std::env::consts::ARCH,
        env!("RUSTC_VERSION"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_takes_half_the_time_is_twice_as_fast() {
        let row = |name: &str, ns, megabytes| Measured { name: name.to_owned(), ns, megabytes };
        let table = table(&[row("slow", 12_345.4, 10.0), row("fast", 6_172.7, 20.0)], 0);
        assert_eq!(
            table,
            "| | MB/s | ns/event | speed, as a multiple of row 1 |\n|---|---:|---:|---:|\n\
             | slow | 10 | 12,345 | 1.00 |\n| fast | 20 | 6,173 | 2.00 |\n"
        );
    }
}
