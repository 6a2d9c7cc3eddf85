// A rule file without a query.
#[eql::rule(path = "rules/no_query.toml")]
pub struct File;

fn main() {}
