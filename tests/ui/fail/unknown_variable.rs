// A variable that nothing defines.
#[eql::rule(
    name = "unknown variable",
    severity = "low",
    risk_score = 21,
    dialect = "endpoint",
    query(process where _arraysearch(process.args, $arg, $agr == "-x"))
)]
pub struct Variable;

fn main() {
    // The rule is there all the same: nothing else is wrong.
    let _ = Variable::META;
}
