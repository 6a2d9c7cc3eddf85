// A slip in the name of a category.
#[eql::rule(
    name = "unknown category",
    severity = "low",
    risk_score = 21,
    deny(unknown_category),
    query(proces where process.pid == 1)
)]
pub struct Category;

fn main() {}
