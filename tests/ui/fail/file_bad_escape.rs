// A query with TOML's own escapes around those of EQL.
#[eql::rule(path = "rules/bad_escape.toml")]
pub struct File;

fn main() {}
