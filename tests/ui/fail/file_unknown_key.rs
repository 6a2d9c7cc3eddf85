// A slip in a key of a rule file.
#[eql::rule(path = "rules/unknown_key.toml")]
pub struct File;

fn main() {}
