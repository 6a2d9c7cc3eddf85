// A string in single quotes.
#[eql::rule(
    name = "single quotes",
    severity = "low",
    risk_score = 21,
    query = r#"process where process.name == 'cmd.exe'"#
)]
pub struct Quotes;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Quotes::META;
}
