// Windows does not tell `Temp` from `TEMP`.
#[eql::rule(
    name = "case sensitive path",
    severity = "low",
    risk_score = 21,
    deny(case_sensitive_path),
    query(process where process.executable == "C:\\Temp\\a.exe")
)]
pub struct Path;

fn main() {}
