// Two conditions with nothing between them.
#[eql::rule(
    name = "missing and",
    severity = "low",
    risk_score = 21,
    query(
        process where process.name : "a.exe"
         process.args : "-x"
    )
)]
pub struct Juxtaposed;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Juxtaposed::META;
}
